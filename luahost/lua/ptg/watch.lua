-- watch.lua - ptg.watch: being told that a task or a group is over.
local core = require "ptg.core"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local options = require "ptg.options"
local outcome = require "ptg.outcome"
local registry = require "ptg.registry"

local Watch = {}
Watch.__index = Watch
Watch.__name = "ptg.watch"
Watch.kind = "watch"

-- fn(target, outcome) is called once, when target is over; waiter is the task
-- that waits for it, if one does.
function Watch.create(target, fn, waiter)
  if type(target) ~= "table" or not target.handle then
    failure.misuse("ptg.watch: a task, a timer, a queue, work or a group is "
      .. "wanted, not a %s", type(target))
  end
  options.value("ptg.watch", "fn", "function", fn)
  local watch = setmetatable({ target = target, fn = fn }, Watch)
  local id = registry.add(watch)
  local handle, code, detail =
    core.watch_add(id, target.handle, waiter and waiter.handle)
  if not handle then
    registry.remove(watch)
    failure.raise(("watch of %s"):format(target), code, detail)
  end
  registry.set_handle(watch, handle)
  return watch
end

function Watch:on_over_event(_, ...)
  registry.remove(self)
  local target = self.target
  local group = target.is_group and target or target.group
  local ok, caught = core.call_as(nil, nil, 0, errors.caught, self.fn, target,
    outcome.new(...))
  if ok then return end
  errors.dispatch {
    name = "", group = group, hook = "a watch", message = caught.message,
    value = caught.value, traceback = caught.traceback,
  }
end

-- It will not be told. False: it has been.
function Watch:remove()
  local ok, code, detail = core.watch_remove(self.handle)
  if not ok and code ~= "ESTALE" then
    failure.raise("a watch", code, detail)
  end
  if ok then registry.remove(self) end
  return ok == true
end

return Watch
