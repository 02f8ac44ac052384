-- group.lua - groups.
local Future = require "ptg.future"
local Process = require "ptg.process"
local Queue = require "ptg.queue"
local Task = require "ptg.task"
local Timer = require "ptg.timer"
local Work = require "ptg.work"
local core = require "ptg.core"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local options = require "ptg.options"
local plan = require "ptg.plan"
local progress = require "ptg.progress"
local registry = require "ptg.registry"
local report = require "ptg.report"
local settings = require "ptg.settings"
local where = require "ptg.where"

local Group = {}
Group.__name = "ptg.group"
Group.is_group = true
Group.losses = 0 -- tasks abandoned or killed, in all groups that have closed

-- state is what the runtime says now; the rest are fields and methods.
Group.__index = core.group_index(Group)

function Group:__tostring()
  return ("group %s"):format(self.path)
end

local function is_group(value)
  return getmetatable(value) == Group
end

-- One group or a list of them.
local function read_groups(value)
  if is_group(value) then return { value } end
  if type(value) ~= "table" then
    return nil, "must be a group or a list of groups, not a " .. type(value)
  end
  for place, item in ipairs(value) do
    if not is_group(item) then
      return nil, ("item %d must be a group, not a %s"):format(place,
        type(item))
    end
  end
  return value
end

local create_spec = {
  name = "name", grace = "limit", cancel_wait = "limit", deadline = "limit",
  max_tasks = "count", when_full = { "refuse", "queue", "replace_oldest" },
  max_queued = "count", history = "count", owner = "object",
  on_failure = { "report", "shutdown_group", "shutdown_root" },
  admits_anyone = "boolean", parallel = "boolean", stops_before = read_groups,
  on_error = "function", on_drain = "function", on_closed = "function",
}

local function new(fields)
  fields.handlers = {}
  fields.future = Future.new()
  fields.groups_before = {} -- whom it stops before, as declared
  fields.killed_tasks = {}  -- names
  fields.spawn = core.group_spawn -- found sooner here than in the class
  return setmetatable(fields, Group)
end

local function set_handlers(group, own)
  for _, hook in ipairs { "on_error", "on_drain", "on_closed" } do
    group.handlers[hook] = own[hook]
  end
end

-- The object of the root group, which the host has made.
function Group.root(own)
  own = own or {}
  local root = new { name = own.name or "root", path = "/", parent = false,
                     own = own }
  registry.add_root(root, core.ROOT_ID, core.root())
  set_handlers(root, own)
  return root
end

-- Ends the runtime, which has to be at its end or is to be discarded, begins
-- another and returns its root group.
function Group.renew_root(call, given)
  local spec = { discard = "boolean" }
  for key, sort in pairs(create_spec) do spec[key] = sort end
  spec.owner, spec.stops_before = nil, nil
  local own = options.check(call, given or {}, spec)
  failure.check(call, core.renew(own, own.discard))
  registry.clear()
  errors.reset()
  progress.reset()
  Group.losses = 0
  return Group.root(own)
end

-- Makes a child of parent out of what a script wrote.
function Group.create(parent, call, given)
  local own = options.check(call, given, create_spec)
  for _, later in ipairs(own.stops_before or {}) do
    if later.parent ~= parent then
      failure.misuse("%s: stops_before: %s is no sibling", call, later)
    end
  end

  local group = new { parent = parent, own = own, where = where.caller() }
  local id = registry.add(group)
  local handle, code, detail = core.group_create(id, parent.handle, own,
    own.owner and own.owner.handle)
  if not handle then
    registry.remove(group)
    failure.raise(call, failure.of_group(code, detail))
  end
  registry.set_handle(group, handle)
  group.name = own.name or core.group_info(handle).name
  group.path = (parent.parent and parent.path or "") .. "/" .. group.name
  set_handlers(group, own)
  if own.stops_before then group:stops_before(own.stops_before) end
  return group
end

-- ------------------------------------------------------------------ events

-- Runs a hook. Its failure is the runtime's to tell, as one of the group.
local function run_hook(self, name)
  local hook = self.handlers[name]
  if not hook or settings.are_hooks_off or settings.is_declaring then
    return core.status.OK
  end
  local ok, caught = core.call_as(nil, self, 0, errors.caught, hook, self)
  if ok then return core.status.OK end
  caught = errors.whole(caught)
  caught.hook = name
  errors.expect(self.handle, caught)
  return errors.status_of(caught.value)
end

function Group:on_group_drain_event()
  progress.note(self)
  return run_hook(self, "on_drain")
end

function Group:on_group_closed_event()
  self.last_report = report.build(self)
  local info = core.group_info(self.handle)
  Group.losses = Group.losses + info.abandoned + info.killed
  local status = run_hook(self, "on_closed")
  progress.note(self)
  self.future:settle(true, self.last_report)
  return status
end

function Group:on_group_release_event()
  registry.remove(self)
end

-- ----------------------------------------------------------------- children

function Group:group(given)
  return Group.create(self, "group:group", given)
end

