-- operations.lua - the requests of the suite, carried out.
--
-- Each is a function of the request and the answer, which has status "ok" when
-- it comes. A refusal is raised by the module, with a code.
local ptg = require "ptg"
local calls = require "calls"
local looks = require "looks"
local made = require "made"
local requests = require "requests"
local values = require "values"
local wire = require "wire"

local operations = {}

local carry = {}
for name, look in pairs(looks.operations) do carry[name] = look end

local FEATURES = {
  "handles", "deadline", "owner", "watch", "kill", "cleanup", "spawner",
  "policy", "observed", "limits", "edges", "parallel", "nesting", "names",
  "attribution", "wake", "extend_grace", "history", "failures", "count_names",
  "info", "report", "blame", "plan", "snapshot", "current", "timer", "queue",
  "stderr",
}

local has_runtime = false

function carry.hello(_, answer)
  answer.protocol, answer.name, answer.version = 1, "ptg-lua", _VERSION
  answer.clock, answer.features = "virtual", wire.list(FEATURES)
end

-- The object of a reference, or the refusal is the answer.
local function find(reference, kind)
  local object, status = made.find(reference, kind)
  if object then return object end
  error({ refused = status }, 0)
end

local function need(is_done)
  if not is_done then error({ refused = "stale" }, 0) end
end

-- Makes an object with make(), whatever comes of it the name is known.
local function make(entry, answer, fn, ...)
  made.keep(entry, nil)
  local object = fn(...)
  made.keep(entry, object)
  answer.handle = object.handle
end

-- A name that is empty is none.
local function name_of(request)
  return request.name ~= "" and request.name or nil
end

-- The module calls a task that has neither name nor type after its function,
-- but the function here is always the adapter's own.
local function task_name_of(request)
  return name_of(request) or not request.type and "task" or nil
end

-- ------------------------------------------------------------------ groups

local GROUP_TELLS = { "drain", "closed" }

local function group_options(request, entry)
  return calls.of_group(entry, {
    name = name_of(request), grace = values.duration(request.grace),
    cancel_wait = values.duration(request.cancel_wait),
    deadline = values.duration(request.deadline), parallel = request.parallel,
    admits_anyone = request.admits_anyone,
    max_tasks = values.count(request.max_tasks), when_full = request.when_full,
    max_queued = values.count(request.max_queued),
    on_failure = request.on_failure, owner = made.optional(request.owner),
    history = values.count(request.history),
  })
end

function carry.reset(request, answer)
  request.as = "root"
  local entry = made.begin(request, GROUP_TELLS)
  local options = group_options(request, entry)
  options.discard = true
  has_runtime = false
  made.keep(entry, nil)
  local root = ptg.reset(options)
  has_runtime = true
  values.begin_time()
  made.keep(entry, root)
  answer.handle = root.handle
end

function carry.group(request, answer)
  local entry = made.begin(request, GROUP_TELLS)
  make(entry, answer, function()
    local parent = looks.group_or_root(request["in"])
    -- The module looks at the name before it hands anything on. The name does
    -- not matter where the parent refuses.
    local state = parent:info().state
    if made.optional(request.owner) then
      find(request.owner, "task"):info()
    end
    if state ~= "open" then request.name = nil end
    return parent:group(group_options(request, entry))
  end)
end

function carry.edge(request)
  local first = find(request.first, "group")
  first:info() -- of two that are no groups the first one is told
  first:stops_before(find(request.later, "group"))
end

function carry.shutdown(request)
  local group = find(request.group, "group")
  need(group:shutdown {
    force = request.force, grace = values.duration(request.grace),
    cancel_wait = values.duration(request.cancel_wait),
    deadline = values.duration(request.deadline),
    originator = made.optional(request.originator),
  })
end

function carry.request_shutdown(request)
  ptg.request_shutdown { force = request.force }
end

-- ------------------------------------------------------------------- tasks

function carry.spawn(request, answer)
  local entry = made.begin(request, { "drain", "cancel" })
  make(entry, answer, function()
    return find(request["in"], "group"):task(calls.of_task(entry, {
      name = task_name_of(request), type = request.type, place = request.place,
      cleanup = request.cleanup, observed = request.observed,
      spawner = made.optional(request.spawner),
    }))
  end)
