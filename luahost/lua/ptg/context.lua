-- context.lua - on whose behalf Lua code is running now.
--
-- task and group answer ptg.current(); the task is C's to keep (core.current_task),
-- which sets it alone while a coroutine runs, and group is nil then. So is the
-- spawner, the handle that libptg takes as the one who spawns or cancels (0: it
-- knows itself, by the callback).
-- depth is how many such calls there are, one in the other.
-- In a callback of luv, of which libptg knows nothing, luv_group is the group on
-- whose behalf it is.
local core = require "ptg.core"

local context = { group = nil, depth = 0 }

local function leave(task, group, spawner, ...)
  core.set_current(task, spawner)
  context.group = group
  context.depth = context.depth - 1
  return ...
end

-- Calls fn(...) on behalf of a task, or of a group's handler (task nil), and
-- returns what xpcall does.
function context.call(task, group, spawner, handler, fn, ...)
  local old_group = context.group
  local old_task, old_spawner = core.set_current(task or false, spawner)
  context.group = group
  context.depth = context.depth + 1
  return leave(old_task, old_group, old_spawner, xpcall(fn, handler, ...))
end

-- The task, or nil, and the group.
function context.current()
  local task = core.current_task()
  if not task then return nil, context.group end
  return task, context.group or task.group
end

return context
