-- await.lua - how a task waits: sleep, await, gather.
local Future = require "ptg.future"
local core = require "ptg.core"
local duration = require "ptg.duration"
local failure = require "ptg.failure"
local options = require "ptg.options"

local await = {}

local SLEEP, PAUSE, FOREVER = core.SLEEP, core.PAUSE, core.FOREVER
local new_wait = core.wait_new

-- Raises what is wrong when the coroutine that is running is not the task's.
local function refuse(task, call)
  if not task or type(task.body) ~= "thread"
    or coroutine.status(task.body) == "suspended" then
    failure.misuse("%s: only inside a task (not at the top level of a script, "
      .. "in a handler or in a callback of luv)", call)
  end
  failure.misuse("%s: inside a coroutine that the task made for itself", call)
end

-- The task whose coroutine is running; call names who needs it.
local function running_task(call)
  local task = core.running_task()
  if task then return task end
  task = core.current()
  if not task or core.running() ~= task.body then refuse(task, call) end
  if task.is_cancel_due then task:raise_cancellation() end
  -- A task that has been finished is closed here; elsewhere it is an error.
  if task.is_finished or not coroutine.isyieldable() then coroutine.yield() end
  return task
end

-- The common case of sleep and pause is C's (binding_nap.c); this is for all
-- others.
await.sleep = core.make_sleep(function(text)
  local ns = duration.parse(text)
    or options.value("ptg.sleep", "duration", "limit", text)
  local task = running_task("ptg.sleep")
  if ns == FOREVER then return new_wait(task):suspend() end
  return task:suspend_until_wake(SLEEP, ns)
end)

-- Waits until task:wake() ends it.
await.pause = core.make_pause(function()
  return running_task("ptg.pause"):suspend_until_wake(PAUSE)
end)

-- Waits in wait, for timeout_ns at most; false: that is over.
local function suspend(wait, timeout_ns)
  local is_over, code, detail = wait:suspend(timeout_ns)
  if is_over == nil then failure.raise("a wait", code, detail) end
  return is_over
end

-- Waits for start(done) to call done, and returns what it called it with.
local function await_callback(task, start, timeout_ns)
  local wait = new_wait(task)
  start(wait:notifier())
  if not suspend(wait, timeout_ns) then return nil, "timeout" end
  return wait:values()
end

local function await_future(task, future, timeout_ns)
  local wait = new_wait(task)
  wait:watches(future, future:subscribe(wait))
  return suspend(wait, timeout_ns)
end

-- A task that waits for its own group's end would hold it up to the last.
local function refuse_deadlock(task, target)
  if target == task then
    error(failure.new("EDEADLK", "ptg.await: a task cannot wait for itself"), 0)
  end
  local group = task.group
  while group do
    if group.own.owner == target then
      error(failure.new("EDEADLK", ("ptg.await: %s is inside %s, which ends "
        .. "before %s does"):format(task, group.path, target)), 0)
    end
    if group == target then
      error(failure.new("EDEADLK", ("ptg.await: %s is inside %s, which ends "
        .. "only after it"):format(task, target.path)), 0)
    end
    group = group.parent
  end
end

local function future_of(call, target)
  local future = type(target) == "table" and Future.of(target)
  if not future then
    failure.misuse("%s: a task, a process, its ready, a timer, work, a queue, "
      .. "a group or a function is wanted, not a %s", call, type(target))
  end
  return future
end

function await.await(target, timeout)
  local timeout_ns
  if timeout ~= nil then
    timeout_ns = options.value("ptg.await", "timeout", "limit", timeout)
    if timeout_ns == core.AT_ONCE then timeout_ns = 0 end
  end
  local task = running_task("ptg.await")
  if type(target) == "function" then
    return await_callback(task, target, timeout_ns)
  end

  local future = future_of("ptg.await", target)
  refuse_deadlock(task, target)
  if not future.is_settled and not await_future(task, future, timeout_ns) then
    return nil, "timeout"
  end
  return future:get()
end

-- ------------------------------------------------------------------ gather

-- Collects what ends, in the order in which it ends.
local Gathering = {}
Gathering.__index = Gathering

local function subscribe(self, target)
  local future = future_of("ptg.gather", target)
  if future.is_settled then
    table.insert(self.ended, target)
    return
  end
  local place
  place = future:subscribe {
    notify = function()
      self.places[target] = nil
      table.insert(self.ended, target)
      if self.wait then self.wait:notify() end
    end,
  }
  self.places[target] = { future = future, place = place }
end

function Gathering:next()
  if self.taken == self.count then return nil end
  local task = running_task("ptg.gather")
  if self.taken == #self.ended then
    self.wait = new_wait(task)
    self.wait:suspend()
  end
  self.taken = self.taken + 1
  local target = self.ended[self.taken]
  local future = target.future
  return target, future.ok, table.unpack(future.values, 1, future.values.n)
end

function Gathering:close()
  for _, held in pairs(self.places) do
    held.future:unsubscribe(held.place)
  end
end

Gathering.__close = Gathering.close

function await.gather(targets)
  if type(targets) ~= "table" or Future.of(targets) then
    failure.misuse("ptg.gather: a list of tasks is wanted")
  end
  local self = setmetatable({ ended = {}, places = {}, taken = 0,
                              count = #targets }, Gathering)
  for _, target in ipairs(targets) do
    refuse_deadlock(running_task("ptg.gather"), target)
    subscribe(self, target)
  end
  return self.next, self, nil, self
end

-- ----------------------------------------------------------------- asking

-- Is it the cancellation of the task that is running?
function await.is_cancelled(err)
  local task = core.current()
  return task and task.cancel_error ~= nil
    and rawequal(err, task.cancel_error) or false
end

await.current = core.current

return await
