-- queue.lua - a bounded queue in memory, between tasks.
--
-- put() never waits: a full queue says so, and the caller decides what that
-- means to it. take() waits. A queue that was closed takes nothing more, gives
-- out what it holds, and then ends; so  for item in queue.take, queue do  runs
-- until it is closed and empty.

local ptg = require "ptg"

local Queue = {}
Queue.__index = Queue

local function new(capacity)
  return setmetatable({
    capacity = capacity,
    items = {},
    first = 1, -- items[first] to items[last] are waiting
    last = 0,
    takers = {}, -- the wake-ups of those who wait, oldest first
    is_closed = false,
  }, Queue)
end

function Queue:length()
  return self.last - self.first + 1
end

local function wake_one(self)
  local taker = table.remove(self.takers, 1)
  if taker then taker() end
end

-- Adds an item; false if the queue is full or closed.
function Queue:put(item)
  if self.is_closed or self:length() >= self.capacity then return false end
  self.last = self.last + 1
  self.items[self.last] = item
  wake_one(self)
  return true
end

-- One that is cancelled while it waits must not be woken for an item later.
local function wait(self)
  local mine
  local woken, err = pcall(ptg.await, function(done)
    mine = done
    table.insert(self.takers, done)
  end)
  if woken then return end
  for index, taker in ipairs(self.takers) do
    if taker == mine then table.remove(self.takers, index) end
  end
  error(err, 0)
end

-- Returns the oldest item, waiting for one if need be; nil once the queue is
-- closed and empty.
function Queue:take()
  while self:length() == 0 do
    if self.is_closed then return nil end
    wait(self)
  end
  local item = self.items[self.first]
  self.items[self.first] = nil
  self.first = self.first + 1
  return item
end

function Queue:close()
  self.is_closed = true
  while #self.takers > 0 do wake_one(self) end
end

return { new = new }
