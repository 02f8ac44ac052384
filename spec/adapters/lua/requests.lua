-- requests.lua - is a request well-formed? Nothing is done of one that is not.
local made = require "made"

local requests = {}

-- Each sort is a function of a value: what is wrong with it, or nil.
local function of_type(name)
  return function(value)
    if type(value) ~= name then return "not a " .. name end
  end
end

local function integer(value)
  if math.type(value) ~= "integer" then return "not an integer" end
end

local function duration(value)
  if value == "forever" or value == "at_once" then return nil end
  if type(value) == "string" then return "not a duration" end
  return integer(value)
end

local function reference(value)
  if math.type(value) == "integer" then return nil end
  if type(value) ~= "string" then return "neither a name nor a handle" end
  if not made.entry(value) then return "nothing is named " .. value end
end

local function one_of(...)
  local words = {}
  for _, word in ipairs { ... } do words[word] = true end
  return function(value)
    if not words[value] then return "not known: " .. tostring(value) end
  end
end

local is_tell = one_of("drain", "cancel", "kill", "error", "closed")

local function tells(value)
  if type(value) ~= "table" then return "not a list" end
  for _, tell in ipairs(value) do
    local wrong = is_tell(tell)
    if wrong then return wrong end
  end
end

local text, flag = of_type "string", of_type "boolean"

local fields = {
  as = text, name = text, type = text, place = text, reason = text,
  cleanup = flag, observed = flag, remote = flag, events = flag,
  killable = flag, force = flag, parallel = flag, admits_anyone = flag,
  ["in"] = reference, group = reference, task = reference, queue = reference,
  watch = reference, first = reference, later = reference, on = reference,
  waiter = reference, owner = reference, spawner = reference,
  pusher = reference, originator = reference, started = reference,
  grace = duration, cancel_wait = duration, deadline = duration,
  ["for"] = duration, by = duration, after = duration, every = duration,
  max_tasks = integer, max_queued = integer, history = integer,
  capacity = integer, at_once = integer, code = integer, value = integer,
  when_full = one_of("refuse", "queue", "replace_oldest"),
  on_failure = one_of("report", "shutdown_group", "shutdown_root"),
  overlap = one_of("skip", "allow", "replace"),
  what = one_of("groups", "tasks", "abandoned"), tells = tells,
  status = one_of("ok", "invalid", "nomem", "stale", "kind", "closed", "busy",
    "reentrant", "thread", "range", "canceled", "timeout", "abi", "loop",
    "cycle", "full", "failed", "exit", "signal", "deadlock"),
}

local needed = {
  group = "as in", edge = "first later", shutdown = "group",
  watch = "as on", unwatch = "watch", spawn = "as in", finish = "task",
  cancel = "task", sleep = "task for", extend_grace = "task for",
  list = "what group", count_names = "group capacity", failures = "group",
  history = "group", plan = "group", report = "group", blame = "group",
  snapshot = "group", advance = "by", timer = "as in", timer_info = "task",
  queue = "as in capacity", push = "queue message", queue_close = "queue",
  queue_info = "queue",
}

local messages = { push = integer, finish = text }

-- What is wrong with a request; nil: nothing.
function requests.wrong(request)
  for field in (needed[request.op] or ""):gmatch "%S+" do
    if request[field] == nil then return field .. ": left out" end
  end
  if request.op == "info" and (request.group == nil) == (request.task == nil)
  then
    return "info: of one group or of one task"
  end
  for field, value in pairs(request) do
    -- The names are those of the new world, in which there are none yet.
    local sort = field == "message" and messages[request.op] or fields[field]
    local wrong = sort and sort(value)
    if wrong then return field .. ": " .. wrong end
  end
end

return requests
