-- operations.lua - what the steps of scenarios may do, and with which fields.
local operations = {}

-- The sorts of fields; a list is of words that it may have.
local fields = {
  as = "text", ["in"] = "name", group = "name", task = "name", queue = "name",
  watch = "name", first = "name", later = "name", waiter = "name",
  owner = "name", spawner = "name", pusher = "name", originator = "name",
  started = "name",
  name = "string", type = "string", place = "string", reason = "string",
  code = "integer", value = "integer", capacity = "integer",
  at_once = "integer", max_tasks = "integer", max_queued = "integer",
  history = "integer",
  parallel = "boolean", admits_anyone = "boolean", events = "boolean",
  killable = "boolean", cleanup = "boolean", observed = "boolean",
  remote = "boolean", force = "boolean",
  grace = "duration", cancel_wait = "duration", deadline = "duration",
  by = "duration", ["for"] = "duration", after = "duration",
  every = "duration",
  status = "status", message = "message", tells = "tells",
  what = { "groups", "tasks", "abandoned" },
  when_full = { "refuse", "queue", "replace_oldest" },
  on_failure = { "report", "shutdown_group", "shutdown_root" },
  overlap = { "skip", "allow", "replace" },
}
operations.fields = fields

local OPTIONS = "name grace cancel_wait deadline parallel admits_anyone events"
  .. " max_tasks when_full max_queued on_failure owner history tells"

-- Their fields; those that must be there end with an exclamation mark. Of what
-- is made, its kind, and what `on` may have.
local TASK_CALLS = "start wake drain cancel kill done"
local known = {
  root = { OPTIONS, on = "error drain closed" },
  group = { "as! in " .. OPTIONS, kind = "group", on = "error drain closed" },
  edge = { "first! later!" },
  spawn = { "as! in name type place cleanup observed spawner tells remote"
    .. " events killable", kind = "task", on = TASK_CALLS },
  finish = { "task status code message value remote after" },
  cancel = { "task! reason originator remote" },
  sleep = { "task for!" },
  extend_grace = { "task for!" },
  shutdown = { "group! force grace cancel_wait deadline originator remote" },
  request_shutdown = { "force" },
  watch = { "as! group task waiter", kind = "watch", on = "over" },
  unwatch = { "watch!" },
  post = { "as!", kind = "post", on = "posted" },
  info = { "group task" },
  list = { "what! group!" },
  count_names = { "group! capacity" },
  failures = { "group!" },
  history = { "group!" },
  plan = { "group!" },
  report = { "group!" },
  blame = { "group!" },
  snapshot = { "group!" },
  current = { "" },
  time = { "" },
  take = { "capacity!" },
  advance = { "by" },
  destroy = { "" },
  ["return"] = { "status started" },
  timer = { "as! in name after every overlap spawner", kind = "timer",
            on = "fire" },
  timer_info = { "task!" },
  queue = { "as! in name capacity! at_once spawner", kind = "queue",
            on = "handle drop has_room" },
  push = { "queue! message! pusher" },
  queue_close = { "queue!" },
  queue_info = { "queue!" },
}

local function words(text)
  local set = {}
  for word in text:gmatch "%S+" do
    local name = word:gsub("!", "")
    set[name] = word:find "!" and "must" or "may"
  end
  return set
end

operations.known = {}
for name, operation in pairs(known) do
  operations.known[name] = {
    fields = words(operation[1]), kind = operation.kind,
    on = operation.on and words(operation.on),
  }
end

-- The tasks and groups that an operation is about: fields of the request.
operations.subjects = {
  group = { "in" }, edge = { "first", "later" }, spawn = { "in" },
  finish = { "task" }, cancel = { "task" }, sleep = { "task" },
  extend_grace = { "task" }, shutdown = { "group" }, watch = { "on" },
  info = { "group", "task" }, list = { "group" }, count_names = { "group" },
  failures = { "group" }, history = { "group" }, plan = { "group" },
  report = { "group" }, blame = { "group" }, snapshot = { "group" },
  timer = { "in" }, timer_info = { "task" }, queue = { "in" },
  push = { "queue" }, queue_close = { "queue" }, queue_info = { "queue" },
}

return operations
