-- log.lua - lines on stderr, and below them on a terminal the live ones.
local core = require "ptg.core"
local settings = require "ptg.settings"

local log = {}

local live = {} -- the live lines as they stand on the terminal

local CLEAR_TO_END = "\27[J"

-- Moves to the first live line and clears from there.
local function erase()
  if #live == 0 then return "" end
  return ("\27[%dA\r%s"):format(#live, CLEAR_TO_END)
end

local function draw()
  if #live == 0 then return "" end
  return table.concat(live, "\n") .. "\n"
end

-- Virtual time where time is virtual, else the time of day.
local function stamp()
  if settings.is_manual_clock then
    return ("[%9.3f]"):format(core.now() / 1e9)
  end
  local uv = require "luv"
  local seconds, microseconds = uv.gettimeofday()
  return os.date("%H:%M:%S", seconds)
    .. (".%03d"):format(microseconds // 1000)
end

-- A line as it is, or several.
function log.plain(text)
  io.stderr:write(erase() .. text .. "\n" .. draw())
end

-- A line with a time stamp.
function log.line(text)
  log.plain(stamp() .. " " .. text)
end

-- Puts lines in place of the live ones.
function log.set_live(lines)
  local before = erase()
  live = lines
  io.stderr:write(before .. draw())
end

return log
