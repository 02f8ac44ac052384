-- process.lua - child processes, with a start order, readiness and restarts.
--
-- A process is what a script declares; each run of it is an attempt. Whatever
-- has to wait (for other processes, for readiness, before a restart) is a task
-- of the group named after the process, so that it is seen, bounded and ended
-- like any other.
local Attempt = require "ptg.attempt"
local Future = require "ptg.future"
local Task = require "ptg.task"
local await = require "ptg.await"
local core = require "ptg.core"
local duration = require "ptg.duration"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local log = require "ptg.log"
local options = require "ptg.options"
local ready = require "ptg.ready"
local restart = require "ptg.restart"
local settings = require "ptg.settings"
local signals = require "ptg.signals"
local uv = require "luv"
local where = require "ptg.where"

local Process = {}
Process.__index = Process
Process.__name = "ptg.process"
Process.kind = "process"

local CALL = "group:process"

function Process:__tostring()
  return ("process '%s' in %s"):format(self.name, self.group.path)
end

-- ----------------------------------------------------------------- options

local function is_process(value)
  return getmetatable(value) == Process
end

local function read_needs(value)
  if is_process(value) then return { value } end
  if type(value) ~= "table" then
    return nil, "must be a process or a list of processes"
  end
  for place, item in ipairs(value) do
    if not is_process(item) then
      return nil, ("item %d must be a process, not a %s"):format(place,
        type(item))
    end
  end
  return value
end

local function read_env(value)
  if type(value) ~= "table" then
    return nil, "must be a table, not a " .. type(value)
  end
  for key, item in pairs(value) do
    if type(key) ~= "string" or key == "" or key:find("[=%z]") then
      return nil, "a name in it is not that of a variable"
    end
    if type(item) ~= "string" and type(item) ~= "number" then
      return nil, ("%s must be a string, not a %s"):format(key, type(item))
    end
  end
  return value
end

-- A path, or a function that is called with each line.
local function read_output(value)
  if type(value) == "string" or type(value) == "function" then return value end
  return nil, "must be a path or a function, not a " .. type(value)
end

local spec = {
  name = "name", env = read_env, cwd = "string", stdout = read_output,
  stderr = read_output, drain_signal = signals.number, ready = "table",
  needs = read_needs, restart = "any",
}

local function read_argv(given)
  if type(given) ~= "table" or #given == 0 then
    failure.misuse('%s: the program is wanted: process{ "PROGRAM", "ARG" }',
      CALL)
  end
  local argv = {}
  for place, item in ipairs(given) do
    if type(item) ~= "string" and type(item) ~= "number" then
      failure.misuse("%s: argument %d must be a string, not a %s", CALL,
        place, type(item))
    end
    argv[place] = tostring(item)
    if argv[place]:find "%z" then
      failure.misuse("%s: argument %d must not hold a NUL", CALL, place)
    end
  end
  return argv
end

