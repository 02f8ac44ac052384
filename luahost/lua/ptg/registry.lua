-- registry.lua - which Lua object an id or a handle stands for.
--
-- C keeps ids; the runtime gives handles. An object is here from its
-- declaration to the last event about it. Tasks that are coroutines are in C's
-- own table (task_table.h).
local core = require "ptg.core"

local registry = {}

local HANDLE = core.places.handle

local by_id = {}
local by_handle = {}
local last_id = 1 -- 1 is the root group's

-- Takes object in and gives it an id; ROOT_ID for the root.
function registry.add(object)
  last_id = last_id + 1
  by_id[last_id] = object
  object.id = last_id
  return last_id
end

function registry.add_root(object, id, handle)
  by_id[id] = object
  object.id = id
  registry.set_handle(object, handle)
end

function registry.set_handle(object, handle)
  object.handle = handle
  object[HANDLE] = handle -- for C
  by_handle[handle] = object
end

function registry.remove(object)
  by_id[object.id] = nil
  if object.handle then by_handle[object.handle] = nil end
end

function registry.by_id(id)
  return by_id[id]
end

function registry.by_handle(handle)
  return by_handle[handle] or core.task_object(handle)
end

-- What belonged to a runtime that is gone.
function registry.clear()
  by_id, by_handle = {}, {}
  core.tasks_clear()
end

-- Calls fn(handle) for each task of whatever sort.
function registry.each_task(fn)
  for handle, object in pairs(by_handle) do
    if not object.is_group then fn(handle) end
  end
  for _, handle in ipairs(core.task_handles()) do fn(handle) end
end

return registry
