-- orders.lua - an order service: HTTP in front, Redis behind, and a shutdown
-- that loses no order which was acknowledged.
--
--   ptg run orders.lua [HTTP-PORT [REDIS-PORT [DATA-FOLDER [CAPACITY]]]]
--   curl -d '{"id":"a1","item":"tea","quantity":2}' localhost:8080/orders
--
-- It answers 201 when the order is stored, 409 if that id was stored before,
-- and 503 when it has no room for it now. Who feeds whom decides who stops
-- first:
--
--   http --order--> queue --> writers --> store (redis-server)
--                     ^                     |
--                     +--receipt-- events <-+ "stored"
--
-- http stops first, so that no order comes in; then events, so that no
-- receipt does; then the writers, who empty the queue; and then Redis.

local here = debug.getinfo(1, "S").source:match("^@(.*)/") or "."
package.path = here .. "/lib/?.lua;" .. package.path

local ptg = require "ptg"
local uv = ptg.uv
local json = require "dkjson"
local http = require "http"
local redis = require "redis"
local stream = require "stream"

local HTTP_PORT = tonumber(ptg.args[1] or 8080)
local REDIS_PORT = tonumber(ptg.args[2] or 6390)
local FOLDER = ptg.args[3] or "."
local CAPACITY = tonumber(ptg.args[4] or 256) -- of the queue
local WRITERS = 16 -- that are at work at once
local FAIL_EVERY = 10 -- every tenth event fails, to show that it hurts nobody

local count = { -- told at the end
  stored = 0,
  refused = 0,
  events = 0,
  failed = 0,
  receipts = 0,
  audits = 0,
}

-- The groups, those that stop last first -----------------------------------

local app = ptg.group {
  name = "app",
  deadline = "30s", -- for all of it, whatever happens
  grace = "4s", -- for each group below that does not say more
  cancel_wait = "1s",
  parallel = true, -- what no edge holds back stops together
}
local store = app:group { name = "store", grace = "5s" }
local writers = app:group { name = "writers", stops_before = store }
local events = app:group { name = "events", stops_before = writers }
local front = app:group {
  name = "http",
  grace = "7s",
  max_tasks = 10000,
  stops_before = events,
}
local housekeeping = app:group { name = "housekeeping", stops_before = store }

-- store: the database as a supervised child ---------------------------------

local database = store:process {
  "redis-server",
  "--bind", "127.0.0.1",
  "--port", tostring(REDIS_PORT),
  "--dir", FOLDER,
  "--save", "",
  "--appendonly", "yes",
  "--appendfsync", "always", -- what got its reply is on the disk
  name = "redis",
  stdout = FOLDER .. "/redis.log",
  ready = { tcp = REDIS_PORT },
  restart = "on-failure",
}

-- What the service cannot do without ends it; passed up, it is told as well.
local function end_service(err)
  ptg.shutdown()
  error("no service without " .. err.name, 0)
end

store:on_error(end_service)

-- writers: from the queue into the store ------------------------------------

local idle_clients = {} -- of Redis, with connections that are good

-- Each job has a write(db), and may have a done(ok, result) for who waits.
local function write_job(_, job)
  local db = table.remove(idle_clients) or redis.new(REDIS_PORT)
  local ok, result = pcall(job.write, db)
  table.insert(idle_clients, db)
  if job.done then job.done(ok, result) end
  if not ok then error(result, 0) end
end

local jobs = writers:queue {
  name = "writer",
  capacity = CAPACITY,
  at_once = WRITERS,
  handle = write_job,
  drop = function(job)
    if job.done then job.done(false) end
  end,
}
writers:on_error(function(err) ptg.log("not written:", err.message) end)
writers:on_closed(function()
  for _, db in ipairs(idle_clients) do db:close() end
end)

-- events: a receipt for each order that was stored --------------------------

local function send_receipt(id)
  count.events = count.events + 1
  if count.events % FAIL_EVERY == 0 then
    error("no receipt for order " .. id)
  end
  ptg.sleep("5ms") -- stands for the mail that would be sent here
  local receipt = {
    write = function(db) return db:call("RPUSH", "receipts", id) end,
  }
  assert(jobs:push_wait(receipt))
  count.receipts = count.receipts + 1
end

local is_following = false

-- Starts a task for each event, until the feed ends: unsubscribing lets those
-- come through that were published before.
local function follow(task)
  local feed <close> = redis.subscribe(REDIS_PORT, "stored")
  is_following = true
  task:on_drain(function() feed:unsubscribe() end)
  for id in feed.next, feed do
    events:spawn("receipt", function() send_receipt(id) end)
  end
end

