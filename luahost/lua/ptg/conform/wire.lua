-- wire.lua - the lines of the adapter protocol, and what is well-formed there.
local json = require "dkjson"

local wire = {}

local quote = json.quotestring

wire.statuses = {}
for _, name in ipairs {
  "ok", "invalid", "nomem", "stale", "kind", "closed", "busy", "reentrant",
  "thread", "range", "canceled", "timeout", "version", "system", "cycle", "full",
  "failed", "exit", "signal", "deadlock",
} do
  wire.statuses[name] = true
end

-- Which field of a call says whom it is of.
wire.subjects = {
  start = "task", wake = "task", drain = "task", cancel = "task",
  kill = "task", done = "task", error = "group", group_drain = "group",
  group_closed = "group", over = "watch", posted = "as", fire = "task",
  handle = "task", drop = "task", has_room = "task",
}

local function encode_value(value)
  local sort = type(value)
  if sort == "string" then return quote(value) end
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if sort == "boolean" then return tostring(value) end
  return json.encode(value)
end

-- One line, without its end; the operation comes first.
function wire.encode(message)
  local keys = {}
  for key in pairs(message) do
    if key ~= "op" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  local parts = { ('"op":"%s"'):format(message.op) }
  for _, key in ipairs(keys) do
    parts[#parts + 1] = ('%s:%s'):format(quote(key), encode_value(message[key]))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Something that came over the wire, on one line and short enough to print.
function wire.shorten(text)
  local shown = text:gsub("[%c\x7f-\xff]", function(byte)
    return ("\\x%02x"):format(byte:byte())
  end)
  if #shown > 80 then shown = shown:sub(1, 77) .. "..." end
  return shown
end

local function is_object(value)
  return type(value) == "table"
    and (getmetatable(value) or {}).__jsontype ~= "array"
end

local function problem_of_call(call)
  local subject = wire.subjects[call.call]
  if not subject then return "an unknown call" end
  if type(call[subject]) ~= "string" then
    return ("a call without its %s"):format(subject)
  end
  if call.at ~= nil and math.type(call.at) ~= "integer" then
    return "a call whose at is no integer"
  end
  if call.outcome ~= nil and not (is_object(call.outcome)
    and wire.statuses[call.outcome.status]) then
    return "an outcome without a status"
  end
  if (call.call == "done" or call.call == "over" or call.call == "error")
    and not call.outcome then
    return "a call without its outcome"
  end
end
wire.problem_of_call = problem_of_call

local function problem_of(message)
  if not is_object(message) then return "no JSON object" end
  if message.note ~= nil then
    return type(message.note) ~= "string" and "a note without a name" or nil
  end
  if message.call ~= nil then
    if message.at == nil then return "a call without its at" end
    return problem_of_call(message)
  end
  if message.status == nil then
    return "neither an answer nor a call nor a note"
  end
  if message.status ~= "unsupported" and not wire.statuses[message.status] then
    return "an unknown status"
  end
end

-- The message in a line; nil and what is wrong with it.
function wire.decode(line)
  if not utf8.len(line) then return nil, "no UTF-8" end
  local message, stop, wrong = json.decode(line, 1, nil)
  if wrong or line:find("%S", stop) then return nil, "no JSON" end
  local problem = problem_of(message)
  if problem then return nil, problem end
  return message
end

return wire
