-- clock.lua - what a script may do with the runtime as a whole: move a manual
-- clock, begin anew, ask for the end, take a picture.
local Group = require "ptg.group"
local core = require "ptg.core"
local failure = require "ptg.failure"
local options = require "ptg.options"

local clock = {}

-- The clock is moved from outside of all that the moving calls.
local function only_at_top(call)
  if not core.is_top() then
    error(failure.new("EREENTRANT", call .. ": only at the top level of a "
      .. "script, not inside a task, a handler or a coroutine"), 0)
  end
end

-- ptg.advance(duration)
function clock.advance(duration)
  local ns = options.value("ptg.advance", "duration", "delay", duration)
  only_at_top "ptg.advance"
  failure.check("ptg.advance", core.advance(ns))
end

-- ptg.reset{ discard =, options of a group }
function clock.reset(given)
  only_at_top "ptg.reset"
  return Group.renew_root("ptg.reset", given)
end

-- ptg.request_shutdown{ force = }
function clock.request_shutdown(given)
  local own = options.check("ptg.request_shutdown", given or {},
    { force = "boolean" })
  failure.check("ptg.request_shutdown", core.request_shutdown(own.force))
end

-- ptg.snapshot([group])
function clock.snapshot(group)
  return (failure.check("ptg.snapshot",
    core.snapshot(group and group.handle)))
end

return clock
