-- events.lua - from an event of the runtime to the object that it is about.
local core = require "ptg.core"
local errors = require "ptg.errors"
local registry = require "ptg.registry"

local function to(method)
  return function(id, _, ...)
    local object = registry.by_id(id)
    if object then return object[method](object, ...) end
  end
end

-- Of a task that is a coroutine: C has its object.
local function of_task(method)
  return function(task, ...) return task[method](task, ...) end
end

core.set_handlers {
  drain = of_task "on_drain_event",
  cancel = of_task "on_cancel_event",
  kill = of_task "on_kill_event",
  task_done = of_task "on_done_event",
  done = to "on_done_event",
  started = to "on_started_event",
  line = to "on_line_event",
  fire = to "on_fire_event",
  message = to "on_message_event",
  drop = to "on_drop_event",
  room = to "on_room_event",
  over = to "on_over_event",
  group_drain = to "on_group_drain_event",
  group_closed = to "on_group_closed_event",
  group_release = to "on_group_release_event",
  error = errors.on_event,
}
