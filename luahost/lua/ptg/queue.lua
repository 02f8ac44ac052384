-- queue.lua - group:queue: a bounded queue, and a task for each message.
--
-- The runtime keeps the order by numbers; the messages are here.
--
-- Invariant: messages has one for each number that the runtime has accepted
-- and neither handed out nor dropped.
local Future = require "ptg.future"
local Task = require "ptg.task"
local await = require "ptg.await"
local context = require "ptg.context"
local core = require "ptg.core"
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
  drop = "function",
}

-- group:queue{ name =, capacity =, at_once =, handle =, drop = }
function Queue.create(group, given)
  local own = options.check(CALL, given, spec)
  for _, needed in ipairs { "capacity", "handle" } do
    if own[needed] == nil then
      failure.misuse("%s: %s is wanted", CALL, needed)
    end
  end
  local queue = setmetatable({
    name = own.name or "queue", group = group, fn = own.handle,
    drop_fn = own.drop, future = Future.new(), messages = {}, last = 0,
  }, Queue)
  local id = registry.add(queue)
  local handle, code, detail = core.queue_spawn(id, group.handle, queue.name,
    own.capacity, own.at_once, context.spawner)
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
  local task, code = Task.spawn(self.group, self.name, 0, self.fn, message)
  if not task then return core.status[code] end
  self.messages[number] = nil
  return core.status.OK, task.handle
end

function Queue:on_drop_event(number)
  local message = take(self, number)
  if not self.drop_fn then return end
  errors.guard(nil, self.group, "drop", self.drop_fn, message)
end

function Queue:on_room_event()
  local room = self.room
  self.room = nil
  if room then room:settle(true, true) end
end

function Queue:on_done_event(status, _, _, left, message)
  registry.remove(self)
  self.is_over = true
  self:on_room_event()
  if status == core.status.OK or status == core.status.ECANCELED then
    return self.future:settle(true, left)
  end
  self.future:settle(false, failure.new(core.status[status],
    failure.text(core.status[status], message)))
end

-- ------------------------------------------------------------- for scripts

-- True; or nil and "EFULL" or "ECLOSED".
function Queue:push(message)
  if self.is_over then return nil, "ECLOSED" end
  local number = self.last + 1
  local ok, code, detail = core.queue_push(self.handle, context.spawner, number)
  if ok then
    self.last = number
    self.messages[number] = message
    return true
  end
  if code == "ESTALE" then code = "ECLOSED" end
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
function Queue:close()
  core.queue_close(self.handle)
end

Queue.cancel = Task.cancel
Queue.state = Task.state

-- What it is now; nil once it has ended.
function Queue:info()
  return (core.queue_info(self.handle))
end

return Queue
