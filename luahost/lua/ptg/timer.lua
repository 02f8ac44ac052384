-- timer.lua - group:after and group:every: tasks that begin by the clock.
local Future = require "ptg.future"
local Task = require "ptg.task"
local context = require "ptg.context"
local core = require "ptg.core"
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

local function create(call, group, name, fn, after_ns, every_ns, overlap)
  local timer = setmetatable({
    group = group, name = name or "timer", fn = fn, future = Future.new(),
  }, Timer)
  local id = registry.add(timer)
  local handle, code, detail = core.timer_spawn(id, group.handle, timer.name,
    after_ns == 0 and core.AT_ONCE or after_ns, every_ns, overlap,
    context.spawner)
  if not handle then
    registry.remove(timer)
    failure.raise(("%s in %s"):format(call, group),
      failure.of_group(code, detail))
  end
  registry.set_handle(timer, handle)
  return timer
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
  local task, code, detail = Task.spawn(self.group, self.name, 0, self.fn)
  if task then return core.status.OK, task.handle end
  -- A group that is full now may have room the next time.
  log.line(("%s: a firing was refused: %s"):format(self,
    failure.text(code, detail)))
  return core.status.OK, 0
end

function Timer:on_done_event(status, _, _, _, message)
  registry.remove(self)
  local is_well = status == core.status.OK
    or status == core.status.ECANCELED
  if is_well then return self.future:settle(true, true) end
  self.future:settle(false, failure.new(core.status[status],
    failure.text(core.status[status], message)))
end

Timer.cancel = Task.cancel
Timer.state = Task.state

-- How often it fired, and did not: by the overlap policy, and because the loop
-- was too busy.
function Timer:counts()
  local fired, skipped, missed = core.timer_info(self.handle)
  if not fired then return nil end
  return { fired = fired, skipped = skipped, missed = missed }
end

return Timer
