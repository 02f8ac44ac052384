-- fake_adapter.lua - an adapter of its own small model, to try the suite on.
--
--   lua5.4 fake_adapter.lua [OPTION...]
--
-- The model is well-behaved: the root and flat groups below it, one after the
-- other, newest first; tasks that start, drain, wake, are cancelled and done.
-- The options make it less: --real says that its clock is a real one (though
-- nobody waits), --late makes its cancel phases begin a second late, --forgets
-- keeps a release back, --twice tells the end of each task twice, --reuses
-- gives out handles again, --no-end stays after the end of its input, --stuck
-- refuses to be destroyed, --without=FEATURE has one feature less.
local json = require "dkjson"

local fake = {}

local FEATURES = { "handles", "release", "wake", "info", "nesting", "stderr" }
local SECOND = 1000000000

local world -- what reset makes
local next_handle = 1
local options = {}

-- -------------------------------------------------------------------- lines

local function write(message)
  io.stdout:write(json.encode(message), "\n")
  io.stdout:flush()
end
fake.write = write

local function release(name)
  if options.forgets and name ~= "root" then return end
  write { note = "release", of = name }
end

local function give_handle()
  if options.reuses then return 7 end
  next_handle = next_handle + 1
  return next_handle
end

local answer_requests

local function call(message)
  message.at = world.now
  write(message)
  return answer_requests(true)
end

-- -------------------------------------------------------------------- model

local function duration(value, default)
  if value == "forever" then return math.huge end
  if value == "at_once" then return 0 end
  return value or default
end

local function tells(thing, name)
  for _, told in ipairs(thing.tells or {}) do
    if told == name then return true end
  end
end

local function new_group(name, request)
  local group = {
    name = name, state = "open", tells = request.tells,
    grace = duration(request.grace, 10 * SECOND),
    cancel_wait = duration(request.cancel_wait, 5 * SECOND),
    tasks = {}, spawned = 0, abandoned = 0,
    counts = { ok = 0, canceled = 0, failed = 0 },
  }
  world.names[name] = { group = group }
  table.insert(world.groups, group)
  return group
end

local function is_live(task)
  return task.state == "pending" or task.state == "running"
end

local function live_count(group)
  local count = 0
  for _, task in ipairs(group.tasks) do
    if is_live(task) then count = count + 1 end
  end
  return count
end

local function settle(task, outcome)
  task.outcome, task.wake_at = outcome, nil
  task.state = task.state == "abandoned" and "late" or "ended"
end

local function tell_done(task)
  task.is_told = true
  local outcome = task.outcome
  outcome.flags = {}
  for _, flag in ipairs { task.is_asked and "cancel_requested" or "",
                          task.never_ran and "never_ran" or "",
                          task.state == "late" and "abandoned" or "" } do
    if flag ~= "" then table.insert(outcome.flags, flag) end
  end
  local sort = task.group.counts[outcome.status] and outcome.status or "failed"
  task.group.counts[sort] = task.group.counts[sort] + 1
  for _ = 1, options.twice and 2 or 1 do
    call { call = "done", task = task.name, outcome = outcome }
  end
  release(task.name)
end

local function start(task)
  task.state = "running"
  local reply = call { call = "start", task = task.name }
  if reply.status and reply.status ~= "ok" and is_live(task) then
    settle(task, { status = reply.status })
  end
end

local function cancel(task)
  if task.is_asked then return end
  task.is_asked = true
  if task.state == "pending" then
    task.never_ran = true
    settle(task, { status = "canceled" })
  elseif tells(task, "cancel") then
    call { call = "cancel", task = task.name, reason = "shutdown",
           originator = task.group.name }
  end
end

local function each_newest_first(group, visit)
  for place = #group.tasks, 1, -1 do
    if is_live(group.tasks[place]) then visit(group.tasks[place]) end
  end
end

local function begin_drain(group)
  group.state, group.until_ = "draining", world.now + group.grace
  if options.late then group.until_ = group.until_ + SECOND end
  if group.until_ <= world.now then return end
  if tells(group, "drain") then call { call = "group_drain", group = group.name } end
  each_newest_first(group, function(task)
    if task.state == "running" and tells(task, "drain") then
      call { call = "drain", task = task.name }
    end
  end)
end

local function begin_cancel(group)
  group.state, group.until_ = "cancelling", world.now + group.cancel_wait
  each_newest_first(group, cancel)
end

local function close(group)
  group.state, group.until_ = "closed", nil
  each_newest_first(group, function(task)
    task.state = "abandoned"
    group.abandoned = group.abandoned + 1
  end)
  if tells(group, "closed") then call { call = "group_closed", group = group.name } end
  if group.name ~= "root" then release(group.name) end
end

-- May this group begin? Those after it come first, for the root all, and what
-- has begun already.
local function has_turn(place)
  for other = 2, #world.groups do
    local group = world.groups[other]
    local is_ahead = place == 1 or other > place
    if group.is_ending and group.state ~= "closed"
      and (is_ahead or group.state ~= "open") then
      return false
    end
  end
  return true
end

