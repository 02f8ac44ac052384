-- instant.lua - durations and instants as scenarios write them: "1500ms".
--
-- Inside they are whole nanoseconds. "forever" and "at_once" stay what they
-- are, here and in the protocol.
local instant = {}

local units = {
  { "m", 60000000000 }, { "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 },
  { "ns", 1 },
}
local size_of = {}
for _, unit in ipairs(units) do size_of[unit[1]] = unit[2] end

-- The nanoseconds of text; nil if it is none.
function instant.parse(text)
  local count, unit = text:match "^(%-?%d+)(%a+)$"
  if not count or not size_of[unit] then return nil end
  local ns = math.tointeger(tonumber(count))
  return ns and ns * size_of[unit]
end

-- Is value a duration, as the schema has it?
function instant.is_duration(value)
  if type(value) == "string" then
    return value == "forever" or value == "at_once"
      or instant.parse(value) ~= nil
  end
  return math.type(value) == "integer"
end

-- Text of value in nanoseconds, or value if it is a word already.
function instant.to_ns(value)
  if type(value) ~= "string" then return value end
  return instant.parse(value) or value
end

-- As parse() reads it, in seconds at most: minutes are harder to compare.
function instant.format(ns)
  if ns == 0 then return "0s" end
  for place = 2, #units do
    local name, size = units[place][1], units[place][2]
    if ns % size == 0 then return ("%d%s"):format(ns // size, name) end
  end
end

return instant
