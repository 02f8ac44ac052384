-- luv_guard.lua - luv, made safe for a loop that is not the script's own.
--
-- The functions of luv and the methods of its handles are replaced where they
-- stand, so that require "luv" gives the same. A callback given to one of them
-- remembers whose it is: its failure goes to that group's error handler, and
-- what it spawns counts as spawned by that task.
local core = require "ptg.core"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local settings = require "ptg.settings"
local uv = require "luv"

local guard = {}

-- What makes a handle, which is then to be closed at the end.
local makers = {
  "new_timer", "new_prepare", "new_check", "new_idle", "new_async", "new_poll",
  "new_socket_poll", "new_signal", "new_tcp", "new_pipe", "new_tty",
  "new_udp", "new_fs_event", "new_fs_poll", "spawn",
}

-- Their functions are run in other Lua states, and must be plain ones.
local untouched = { "new_thread", "new_work", "queue_work" }

-- What would take the loop away from the runtime.
local forbidden = {
  run = "ptg runs the loop",
  stop = "use ptg.shutdown",
  loop_close = "ptg closes the loop",
}

local root -- the root group: owner of what no task and no handler gave

local handles = setmetatable({}, { __mode = "k" })

-- luv puts the place of our call into the message of a mistake; the script's
-- place is wanted.
local function on_refused(name, err)
  if type(err) ~= "string" then error(err, 0) end
  local message = err:gsub("^<ptg>/[^:]*:%d+: ", "")
    :gsub("^(bad argument #%d+ to )'[^']*'", "%1'" .. name .. "'")
  error(failure.new("EINVAL", message), 0)
end

local function wrap_maker(fn, name)
  local function keep(handle, ...)
    if handle then handles[handle] = true end
    return handle, ...
  end
  local wrapped = core.luv_wrap(fn, name)
  return function(...) return keep(wrapped(...)) end
end

local function wrap_signal(fn, name)
  local taken = {
    [uv.constants.SIGTERM] = true, [uv.constants.SIGINT] = true,
    sigterm = true, sigint = true,
  }
  local wrapped = core.luv_wrap(fn, name)
  return function(handle, signal, ...)
    if taken[signal] then
      failure.misuse("SIGTERM and SIGINT begin the shutdown: use "
        .. "group:on_drain")
    end
    return wrapped(handle, signal, ...)
  end
end

-- luv's own walk aborts at handles that are not its own.
local function walk(fn)
  local list = {}
  for handle in pairs(handles) do list[#list + 1] = handle end
  for _, handle in ipairs(list) do fn(handle) end
end

local function replacements()
  local replaced = {}
  for name, advice in pairs(forbidden) do
    replaced[uv[name]] = function()
      failure.misuse("uv.%s is not for scripts: %s", name, advice)
    end
  end
  for _, name in ipairs(makers) do
    replaced[uv[name]] = wrap_maker(uv[name], name)
  end
  for _, name in ipairs(untouched) do replaced[uv[name]] = uv[name] end
  replaced[uv.walk] = walk
  for _, name in ipairs { "signal_start", "signal_start_oneshot" } do
    replaced[uv[name]] = wrap_signal(uv[name], name)
  end
  return replaced
end

-- Puts the safe function in place of each; the same one for a function and for
-- the method that is the same.
local function replace_all(functions, replaced)
  for name, fn in pairs(functions) do
    if type(fn) == "function" then
      replaced[fn] = replaced[fn] or core.luv_wrap(fn, name)
      functions[name] = replaced[fn]
    end
  end
end

local function replace_everywhere()
  local replaced = replacements()
  replace_all(uv, replaced)
  for key, meta in pairs(debug.getregistry()) do
    if type(key) == "string" and key:find("^uv_") and type(meta) == "table"
      and type(rawget(meta, "__index")) == "table" then
      replace_all(meta.__index, replaced)
    end
  end
end

local is_closing, close = uv.is_closing, uv.close

-- What has been collected may be among the handles still, and is none.
local function close_all()
  for handle in pairs(handles) do
    local ok, is_closed = pcall(is_closing, handle)
    if ok and not is_closed then close(handle) end
  end
end

local function dispatch(task, group, value, message, traceback)
  errors.dispatch {
    task = task,
    name = task and task.name or "",
    group = group,
    hook = "a callback of luv",
    message = message,
    value = value,
    traceback = traceback,
  }
end

-- An error in a callback of the task, or of the group's handler, that gave it
-- to luv.
local function on_failed(task, group, caught)
  caught = errors.whole(caught)
  dispatch(task or nil, group, caught.value, caught.message, caught.traceback)
end

-- An error in a callback that came to luv by another way.
local function on_stray_error(value)
  local text = errors.text_of(value)
  dispatch(nil, root, value, errors.line_of(text),
    errors.script_frames(text:match("\n(.*)$") or ""))
end

-- Another root group has taken the place of the first one.
function guard.set_root(root_group)
  root = root_group
  core.set_luv_root(root)
end

-- To be called once, with the root group, before any script has luv.
function guard.install(root_group)
  core.set_luv_guard(on_failed, on_refused, settings)
  core.set_luv_handlers(on_stray_error, close_all)
  guard.set_root(root_group)
  replace_everywhere()
end

return guard
