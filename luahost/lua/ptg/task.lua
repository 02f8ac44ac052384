-- task.lua - tasks that are coroutines.
--
-- A coroutine is resumed only from an event of its own task (start, wake,
-- cancel), never from inside other Lua code: what ends a wait marks the wait
-- as over and asks the runtime for a wake. What happens to every task is done
-- in C (driver.h), which knows what every task has by its place in the object
-- (core.places; read by name everywhere else), and some fields (fields.h).
--
-- Invariant: waiting is the wait that the coroutine is suspended in, unless that
-- is C's own (core.task_nap); false while it runs, before it starts and after
-- its end. body is the function before it starts, then the coroutine, and false
-- after its end.
local Future = require "ptg.future"
local core = require "ptg.core"
local ending = require "ptg.ending"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local options = require "ptg.options"
local registry = require "ptg.registry"

local HANDLE, BODY = core.places.handle, core.places.body
local NAME, FUTURE = core.places.name, core.places.future

local Task = {}
Task.__index = core.task_index(Task, core.places)
Task.__name = "ptg.task"
Task.kind = "task"
Task.draining = false
Task.cancelled = false
Task.waiting = false

-- What a coroutine yields when a wait suspends it, and what it is then waiting
-- for if that is nothing but a wake.
local SUSPEND, SLEEP, PAUSE = core.SUSPEND, core.SLEEP, core.PAUSE

local FOREVER = core.FOREVER
local yield = coroutine.yield
local status_of = core.status

function Task:__tostring()
  return ("task '%s' in %s"):format(self.name, self.group.path)
end

-- A task's own cancellation: one object, raised once.
local Cancellation = { __name = "ptg.cancellation" }

function Cancellation:__tostring()
  return ("%s was cancelled: %s"):format(self.task, self.reason)
end

local function new_cancellation(task, reason, originator)
  return setmetatable({
    cancelled = true,
    reason = reason,
    originator = originator and registry.by_handle(originator) or nil,
    originator_handle = originator,
    task = task,
  }, Cancellation)
end

-- Without a name it is named after the place of its function. Most are made in
-- C in the same way (binding_spawn.c).
local function new(group, name, fn)
  return setmetatable({ 0, fn, group, name or false }, Task) -- core.places
end

-- Spawns fn(task, ...) in group; returns the task, or nil, status and detail.
function Task.spawn(group, name, flags, fn, ...)
  local task = new(group, name, fn)
  if select("#", ...) > 0 then
    task[NAME] = name or core.name_of(fn)
    task[BODY] = core.bind(fn, ...) or failure.misuse("a task is given at most "
      .. "%d arguments", core.ARGUMENTS_MAX)
  end
  return core.task_spawn(task, group.handle, flags, core.current_spawner())
end

local create_spec = {
  run = "function", name = "name", type = "name", place = "string",
  cleanup = "boolean", observed = "boolean", spawner = "object",
  on_drain = "function", on_kill = "function", on_done = "function",
}

-- group:task{...}; returns what spawn() does.
function Task.create(group, given)
  local own = options.check("group:task", given, create_spec)
  if not own.run then failure.misuse("group:task: run is wanted") end
  local task = new(group, own.name or own.type, own.run)
  if own.on_drain then task.drain_functions = { own.on_drain } end
  if own.on_done then task:on_done(own.on_done) end
  task.kill_function = own.on_kill
  local flags = (own.cleanup and core.SPAWN_CLEANUP or 0)
    | (own.observed and core.SPAWN_OBSERVED or 0)
  local spawner = own.spawner and own.spawner.handle or core.current_spawner()
  return core.task_spawn(task, group.handle, flags, spawner, own.place,
    own.type, own.on_kill ~= nil)
end

-- ------------------------------------------------------------------ ending

-- An outcome that the runtime does not take is the host's own failure, which
-- ends the task too (the event fails).
local function finish(self, status, message)
  failure.check(tostring(self), core.task_finish(self.handle, status, 0,
    message))
end

local function finish_well(self, ...)
  self.result = table.pack(...)
  finish(self, status_of.OK)
end

local OUT_OF_MEMORY = "not enough memory"

-- The message handler of bodies. A task's own cancellation stays as it is.
local function caught_in_body(value)
  local task = core.current()
  if task and value ~= nil and rawequal(value, task.cancel_error) then
    return value
  end
  return errors.caught(value)