events:spawn("subscriber", function(task)
  ptg.await(database.ready)
  while not task.draining do
    local ok, err = pcall(follow, task)
    if not ok and ptg.is_cancelled(err) then error(err, 0) end
    if not ok then
      is_following = false
      ptg.log("the feed broke:", err)
      ptg.sleep("200ms")
    end
  end
end)
events:on_error(function() count.failed = count.failed + 1 end)

-- http: a task for each connection ------------------------------------------

local function parse_order(text)
  local order = json.decode(text)
  if type(order) ~= "table" then return nil end
  local quantity = math.tointeger(order.quantity)
  local is_good = type(order.id) == "string"
    and order.id:find("^[%w_-]+$") and #order.id <= 64
    and type(order.item) == "string" and #order.item <= 256
    and quantity and quantity > 0 and quantity <= 1000000
  return is_good and order or nil
end

-- Stores an order with its place in the ledger and tells the events: all of
-- it or nothing, and once for each id.
local function store_order(db, order)
  local key = "order:" .. order.id
  return db:create(key, {
    { "HSET", key, "item", order.item, "quantity", order.quantity },
    { "RPUSH", "ledger", order.id },
    { "PUBLISH", "stored", order.id },
  })
end

-- Waits until the order is stored; returns the status to answer with.
local function place(order)
  local function write(db) return store_order(db, order) end
  local ok, is_new = ptg.await(function(done)
    if not jobs:push { write = write, done = done } then done(nil) end
  end)
  if ok == nil then return 503 end
  if not ok then return 500 end
  return is_new and 201 or 409
end

local function answer(request, is_draining)
  if request.path == "/health" then return is_following and 200 or 503, "{}" end
  if request.path ~= "/orders" then return 404, "{}" end
  if request.method ~= "POST" then return 405, "{}" end
  local order = parse_order(request.body)
  if not order then return 400, '{"error":"not an order"}' end
  local status = is_draining and 503 or place(order)
  if status == 201 then count.stored = count.stored + 1 end
  if status == 503 then count.refused = count.refused + 1 end
  return status, json.encode({ id = order.id })
end

-- Serves a connection until the client leaves or the group drains: a request
-- that has begun is answered, and a connection that waits for one is closed.
local function serve(task, socket)
  local connection <close> = stream.wrap(socket)
  local is_idle = true
  task:on_drain(function()
    if is_idle then connection:close() end
  end)
  while not task.draining and connection:wait() do
    is_idle = false
    local request, bad = http.read_request(connection)
    if bad then http.respond(connection, bad, "{}", false) end
    if not request then return end
    local status, body = answer(request, task.draining)
    local stays = request.keep_alive and not task.draining
    local is_sent = http.respond(connection, status, body, stays)
    if not is_sent or not stays then return end
    is_idle = true
  end
end

front:spawn("listener", function(task)
  ptg.await(database.ready)
  local server <close> = stream.wrap(uv.new_tcp())
  assert(server.handle:bind("127.0.0.1", HTTP_PORT))
  assert(server.handle:listen(512, function(err)
    if err then return ptg.log("not accepted:", err) end
    local socket = uv.new_tcp()
    server.handle:accept(socket)
    if not front:try_spawn("connection", serve, socket) then socket:close() end
  end))
  ptg.log("taking orders on port", HTTP_PORT)
  ptg.await(function(done) task:on_drain(done) end)
end)
front:on_error(function(err)
  if err.name == "listener" then end_service(err) end
  ptg.log("http:", err.message)
end)

-- housekeeping: an audit that soon takes longer than its period -------------

-- Goes through the whole ledger and adds up what was ordered.
local function audit(task)
  ptg.await(database.ready)
  local db <close> = redis.new(REDIS_PORT)
  local first, total = 0, 0
  repeat
    local page = {}
    for index, id in ipairs(db:call("LRANGE", "ledger", first, first + 99)) do
      page[index] = { "HGET", "order:" .. id, "quantity" }
    end
    for _, quantity in ipairs(db:pipeline(page)) do
      total = total + math.tointeger(quantity)
    end
    first = first + #page
    ptg.sleep("5ms") -- leaves the others room
  until #page == 0 or task.draining
  count.audits = count.audits + 1
end

housekeeping:every("50ms", "audit", audit, { overlap = "skip" })
housekeeping:on_error(function(err) ptg.log("audit:", err.message) end)

-- At the end ----------------------------------------------------------------

app:on_closed(function()
  ptg.log((("orders: stored=%stored refused=%refused events=%events"
    .. " failed=%failed receipts=%receipts audits=%audits")
    :gsub("%%(%a+)", count)))
end)
