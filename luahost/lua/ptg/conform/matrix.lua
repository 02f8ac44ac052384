-- matrix.lua - clauses by implementations, from the results of several runs.
--
-- A cell is told by its letter; the colour only says it again.
local scenario = require "ptg.conform.scenario"

local matrix = {}

local letters = {
  { "P", "passed", "all its scenarios passed" },
  { "p", "partly", "those passed that the implementation offers" },
  { "X", "expected", "some failed, all of them as expected" },
  { "F", "failed", "some failed" },
  { "-", "none", "not offered" },
  { "?", "unknown", "not run" },
}
local class_of = {}
for _, letter in ipairs(letters) do class_of[letter[1]] = letter[2] end

-- The letter of the results of one clause.
local function judge(list)
  local counts = {}
  for _, one in ipairs(list) do
    counts[one.result] = (counts[one.result] or 0) + 1
  end
  if counts.failed or counts["passed unexpected"] then return "F" end
  if counts["failed as expected"] then return "X" end
  if counts.passed then return counts["not offered"] and "p" or "P" end
  return counts["not offered"] and "-" or "?"
end

local function title_of(run)
  return ("%s %s"):format(run.implementation.name, run.implementation.version)
end

local function date_of(run)
  return tostring(run.date or ""):sub(1, 10)
end

local function is_real(run)
  return run.implementation.clock == "real"
end

-- ------------------------------------------------------------------- tables

-- Per chapter, in order, its clauses, in order; each with the results of each
-- run.
local function collect(runs)
  local chapters, by_name = {}, {}
  for number, run in ipairs(runs) do
    for _, one in ipairs(run.scenarios) do
      local chapter = by_name[one.chapter]
      if not chapter then
        chapter = { name = one.chapter, clauses = {} }
        by_name[one.chapter] = chapter
      end
      for _, name in ipairs(one.clauses) do
        local clause = chapter.clauses[name]
        if not clause then
          clause = { name = name, runs = {} }
          chapter.clauses[name] = clause
          table.insert(chapter.clauses, clause)
        end
        clause.runs[number] = clause.runs[number] or {}
        table.insert(clause.runs[number], one)
      end
    end
  end
  for _, name in ipairs(scenario.chapters) do
    if by_name[name] then
      table.sort(by_name[name].clauses, function(a, b) return a.name < b.name end)
      chapters[#chapters + 1] = by_name[name]
    end
  end
  return chapters
end

-- What a run's results are in a chapter, or in all (nil).
local function count(run, chapter)
  local counts = { passed = 0, failed = 0, expected = 0, offered = 0, all = 0 }
  local function add(key) counts[key] = counts[key] + 1 end
  for _, one in ipairs(run.scenarios) do
    if chapter and one.chapter ~= chapter then goto continue end
    add "all"
    if one.result ~= "not offered" then add "offered" end
    if one.result == "passed" then
      add "passed"
    elseif one.result == "failed as expected" then
      add "expected"
    elseif one.result ~= "not offered" then
      add "failed"
    end
    ::continue::
  end
  return counts
end

-- --------------------------------------------------------------------- HTML

local escapes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
                  ['"'] = "&quot;" }

local function escape(text)
  return (tostring(text):gsub('[&<>"]', escapes))
end

