-- trace_line.lua - reads a line of a trace.
local json = require "dkjson"

local trace_line = {}

local OPEN, CLOSE, QUOTE, COMMA = ('{}",'):byte(1, 4)

local HANDLES = { "group", "task", "watch", "in", "first", "later", "owner",
                  "by", "spawner", "originator", "from", "on", "root" }
local INSTANTS = { "at", "begun_at", "drain_at", "cancel_at", "closed_at",
                   "by_at", "max_tasks", "spawned", "succeeded", "failed",
                   "cancelled", "abandoned" }

local function is_list_of_texts(value)
  if type(value) ~= "table" then return false end
  for key, text in pairs(value) do
    if math.type(key) ~= "integer" or type(text) ~= "string" then
      return false
    end
  end
  return true
end

-- What is wrong with the fields that the laws look at, or nil.
local function check_fields(record)
  for _, key in ipairs(INSTANTS) do
    if record[key] ~= nil and math.type(record[key]) ~= "integer" then
      return key .. " is not an integer"
    end
  end
  for _, key in ipairs(HANDLES) do
    local value = record[key]
    if value ~= nil and type(value) ~= "string"
      and math.type(value) ~= "integer" then
      return key .. " is not a handle or a name"
    end
  end
  local outcome = record.outcome
  if outcome == nil then return nil end
  if type(outcome) ~= "table" then return "outcome is not an object" end
  if outcome.flags ~= nil and not is_list_of_texts(outcome.flags) then
    return "flags is not a list of texts"
  end
end

-- Nearly all lines are made of numbers and plain strings, and a million of them
-- should not be waited for: those are read here, everything else by dkjson.
-- Returns the object that begins at place and the place behind it, or nil.
local function read_quickly(text, place)
  if text:byte(place) ~= OPEN then return nil end
  local record = {}
  repeat
    local _, stop, key = text:find('^"([%w_]+)":', place + 1)
    if not stop then return nil end
    place = stop + 1
    local first = text:byte(place)
    local value
    if first == QUOTE then
      _, stop, value = text:find('^"([^"\\%c]*)"', place)
    elseif first == OPEN then
      value, stop = read_quickly(text, place)
      stop = stop and stop - 1
    else
      _, stop, value = text:find('^(-?[1-9]%d*)%f[^%d.eE]', place)
      value = value and math.tointeger(tonumber(value))
    end
    if value == nil then return nil end
    record[key] = value
    place = stop + 1
  until text:byte(place) ~= COMMA
  if text:byte(place) ~= CLOSE then return nil end
  return record, place + 1
end

-- The record of a line, or nil and what is wrong with it.
function trace_line.decode(text)
  local record, stop = read_quickly(text, 1)
  local wrong
  if not record or stop <= #text then
    record, stop, wrong = json.decode(text, 1, nil)
  end
  if wrong then return nil, "not JSON: " .. wrong end
  if type(record) ~= "table" or text:find "^%s*%[" then
    return nil, "not a JSON object"
  end
  if text:find("%S", stop) then return nil, "more than one JSON object" end
  wrong = check_fields(record)
  if wrong then return nil, wrong end
  return record
end

return trace_line
