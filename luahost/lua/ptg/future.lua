-- future.lua - something that is settled once, and who waits for it.
--
-- Invariant: waiters has no place past last; waiting is how many there are.
local Future = {}
Future.__index = Future

function Future.new()
  return setmetatable({ is_settled = false, last = 0, waiting = 0,
                        waiters = {} }, Future)
end

-- The future of a task of whatever sort, a group and so on; nil: it has none.
function Future.of(object)
  return object.future or object.make_future and object:make_future()
end

-- Settles it and tells those who wait, in the order in which they came. A
-- second time is nothing.
function Future:settle(ok, ...)
  if self.is_settled then return end
  self.is_settled = true
  self.ok = ok
  self.values = table.pack(...)
  local waiters = self.waiters
  self.waiters = nil
  for place = 1, self.last do
    local waiter = waiters[place]
    if waiter then waiter:notify(self) end
  end
end

-- waiter:notify(future) is called when it is settled. Returns the place to
-- give to unsubscribe(), once.
function Future:subscribe(waiter)
  self.last = self.last + 1
  self.waiters[self.last] = waiter
  self.waiting = self.waiting + 1
  return self.last
end

function Future:unsubscribe(place)
  if self.is_settled then return end
  self.waiters[place] = nil
  self.waiting = self.waiting - 1
  -- One that is waited for again and again, with a timeout, must not grow.
  if self.waiting == 0 then self.last = 0 end
end

-- The values, or raises the error.
function Future:get()
  if not self.ok then error(self.values[1], 0) end
  return table.unpack(self.values, 1, self.values.n)
end

return Future
