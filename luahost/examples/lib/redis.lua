-- redis.lua - as much of a Redis client as the order service needs, over luv.
--
-- A client connects when it is first used, and again after its connection
-- broke: only a connection on which every reply was read is kept. A failed
-- exchange raises an error, and whether Redis carried it out is then unknown.
-- One task uses a client at a time. A nil of Redis is false here.

local stream = require "stream"

local HOST = "127.0.0.1"
local LINE_LIMIT = 65536

local redis = {}

-- A command in Redis's protocol: a list of strings, each with its length.
local function encode(command)
  local parts = { ("*%d\r\n"):format(#command) }
  for _, argument in ipairs(command) do
    argument = tostring(argument)
    parts[#parts + 1] = ("$%d\r\n%s\r\n"):format(#argument, argument)
  end
  return table.concat(parts)
end

local function must(bytes, why)
  if not bytes then error("redis: the connection broke: " .. why, 0) end
  return bytes
end

-- Reads one reply; an error reply is returned as { error = message }, because
-- it may stand inside of another, and those behind it must be read as well.
local function read_reply(connection)
  local line = must(connection:read_until("\r\n", LINE_LIMIT))
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "+" then return rest end
  if kind == "-" then return { error = rest } end
  if kind == ":" then return math.tointeger(rest) end
  local size = math.tointeger(rest)
  if size == -1 then return false end
  if kind == "$" then return (must(connection:read(size + 2)):sub(1, size)) end
  if kind ~= "*" then error("redis: a reply begins with " .. kind, 0) end
  local list = {}
  for index = 1, size do list[index] = read_reply(connection) end
  return list
end

-- Sends commands in one go and returns their replies; raises the first error.
local function exchange(connection, commands)
  local packets = {}
  for index, command in ipairs(commands) do packets[index] = encode(command) end
  must(connection:write(packets))
  local replies, failure = {}, nil
  for index = 1, #commands do
    local reply = read_reply(connection)
    if type(reply) == "table" and reply.error then
      failure = failure or reply.error
    end
    replies[index] = reply
  end
  if failure then error("redis: " .. failure, 0) end
  return replies
end

local Client = {}
Client.__index = Client

-- A client of the server at this port; nothing is connected yet.
function redis.new(port)
  return setmetatable({ port = port }, Client)
end

function Client:close()
  if self.connection then self.connection:close() end
  self.connection = nil
end

Client.__close = Client.close

-- Runs fn(connection, ...); the connection is good afterwards or closed.
local function use(self, fn, ...)
  self.connection = self.connection or stream.connect(HOST, self.port)
  local ok, result = pcall(fn, self.connection, ...)
  if ok then return result end
  self:close()
  error(result, 0)
end

-- Runs a list of commands in one exchange; returns the list of replies.
function Client:pipeline(commands)
  if #commands == 0 then return {} end
  return use(self, exchange, commands)
end

-- Runs one command and returns its reply.
function Client:call(...)
  return self:pipeline({ { ... } })[1]
end

-- Runs commands in a transaction, unless key exists already: true if they
-- were carried out, false if not. WATCH makes EXEC refuse when another client
-- created the key in between.
function Client:create(key, commands)
  return use(self, function(connection)
    local exists = exchange(connection, { { "WATCH", key }, { "EXISTS", key } })
    if exists[2] == 1 then
      exchange(connection, { { "UNWATCH" } })
      return false
    end
    local transaction = { { "MULTI" }, table.unpack(commands) }
    table.insert(transaction, { "EXEC" })
    local replies = exchange(connection, transaction)
    return replies[#replies] ~= false
  end)
end

local Feed = {}
Feed.__index = Feed

-- Subscribes to a channel:  for message in feed.next, feed do ... end
function redis.subscribe(port, channel)
  local self = setmetatable({ connection = stream.connect(HOST, port) }, Feed)
  local ok, err = pcall(exchange, self.connection, { { "SUBSCRIBE", channel } })
  if ok then return self end
  self:close()
  error(err, 0)
end

-- Returns the next message, waiting for it; nil after unsubscribe(), once
-- all that was published before has been returned.
function Feed:next()
  local reply = read_reply(self.connection)
  if reply[1] == "message" then return reply[3] end
  if reply[1] ~= "unsubscribe" then error("redis: not a message", 0) end
end

-- Asks for the end of the feed. Does not wait: next() tells when it has come.
function Feed:unsubscribe()
  local handle = self.connection.handle
  if not handle:is_closing() then handle:write(encode { "UNSUBSCRIBE" }) end
end

function Feed:close()
  self.connection:close()
end

Feed.__close = Feed.close

return redis
