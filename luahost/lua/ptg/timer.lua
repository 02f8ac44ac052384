-- timer.lua - group:after and group:every: tasks that begin by the clock.
local Future = require "ptg.future"
local Task = require "ptg.task"
local core = require "ptg.core"
local ending = require "ptg.ending"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local log = require "ptg.log"
local options = require "ptg.options"
local registry = require "ptg.registry"

local Timer = {}
Timer.__index = Timer
Timer.__name = "ptg.timer"
Timer.kind = "timer"

function Timer:__tostring()
  return ("timer '%s' in %s"):format(self.name, self.group.path)
end

local every_spec = {
  overlap = { "skip", "allow", "replace" }, first = "delay",
}

local function launch(call, timer, after_ns, every_ns, overlap, spawner)
  setmetatable(timer, Timer)
  timer.future = Future.new()
  local group = timer.group
  local id = registry.add(timer)
  local handle, code, detail = core.timer_spawn(id, group.handle, timer.name,
    after_ns, every_ns, overlap, spawner)
  if not handle then
    registry.remove(timer)
    failure.raise(("%s in %s"):format(call, group),
      failure.of_group(code, detail))
  end
  registry.set_handle(timer, handle)
  return timer
end

local function create(call, group, name, fn, after_ns, every_ns, overlap)
  return launch(call, { group = group, name = name or "timer", fn = fn },
    after_ns == 0 and core.AT_ONCE or after_ns, every_ns, overlap,
    core.current_spawner())
end

local create_spec = {
  name = "name", after = "limit", every = "period", fire = "function",
  overlap = every_spec.overlap, spawner = "object",
}

-- group:timer{ name =, after =, every =, overlap =, fire =, spawner = }
function Timer.create(group, given)
  local own = options.check("group:timer", given, create_spec)
  if not own.fire then failure.misuse("group:timer: fire is wanted") end
  return launch("group:timer", {
    group = group, name = own.name or "timer", fire = own.fire,
  }, own.after, own.every, own.overlap,
    own.spawner and own.spawner.handle or core.current_spawner())
end

-- Takes the optional name out of the arguments.
local function read_name(call, name, fn, ...)
  if type(name) ~= "string" then
    return nil, options.value(call, "fn", "function", name), fn
  end
  options.value(call, "name", "name", name)
  return name, options.value(call, "fn", "function", fn), ...
end

-- group:after(duration, [name,] fn)
function Timer.after(group, duration, ...)
  local ns = options.value("group:after", "duration", "delay", duration)
  local name, fn = read_name("group:after", ...)
  return create("group:after", group, name, fn, ns, 0)
end

-- group:every(duration, [name,] fn, { overlap =, first = })
function Timer.every(group, duration, ...)
  local ns = options.value("group:every", "duration", "period", duration)
  local name, fn, given = read_name("group:every", ...)
  local own = options.check("group:every", given or {}, every_spec)
  return create("group:every", group, name, fn, own.first or ns, ns,
    own.overlap)
end

-- A firing: a task of its own. Returns a status and the task.
function Timer:on_fire_event()
  if self.fire then return errors.ask(self, "fire", self.fire, self) end
  local task, code, detail = Task.spawn(self.group, self.name, 0, self.fn)
  if task then return core.status.OK, task.handle end
  -- A group that is full now may have room the next time.
  log.line(("%s: a firing was refused: %s"):format(self,
    failure.text(code, detail)))
  return core.status.OK, 0
end

function Timer:on_done_event(status, flags, code, value, originator, message,
                             reason)
  registry.remove(self)
  ending.settle(self, status, message, true)
  ending.tell(self, status, flags, code, value, originator, message, reason)
end

Timer.cancel = Task.cancel
Timer.finish = Task.finish
Timer.info = Task.info
Timer.on_done = Task.on_done
Timer.extend_grace = Task.extend_grace
Timer.state = Task.state

-- How often it fired, and did not: by the overlap policy, and because the loop
-- was too busy.
function Timer:counts()
  local fired, skipped, missed = core.timer_info(self.handle)
  if not fired then return nil, skipped end
  return { fired = fired, skipped = skipped, missed = missed }
end

return Timer