local STYLE = [[
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem; color: #1b1f24; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; }
p { max-width: 44rem; }
table { border-collapse: separate; border-spacing: 0; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid #d8dee4;
  text-align: center; }
thead th { position: sticky; top: 0; z-index: 2; background: #fff;
  border-bottom: 2px solid #57606a; vertical-align: bottom; }
thead small { display: block; font-weight: normal; color: #57606a; }
tbody th { text-align: left; font-weight: normal; white-space: nowrap;
  position: sticky; left: 0; background: #fff; font-family: ui-monospace,
  monospace; font-size: .9em; }
tr.chapter th, tr.chapter td { background: #f0f3f6; font-weight: 600; }
tr.chapter th { font-family: inherit; font-size: 1em; }
td { font-family: ui-monospace, monospace; font-weight: 600; }
.passed { background: #c8ecd0; color: #0b4a1e; }
.partly { background: #e6f5d5; color: #33520a; }
.expected { background: #fdeeb5; color: #594500; }
.failed { background: #ffcfc9; color: #7d1007; }
.none, .unknown { background: #f6f8fa; color: #57606a; }
ul.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap;
  gap: .4rem 1.4rem; }
ul.legend b { display: inline-block; width: 1.6em; text-align: center;
  font-family: ui-monospace, monospace; margin-right: .4em; }
]]

local function add_legend(out)
  out[#out + 1] = '<ul class="legend">'
  for _, letter in ipairs(letters) do
    out[#out + 1] = ('<li><b class="%s">%s</b>%s</li>'):format(letter[2],
      letter[1], letter[3])
  end
  out[#out + 1] = "</ul>"
end

local function add_head(out, runs)
  out[#out + 1] = '<thead><tr><th scope="col">clause</th>'
  for _, run in ipairs(runs) do
    out[#out + 1] = ('<th scope="col">%s<small>%s</small><small>%s</small>'
      .. "</th>"):format(escape(run.implementation.name),
      escape(run.implementation.version), escape(date_of(run)
        .. (is_real(run) and ", in scaled real time" or "")))
  end
  out[#out + 1] = "</tr></thead>"
end

-- The scenarios of a cell, to be read when it is pointed at.
local function tip(list)
  local lines = {}
  for _, one in ipairs(list) do
    lines[#lines + 1] = ("%s: %s"):format(one.id, one.result)
  end
  return table.concat(lines, "\n")
end

local function add_clause(out, clause, runs)
  out[#out + 1] = ('<tr><th scope="row">%s</th>'):format(escape(clause.name))
  for number in ipairs(runs) do
    local list = clause.runs[number] or {}
    local letter = judge(list)
    out[#out + 1] = ('<td class="%s" title="%s">%s</td>'):format(
      class_of[letter], escape(tip(list)), letter)
  end
  out[#out + 1] = "</tr>"
end

local function add_chapter(out, chapter, runs)
  out[#out + 1] = ('<tr class="chapter"><th scope="rowgroup">%s</th>'):format(
    escape(chapter.name))
  for _, run in ipairs(runs) do
    local counts = count(run, chapter.name)
    out[#out + 1] = ("<td>%d/%d</td>"):format(counts.passed, counts.all)
  end
  out[#out + 1] = "</tr>"
  for _, clause in ipairs(chapter.clauses) do add_clause(out, clause, runs) end
end

-- A page that needs nothing else.
function matrix.html(runs)
  local out = {
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    "<title>Conformance: clauses by implementations</title>",
    "<style>\n" .. STYLE .. "</style></head><body>",
    "<h1>Conformance: clauses by implementations</h1>",
    "<p>For each clause, what became of the scenarios that need it; they are"
      .. " named when a cell is pointed at. A chapter's line counts the"
      .. " scenarios that passed, of all.</p>",
  }
  add_legend(out)
  out[#out + 1] = "<table>"
  add_head(out, runs)
  out[#out + 1] = "<tbody>"
  for _, chapter in ipairs(collect(runs)) do add_chapter(out, chapter, runs) end
  out[#out + 1] = "</tbody></table></body></html>"
  return table.concat(out, "\n") .. "\n"
end

-- ----------------------------------------------------------------- Markdown

local function cell(counts)
  if counts.all == 0 then return "not run" end
  if counts.offered == 0 then return "not offered" end
  local parts = { ("%d of %d"):format(counts.passed, counts.offered) }
  if counts.failed > 0 then
    parts[#parts + 1] = ("**%d failed**"):format(counts.failed)
  end
  if counts.expected > 0 then
    parts[#parts + 1] = ("%d failed as expected"):format(counts.expected)
  end
  if counts.offered < counts.all then
    parts[#parts + 1] = ("%d not offered"):format(counts.all - counts.offered)
  end
  return table.concat(parts, ", ")
end

local function row(cells)
  for place, text in ipairs(cells) do cells[place] = text:gsub("|", "\\|") end
  return "| " .. table.concat(cells, " | ") .. " |"
end

-- A summary by chapters: how many scenarios passed of those that are offered.
function matrix.markdown(runs)
  local heads, lines, dates = { "chapter" }, { "---" }, { "made on" }
  for place, run in ipairs(runs) do
    heads[place + 1], lines[place + 1] = title_of(run), "---"
    dates[place + 1] = date_of(run)
      .. (is_real(run) and ", in scaled real time" or "")
  end
  local out = { row(heads), row(lines) }
  for _, chapter in ipairs(collect(runs)) do
    local cells = { chapter.name }
    for place, run in ipairs(runs) do
      cells[place + 1] = cell(count(run, chapter.name))
    end
    out[#out + 1] = row(cells)
  end
  local sums = { "all" }
  for place, run in ipairs(runs) do sums[place + 1] = cell(count(run)) end
  out[#out + 1] = row(sums)
  out[#out + 1] = row(dates)
  return table.concat(out, "\n") .. "\n"
end

return matrix
