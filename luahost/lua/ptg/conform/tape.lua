-- tape.lua - what an implementation has said while a random scenario was
-- played: its answers and calls, group by group.
--
-- It is the observer of a scene. A request with a name that was never given
-- would be malformed; its step is left out.
local trace = require "ptg.conform.trace"

local tape = {}

local Tape = {}
Tape.__index = Tape

-- Where the answers outside of callbacks are.
tape.OUTSIDE = "(outside)"

function tape.new()
  return setmetatable({
    count = 0,
    step = 1, -- the number of the scenario's step that is being played
    streams = {}, -- by group: a list of items
    order = {}, -- the names of the streams
    told = {}, -- events, as the trace has them: { step, text, at, call }
    answers = {}, -- by step: a list of answers; false: it was left out
  }, Tape)
end

local function add(self, stream, item)
  local items = self.streams[stream]
  if not items then
    items = {}
    self.streams[stream] = items
    self.order[#self.order + 1] = stream
  end
  self.count = self.count + 1
  item.number, item.at_step = self.count, self.step
  items[#items + 1] = item
end

local function add_of_step(self, scene, step, value)
  local written = scene.inner_step or step
  local list = self.answers[written]
  if not list then
    list = {}
    self.answers[written] = list
  end
  list[#list + 1] = value
end

-- The fields that have names of things; `in` and `on` are those of requests.
local references = { "in", "on", "group", "task", "queue", "watch", "first",
                     "later", "waiter", "owner", "spawner", "pusher",
                     "originator" }

-- Where no handle means something else than none such: nobody, or the root.
local may_be_nobody = { ["in"] = true, owner = true, spawner = true,
                        originator = true, waiter = true, pusher = true }

-- And a picture of nothing is one of everything.
local function may_be_none(field, message)
  return may_be_nobody[field] or message.op == "snapshot" and field == "group"
end

-- Is what has the name a thing whose making was refused?
local function is_no_handle(scene, name)
  local thing = scene.names:get(name)
  return name == 0 or thing and thing.is_made == false
end

-- Has every name in the request been given, and been made where it has to be?
function Tape:allows(scene, step, message)
  for _, field in ipairs(references) do
    local name = message[field]
    if type(name) == "string" and not scene.names:get(name) then
      add_of_step(self, scene, step, false)
      return false
    end
    if may_be_none(field, message) and is_no_handle(scene, name) then
      add_of_step(self, scene, step, false)
      return false
    end
  end
  return true
end

function Tape:add_answer(scene, step, message, answer)
  local stream = scene.current and self.stream or tape.OUTSIDE
  add(self, stream, { op = message.op, fields = answer, message = message,
                      written = scene.inner_step or step,
                      is_inside = scene.current ~= nil })
  add_of_step(self, scene, step, { op = message.op, answer = answer })
end

function Tape:add_event(event)
  self.told[#self.told + 1] = { step = self.step, text = event.text,
                                at = event.at, call = event.call }
end

function Tape:add_call(scene, call)
  self.stream = scene.names:home_of_event(trace.event_text(call)) or "?"
  add(self, self.stream, { call = call.call, fields = call,
                           is_ending = scene.is_ending })
end

return tape
