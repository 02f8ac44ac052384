-- junit.lua - the results as the XML that test servers read.
local results = require "ptg.conform.results"

local junit = {}

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
                  ['"'] = "&quot;" }

-- Text for XML, which has no control characters at all.
local function escape(text)
  return (text:gsub('[&<>"]', escapes):gsub("[\0-\8\11\12\14-\31\127]", "?"))
end

local function add_case(lines, result, is_real)
  local one = result.scenario
  lines[#lines + 1] = ('    <testcase classname="%s" name="%s">'):format(
    escape(one.chapter), escape(one.id))
  if result.kind == "not offered" then
    lines[#lines + 1] = ('      <skipped message="not offered: %s"/>'):format(
      escape(table.concat(result.missing, ", ")))
  elseif result.kind == "failed as expected" then
    lines[#lines + 1] = ('      <skipped message="failed as expected: %s"/>')
      :format(escape(result.reason))
  elseif results.is_bad(result) then
    lines[#lines + 1] = ('      <failure message="%s">%s</failure>'):format(
      escape(result.failure.line),
      escape(one.title .. "\n" .. table.concat(results.explain(result), "\n")))
  end
  if is_real then
    lines[#lines + 1] = "      <system-out>in scaled real time</system-out>"
  end
  lines[#lines + 1] = "    </testcase>"
end

function junit.render(run)
  local lines = {
    '<?xml version="1.0" encoding="UTF-8"?>',
    ('<testsuites name="%s" tests="%d" failures="%d">'):format(
      escape(run.name .. " " .. run.version), #run.list,
      results.bad_count(run.counts)),
  }
  for _, chapter in ipairs(run.chapters) do
    local cases, count = {}, 0
    for _, result in ipairs(run.list) do
      if result.scenario.chapter == chapter.name then
        add_case(cases, result, run.is_real)
        count = count + 1
      end
    end
    lines[#lines + 1] = ('  <testsuite name="%s" tests="%d" failures="%d"'
      .. ' skipped="%d" timestamp="%s">'):format(escape(chapter.name), count,
      results.bad_count(chapter.counts), chapter.counts["not offered"]
        + chapter.counts["failed as expected"], run.date:sub(1, 19))
    table.move(cases, 1, #cases, #lines + 1, lines)
    lines[#lines + 1] = "  </testsuite>"
  end
  lines[#lines + 1] = "</testsuites>"
  return table.concat(lines, "\n") .. "\n"
end

return junit
