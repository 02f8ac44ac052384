-- record.lua - the results as JSON, of which a matrix can be made.
local json = require "dkjson"

local results = require "ptg.conform.results"

local record = {}

local key_order = {
  "conform", "implementation", "name", "version", "clock", "date", "counts",
  "scenarios", "id", "chapter", "clauses", "result", "is_real_time", "missing",
  "reason", "message", "details",
}

local function as_list(list)
  return setmetatable(list, { __jsontype = "array" })
end

local function describe(result, is_real)
  local one, failure = result.scenario, result.failure
  return {
    id = one.id, chapter = one.chapter, clauses = one.clauses,
    result = result.kind, is_real_time = is_real or nil,
    missing = result.missing and as_list(result.missing),
    reason = result.reason, message = failure and failure.line,
    details = failure and as_list(results.explain(result)),
  }
end

function record.render(run)
  local scenarios = as_list {}
  for place, result in ipairs(run.list) do
    scenarios[place] = describe(result, run.is_real)
  end
  return json.encode({
    conform = 1,
    implementation = { name = run.name, version = run.version,
                       clock = run.clock },
    date = run.date, counts = run.counts, scenarios = scenarios,
  }, { indent = true, keyorder = key_order }) .. "\n"
end

-- What is needed of it again. Nil and what is wrong.
function record.load(path)
  local handle, wrong = io.open(path, "r")
  local text = handle and handle:read "a"
  if handle then handle:close() end
  if not text then return nil, wrong or (path .. ": cannot be read") end
  local content = json.decode(text, 1, nil)
  if type(content) ~= "table" or content.conform ~= 1
    or type(content.implementation) ~= "table"
    or type(content.scenarios) ~= "table" then
    return nil, path .. ": these are no results of ptg conform --format json"
  end
  return content
end

return record