end

function carry.finish(request)
  local given = request.outcome or request
  need(calls.finish(find(request.task, "task"), {
    status = given.status or "ok", code = values.count(given.code),
    value = values.count(given.value), message = given.message,
  }))
end

function carry.cancel(request)
  need(find(request.task, "task"):cancel(request.reason,
    made.optional(request.originator)))
end

function carry.sleep(request)
  local task = find(request.task, "task")
  task:info()
  if not task.wake then
    error({ refused = "unsupported" }, 0) -- only coroutines sleep
  end
  need(task:wake(values.length(request["for"])))
end

function carry.extend_grace(request, answer)
  local task = find(request.task, "task")
  task:info()
  local left = task:extend_grace(values.length(request["for"]))
  answer.left = left == math.huge and "forever" or math.floor(left * 1e9 + 0.5)
end

-- ----------------------------------------------- watches, timers and queues

function carry.watch(request, answer)
  local entry = made.begin(request, {})
  make(entry, answer, function()
    return ptg.watch(find(request.on, "any"), calls.of_watch(entry),
      made.optional(request.waiter))
  end)
end

function carry.unwatch(request)
  need(find(request.watch, "watch"):remove())
end

function carry.timer(request, answer)
  local entry = made.begin(request, {})
  make(entry, answer, function()
    local timer = find(request["in"], "group"):timer {
      name = name_of(request), after = values.duration(request.after),
      every = values.duration(request.every), overlap = request.overlap,
      spawner = made.optional(request.spawner), fire = calls.of_timer(entry),
    }
    timer:on_done(calls.tell_done(entry))
    return timer
  end)
end

function carry.queue(request, answer)
  local entry = made.begin(request, {})
  make(entry, answer, function()
    local queue = find(request["in"], "group"):queue(calls.of_queue(entry, {
      name = name_of(request), capacity = request.capacity,
      at_once = values.count(request.at_once),
      spawner = made.optional(request.spawner),
    }))
    queue:on_done(calls.tell_done(entry))
    return queue
  end)
end

function carry.push(request)
  local queue = find(request.queue, "queue")
  local ok, code = queue:push(request.message, made.optional(request.pusher))
  if ok then return end
  -- One that has ended is closed to the module.
  need(queue:info())
  error({ refused = values.word(code) }, 0)
end

function carry.queue_close(request)
  need(find(request.queue, "queue"):close())
end

-- -------------------------------------------------------------------- time

function carry.advance(request)
  ptg.advance(values.length(request.by))
end

-- It has to be at its end; what comes then is a new one, of which nobody asks.
function carry.destroy()
  ptg.reset()
  has_runtime = false
end

-- -------------------------------------------------------------------- all

local function refusal(err)
  if type(err) ~= "table" then return nil end
  if err.refused then return err.refused end
  return err.code and values.word(err.status or err.code)
end

-- Why it is not carried out: it is malformed, or it is what a script has no
-- word for.
local function why_not(request)
  local op = request.op
  if request.wrong then return request.wrong end
  if not carry[op] then return op .. ": there is no such operation" end
  if op == "reset" and wire.is_in_call() then return "reset: inside a call" end
  for _, field in ipairs { "remote", "events", "killable" } do
    if request[field] == true then return field .. ": not for scripts" end
  end
end

-- Requests that need a runtime, and there is none.
local function is_too_early(request)
  if has_runtime or request.op == "hello" or request.op == "reset" then
    return false
  end
  if request.as then made.keep({ as = request.as }, nil) end
  return true
end

-- Returns the answer to a request.
function operations.carry_out(request)
  local why = why_not(request)
  if not why then
    if is_too_early(request) then return { status = "invalid" } end
    if request.op == "reset" then made.forget() end
    why = requests.wrong(request)
  end
  if why then return { status = "unsupported", why = why } end
  calls.finish_first()
  local answer = { status = "ok" }
  local ok, err = pcall(carry[request.op], request, answer)
  if ok then return answer end
  local status = refusal(err)
  if not status then error(err, 0) end
  return { status = status }
end

return operations
