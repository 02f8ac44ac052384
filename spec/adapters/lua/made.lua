-- made.lua - what the suite has made: by its name, the object of the module.
--
-- An entry has as, object (nil: it was refused) and tells (a set).
local core = require "ptg.core"
local values = require "values"

local made = {}

local entries = {}

function made.forget()
  entries = {}
  values.forget_names()
end

local function set_of(list)
  local set = {}
  for _, item in ipairs(list) do set[item] = true end
  return set
end

-- Begins an entry; tells are those it has if nothing is said.
function made.begin(request, tells)
  return { as = request.as, tells = set_of(request.tells or tells) }
end

-- What came of making it.
function made.keep(entry, object)
  entry.object = object
  entries[entry.as] = entry
  if object then values.keep_name(object.handle, entry.as) end
end

-- What a name, or the handle of something that has one, stands for.
function made.entry(reference)
  return entries[reference] or entries[values.name_of(reference)]
end

-- ------------------------------------------------------------- references

-- What the runtime says of a handle, of each kind.
local asks = {
  group = core.group_info, task = core.task_info, queue = core.queue_info,
  timer = core.timer_info, watch = core.watch_remove,
  any = function(handle)
    local info, code = core.group_info(handle)
    if info or code ~= "EKIND" then return info, code end
    return core.task_info(handle)
  end,
}

local function is_of(object, kind)
  if kind == "any" then return object.kind ~= "watch" end
  if kind == "group" then return object.is_group end
  if kind == "task" then
    return not object.is_group and object.kind ~= "watch"
  end
  return object.kind == kind
end

-- The object that a reference of a request stands for, or nil and a status. A
-- handle of nothing that was made, and one of another kind, have no object that
-- could be asked: the runtime says what they are.
function made.find(reference, kind)
  local entry = made.entry(reference)
  local object = entry and entry.object
  if object and is_of(object, kind) then return object end
  local handle = object and object.handle or entry and 0 or reference
  if math.type(handle) ~= "integer" then
    error(("no such name: %s"):format(tostring(reference)), 0)
  end
  local info, code = asks[kind](handle)
  return nil, info and "kind" or values.word(code)
end

-- Of a field that may be left out: what is not there stands for nobody. An
-- object that is none of ours is as good as its handle.
function made.optional(reference)
  if reference == nil then return nil end
  local entry = made.entry(reference)
  if entry then return entry.object end
  return reference ~= 0 and { handle = reference } or nil
end

return made
