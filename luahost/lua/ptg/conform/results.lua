-- results.lua - what became of all scenarios of a run.
--
-- A result is { scenario, kind, failure, missing, reason }. Its kind is one of
-- results.kinds, in the words that are printed.
local json = require "dkjson"

local results = {}

results.kinds = { "passed", "failed", "failed as expected", "passed unexpected",
                  "not offered" }

local Results = {}
Results.__index = Results

local function no_counts()
  local counts = {}
  for _, kind in ipairs(results.kinds) do counts[kind] = 0 end
  return counts
end

-- hello is the adapter's; reasons are of failures that are expected, by id.
function results.new(hello, reasons)
  return setmetatable({
    name = hello.name, version = hello.version, clock = hello.clock,
    is_real = hello.clock == "real",
    date = os.date "!%Y-%m-%dT%H:%M:%SZ",
    reasons = reasons, list = {}, chapters = {}, counts = no_counts(),
  }, Results)
end

local function judge(kind, reason)
  if not reason then return kind end
  if kind == "failed" then return "failed as expected" end
  if kind == "passed" then return "passed unexpected" end
  return kind
end

-- Takes what the runner returned for a scenario.
function Results:add(one, result)
  result.scenario = one
  result.reason = self.reasons[one.id]
  result.kind = judge(result.kind, result.reason)
  if result.kind == "passed unexpected" then
    result.failure = {
      line = "passed, but is expected to fail: " .. result.reason,
    }
  end
  self.list[#self.list + 1] = result

  local chapter = self.chapters[one.chapter]
  if not chapter then
    chapter = { name = one.chapter, counts = no_counts() }
    self.chapters[one.chapter] = chapter
    self.chapters[#self.chapters + 1] = chapter
  end
  for _, counts in ipairs { chapter.counts, self.counts } do
    counts[result.kind] = counts[result.kind] + 1
  end
  return result
end

function results.is_bad(result)
  return result.kind == "failed" or result.kind == "passed unexpected"
end

-- How many are not as expected.
function results.bad_count(counts)
  return counts.failed + counts["passed unexpected"]
end

-- What happened, in lines: where, with which step, and the difference.
function results.explain(result)
  local failure, lines = result.failure, {}
  local where = result.scenario.file
  if failure.place then where = ("%s, %s"):format(where, failure.place) end
  lines[1] = where
  if failure.step then
    local text = json.encode(failure.step,
      { keyorder = { "do", "see", "as", "in", "task", "group" } })
    lines[2] = "  " .. (#text > 160 and text:sub(1, 157) .. "..." or text)
  end
  lines[#lines + 1] = failure.line
  for _, line in ipairs(failure.diff or {}) do
    lines[#lines + 1] = "  " .. line
  end
  return lines
end

return results
