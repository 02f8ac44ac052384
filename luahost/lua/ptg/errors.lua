-- errors.lua - failures on their way to a handler.
--
-- The runtime tells a failure to the group where it happened; from there it
-- goes up to the nearest group with a handler. A handler that fails passes
-- both errors on. Nobody left: one loud line, and the traceback.
local core = require "ptg.core"
local log = require "ptg.log"
local outcome = require "ptg.outcome"
local registry = require "ptg.registry"
local settings = require "ptg.settings"

local LONGEST_LINE = 1000

local errors = {
  unhandled = 0, -- failures that came to the end of the way
}

-- Failures whose values wait for the runtime to tell them: by task, or by
-- group for a hook.
local expected = {}

local group_states = { "open", "draining", "cancelling", "closed" }

-- tostring() that cannot fail; a table of a script's own often has a message.
local function text_of(value)
  local is_plain = type(value) == "table" and not getmetatable(value)
  if is_plain and type(value.message) == "string" then return value.message end
  local ok, text = pcall(tostring, value)
  return ok and text or ("(an error that is a %s)"):format(type(value))
end

errors.text_of = text_of

-- A text as the runtime takes it: one line of UTF-8, not too long.
function errors.line_of(text)
  local line = text:match("^[^\n]*"):sub(1, LONGEST_LINE):gsub("%z", "?")
  if utf8.len(line) then return line end
  return (line:gsub("[\x80-\xff]", "?"))
end

