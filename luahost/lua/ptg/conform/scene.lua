-- scene.lua - one scenario while it is being played: its requests, the calls
-- that come meanwhile, and what is remembered of both.
local failed = require "ptg.conform.failed"
local instant = require "ptg.conform.instant"
local match = require "ptg.conform.match"
local names = require "ptg.conform.names"
local operations = require "ptg.conform.operations"
local request = require "ptg.conform.request"
local trace = require "ptg.conform.trace"
local wire = require "ptg.conform.wire"

local scene = {}

local Scene = {}
Scene.__index = Scene

local HANDLE_END = 1 << 53

-- link: an adapter that is connected; see link.lua. With an observer, nothing
-- is expected of answers: it is given them, and the calls; see tape.lua.
function scene.new(scenario, link, cells, observer)
  local self = setmetatable({
    scenario = scenario, link = link, adapter = link.adapter,
    clock = link.clock, features = link.features, cells = cells,
    observer = observer,
    names = names.new(),
    trace = trace.new(scenario.id, link.hello.clock),
    finishing = {}, -- by task: the outcome that its next wake brings
    current = nil, -- { whose callback is running, `by` in the trace }
  }, Scene)
  link.conversation.on_call = function(call) return self:take_call(call) end
  link.conversation.on_note = function(note) self:take_note(note) end
  return self
end

-- ------------------------------------------------------------------ handles

local makes_handle = { reset = true, group = true, spawn = true, watch = true,
                       timer = true, queue = true }

-- Not zero, below 2^53, never given out twice by this adapter.
local function check_handle(self, message, answer)
  if not self.features.handles or not makes_handle[message.op] then return end
  local handle, whose = answer.handle, message.as or "root"
  if answer.status ~= "ok" then
    if handle ~= nil and handle ~= 0 then
      failed.raise(("%s was refused, and has a handle: %s"):format(whose,
        tostring(handle)))
    end
    return
  end
  if math.type(handle) ~= "integer" or handle <= 0 or handle >= HANDLE_END then
    failed.raise(("the handle of %s is no integer from 1 to below 2^53: %s")
      :format(whose, tostring(handle)))
  end
  local before = self.link.handles[handle]
  if before then
    failed.raise(("the handle of %s, %d, was given out before, as %s"):format(
      whose, handle, before))
  end
  self.link.handles[handle] = ("%s of %s"):format(whose, self.scenario.id)
end

-- ----------------------------------------------------------------- requests

-- Sends a request and returns its answer; nothing is expected of it.
function Scene:send(message)
  local by_ns = message.op == "advance" and message.by or 0
  local start_ns = self.trace.now
  local extra_ms = math.type(by_ns) == "integer"
    and self.clock:wait_ms(by_ns) or 0
  local answer = self.link.conversation:request(message, extra_ms)
  if message.op == "advance" and math.type(by_ns) == "integer"
    and answer.status == "ok" and not self.current then
    self.trace.now = math.max(self.trace.now,
      start_ns + self.clock:from_wire(by_ns))
  end
  return answer
end

-- What a request makes has its name, and its script, before anything can be
-- told of it.
local function enter(self, message, step)
  local kind = operations.known[step["do"]].kind
  if not kind then return nil end
  return self.names:add(message.as, {
    kind = kind, on = step.on, remote = message.remote,
    events = message.events,
    group = kind == "watch" and message.on or message["in"],
  })
end

local function say(message)
  local about = message.as or message.task or message.group or message.queue
    or message.watch
  return about and ("%s of %s"):format(message.op, about) or message.op
end

local function is_expected(expected, status)
  if type(expected) ~= "table" then return expected == status end
  for _, one in ipairs(expected) do
    if one == status then return true end
  end
  return false
end

local function check_answer(self, step, message, answer)
  if self.observer then
    self.observer:add_answer(self, step, message, answer)
    return
  end
  local expected = step.is or "ok"
  if not is_expected(expected, answer.status) then
    failed.raise(("%s: expected %s, the answer is %s%s"):format(say(message),
      type(expected) == "table" and table.concat(expected, " or ") or expected,
      answer.status, type(answer.why) == "string"
      and ", " .. wire.shorten(answer.why) or ""))
  end
  if not step.gives then return end
  local lines = match.fields(step.gives, answer, self.clock)
  if #lines > 0 then
    failed.raise(("%s does not give what is expected"):format(say(message)),
      lines)
  end
end

-- A request as the trace has it: durations are the scenario's.
local function as_recorded(self, message)
  if not self.clock.is_real then return message end
  local copy = {}
  for field, value in pairs(message) do
    local is_duration = operations.fields[field] == "duration"
      and math.type(value) == "integer"
    copy[field] = is_duration and self.clock:from_wire(value) or value
  end
  return copy
end

local take_events

-- Carries out an operation of a scenario.
function Scene:perform(step)
  local current = self.current
  local message = request.of(step, self, current and current.task)
  if self.observer and not self.observer:allows(self, step, message) then
    return nil
  end
  local thing = enter(self, message, step)
  if self.cells then self.cells:ask(self, message) end
  local answer = self:send(message)
  if self.cells then self.cells:add(answer.status) end
  self.trace:add_operation(as_recorded(self, message), answer.status,
    current and current.by)
  if thing then thing.is_made = answer.status == "ok" end
  if message.op == "destroy" and answer.status == "ok" then
    self.is_destroyed = true
  end
  if message.op == "sleep" and answer.status == "ok" then
    self.finishing[message.task] = nil
  end
  check_handle(self, message, answer)
  if message.op == "take" and answer.status == "ok" then
    take_events(self, answer)
  end
  check_answer(self, step, message, answer)
  return answer
end

