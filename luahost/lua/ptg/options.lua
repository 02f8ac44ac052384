-- options.lua - checks the tables of options that scripts write.
--
-- A mistake is raised at the script's line, in one line that names the call,
-- the option and what would have been right.
local duration = require "ptg.duration"
local failure = require "ptg.failure"

local options = {}

local AT_ONCE = -2

-- How many letters must be put in, taken out or replaced to get from a to b.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local replaced = diagonal + (a:byte(i) == b:byte(j) and 0 or 1)
      diagonal = row[j]
      row[j] = math.min(replaced, row[j] + 1, row[j - 1] + 1)
    end
  end
  return row[#b]
end

-- The name among candidates that is nearest to what was written, if it is near
-- enough to have been meant.
local function nearest(written, candidates)
  local best, best_distance = nil, math.min(3, #written // 2) + 1
  for candidate in pairs(candidates) do
    local far = distance(written, candidate)
    if far < best_distance
      or far == best_distance and best and candidate < best then
      best, best_distance = candidate, far
    end
  end
  return best
end

local function is_callable(value)
  local meta = getmetatable(value)
  return type(value) == "function"
    or type(meta) == "table" and meta.__call ~= nil
end

-- For each sort of option: the value as it is used, or nil and what is wrong.
local sorts = {}

function sorts.string(value)
  if type(value) ~= "string" then
    return nil, "must be a string, not a " .. type(value)
  end
  return value
end

function sorts.name(value)
  local text, wrong = sorts.string(value)
  if not text then return nil, wrong end
  if text == "" then return nil, "must not be empty" end
  if text:find("[/%c]") then
    return nil, "must hold neither a slash nor a control character"
  end
  if #text > 255 then return nil, "must be at most 255 bytes long" end
  if not utf8.len(text) then return nil, "must be UTF-8" end
  return text
end

function sorts.boolean(value)
  if type(value) ~= "boolean" then
    return nil, "must be true or false, not a " .. type(value)
  end
  return value
end

sorts["function"] = function(value)
  if not is_callable(value) then
    return nil, "must be a function, not a " .. type(value)
  end
  return value
end

function sorts.table(value)
  if type(value) ~= "table" then
    return nil, "must be a table, not a " .. type(value)
  end
  return value
end

function sorts.count(value)
  local number = math.type(value) == "integer" and value
  if not number or number < 1 then
    return nil, "must be a whole number, 1 or more"
  end
  return number
end

function sorts.integer(value)
  if math.type(value) ~= "integer" then
    return nil, "must be a whole number"
  end
  return value
end

-- A task of whatever sort, or a group.
function sorts.object(value)
  if type(value) ~= "table" or math.type(value.handle) ~= "integer" then
    return nil, "must be a task or a group, not a " .. type(value)
  end
  return value
end

-- A duration; "0s" is nothing at all, and no limit is "forever".
function sorts.limit(value)
  local ns, wrong = duration.parse(value)
  if not ns then return nil, wrong end
  return ns == 0 and AT_ONCE or ns
end

-- A duration of some length that ends.
function sorts.period(value)
  local ns, wrong = duration.parse(value)
  if not ns then return nil, wrong end
  if ns == duration.FOREVER then return nil, "must not be forever" end
  if ns == 0 then return nil, "must be longer than nothing" end
  return ns
end

-- A duration that ends, or nothing.
function sorts.delay(value)
  local ns, wrong = duration.parse(value)
  if not ns then return nil, wrong end
  if ns == duration.FOREVER then return nil, "must not be forever" end
  return ns
end

function sorts.any(value)
  return value
end

-- One value of a sort: sort is a name above, or a function like those, or a
-- list of the strings allowed.
local function read(sort, value)
  if type(sort) == "function" then return sort(value) end
  if type(sort) == "string" then return sorts[sort](value) end
  for _, allowed in ipairs(sort) do
    if value == allowed then return value end
  end
  return nil, ("must be %s"):format(
    '"' .. table.concat(sort, '", "') .. '"')
end

-- Checks the named fields of given against spec, { name = sort }, and returns
-- them in a new table. List items are left alone if has_list, else a mistake.
function options.check(call, given, spec, has_list)
  if type(given) ~= "table" then
    failure.misuse("%s: a table of options is wanted, not a %s", call,
      type(given))
  end
  local result = {}
  for key, value in pairs(given) do
    local is_item = math.type(key) == "integer"
    if not (is_item and has_list) then
      local sort = spec[key]
      if not sort then
        local hint = type(key) == "string" and nearest(key, spec)
        failure.misuse("%s: unknown option %s%s", call,
          type(key) == "string" and '"' .. key .. '"' or tostring(key),
          hint and (' (did you mean "%s"?)'):format(hint) or "")
      end
      local read_value, wrong = read(sort, value)
      if read_value == nil and wrong then
        failure.misuse("%s: %s: %s", call, key, wrong)
      end
      result[key] = read_value
    end
  end
  return result
end

-- Checks one argument of a call.
function options.value(call, name, sort, value)
  local result, wrong = read(sort, value)
  if result == nil and wrong then
    failure.misuse("%s: %s: %s", call, name, wrong)
  end
  return result
end

return options
