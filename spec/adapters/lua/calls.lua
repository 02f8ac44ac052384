-- calls.lua - what the module calls, passed on to the suite.
local ptg = require "ptg"
local made = require "made"
local values = require "values"
local wire = require "wire"

local calls = {}

local null = wire.null

local function call(what, fields)
  fields.call, fields.at = what, values.now()
  return wire.call(fields)
end

-- The error that stands for what a hook is told to return.
local function raise_unless_ok(returned)
  local word = returned.status
  if word == nil or word == "ok" then return end
  error({ code = values.code(word), message = word }, 0)
end

-- ------------------------------------------------------------------- tasks

-- The entry of the task in whose coroutine a call goes on, if one does.
local in_body

-- An end that is said from inside the task's own body is the body's: it
-- returns, or raises. That comes to the same as long as nothing else is asked
-- for in between; what is, is asked for after finish_first().
local function is_of_body(entry, outcome)
  if outcome.code ~= nil or outcome.value ~= nil then return false end
  local message = outcome.message
  if outcome.status == "ok" then return message == nil end
  if outcome.status == "canceled" then
    return message == nil and entry.cancellation ~= nil
  end
  return outcome.status == "failed" and message ~= nil
    and message:find "^[\32-\126]+$" and #message < 200
end

local function finish_given(outcome)
  return {
    status = values.code(outcome.status), code = outcome.code,
    value = outcome.value, message = outcome.message,
  }
end

-- Ends a task; false: it had ended.
function calls.finish(task, outcome)
  if in_body and in_body.object == task and not in_body.is_ended
    and is_of_body(in_body, outcome) then
    in_body.is_ended, in_body.ending = true, outcome
    return true
  end
  local is_ended = task:finish(finish_given(outcome))
  if in_body and in_body.object == task then in_body.is_ended = true end
  return is_ended
end

function calls.finish_first()
  if not in_body or not in_body.ending then return end
  local outcome = in_body.ending
  in_body.ending = nil
  in_body.object:finish(finish_given(outcome))
end

local function call_in_body(entry, what, fields)
  fields.task = entry.as
  in_body = entry
  local returned = call(what, fields)
  in_body = nil
  return returned
end

-- The body has been told to end.
local function end_body(entry)
  local outcome = entry.ending
  if outcome.status == "ok" then return end
  if outcome.status == "canceled" then error(entry.cancellation, 0) end
  error(outcome.message, 0)
end

local function tell_cancel(entry, err)
  entry.cancellation = err
  if not entry.tells.cancel then return end
  call_in_body(entry, "cancel", {
    reason = err.reason, originator = values.reference(err.originator_handle),
  })
end

local function wait(entry)
  local ok, err = pcall(ptg.pause)
  if ok then return call_in_body(entry, "wake", {}) end
  if not ptg.is_cancelled(err) then error(err, 0) end
  tell_cancel(entry, err)
end

-- What the coroutine of a task runs.
local function body(entry)
  return function(task)
    local word = call_in_body(entry, "start", {}).status
    if word and word ~= "ok" and not entry.ending then
      task:finish { status = values.code(word) }
    end
    while not entry.ending do wait(entry) end
    end_body(entry)
  end
end

function calls.tell_done(entry)
  return function(_, outcome)
    call("done", { task = entry.as, outcome = values.outcome(outcome) })
  end
end

local function teller(entry, what)
  if not entry.tells[what] then return nil end
  return function() call(what, { task = entry.as }) end
end

-- The options of group:task{} that make the calls.
function calls.of_task(entry, options)
  options.run = body(entry)
  options.on_drain = teller(entry, "drain")
  options.on_kill = teller(entry, "kill")
  options.on_done = calls.tell_done(entry)
  return options
end

-- ------------------------------------------------------------------ groups

local function tell_error(entry, err)
  local flags = wire.list()
  if err.during_cancel then flags[#flags + 1] = "during_cancel" end
  if not err.task then flags[#flags + 1] = "from_hook" end
  local before = err.handler_error
  raise_unless_ok(call("error", {
    group = entry.as, from = values.of_object(err.group),
    task = values.of_object(err.task), name = err.label,
    age = math.floor(err.age * 1e9 + 0.5), flags = flags, state = err.state,
    outcome = values.outcome(err.outcome),
    failed_handler = before and values.of_object(before.group) or null,
    handler_status = before and values.word(before.value.code) or null,
  }))
end

-- The options of a group that make the calls.
function calls.of_group(entry, options)
  local tells = entry.tells
  options.on_error = tells.error and function(err) tell_error(entry, err) end
  options.on_drain = tells.drain and function()
    raise_unless_ok(call("group_drain", { group = entry.as }))
  end
  options.on_closed = tells.closed and function()
    raise_unless_ok(call("group_closed", { group = entry.as }))
  end
  for _, hook in ipairs { "on_error", "on_drain", "on_closed" } do
    options[hook] = options[hook] or nil
  end
  return options
end

-- ---------------------------------------------- watches, timers and queues

function calls.of_watch(entry)
  return function(target, outcome)
    call("over", { watch = entry.as, on = values.of_object(target),
                   outcome = values.outcome(outcome) })
  end
end

local function started_of(returned)
  raise_unless_ok(returned)
  return made.optional(returned.started)
end

function calls.of_timer(entry)
  return function() return started_of(call("fire", { task = entry.as })) end
end

function calls.of_queue(entry, options)
  options.take = function(_, message)
    return started_of(call("handle", { task = entry.as, message = message }))
  end
  options.drop = function(message)
    call("drop", { task = entry.as, message = message })
  end
  options.on_room = function() call("has_room", { task = entry.as }) end
  return options
end

return calls
