-- queue.lua - group:queue: a bounded queue, and a task for each message.
--
-- The runtime keeps the order by numbers; the messages are here.
--
-- Invariant: messages has one for each number that the runtime has accepted
-- and neither handed out nor dropped.
local Future = require "ptg.future"
local Task = require "ptg.task"
local await = require "ptg.await"
local core = require "ptg.core"
local ending = require "ptg.ending"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local options = require "ptg.options"
local registry = require "ptg.registry"

local CALL = "group:queue"

local Queue = {}
Queue.__index = Queue
Queue.__name = "ptg.queue"
Queue.kind = "queue"

function Queue:__tostring()
  return ("queue '%s' in %s"):format(self.name, self.group.path)
end

local spec = {
  name = "name", capacity = "count", at_once = "count", handle = "function",
  drop = "function", take = "function", on_room = "function",
  spawner = "object",
}

-- group:queue{ name =, capacity =, at_once =, handle = or take =, drop =,
-- on_room =, spawner = }
function Queue.create(group, given)
  local own = options.check(CALL, given, spec)
  if not own.capacity then failure.misuse("%s: capacity is wanted", CALL) end
  if (own.handle == nil) == (own.take == nil) then
    failure.misuse("%s: handle is wanted%s", CALL,
      own.take and " or take, not both" or "")
  end
  local queue = setmetatable({
    name = own.name or "queue", group = group, fn = own.handle,
    drop_fn = own.drop, take_fn = own.take, room_fn = own.on_room,
    future = Future.new(), messages = {}, last = 0,
  }, Queue)
  local id = registry.add(queue)
  local handle, code, detail = core.queue_spawn(id, group.handle, queue.name,
    own.capacity, own.at_once, own.spawner and own.spawner.handle
      or core.current_spawner())
  if not handle then
    registry.remove(queue)
    failure.raise(("%s in %s"):format(CALL, group),
      failure.of_group(code, detail))
  end
  registry.set_handle(queue, handle)
  return queue
end

-- ------------------------------------------------------------------ events

local function take(self, number)
  local message = self.messages[number]
  self.messages[number] = nil
  return message
end

-- A message's turn: a task of its own. Returns a status and the task. A group
-- that does not take the task is a failure of the queue.
function Queue:on_message_event(number)
  local message = self.messages[number]
  if self.take_fn then
    local status, started =
      errors.ask(self, "take", self.take_fn, self, message)
    if status == core.status.OK then self.messages[number] = nil end
    return status, started
  end
  local task, code = Task.spawn(self.group, self.name, 0, self.fn, message)
  if not task then return core.status[code] end
  self.messages[number] = nil
  return core.status.OK, task.handle
end

function Queue:on_drop_event(number)
  local message = take(self, number)
  if not self.drop_fn then return end
  errors.guard(self, self.group, "drop", self.drop_fn, message)
end

local function settle_room(self)
  local room = self.room
  self.room = nil
  if room then room:settle(true, true) end
end

function Queue:on_room_event()
  settle_room(self)
  if self.room_fn then
    errors.guard(self, self.group, "on_room", self.room_fn, self)
  end
end

function Queue:on_done_event(status, flags, code, left, originator, message,
                             reason)
  registry.remove(self)
  self.is_over = true
  settle_room(self)
  ending.settle(self, status, message, left)
  ending.tell(self, status, flags, code, left, originator, message, reason)
end

-- ------------------------------------------------------------- for scripts

-- On behalf of whose code is running, or of pusher. True; or nil and "EFULL" or
-- "ECLOSED", which one that has ended is too.
function Queue:push(message, pusher)
  local number = self.last + 1
  local ok, code, detail = core.queue_push(self.handle,
    pusher and pusher.handle or core.current_spawner(), number)
  if ok then
    self.last = number
    self.messages[number] = message
    return true
  end
  -- Unless it is the pusher that is gone.
  if code == "ESTALE" and not core.queue_info(self.handle) then
    code = "ECLOSED"
  end
  if code ~= "EFULL" and code ~= "ECLOSED" then
    failure.raise(("push to %s"):format(self), code, detail)
  end
  return nil, code
end

-- The same, but waits until there is room: true; or nil and "ECLOSED".
function Queue:push_wait(message)
  while true do
    local ok, code = self:push(message)
    if code ~= "EFULL" then return ok, code end
    self.room = self.room or Future.new()
    await.await { future = self.room }
  end
end

-- Nothing is taken after this; what is there is handled, and then it ends.
-- False: it has ended.
function Queue:close()
  return core.queue_close(self.handle) == true
end

Queue.cancel = Task.cancel
Queue.finish = Task.finish
Queue.on_done = Task.on_done
Queue.extend_grace = Task.extend_grace
Queue.state = Task.state

-- What it is now; nil once it has ended.
function Queue:info()
  return (core.queue_info(self.handle))
end

return Queue