-- One thing that is due now; false if there is none.
local function do_one()
  for _, group in ipairs(world.groups) do
    for _, task in ipairs(group.tasks) do
      if task.outcome and not task.is_told then return true, tell_done(task) end
      if task.state == "pending" and not group.is_forced then
        return true, start(task)
      end
      if task.wake_at and task.wake_at <= world.now then
        task.wake_at = nil
        return true, call { call = "wake", task = task.name }
      end
    end
  end
  for place, group in ipairs(world.groups) do
    if group.is_ending and group.state == "open" and has_turn(place) then
      return true, begin_drain(group)
    end
    local is_over = group.until_ and group.until_ <= world.now
    if group.until_ and live_count(group) == 0 then return true, close(group) end
    if is_over and group.state == "draining" then
      return true, begin_cancel(group)
    end
    if is_over then return true, close(group) end
  end
  return false
end

local function next_instant()
  local at = math.huge
  for _, group in ipairs(world.groups) do
    at = math.min(at, group.until_ or at)
    for _, task in ipairs(group.tasks) do
      at = math.min(at, task.wake_at or at)
    end
  end
  return at
end

-- --------------------------------------------------------------- operations

local operations = {}

-- What a name stands for; what was never given out is nothing.
local function find(name)
  return world.names[name] or {}
end

function operations.hello()
  local features = {}
  for _, name in ipairs(FEATURES) do
    if name ~= options.without then features[#features + 1] = name end
  end
  return { status = "ok", protocol = 1, name = "fake", version = "1",
           clock = options.real and "real" or "virtual", features = features }
end

function operations.reset(request)
  world = { now = 0, groups = {}, names = {} }
  new_group("root", request)
  return { status = "ok", handle = give_handle() }
end

function operations.group(request)
  if world.groups[1].is_ending then
    release(request.as)
    world.names[request.as] = {}
    return { status = "closed" }
  end
  new_group(request.as, request)
  return { status = "ok", handle = give_handle() }
end

function operations.spawn(request)
  local group = find(request["in"]).group
  if not group or group.is_ending then
    release(request.as)
    world.names[request.as] = {}
    return { status = group and "closed" or "stale" }
  end
  local task = { name = request.as, group = group, tells = request.tells,
                 state = "pending" }
  world.names[request.as] = { task = task }
  table.insert(group.tasks, task)
  group.spawned = group.spawned + 1
  return { status = "ok", handle = give_handle() }
end

function operations.finish(request)
  local task = find(request.task).task
  if not task or task.outcome then return { status = "stale" } end
  if task.state == "pending" then return { status = "busy" } end
  settle(task, { status = request.status, message = request.message })
  if request.message then io.stderr:write(request.message, "\n") end
  return { status = "ok" }
end

function operations.sleep(request)
  local task = find(request.task).task
  if not task or task.outcome then return { status = "stale" } end
  task.wake_at = world.now + request["for"]
  return { status = "ok" }
end

function operations.shutdown(request)
  local group = find(request.group).group
  if not group or group.state == "closed" then return { status = "stale" } end
  local list = group.name == "root" and world.groups or { group }
  for _, one in ipairs(list) do
    one.is_ending, one.is_forced = true, one.is_forced or request.force
    one.grace = math.min(one.grace, request.force and 0
      or duration(request.grace, one.grace))
    one.cancel_wait = math.min(one.cancel_wait,
      duration(request.cancel_wait, one.cancel_wait))
    if one.until_ then
      one.until_ = math.min(one.until_, world.now
        + (one.state == "draining" and one.grace or one.cancel_wait))
    end
  end
  return { status = "ok" }
end

function operations.info(request)
  local thing = find(request.group or request.task)
  local group, task = thing.group, thing.task
  if group then
    return { status = "ok", name = group.name, state = group.state,
             is_ending = group.is_ending or false, children = 0,
             spawned = group.spawned, live = live_count(group),
             succeeded = group.counts.ok, cancelled = group.counts.canceled,
             failed = group.counts.failed, abandoned = group.abandoned,
             grace = group.grace }
  end
  if not task or task.is_told then return { status = "stale" } end
  return { status = "ok", name = task.name, group = task.group.name,
           state = task.state, is_cancel_requested = task.is_asked or false }
end

function operations.time()
  return { status = "ok", at = world.now }
end

function operations.advance(request)
  local target = world.now + request.by
  while true do
    while do_one() do end -- luacheck: ignore
    local at = next_instant()
    if at > target then break end
    world.now = math.max(world.now, at)
  end
  world.now = target
  return { status = "ok" }
end

function operations.destroy()
  if options.stuck or world.groups[1].state ~= "closed" then
    return { status = "busy" }
  end
  for _, group in ipairs(world.groups) do
    for _, task in ipairs(group.tasks) do
      if not task.is_told then
        if not task.outcome then settle(task, { status = "timeout" }) end
        tell_done(task)
      end
    end
  end
  release "root"
  return { status = "ok" }
end

-- What a misbehaving one does in place of an operation; see bad/.
fake.mischief = function() end

-- Answers requests until the call (or, outside, the input) is at its end.
function answer_requests(is_in_call)
  for line in io.lines() do
    local request = json.decode(line, 1, nil)
    if request.op == "return" and is_in_call then return request end
    local answer = fake.mischief(request)
    if answer == nil then
      local operation = operations[request.op]
      answer = operation and operation(request) or { status = "unsupported" }
    end
    if answer then write(answer) end
  end
  if options["no-end"] then os.execute "sleep 1000" end
  os.exit(0)
end

function fake.run(args)
  for _, text in ipairs(args) do
    local name, value = text:match "^%-%-([%w-]+)=?(.*)$"
    options[name] = value == "" or value
  end
  answer_requests(false)
end

if not ... or arg and arg[0]:find "fake_adapter%.lua$" then fake.run(arg) end

return fake
