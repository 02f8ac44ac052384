-- ptg.lua - the module "ptg": persistent task groups for Lua.
--
-- Here is only what scripts see of it as a whole; each noun has a file of its
-- own below ptg/.
require "ptg.events"
local Group = require "ptg.group"
local await = require "ptg.await"
local core = require "ptg.core"
local Watch = require "ptg.watch"
local clock = require "ptg.clock"
local log = require "ptg.log"
local settings = require "ptg.settings"
local guard = require "ptg.luv_guard"
local uv = require "luv"

local ptg = {}

ptg.root = Group.root()
guard.install(ptg.root)

ptg.uv = uv
ptg.args = settings.args
ptg.sleep = await.sleep
ptg.pause = await.pause
ptg.await = await.await
ptg.gather = await.gather
ptg.current = await.current
ptg.is_cancelled = await.is_cancelled

-- Makes a child of the root group.
function ptg.group(given)
  return Group.create(ptg.root, "ptg.group", given)
end

-- Begins the shutdown of the whole program, and returns.
function ptg.shutdown(given)
  return ptg.root:shutdown(given)
end

-- Asks for it as a signal does: on a later turn.
function ptg.request_shutdown(given)
  clock.request_shutdown(given)
end

ptg.watch = Watch.create

-- On a manual clock: moves it on.
ptg.advance = clock.advance

-- On a manual clock: begins anew, with another root group.
function ptg.reset(given)
  ptg.root = clock.reset(given)
  guard.set_root(ptg.root)
  return ptg.root
end

-- A picture of group (the root) with all below it.
function ptg.snapshot(group)
  return clock.snapshot(group)
end

-- One line to stderr, with a time stamp.
function ptg.log(...)
  local parts = table.pack(...)
  for place = 1, parts.n do parts[place] = tostring(parts[place]) end
  log.line(table.concat(parts, " "))
end

-- Seconds of a clock that only goes forward.
function ptg.now()
  return core.now() / 1e9
end

return ptg
