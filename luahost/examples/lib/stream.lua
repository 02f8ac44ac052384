-- stream.lua - a luv stream, read and written from inside a task.
--
-- Nothing is read while nobody waits for it: a task that is slow makes its
-- peer slow, and does not fill the memory. One task reads a stream at a time.
-- What the peer does (it hangs up, it resets) is an end of the stream, not an
-- error. Works as a to-be-closed variable, so that a cancelled task leaves no
-- socket behind:  local s <close> = stream.connect("127.0.0.1", 6379)

local ptg = require "ptg"
local uv = ptg.uv

local Stream = {}
Stream.__index = Stream

local stream = {}

-- Takes over a connected handle.
function stream.wrap(handle)
  return setmetatable({ handle = handle, buffer = "", at = 1 }, Stream)
end

-- Connects over TCP; raises an error if that fails.
function stream.connect(host, port)
  local self = stream.wrap(uv.new_tcp())
  local waited, err = pcall(ptg.await, function(done)
    assert(self.handle:connect(host, port, done))
  end)
  if not waited or err then
    self:close()
    error(waited and ("%s:%d: %s"):format(host, port, err) or err, 0)
  end
  self.handle:nodelay(true)
  return self
end

-- Closes the stream; a task that waits for more of it is told of its end.
function Stream:close()
  if self.handle:is_closing() then return end
  self.handle:close()
  if self.wake then self.wake(nil) end
end

Stream.__close = Stream.close

-- Reads one chunk more into the buffer; false at the end of the stream.
local function fill(self)
  if self.handle:is_closing() then return false end
  local chunk = ptg.await(function(done)
    self.wake = done
    assert(self.handle:read_start(function(err, data)
      self.handle:read_stop()
      done(not err and data or nil)
    end))
  end)
  self.wake = nil
  if not chunk then return false end
  self.buffer = self.buffer:sub(self.at) .. chunk
  self.at = 1
  return true
end

-- Waits until there is something to read; false at the end of the stream.
function Stream:wait()
  return self.at <= #self.buffer or fill(self)
end

-- Returns what comes before the next delimiter and skips that; nil, "closed"
-- at the end of the stream; nil, "too long" if it is more than limit bytes.
function Stream:read_until(delimiter, limit)
  while true do
    local first, last = self.buffer:find(delimiter, self.at, true)
    if first and first - self.at <= limit then
      local text = self.buffer:sub(self.at, first - 1)
      self.at = last + 1
      return text
    end
    if first or #self.buffer - self.at >= limit + #delimiter then
      return nil, "too long"
    end
    if not fill(self) then return nil, "closed" end
  end
end

-- Returns exactly size bytes; nil, "closed" if the stream ends before.
function Stream:read(size)
  while #self.buffer - self.at + 1 < size do
    if not fill(self) then return nil, "closed" end
  end
  local bytes = self.buffer:sub(self.at, self.at + size - 1)
  self.at = self.at + size
  return bytes
end

-- Writes data, a string or a list of them, and waits until the system has
-- taken it; nil, error if the peer is gone.
function Stream:write(data)
  if self.handle:is_closing() then return nil, "closed" end
  local err = ptg.await(function(done)
    assert(self.handle:write(data, done))
  end)
  if err then return nil, err end
  return true
end

return stream