end

-- caught is what the message handler made of the error; without memory, or when
-- that itself fails, it is the bare error.
local function finish_badly(self, caught)
  if self.cancel_error and rawequal(caught, self.cancel_error) then
    self.failure = caught
    return finish(self, status_of.ECANCELED)
  end
  if caught == OUT_OF_MEMORY then
    -- What filled the memory may be garbage now, and what follows needs some.
    collectgarbage()
  end
  caught = errors.whole(caught)
  self.failure = caught.value
  errors.expect(self.handle, caught)
  finish(self, status_of.EFAILED, errors.line_of(caught.message))
end

local function finish_suspended(self)
  local value = failure.new("EINVAL", "a task suspended itself with "
    .. "coroutine.yield: use ptg.sleep or ptg.await")
  local traceback = errors.script_frames(debug.traceback(self.body))
  coroutine.close(self.body)
  self[BODY] = false
  finish_badly(self, { value = value, message = value.message,
                       traceback = traceback })
end

-- Closes the coroutine of a task that has been finished. What its variables
-- to be closed raise has no task any more that could fail.
local function close_body(self)
  local body = self.body
  self[BODY] = false
  errors.guard(self, self.group, "closing", function()
    local ok, wrong = coroutine.close(body)
    if not ok then error(wrong, 0) end
  end)
end

-- The body of a task that was finished while it ran waits, or has come to an
-- end that nobody asks for.
local function leave_finished(self, what, caught)
  if what == "yielded" then return close_body(self) end
  self[BODY] = false
  if what == "done" then return end
  if caught ~= nil and rawequal(caught, self.cancel_error) then return end
  caught = errors.whole(caught)
  errors.dispatch {
    task = self, name = self.name, group = self.group, hook = "the rest",
    message = caught.message, value = caught.value,
    traceback = caught.traceback,
  }
end

-- The coroutine has come back: it has "yielded" something that is no wait, is
-- "done", with results, or has "failed", with what the message handler made of
-- the error.
local function on_resumed(self, what, ...)
  if self.is_finished then return leave_finished(self, what, ...) end
  if what == "yielded" then return finish_suspended(self) end
  self[BODY] = false
  if what == "failed" then return finish_badly(self, (...)) end
  finish_well(self, ...)
end

-- spawn_slow and spawn_failed are group:spawn()'s.
function Task.set_driver(spawn_slow, spawn_failed)
  core.set_driver(caught_in_body, on_resumed, Task, spawn_slow,
    spawn_failed, Future.settle)
end

local function resume(self, why)
  self.waiting = false
  core.task_resume(self, why)
end

-- ------------------------------------------------------------------- waits

-- What the task is suspended in.
local function wait_of(self)
  return self.waiting or core.task_nap(self)
end

-- The task will not come back to this wait by what it waits for.
local function leave(task, wait)
  if wait == SLEEP then
    core.task_sleep(task.handle, FOREVER)
  elseif wait ~= PAUSE then
    wait:leave()
  end
end

-- Raises the cancellation that is due.
function Task:raise_cancellation()
  self.is_cancel_due = false
  error(self.cancel_error, 0)
end

-- Suspends the running coroutine until it is woken, duration_ns from now or
-- when somebody asks for it; raises the cancellation.
function Task:suspend_until_wake(wait, duration_ns)
  if duration_ns then
    failure.check("a wait", core.task_sleep(self.handle, duration_ns))
  end
  self.waiting = wait
  if yield(SUSPEND) == "cancel" then error(self.cancel_error, 0) end
end

-- ------------------------------------------------------------------ events

function Task:on_drain_event()
  self.draining = true
  local functions = self.drain_functions or {}
  self.drain_functions = nil
  for _, fn in ipairs(functions) do
    errors.guard(self, self.group, "on_drain", fn, self)
  end
end

function Task:on_kill_event()
  errors.guard(self, self.group, "on_kill", self.kill_function, self)
end

function Task:on_cancel_event(originator, reason)
  self.cancelled = true
  self.cancel_error = new_cancellation(self, reason, originator)
  local wait = wait_of(self)
  -- A wait that is over is not taken back: what it brought would be lost.
  if not wait or wait ~= SLEEP and wait ~= PAUSE and wait:is_over() then
    self.is_cancel_due = true
    return
  end
  leave(self, wait)
  resume(self, "cancel")
