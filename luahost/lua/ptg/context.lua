-- context.lua - on whose behalf Lua code is running now.
--
-- task and group answer ptg.current(). task is false if there is none, and never
-- nil; while a task's coroutine runs driver.c sets it alone, and group is nil.
-- spawner is the handle that libptg takes as the one who spawns or cancels (0:
-- it knows itself, by the callback).
-- depth is how many such calls there are, one in the other.
-- In a callback of luv, of which libptg knows nothing, luv_group is the group on
-- whose behalf it is.
local context = { task = false, group = nil, spawner = 0, depth = 0 }

-- Calls fn(...) on behalf of a task, or of a group's handler (task nil), and
-- returns what xpcall does.
function context.call(task, group, spawner, handler, fn, ...)
  local old_task, old_group, old_spawner =
    context.task, context.group, context.spawner
  context.task, context.group, context.spawner =
    task or false, group, spawner
  context.depth = context.depth + 1
  local function leave(...)
    context.task, context.group, context.spawner =
      old_task, old_group, old_spawner
    context.depth = context.depth - 1
    return ...
  end
  return leave(xpcall(fn, handler, ...))
end

-- The task, or nil, and the group.
function context.current()
  local task = context.task
  if not task then return nil, context.group end
  return task, context.group or task.group
end

return context
