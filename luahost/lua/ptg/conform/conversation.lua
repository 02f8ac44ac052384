-- conversation.lua - whose turn it is between the suite and an adapter.
local failed = require "ptg.conform.failed"
local wire = require "ptg.conform.wire"

local conversation = {}

local Conversation = {}
Conversation.__index = Conversation

-- on_call is given each call and returns what the adapter's `return` is to
-- have; on_note is given each note.
function conversation.new(adapter)
  return setmetatable({ adapter = adapter, on_call = nil,
                        on_note = function() end }, Conversation)
end

local makes_calls = { advance = true, destroy = true }

local function decode(line, asked)
  local message, problem = wire.decode(line)
  if message then return message end
  failed.raise_line("the adapter speaks nonsense when it had to answer %s:"
    .. " %s: %s", asked, problem, wire.shorten(line))
end

local function say_message(message)
  if message.call then return "the call " .. tostring(message.call) end
  return "an answer, " .. tostring(message.status)
end

-- What is there before it was asked for can only be notes.
local function check_turn(self)
  while true do
    local line = self.adapter:poll_line()
    if not line then return end
    local message = decode(line, self.adapter.asked)
    if not message.note then
      failed.raise_line("the adapter speaks out of turn after %s: %s",
        self.adapter.asked, say_message(message))
    end
    self.on_note(message)
  end
end

local function serve_call(self, op, call)
  if self.in_call or not makes_calls[op] then
    failed.raise_line("the adapter speaks out of turn: the call %s when it"
      .. " had to answer %s", call.call, op)
  end
  self.in_call = true
  local reply = self.on_call(call)
  check_turn(self)
  self.in_call = false
  self.adapter.asked = op
  self.adapter:write_line(wire.encode(reply))
end

-- Sends a request and returns its answer. A request inside a call is within
-- the time of the one that made the call.
function Conversation:request(message, extra_ms)
  local adapter, op = self.adapter, message.op
  check_turn(self)
  if self.in_call then
    adapter.asked = op
  else
    adapter:begin_request(op, extra_ms)
  end
  adapter:write_line(wire.encode(message))
  while true do
    local reply = decode(adapter:read_line(), op)
    if reply.note then
      self.on_note(reply)
    elseif reply.call then
      serve_call(self, op, reply)
    else
      return reply
    end
  end
end

-- After the last request: nothing but notes may have come.
function Conversation:finish()
  self.adapter:catch_up()
  check_turn(self)
end

return conversation