end

-- Settles the future as the task ended; message is of a failure of which its
-- body knew nothing.
local function settle(self, status, message, reason)
  local result = self.result
  if result then
    return self.future:settle(true, table.unpack(result, 1, result.n))
  end
  local value = self.failure
  if value == nil and status == status_of.OK then
    return self.future:settle(true)
  elseif value == nil and status == status_of.ECANCELED then
    self.cancelled = true
    value = new_cancellation(self, reason or message or "cancelled")
  elseif value == nil then
    value = failure.new(core.status[status], message or "it failed")
  end
  self.future:settle(false, value)
end

-- A future is made for who asks for it. The end of a task that nobody asked
-- about is told to nobody, if all is known here that there is to know: that of
-- one that ended well, or by its own cancellation.
function Task:make_future()
  local future = Future.new()
  self[FUTURE] = future
  local handle = self[HANDLE]
  if handle ~= 0 and core.task_object(handle) ~= self then
    settle(self, status_of.OK)
  end
  return future
end

function Task:on_done_event(status, flags, code, value, originator, message,
                            reason)
  self[FUTURE] = self[FUTURE] or Future.new()
  settle(self, status, message, reason)
  ending.tell(self, status, flags, code, value, originator, message, reason)
end

-- ------------------------------------------------------------- for scripts

-- True; or false, one that has ended.
local function did(self, call, ok, code, detail)
  if not ok and code ~= "ESTALE" then
    failure.raise(("%s of %s"):format(call, self), code, detail)
  end
  return ok == true
end

-- Asks it to end, on behalf of whose code is running, or of originator. False:
-- it had ended already.
function Task:cancel(reason, originator)
  local asks = originator and originator.handle or core.current_originator()
  if reason and type(reason) ~= "string" then
    reason = errors.line_of(errors.text_of(reason))
  end
  return did(self, "cancel", core.task_cancel(self.handle, reason, asks))
end

local finish_spec = {
  status = "string", code = "integer", value = "integer", message = "string",
}

-- Ends it at once, from wherever: its body is closed where it waits, or will
-- be at its next wait. False: it had ended already.
function Task:finish(given)
  local own = options.check("task:finish", given or {}, finish_spec)
  local status = status_of[own.status or "OK"]
  if math.type(status) ~= "integer" then
    failure.misuse('task:finish: status: "%s" is none', own.status)
  end
  local ok = did(self, "finish", core.task_finish(self.handle, status, own.code,
    own.message, own.value))
  if not ok then return false end
  self.is_finished = true
  if status == status_of.OK then self.result = { own.value, n = 1 } end
  local wait = wait_of(self)
  if wait then
    leave(self, wait)
    self.waiting = false
    close_body(self)
  end
  return true
end

-- Ends its pause, duration from now; a new one takes the place of an old one,
-- "forever" takes it back. False: it had ended already.
function Task:wake(duration)
  local ns = options.value("task:wake", "duration", "limit", duration or "0s")
  return did(self, "wake", core.task_sleep(self.handle,
    ns == core.AT_ONCE and 0 or ns))
end

-- Asks for the drain phase of its group to last duration from now. Returns how
-- many seconds it lasts, as far as the deadline of the group leaves them.
function Task:extend_grace(duration)
  local ns = options.value("task:extend_grace", "duration", "delay", duration)
  local left = failure.check(("more grace for %s"):format(self),
    core.task_extend_grace(self.handle, ns))
  return left == FOREVER and math.huge or left / 1e9
end

-- What it is now.
function Task:info()
  return (failure.check(("info of %s"):format(self),
    core.task_info(self.handle)))
end

Task.on_done = ending.on_done

-- "pending", "running", "cancelling", "abandoned" or "ended".
function Task:state()
  local info = core.task_info(self.handle)
  return info and info.state or "ended"
end

-- fn(task) is called when it is told to drain; at once if it has been.
function Task:on_drain(fn)
  if type(fn) ~= "function" then
    failure.misuse("task:on_drain: a function is wanted, not a %s", type(fn))
  end
  if self.draining then return fn(self) end
  self.drain_functions = self.drain_functions or {}
  table.insert(self.drain_functions, fn)
end

return Task