-- Declares that self is closed before later (a group or a list) begins to
-- drain.
function Group:stops_before(later)
  local list = options.value("group:stops_before", "groups", read_groups,
    later)
  for _, group in ipairs(list) do
    local ok, code, detail =
      core.group_stops_before(self.handle, group.handle)
    if ok then
      table.insert(self.groups_before, group)
    elseif code == "ECYCLE" and settings.is_declaring then
      table.insert(settings.circles, { where = where.caller(),
        message = failure.text(code, detail) })
    else
      failure.raise(("%s stops before %s"):format(self, group), code, detail)
    end
  end
end

-- ([name,] fn, ...) of a call; the rest stays where it is.
local function spawn(call, group, flags, first, second, ...)
  if type(first) == "string" then
    options.value(call, "name", "name", first)
    options.value(call, "fn", "function", second)
    return Task.spawn(group, first, flags, second, ...)
  end
  options.value(call, "fn", "function", first)
  return Task.spawn(group, nil, flags, first, second, ...)
end

-- Without a name the arguments begin one place earlier; that place must not
-- be counted when nothing was given there.
local function spawn_counted(call, group, flags, count, first, ...)
  if type(first) ~= "string" and count == 1 then
    options.value(call, "fn", "function", first)
    return Task.spawn(group, nil, flags, first)
  end
  return spawn(call, group, flags, first, ...)
end

local function or_raise(group, task, code, detail)
  if task then return task end
  failure.raise(("spawn in %s"):format(group), failure.of_group(code, detail))
end

-- Runs fn(task, ...) as a task, on a later turn. Refused: an error with code.
-- Where there is nothing to check it is done in C (new() sets it).
local function spawn_slow(self, ...)
  return or_raise(self, spawn_counted("group:spawn", self, 0,
    select("#", ...), ...))
end

Task.set_driver(spawn_slow, function(self, _, code, detail)
  or_raise(self, nil, code, detail)
end)

-- The same; refused: nil, code, message.
function Group:try_spawn(...)
  local task, code, detail = spawn_counted("group:try_spawn", self, 0,
    select("#", ...), ...)
  if task then return task end
  local status, message = failure.of_group(code, detail)
  return nil, status, message
end

-- The same as spawn, for clean-up: from inside also while it is cancelling.
function Group:spawn_cleanup(...)
  return or_raise(self, spawn_counted("group:spawn_cleanup", self,
    core.SPAWN_CLEANUP, select("#", ...), ...))
end

-- As spawn, with options.
function Group:task(given)
  return or_raise(self, Task.create(self, given))
end

function Group:timer(given)
  return Timer.create(self, given)
end

function Group:process(given)
  return Process.create(self, given)
end

function Group:queue(given)
  return Queue.create(self, given)
end

function Group:work(...)
  return Work.create(self, ...)
end

function Group:after(...)
  return Timer.after(self, ...)
end

function Group:every(...)
  return Timer.every(self, ...)
end

-- ----------------------------------------------------------------- handlers

for _, hook in ipairs { "on_error", "on_drain", "on_closed" } do
  Group[hook] = function(self, fn)
    self.handlers[hook] =
      options.value("group:" .. hook, "handler", "function", fn)
  end
end

-- ----------------------------------------------------------------- shutdown

local shutdown_spec = {
  grace = "limit", cancel_wait = "limit", deadline = "limit",
  force = "boolean", originator = "object",
}

-- Begins its shutdown, on behalf of whose code is running, or of originator.
-- False: it has been shut down and is gone.
function Group:shutdown(given)
  local own = options.check("group:shutdown", given or {}, shutdown_spec)
  local asks = own.originator and own.originator.handle
    or core.current_originator()
  local ok, code, detail = core.group_shutdown(self.handle, own.force,
    own.grace, own.cancel_wait, own.deadline, asks)
  if not ok and code ~= "ESTALE" then
    failure.raise(("shutdown of %s"):format(self), code, detail)
  end
  progress.note(self)
  return ok == true
end

-- ------------------------------------------------------------------ looking

function Group:info()
  return (failure.check(("info of %s"):format(self),
    core.group_info(self.handle)))
end

local function objects(handles)
  local list = {}
  for _, handle in ipairs(handles or {}) do
    local object = registry.by_handle(handle)
    if object then list[#list + 1] = object.public or object end
  end
  return list
end

-- The child groups, oldest first.
function Group:groups()
  return objects(core.group_groups(self.handle))
end

-- The tasks, processes, timers and so on that have not ended, oldest first.
function Group:tasks()
  return objects(core.group_tasks(self.handle))
end

-- What it remembers: failures that are not alike, and as many of the tasks that
-- have ended as its option history says; the latest first.
function Group:failures()
  return (failure.check(("failures of %s"):format(self),
    core.group_failures(self.handle)))
end

function Group:history()
  return (failure.check(("history of %s"):format(self),
    core.group_history(self.handle)))
end

-- The most frequent types and names of tasks, here and below.
function Group:names(count)
  return (failure.check(("names of %s"):format(self),
    core.group_names(self.handle, count or 10)))
end

-- Who held its shutdown up, in the order in which they did.
function Group:blame()
  return (failure.check(("blame of %s"):format(self),
    core.group_blame(self.handle)))
end

function Group:plan()
  return plan.build(self)
end

-- What its shutdown did; nil before that.
function Group:report()
  return self.last_report or report.build(self)
end

return Group