-- The host's environment with more in it, as a list in a fixed order; nil is
-- the host's as it is.
local function merge_env(more)
  if not more then return nil end
  local all, list = uv.os_environ(), {}
  for key, value in pairs(more) do all[key] = tostring(value) end
  for key, value in pairs(all) do list[#list + 1] = key .. "=" .. value end
  table.sort(list)
  return list
end

local function path_or_reader(value)
  if type(value) == "string" then return value, nil end
  return nil, value
end

-- group:process{ "PROGRAM", "ARG", ..., name = ... }
function Process.create(group, given)
  local argv = read_argv(given)
  local own = options.check(CALL, given, spec, true)
  local stdout_path, stdout = path_or_reader(own.stdout)
  local stderr_path, stderr = path_or_reader(own.stderr)
  local name = own.name or argv[1]:match("[^/]+$") or argv[1]
  local self = setmetatable({
    name = name, group = group, where = where.caller(), handle = 0,
    future = Future.new(), ready = nil, readiness = ready.read(CALL, own.ready),
    needs = own.needs or {}, history = restart.new(restart.read(CALL,
      own.restart)), stdout = stdout, stderr = stderr, is_stopping = false,
    launch = { name = name, argv = argv, env = merge_env(own.env),
               cwd = own.cwd, stdout_path = stdout_path,
               stderr_path = stderr_path, drain_signal = own.drain_signal },
  }, Process)
  self.ready = { process = self, future = Future.new() }

  -- In a declaration nothing waits, and what there is must be seen.
  if #self.needs > 0 and not settings.is_declaring then
    self:begin_after_needs()
  else
    local ok, code, detail = self:begin_attempt()
    if not ok then
      failure.raise(("%s: %s"):format(CALL, self),
        failure.of_group(code, detail))
    end
  end
  if settings.is_declaring then
    group.processes = group.processes or {}
    table.insert(group.processes, self)
  end
  return self
end

-- --------------------------------------------------------------- its course

-- Runs fn as a task in the process's name; it ends when the group drains. If
-- it fails the process has failed, without a run (or a further one).
local function help(self, fn)
  local task, code, detail = Task.spawn(self.group, self.name, 0,
    function(task)
      task:on_drain(function() task:cancel("its group is draining") end)
      return fn(task)
    end)
  if not task then return nil, code, detail end
  self.helper = task
  task:make_future():subscribe {
    notify = function(_, future)
      if self.helper == task then self.helper = nil end
      if not future.ok then self:on_helper_failed(future.values[1]) end
    end,
  }
  return task
end

function Process:begin_attempt()
  local attempt, code, detail = Attempt.launch(self)
  if not attempt then return nil, code, detail end
  self.attempt = attempt
  self.handle = attempt.handle
  return true
end

local function begin_or_raise(self)
  local ok, code, detail = self:begin_attempt()
  if not ok then failure.raise(tostring(self), code, detail) end
end

function Process:begin_after_needs()
  local task, code, detail = help(self, function()
    for _, needed in ipairs(self.needs) do
      local ok, wrong = pcall(await.await, needed.ready)
      if not ok then
        if await.is_cancelled(wrong) then error(wrong, 0) end
        error(failure.new("EFAILED", ("%s is not started, it needs %s: %s")
          :format(self, needed.name, errors.text_of(wrong))), 0)
      end
    end
    begin_or_raise(self)
  end)
  if not task then
    failure.raise(("%s: %s"):format(CALL, self),
      failure.of_group(code, detail))
  end
end

function Process:on_started(attempt, pid)
  self.pid = pid
  if not self.readiness then
    self.ready.future:settle(true, true)
    return
  end
  local task, code, detail = help(self, function()
    local is_ready = ready.wait(self, attempt)
    if is_ready then
      self.ready.future:settle(true, true)
    elseif is_ready == false then
      self:end_unready(attempt)
    end
  end)
  if task then return end
  local wrong = failure.new(code, ("nobody can ask whether %s is ready: %s")
    :format(self, failure.text(code, detail)))
  log.line(wrong.message)
  self.ready.future:settle(false, wrong)
end

-- It was not ready in time: it is ended, and that is a failure.
function Process:end_unready(attempt)
  local reason = ("not ready within %s"):format(
    duration.format(self.readiness.timeout))
  attempt.is_unready = true
  core.task_cancel(attempt.handle, reason, 0)
  local patience = core.group_info(self.group.handle).cancel_wait_ns
  local _, timeout = await.await(attempt, duration.format(patience))
  if timeout then
    core.process_signal(attempt.handle, signals.number("KILL"))
    await.await(attempt)
  end
  if attempt.decision ~= "restart" then
    error(failure.new("ETIMEDOUT", ("%s was %s"):format(self, reason)), 0)
  end
end

local function describe(result)
  if result.signal then return "ended by SIG" .. result.signal end
  if result.message then return result.message end
  return result.cancelled and "it was asked to end"
    or ("exit status %d"):format(result.code)
end

function Process:on_ended(attempt, result)
  self.pid, self.attempt, self.handle = nil, nil, 0
  if attempt.decision ~= "restart" then
    result.restarts = self.history:count()
    if attempt.is_used_up and result.ok then
      return self:fail_used_up(result)
    end
    if not (attempt.is_unready and self.helper) then
      return self:finish(result)
    end
    -- The task that found it unready fails for it, and tells.
    self.unready_result = result
    return
  end

  if self.ready.future.is_settled then
    self.ready = { process = self, future = Future.new() }
  end
  log.line(("%s: %s; restart %d of %d in %s"):format(self, describe(result),
    self.history:count(), self.history.policy.limit,
    duration.format(attempt.delay)))
  self.last_result = result
  local task, code, detail = help(self, function()
    await.sleep(("%dns"):format(attempt.delay))
    begin_or_raise(self)
  end)
  if task then return end
  log.line(("%s is not restarted: %s"):format(self,
    failure.text(code, detail)))
  self:finish(result)
end

-- It ended well, but too often: a failure like any other.
function Process:fail_used_up(result)
  result.ok = false
  result.message = ("it ended again after %s"):format(self.history)
  self.last_result = result
  local task, code, detail = help(self, function()
    error(failure.new("EFAILED", result.message), 0)
  end)
  if task then return end
  log.line(("%s: %s, and nobody can be told: %s"):format(self, result.message,
    failure.text(code, detail)))
  self:finish(result)
end

-- The task that should have gone on with it failed or was cancelled.
function Process:on_helper_failed(wrong)
  if self.attempt then return end -- it only watched for readiness
  local result = self.unready_result or self.last_result
    or { ok = false, message = errors.text_of(wrong) }
  result.cancelled = type(wrong) == "table" and wrong.cancelled == true
  self:finish(result, wrong)
end

-- Its end, told once; wrong is what those who wait for it to be ready get.
function Process:finish(result, wrong)
  if self.future.is_settled then return end
  self.ready.future:settle(false, wrong or failure.new("EFAILED",
    ("%s was never ready: %s"):format(self, describe(result))))
  self.future:settle(true, result)
end

-- ------------------------------------------------------------- for scripts

function Process:signal(name)
  local number = options.value("process:signal", "signal", signals.number,
    name)
  if not self.attempt then
    failure.raise(("signal to %s"):format(self), "ESTALE", "it does not run")
  end
  local ok, code, detail = core.process_signal(self.attempt.handle, number)
  if not ok then
    failure.raise(("signal to %s"):format(self), code, detail)
  end
end

-- Asks it to end, for good. False: it had ended already.
function Process:cancel(reason)
  if self.future.is_settled then return false end
  self.is_stopping = true
  if self.helper then self.helper:cancel(reason) end
  if self.attempt then
    core.task_cancel(self.attempt.handle,
      reason and errors.line_of(errors.text_of(reason)), 0)
  end
  return true
end

-- "waiting" (to be started), "running", "ready" or "ended".
function Process:state()
  if self.future.is_settled then return "ended" end
  if not self.attempt then return "waiting" end
  return self.ready.future.is_settled and "ready" or "running"
end

return Process
