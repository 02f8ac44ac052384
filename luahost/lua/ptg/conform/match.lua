-- match.lua - the fields that a scenario expects of an answer or a call.
local instant = require "ptg.conform.instant"
local json = require "dkjson"

local match = {}

-- Fields that have durations and instants.
local is_time = {}
match.is_time = is_time
for _, name in ipairs {
  "at", "age", "held", "task_held", "grace", "cancel_wait", "deadline",
  "phase_left", "oldest_age", "created_at", "spawned_at", "ended_at",
  "first_at", "last_at", "begun_at", "drain_at", "cancel_at", "closed_at",
  "left", "begin", "cancel", "closed",
} do
  is_time[name] = true
end

local function is_array(value)
  return (getmetatable(value) or {}).__jsontype == "array"
end

local function say(field, value)
  if value == nil then return "nothing" end
  if is_time[field] and math.type(value) == "integer" then
    return instant.format(value)
  end
  return json.encode(value)
end

local compare -- of two values

local function compare_lists(found, path, expected, seen, clock)
  if not is_array(seen) or #seen ~= #expected then
    found[#found + 1] = ("%s: expected %s, seen %s"):format(path,
      #expected == 0 and "nothing in it" or #expected .. " in it: "
        .. json.encode(expected), json.encode(seen))
    return
  end
  for place, item in ipairs(expected) do
    compare(found, ("%s[%d]"):format(path, place), "", item, seen[place], clock)
  end
end

local function compare_objects(found, path, field, expected, seen, clock)
  local keys = {}
  for key in pairs(expected) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local value = seen[key]
    -- What an outcome may leave out.
    if value == nil and field == "outcome"
      and (key == "code" or key == "value") then
      value = 0
    end
    compare(found, path == "" and key or path .. "." .. key, key,
      expected[key], value, clock)
  end
end

function compare(found, path, field, expected, seen, clock)
  if expected == json.null then expected = nil end
  if field == "flags" and seen == nil then
    seen = setmetatable({}, { __jsontype = "array" })
  end
  if type(expected) == "table" and type(seen) == "table" then
    if is_array(expected) then
      compare_lists(found, path, expected, seen, clock)
    else
      compare_objects(found, path, field, expected, seen, clock)
    end
    return
  end
  if is_time[field] then
    expected = instant.to_ns(expected)
    if math.type(seen) == "integer" then seen = clock:from_wire(seen) end
    if math.type(seen) == "integer" and math.type(expected) == "integer"
      and clock:is_same(expected, seen) then
      return
    end
  end
  if expected ~= seen then
    found[#found + 1] = ("%s: expected %s, seen %s"):format(path,
      say(field, expected), say(field, seen))
  end
end

-- What is different, a line each. What expected does not name is not compared.
function match.fields(expected, seen, clock)
  local found = {}
  compare_objects(found, "", "", expected, seen, clock)
  return found
end

return match
