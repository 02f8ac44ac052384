-- text.lua - the results for a person.
local results = require "ptg.conform.results"

local text = {}

local shown = { passed = "passed", failed = "failed",
                ["failed as expected"] = "failed as expected",
                ["passed unexpected"] = "passed against expectation",
                ["not offered"] = "not offered" }

local function chapter_line(chapter, width)
  local parts = {}
  for _, kind in ipairs(results.kinds) do
    local count = chapter.counts[kind]
    if count > 0 then parts[#parts + 1] = ("%d %s"):format(count, shown[kind]) end
  end
  return ("%-" .. width .. "s  %s"):format(chapter.name,
    table.concat(parts, ", "))
end

local function add_failures(lines, run)
  for _, result in ipairs(run.list) do
    if results.is_bad(result) then
      lines[#lines + 1] = ("FAILED %s%s: %s"):format(result.scenario.id,
        run.is_real and " (in scaled real time)" or "", result.scenario.title)
      for _, line in ipairs(results.explain(result)) do
        lines[#lines + 1] = "  " .. line
      end
      lines[#lines + 1] = ""
    end
  end
end

-- The line with which everything ends.
function text.sum(run)
  return ("%d passed, %d failed, %d not offered"):format(run.counts.passed,
    results.bad_count(run.counts), run.counts["not offered"])
end

function text.render(run)
  local lines, width = {}, 0
  add_failures(lines, run)
  lines[#lines + 1] = ("%s %s%s"):format(run.name, run.version,
    run.is_real and ", in scaled real time" or "")
  for _, chapter in ipairs(run.chapters) do
    width = math.max(width, #chapter.name)
  end
  for _, chapter in ipairs(run.chapters) do
    lines[#lines + 1] = "  " .. chapter_line(chapter, width)
  end
  lines[#lines + 1] = text.sum(run)
  return table.concat(lines, "\n") .. "\n"
end

return text
