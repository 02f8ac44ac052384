-- compare.lua - where two tapes of one scenario differ first.
local json = require "dkjson"
local tape = require "ptg.conform.tape"
local trace = require "ptg.conform.trace"
local wire = require "ptg.conform.wire"

local compare = {}

-- Names that scenarios give; what something is called that was given none is
-- the implementation's choice.
compare.given_names = { "alpha", "beta", "gamma" }

local is_given = {}
for _, name in ipairs(compare.given_names) do is_given[name] = true end

local is_ignored = { handle = true, why = true }
local is_chosen = { name = true, task_name = true, place = true }

-- What may be left out.
local function is_nothing(key, value)
  return value == nil or value == json.null
    or (key == "code" or key == "value") and value == 0
    or key == "flags" and type(value) == "table" and #value == 0
end

local find_in_tables

-- Has a field a name that the implementation chose?
function compare.is_chosen(key, value)
  return is_chosen[key] and not is_given[value]
end

local function is_same(key, a, b)
  if a == b or is_ignored[key] then return true end
  if is_nothing(key, a) and is_nothing(key, b) then return true end
  return is_chosen[key] and not is_given[a] and not is_given[b]
end

-- The path of the first field that differs; nil: none.
local function find(key, a, b)
  if is_same(key, a, b) then return nil end
  if type(a) ~= "table" or type(b) ~= "table" then return key end
  local inner = find_in_tables(a, b)
  if not inner then return nil end
  return type(key) == "string" and key .. "." .. inner or inner
end

function find_in_tables(a, b)
  local keys = {}
  for key in pairs(a) do keys[#keys + 1] = key end
  for key in pairs(b) do
    if a[key] == nil then keys[#keys + 1] = key end
  end
  table.sort(keys, function(x, y)
    -- Whether it went well, before all that follows of it.
    if x == "status" or y == "status" then return x == "status" and y ~= x end
    return tostring(x) < tostring(y)
  end)
  for _, key in ipairs(keys) do
    local path = find(key, a[key], b[key])
    if path then
      return type(key) == "number" and (path == key and "" or path) or path
    end
  end
end

local function has_same_fields(a, b)
  for key, value in pairs(a) do
    if not is_same(key, value, b[key]) then return false end
  end
  for key, value in pairs(b) do
    if a[key] == nil and not is_same(key, nil, value) then return false end
  end
  return true
end

local function title_of(item)
  if not item then return "nothing" end
  if item.op then return "answer to " .. item.op end
  return "call " .. item.call
end

-- The kind of difference between two items, of which one may be missing; nil:
-- there is none.
local function kind_of(expected, seen)
  local a, b = title_of(expected), title_of(seen)
  if a ~= b then return ("%s, not %s"):format(b, a) end
  if has_same_fields(expected.fields, seen.fields) then return nil end
  local path = find_in_tables(expected.fields, seen.fields)
  return path and ("%s: %s"):format(a, path)
end

local function find_in_stream(expected, seen)
  for place = 1, math.max(#expected, #seen) do
    local a, b = expected[place], seen[place]
    local kind = kind_of(a, b)
    if kind then
      return { kind = kind, expected = a, seen = b,
               number = math.min(a and a.number or math.huge,
                                 b and b.number or math.huge) }
    end
  end
end

-- The first difference between what the reference said and what was seen:
-- { kind, stream, expected, seen }; nil: there is none.
function compare.tapes(expected, seen)
  local first
  local function look(stream)
    local found = find_in_stream(expected.streams[stream] or {},
      seen.streams[stream] or {})
    if found and (not first or found.number < first.number) then
      found.stream, first = stream, found
    end
  end
  for _, stream in ipairs(expected.order) do look(stream) end
  for _, stream in ipairs(seen.order) do
    if not expected.streams[stream] then look(stream) end
  end
  return first
end

local function say_item(item)
  if not item then return "nothing" end
  if not item.op then
    return ("%s @%d"):format(trace.event_text(item.fields), item.fields.at)
  end
  return item.fields.status
end

local function say_fields(item)
  local text = json.encode(item.fields)
  return #text > 300 and text:sub(1, 297) .. "..." or text
end

-- One line about a difference.
function compare.say(found)
  local expected, seen = say_item(found.expected), say_item(found.seen)
  if expected == seen then
    expected, seen = say_fields(found.expected), say_fields(found.seen)
  end
  local asked = (found.expected or found.seen).message
  return ("%s%s%s: expected %s, seen %s"):format(found.kind,
    found.stream == tape.OUTSIDE and "" or ", in " .. found.stream,
    asked and ", of " .. wire.encode(asked) or "", expected, seen)
end

return compare
