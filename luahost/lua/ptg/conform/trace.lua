-- trace.lua - what happened in a scenario: the events that it compares, and
-- the records of spec/trace.md.
local instant = require "ptg.conform.instant"
local json = require "dkjson"
local wire = require "ptg.conform.wire"

local trace = {}

local Trace = {}
Trace.__index = Trace

-- clock is the implementation's, "virtual" or "real".
function trace.new(id, clock)
  return setmetatable({
    now = 0, -- the last instant that is known
    seen = {}, -- events: { text, at, call }
    unseen_from = 1, -- the first of them that no `see` has had
    records = { { trace = 1, at = 0, root = "root", name = "root",
                  scenario = id, clock = clock } },
  }, Trace)
end

-- ------------------------------------------------------------------- events

local whats = { group_drain = "drain", group_closed = "closed" }

local function detail_of(call)
  local status = call.outcome and call.outcome.status
  if call.call == "error" then
    return (" %s %s"):format(call.task or call.from or "?", status or "?")
  end
  if call.call == "done" or call.call == "over" then
    return " " .. (status or "?")
  end
  if call.message and (call.call == "handle" or call.call == "drop") then
    return " " .. tostring(call.message)
  end
  return ""
end

-- A call as scenarios write it, without its instant.
function trace.event_text(call)
  return ("%s %s%s"):format(call[wire.subjects[call.call]],
    whats[call.call] or call.call, detail_of(call))
end

function trace.say_event(event)
  if not event.at then return event.text end
  return ("%s @%s"):format(event.text, instant.format(event.at))
end

-- The events since this was asked for last.
function Trace:take_unseen()
  local events = table.move(self.seen, self.unseen_from, #self.seen, 1, {})
  self.unseen_from = #self.seen + 1
  return events
end

-- Does a pattern, an event that may end early, mean this one?
function trace.is_meant(pattern, text)
  return text == pattern or text:sub(1, #pattern + 1) == pattern .. " "
end

-- The last such event, and how many there are.
function Trace:find(pattern)
  pattern = pattern:gsub("%s+@%S*$", "")
  local first, last, count = nil, nil, 0
  for place, event in ipairs(self.seen) do
    if trace.is_meant(pattern, event.text) then
      first = first or place
      last, count = event, count + 1
    end
  end
  return last, count, first
end

-- ------------------------------------------------------------------ records

local outcome_fields = { "status", "code", "message", "value" }
local renamed = {
  group = "group", spawn = "task", timer = "task", queue = "task",
  watch = "watch",
}
local is_recorded = {
  group = true, edge = true, spawn = true, finish = true, cancel = true,
  shutdown = true, request_shutdown = true, timer = true, queue = true,
}

-- Writes the options of the root, which the first record is about.
function Trace:add_root(message)
  for key, value in pairs(message) do
    if key ~= "op" and key ~= "name" then self.records[1][key] = value end
  end
end

-- Writes an operation that has been carried out; by: whose callback it came
-- from.
function Trace:add_operation(message, status, by)
  if not is_recorded[message.op] then return end
  local record = {}
  for key, value in pairs(message) do record[key] = value end
  local name = renamed[message.op]
  if name then record[name], record.as = record.as, nil end
  if message.op == "finish" then
    record.outcome = {}
    for _, field in ipairs(outcome_fields) do
      record.outcome[field], record[field] = record[field], nil
    end
  end
  if record["in"] == 0 then record["in"] = "root" end
  record.at, record.status, record.by = self.now, status, by
  self.records[#self.records + 1] = record
end

-- Writes a call; more are fields that the suite has found out itself.
function Trace:add_call(call, more)
  local record = { at = self.now }
  for key, value in pairs(call) do record[key] = value end
  for key, value in pairs(more or {}) do record[key] = value end
  record.at = self.now
  self.records[#self.records + 1] = record
end

-- Takes an event in among those that expectations are about.
function Trace:add_event(call)
  self.seen[#self.seen + 1] = {
    text = trace.event_text(call), at = self.now, call = call,
  }
end

local key_order = { "trace", "at", "op", "call", "status", "root", "name",
                    "group", "task", "watch", "in" }

-- All of it as lines.
function Trace:lines()
  local lines = {}
  for place, record in ipairs(self.records) do
    lines[place] = json.encode(record, { keyorder = key_order }) .. "\n"
  end
  return table.concat(lines)
end

return trace