-- A traceback without the frames that are the module's own.
function errors.script_frames(traceback)
  local lines = {}
  for line in traceback:gmatch("[^\n]+") do
    if not line:find("^%s*<ptg>/") and not line:find("^%s*%[C%]: in %?$")
      and not line:find("^%s*%[C%]: in function 'x?pcall'$")
      and not line:find("^%s*%(%.%.%.tail calls%.%.%.%)$") then
      lines[#lines + 1] = line
    end
  end
  return table.concat(lines, "\n")
end

-- A message handler for xpcall: keeps the value, and where it came from.
function errors.caught(value)
  return {
    value = value,
    message = text_of(value),
    traceback = errors.script_frames(debug.traceback("", 2)),
  }
end

-- What caught() made of an error; without memory, or when that itself fails,
-- Lua gives the bare error instead.
function errors.whole(caught)
  if type(caught) == "table" then return caught end
  return { value = caught, message = text_of(caught) }
end

-- Says what the failure with this handle, which the runtime is about to tell,
-- really was.
function errors.expect(handle, caught)
  expected[handle] = caught
end

-- It was told, or never will be.
function errors.forget(handle)
  expected[handle] = nil
end

local function kind_of(err)
  if not err.hook then
    return ("%s '%s'"):format(err.task and err.task.kind or "task", err.name)
  end
  if not err.task then return err.hook end
  return ("%s of %s '%s'"):format(err.hook, err.task.kind, err.task.name)
end

local function indent(text)
  return "    " .. text:gsub("\n", "\n    ")
end

local function print_loudly(err)
  local lines = { ("ptg: %s in %s failed%s: %s"):format(kind_of(err), err.path,
    err.during_cancel and " while it was being cancelled" or "", err.message) }
  if err.traceback then lines[#lines + 1] = indent(err.traceback) end
  for _, wrong in ipairs(err.handler_errors or {}) do
    lines[#lines + 1] = ("  and then the error handler of %s failed: %s")
      :format(wrong.path, wrong.message)
    lines[#lines + 1] = indent(wrong.traceback)
  end
  log.plain(table.concat(lines, "\n"))
end

-- Hands err to the handler of group; true if that took it, else false and what
-- it raised, if there is one.
local function try_handler(group, err)
  local handler = not settings.are_hooks_off and group.handlers.on_error
  if not handler then return false end
  local ok, wrong = core.call_as(nil, group, 0, errors.caught, handler, err)
  if ok then return true end
  wrong.group, wrong.path = group, group.path
  err.handler_errors = err.handler_errors or {}
  table.insert(err.handler_errors, wrong)
  err.handler_error = err.handler_errors[1]
  return false, wrong
end

local function give_up(err)
  errors.unhandled = errors.unhandled + 1
  print_loudly(err)
end

-- Hands err, whose group is set and of which the runtime knows nothing, to the
-- nearest handler.
function errors.dispatch(err)
  err.path = err.group.path
  local group = err.group
  while group do
    if try_handler(group, err) then return end
    group = group.parent
  end
  give_up(err)
end

-- Hands on what fn(...) of a task's (or of a group's, task nil) raised outside
-- of the task's coroutine; true and what it returned if it raised nothing.
function errors.guard(task, group, what, fn, ...)
  -- A line that a process wrote comes from outside of the runtime.
  local is_outside = task and task.kind == "process"
    and not task.future.is_settled
  local spawner = is_outside and task.handle or 0
  local ok, caught = core.call_as(task, group, spawner, errors.caught, fn, ...)
  if ok then return true, caught end
  errors.dispatch {
    task = task,
    name = task and task.name or what,
    group = group,
    hook = what,
    message = caught.message,
    value = caught.value,
    traceback = caught.traceback,
  }
  return false
end

-- The status of a hook that raised value: its code, if that is one of the
-- runtime's.
function errors.status_of(value)
  local status = type(value) == "table" and core.status[rawget(value, "code")]
  if math.type(status) ~= "integer" or status == core.status.OK then
    return core.status.EFAILED
  end
  return status
end

-- Calls fn(...) of a timer or queue, which may answer with a task. Returns what
-- the runtime wants to know: a status and that task.
function errors.ask(object, what, fn, ...)
  local ok, result = core.call_as(object, object.group, 0, errors.caught, fn,
    ...)
  if ok then return core.status.OK, result and result.handle or 0 end
  result = errors.whole(result)
  result.hook = what
  errors.expect(object.handle, result)
  return errors.status_of(result.value), 0
end

-- ------------------------------------------------------------------ the event

-- The failure as a script is told of it; nil if it is none.
local function build(group, handle, flags, age_ns, group_state, name, status,
                     outcome_flags, ...)
  local from_hook = flags & core.FROM_HOOK ~= 0
  local subject = from_hook and group or handle
  local caught = expected[subject]
  expected[subject] = nil

  local object = not from_hook and registry.by_handle(handle) or nil
  if object and object.swallows and object:swallows(status, outcome_flags) then
    return nil
  end
  local owner = registry.by_handle(group)
  local ended = outcome.new(status, outcome_flags, ...)
  local value = caught and caught.value
  local message = ended.message or "PTG_" .. ended.status
  if object and object.explain then message = object:explain(message) end
  return {
    task = object and object.public or object,
    name = from_hook and caught and caught.hook or name,
    group = owner,
    path = owner.path,
    hook = caught and caught.hook or from_hook and "a hook" or nil,
    message = caught and caught.message or message,
    value = value,
    traceback = caught and caught.traceback,
    status = ended.status,
    code = type(value) == "table" and value.code
      or ended.code ~= 0 and ended.code or nil,
    during_cancel = flags & core.DURING_CANCEL ~= 0,
    age = age_ns / 1e9,
    state = group_states[group_state],
    label = name,
    outcome = ended,
  }
end

-- The one that is on its way up: the runtime goes from group to group, so that
-- it knows in whose handler it is.
local passing

function errors.reset()
  expected, passing, errors.unhandled = {}, nil, 0
end

-- A failure comes to the handler of the group with this id. What is returned
-- says whether it goes on to the parent's; one without a handler says so too.
function errors.on_event(id, group, handle, flags, age_ns, group_state, status,
                         outcome_flags, code, value, originator, name, ...)
  local subject = flags & core.FROM_HOOK ~= 0 and group or handle
  local err = passing and passing.subject == subject and passing.err
  passing = nil
  if not err then
    err = build(group, handle, flags, age_ns, group_state, name, status,
      outcome_flags, code, value, originator, ...)
    if not err then return core.status.OK end
  end

  local here = registry.by_id(id)
  local ok, wrong = try_handler(here, err)
  if ok then return core.status.OK end
  if not here.parent then
    give_up(err)
    return core.status.OK
  end
  passing = { subject = subject, err = err }
  return wrong and errors.status_of(wrong.value) or core.status.EFAILED
end

return errors
