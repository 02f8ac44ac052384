-- work.lua - group:work: a function on a thread, in a Lua state of its own.
local Future = require "ptg.future"
local Task = require "ptg.task"
local core = require "ptg.core"
local failure = require "ptg.failure"
local options = require "ptg.options"
local registry = require "ptg.registry"

local CALL = "group:work"

local Work = {}
Work.__index = Work
Work.__name = "ptg.work"
Work.kind = "work"

function Work:__tostring()
  return ("work '%s' in %s"):format(self.name, self.group.path)
end

-- What a function knows from around it stays behind: only globals are there
-- again, those of the other state.
local function dump(fn)
  if debug.getinfo(fn, "S").what == "C" then
    failure.misuse("%s: fn: must be a function written in Lua", CALL)
  end
  local place = 1
  while true do
    local name = debug.getupvalue(fn, place)
    if not name then break end
    if name ~= "_ENV" then
      failure.misuse("%s: fn: it uses the local '%s' from around it, which is "
        .. "not there in another thread: give it as an argument", CALL, name)
    end
    place = place + 1
  end
  return string.dump(fn)
end

local function pack(...)
  for place = 1, select("#", ...) do
    local kind = type((select(place, ...)))
    if kind ~= "nil" and kind ~= "boolean" and kind ~= "number"
      and kind ~= "string" then
      failure.misuse("%s: argument %d is a %s: only nil, booleans, numbers and "
        .. "strings go to another thread", CALL, place, kind)
    end
  end
  return core.work_pack(package.path, package.cpath, ...)
end

local function create(group, name, fn, ...)
  local work = setmetatable({
    name = name, group = group, future = Future.new(),
  }, Work)
  local code, arguments = dump(fn), pack(...)
  local id = registry.add(work)
  local handle, status, detail = core.work_spawn(id, group.handle, name, code,
    arguments, core.current_spawner())
  if not handle then
    registry.remove(work)
    failure.raise(("%s in %s"):format(CALL, group),
      failure.of_group(status, detail))
  end
  registry.set_handle(work, handle)
  return work
end

-- group:work([name,] fn, ...)
function Work.create(group, name, ...)
  if type(name) == "string" then
    options.value(CALL, "name", "name", name)
    options.value(CALL, "fn", "function", (...))
    return create(group, name, ...)
  end
  options.value(CALL, "fn", "function", name)
  return create(group, "work", name, ...)
end

function Work:on_done_event(status, flags, code, value, originator, message,
                            reason, results)
  registry.remove(self)
  if status == core.status.OK then
    -- None if another finished it.
    self.result = table.pack(core.work_unpack(results or ""))
  end
  Task.on_done_event(self, status, flags, code, value, originator, message,
    reason)
end

Work.cancel = Task.cancel
Work.finish = Task.finish
Work.info = Task.info
Work.on_done = Task.on_done
Work.extend_grace = Task.extend_grace
Work.state = Task.state

return Work
