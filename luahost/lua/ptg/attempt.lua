-- attempt.lua - one run of a process: from its start to its end.
local Future = require "ptg.future"
local core = require "ptg.core"
local errors = require "ptg.errors"
local log = require "ptg.log"
local registry = require "ptg.registry"
local signals = require "ptg.signals"

local Attempt = {}
Attempt.__index = Attempt

local status_of = core.status

-- Starts process once more; nil, status and detail if it was refused.
function Attempt.launch(process)
  local attempt = setmetatable({
    process = process,
    public = process,
    group = process.group,
    future = Future.new(),      -- settled at its end
    line_future = Future.new(), -- settled by the line that makes it ready
  }, Attempt)
  local id = registry.add(attempt)
  local handle, code, detail = core.process_spawn(id, process.group.handle,
    process.launch, core.current_spawner())
  if not handle then
    registry.remove(attempt)
    return nil, code, detail
  end
  registry.set_handle(attempt, handle)
  return attempt
end

-- ------------------------------------------------------------------ events

function Attempt:on_started_event(pid)
  self.process:on_started(self, pid)
end

function Attempt:on_line_event(stream, text)
  local process = self.process
  local pattern = process.readiness and process.readiness.line
  if pattern and not self.line_future.is_settled and text:find(pattern) then
    self.line_future:settle(true, true)
  end
  local reader = stream == core.STDOUT and process.stdout or process.stderr
  if not reader then
    return log.line(("%s | %s"):format(process.name, text))
  end
  local output = stream == core.STDOUT and "stdout" or "stderr"
  errors.guard(process, self.group, output, reader, text)
end

-- Settles once what follows this end, "restart" or "final": the runtime may
-- ask here before it tells the end, or after.
local function decide(self, status, flags)
  if self.decision then return self.decision end
  self.decision = "final"
  local was_asked = flags & core.CANCEL_REQUESTED ~= 0 and not self.is_unready
  local state = core.group_state(self.group.handle)
  if self.process.is_stopping or was_asked or state ~= "open" then
    return self.decision
  end
  local history = self.process.history
  if not history:wants(status == status_of.OK and not self.is_unready) then
    return self.decision
  end
  self.delay = history:next(core.now())
  self.is_used_up = self.delay == nil
  if self.delay then self.decision = "restart" end
  return self.decision
end

-- Is its failure no failure of the process, because it will be started again?
function Attempt:swallows(status, flags)
  return decide(self, status, flags) == "restart"
end

-- What its failure means for the process, in words.
function Attempt:explain(message)
  if not self.is_used_up then return message end
  return ("%s; given up after %s"):format(message, self.process.history)
end

local function read_result(status, flags, code, message)
  local result = {
    ok = status == status_of.OK,
    message = message,
    cancelled = status == status_of.ECANCELED,
    killed = flags & core.KILLED ~= 0,
  }
  -- Of one that ended as asked only the message says which it was.
  local is_signal = status == status_of.ESIGNAL
    or result.cancelled and message and message:find("signal", 1, true)
  if is_signal then
    result.signal = signals.name(code)
  else
    result.code = code
  end
  return result
end

function Attempt:on_done_event(status, flags, code, _, _, message)
  registry.remove(self)
  decide(self, status, flags)
  local result = read_result(status, flags, code, message)
  if result.killed then
    table.insert(self.group.killed_tasks, self.process.name)
  end
  self.future:settle(true, result)
  self.line_future:settle(true, false)
  self.process:on_ended(self, result)
end

return Attempt