-- Begins anew with the root's options.
function Scene:reset(root)
  local thing = self.names:get "root"
  thing.on, thing.is_made, thing.events = root.on or {}, true, root.events
  local message = request.of(root, self)
  self.is_resetting = true
  self.trace:add_root(as_recorded(self, message))
  local answer = self:send(message)
  self.is_resetting = false
  check_handle(self, message, answer)
  check_answer(self, root, message, answer)
end

-- -------------------------------------------------------------------- notes

function Scene:take_note(note)
  -- What is told while the last world is thrown away is of that one.
  if note.note ~= "release" or self.is_resetting then return end
  local thing = self.names:get(note.of)
  if not thing then
    failed.raise_line("the adapter has released %s, which was never made",
      tostring(note.of))
  end
  thing.releases = thing.releases + 1
end

-- -------------------------------------------------------------------- calls

local on_names = { group_drain = "drain", group_closed = "closed" }

-- Whose callback it is, and who counts as the author of what it does.
local function open_call(call)
  local subject = wire.subjects[call.call]
  local by = call[subject]
  if subject == "watch" or subject == "as" then by = nil end
  return { task = call.task and subject == "task" and call.task, by = by }
end

local counters = { "spawned", "succeeded", "failed", "cancelled", "abandoned" }
local phases = { "begun_at", "drain_at", "cancel_at" }

-- What the trace says of a closing, as far as it can be asked for there.
local function ask_closing(self, group)
  local more = {}
  local info = self.features.info
    and self:send { op = "info", group = group }
  if info and info.status == "ok" then
    for _, key in ipairs(counters) do more[key] = info[key] end
  end
  local report = self.features.report
    and self:send { op = "report", group = group }
  for _, row in ipairs(report and report.rows or {}) do
    if row.group == group then
      for _, key in ipairs(phases) do
        more[key] = math.type(row[key]) == "integer"
          and self.clock:from_wire(row[key]) or nil
      end
    end
  end
  return more
end

-- The end of a task that has waited for its `finish after`.
local function finish_now(self, task)
  local waiting = self.finishing[task]
  self.finishing[task] = nil
  self.inner_place = ("at the end of the wait of %s"):format(task)
  self.inner_step = waiting.written
  self:perform(waiting.step)
  self.inner_place, self.inner_step = nil, nil
end

local function begin_finishing(self, step)
  local answer = self:perform { ["do"] = "sleep", task = step.task,
                                ["for"] = step.after }
  if not answer or answer.status ~= "ok" then return end
  local finish = {}
  for key, value in pairs(step) do
    if key ~= "after" then finish[key] = value end
  end
  finish.task = self.names:used(step.task) or self.current.task
  self.finishing[finish.task] = { step = finish, written = step }
end

local function play(self, steps, place)
  local reply = { op = "return", status = "ok" }
  for number, step in ipairs(steps) do
    self.inner_place = ("%s, step %d"):format(place, number)
    self.inner_step = step
    if step["do"] == "return" then
      reply.status = step.status or "ok"
      reply.started = self.names:used(step.started)
    elseif step["do"] == "finish" and step.after then
      begin_finishing(self, step)
    else
      self:perform(step)
    end
  end
  self.inner_place, self.inner_step = nil, nil
  return reply
end

-- What expectations are about.
local function add_event(self, call)
  self.trace:add_event(call)
  if self.observer then
    self.observer:add_event(self.trace.seen[#self.trace.seen])
  end
end

local function check_call(self, call)
  local subject = wire.subjects[call.call]
  local thing = self.names:get(call[subject])
  if not thing then
    failed.raise_line("the adapter speaks nonsense: the call %s of %s, which"
      .. " was never made", call.call, wire.shorten(call[subject]))
  end
  return thing
end

-- Carries out what the scenario has for a call, and returns what to say then.
function Scene:take_call(call)
  local thing = check_call(self, call)
  self.trace.now = self.clock:from_wire(call.at)
  self.current = open_call(call)
  self.trace:add_call(call, call.call == "group_closed"
    and ask_closing(self, call.group) or nil)
  if self.observer then self.observer:add_call(self, call) end

  local name = on_names[call.call] or call.call
  local reply = { op = "return", status = "ok" }
  if call.call == "done" then
    thing.dones = (thing.dones or 0) + 1
    self.finishing[call.task] = nil
  end
  if call.call == "wake" and self.finishing[call.task] then
    finish_now(self, call.task)
  else
    add_event(self, call)
    local steps = thing.on[name]
    if steps and not self.is_ending then
      reply = play(self, steps, ("on %s of %s at %s"):format(name, thing.name,
        instant.format(self.trace.now)))
    end
  end
  self.current = nil
  return reply
end

-- Events that were taken; they have no scripts, and no instants of their own.
function take_events(self, answer)
  for _, call in ipairs(type(answer.events) == "table" and answer.events or {})
  do
    local problem = type(call) ~= "table" and "no call"
      or wire.problem_of_call(call)
    if problem then
      failed.raise_line("the adapter speaks nonsense in the answer to take:"
        .. " %s", problem)
    end
    local thing = check_call(self, call)
    if call.call == "done" then thing.dones = (thing.dones or 0) + 1 end
    self.trace:add_call(call)
    add_event(self, call)
  end
  return answer.events and #answer.events or 0
end

-- Takes all the events that there are, at the end. Returns how many.
function Scene:take_all()
  local count = 0
  for _ = 1, 1000 do
    local answer = self:send { op = "take", capacity = 100 }
    local taken = answer.status == "ok" and take_events(self, answer) or 0
    if taken == 0 then return count end
    count = count + taken
  end
  failed.raise(("there is no end of events to be taken: %d at the end")
    :format(count))
end

return scene
