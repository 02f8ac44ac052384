-- trace_text.lua - traces as the specs of the laws write them.
--
-- A trace is written as short lines: what happens, to whom, and fields as
-- KEY=VALUE or KEY. "@N" moves the clock, "late" before the first one begins a
-- trace that began later than its runtime. Operations: group, edge, spawn,
-- finish, ask (to cancel), shutdown; a status other than ok is is=STATUS. Calls:
-- start, wake, drain, cancel (by the task's group), kill, done, hook (the
-- group's drain), closed, error (GROUP - the handler's, or "-").
local laws = require "ptg.conform.laws"

local trace_text = {}

local verbs = {
  group = { "op", "group", "group" }, edge = { "op", "edge", "first", "later" },
  spawn = { "op", "spawn", "task" }, finish = { "op", "finish", "task", "end" },
  ask = { "op", "cancel", "task" }, shutdown = { "op", "shutdown", "group" },
  timer = { "op", "timer", "task" }, request_shutdown = { "op", "request_shutdown" },
  start = { "call", "start", "task" }, wake = { "call", "wake", "task" },
  drain = { "call", "drain", "task" }, cancel = { "call", "cancel", "task" },
  kill = { "call", "kill", "task" }, done = { "call", "done", "task", "end" },
  hook = { "call", "group_drain", "group" },
  closed = { "call", "group_closed", "group" },
  error = { "call", "error", "group", "end" },
}

local function read_fields(record, words, first)
  for place = first, #words do
    local key, value = words[place]:match "^([%w_]+)=(.*)$"
    if key == "flags" then
      record.flags = {}
      for flag in value:gmatch "[^,]+" do
        record.flags[#record.flags + 1] = flag
      end
    elseif key then
      record[key] = math.tointeger(tonumber(value)) or value
    else
      record[words[place]] = true
    end
  end
end

local function read_line(line, groups)
  local words = {}
  for word in line:gmatch "%S+" do words[#words + 1] = word end
  local verb = assert(verbs[words[1]], line)
  local record = { [verb[1]] = verb[2] }
  for place = 3, #verb do
    local word = words[place - 1]
    if word ~= "-" then record[verb[place]] = word end
  end
  read_fields(record, words, #verb)
  if record.op then record.status = record.is or "ok" end
  if record["end"] then
    record.outcome = { status = record["end"], flags = record.flags }
  end
  if record.op == "group" or record.op == "spawn" then
    record["in"] = record["in"] or "root"
    groups[record.task or record.group or record.as] = record["in"]
  end
  if record.call == "cancel" and not record.reason then
    record.reason, record.originator = "shutdown", groups[record.task]
  end
  return record
end

-- The records of a trace. head is its first one, if not that of a whole run.
function trace_text.read(text, head)
  local groups, at = {}, 1
  local rest = text:match "^late (.*)"
  local records = { head or { trace = 1, root = "root", clock = "virtual",
                              late = rest ~= nil or nil } }
  text = rest or text
  records[1].at = at
  for line in text:gmatch "[^\n]+" do
    local moved = line:match "^%s*@(%d+)%s*$"
    if moved then
      at = math.tointeger(tonumber(moved))
    elseif line:find "%S" then
      local record = read_line(line, groups)
      record.at = at
      records[#records + 1] = record
    end
  end
  return records
end

-- The names of the laws that are broken, each once.
function trace_text.broken(records)
  local names, seen = {}, {}
  for _, found in ipairs(laws.check(records)) do
    assert(type(found.text) == "string")
    assert(records[found.line])
    if not seen[found.law] then names[#names + 1] = found.law end
    seen[found.law] = true
  end
  return names
end

return trace_text
