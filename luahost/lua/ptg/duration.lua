-- duration.lua - durations as scripts write them: "250ms", "5s", "1m30s", "2h".
--
-- Inside they are whole nanoseconds; -1 is for ever.
local duration = {}

duration.FOREVER = -1

local units = { ns = 1, us = 1000, ms = 1000000, s = 1000000000,
                m = 60000000000, h = 3600000000000 }

-- One that a timer of 64 bits cannot count is no duration.
local LONGEST = 9.2e18

-- The nanoseconds of "1.5" units, never fewer, in whole numbers so that none is
-- rounded up for nothing.
local function scale(whole, fraction, unit)
  local size = math.tointeger(10 ^ #fraction)
  local part = (math.tointeger(tonumber(fraction)) or 0) * unit
  return tonumber(whole) * unit + (part + size - 1) // size
end

-- The nanoseconds of text, or nil and what is wrong with it.
function duration.parse(text)
  if type(text) ~= "string" then
    return nil, ('a duration is a string such as "250ms", "5s" or "1m30s",'
      .. " not a %s"):format(type(text))
  end
  if text == "forever" then return duration.FOREVER end

  local total, position = 0, 1
  while position <= #text do
    local whole, fraction, unit, after =
      text:match("^(%d+)%.?(%d*)(%a+)()", position)
    if not whole or not units[unit] or #fraction > 6 then break end
    local size = tonumber(whole) * 1.0 * units[unit]
    if total + size > LONGEST then
      return nil, ('the duration "%s" is too long: write "forever"')
        :format(text)
    end
    total = total + scale(whole, fraction, units[unit])
    position = after
  end
  if position <= #text or text == "" then
    return nil, ('bad duration "%s": write "250ms", "5s", "1m30s", "2h" or'
      .. ' "forever"'):format(text)
  end
  return total
end

local function trim_zeros(text)
  return (text:gsub("%.?0+$", ""))
end

-- The shortest exact text for whole milliseconds, as parse() reads it.
function duration.format(ns)
  if ns == duration.FOREVER then return "forever" end
  if ns < 0 or ns == 0 then return "0s" end
  if ns < units.us then return ("%dns"):format(ns) end
  if ns < units.ms then
    return (ns % units.us == 0 and "%dus" or "%.3fus"):format(ns
      % units.us == 0 and ns // units.us or ns / units.us)
  end
  if ns < units.s then
    local text = ("%.3f"):format(ns / units.ms)
    return trim_zeros(text) .. "ms"
  end
  local parts = {}
  if ns >= units.h then parts[#parts + 1] = ("%dh"):format(ns // units.h) end
  local minutes = ns % units.h // units.m
  if minutes > 0 then parts[#parts + 1] = ("%dm"):format(minutes) end
  local rest = ns % units.m
  if rest > 0 then
    parts[#parts + 1] = trim_zeros(("%.3f"):format(rest / units.s)) .. "s"
  end
  return table.concat(parts)
end

-- A column of a table: seconds with three places, "-" for nil.
function duration.column(ns)
  if ns == nil then return "-" end
  if ns == duration.FOREVER then return "forever" end
  return ("%.3fs"):format(ns / units.s)
end

-- Seconds as a float; for ever is nil.
function duration.seconds(ns)
  if ns == nil or ns == duration.FOREVER then return nil end
  return ns / units.s
end

return duration
