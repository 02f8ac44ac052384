-- orders_plain.lua - the server of luahost/examples/orders.lua without groups:
-- the same work on plain coroutines and luv, and nothing that ends it in order.
--
--   lua5.4 orders_plain.lua EXAMPLES HTTP-PORT REDIS-PORT FOLDER
--
-- EXAMPLES is the folder of the example, whose lib/ is used; what that wants of
-- the module ptg is here.
local examples = arg[1]
package.path = examples .. "/lib/?.lua;" .. package.path

local uv = require "luv"
local json = require "dkjson"

local function await(start)
  local co, is_yielded = coroutine.running(), false
  local results
  start(function(...)
    if results then return end
    results = table.pack(...)
    if is_yielded then assert(coroutine.resume(co)) end
  end)
  if not results then
    is_yielded = true
    coroutine.yield()
  end
  return table.unpack(results, 1, results.n)
end

local function sleep(ms)
  await(function(done)
    local timer = uv.new_timer()
    timer:start(ms, 0, function()
      timer:close()
      done()
    end)
  end)
end

package.loaded.ptg = { uv = uv, await = await }
local http = require "http"
local redis = require "redis"
local stream = require "stream"

local HTTP_PORT, REDIS_PORT = tonumber(arg[2]), tonumber(arg[3])
local FOLDER = arg[4]
local CAPACITY, WRITERS, FAIL_EVERY = 256, 16, 10

-- A failed task harms no other one: that much anybody would write.
local function spawn(fn, ...)
  local co = coroutine.create(function(...) return pcall(fn, ...) end)
  assert(coroutine.resume(co, ...))
end

-- store ----------------------------------------------------------------------

local database = uv.spawn("redis-server", {
  args = {
    "--bind", "127.0.0.1", "--port", tostring(REDIS_PORT), "--dir", FOLDER,
    "--save", "", "--appendonly", "yes", "--appendfsync", "always",
    "--logfile", FOLDER .. "/redis.log",
  },
}, function() os.exit(1) end)

local function await_database()
  for _ = 1, 200 do
    local is_up, connection = pcall(stream.connect, "127.0.0.1", REDIS_PORT)
    if is_up then return connection:close() end
    sleep(50)
  end
  os.exit(1)
end

-- writers: a bounded queue ---------------------------------------------------

local idle_clients, waiting, first, last, running = {}, {}, 1, 0, 0
local for_room = {}

local function write_job(job)
  local db = table.remove(idle_clients) or redis.new(REDIS_PORT)
  local ok, result = pcall(job.write, db)
  table.insert(idle_clients, db)
  if job.done then job.done(ok, result) end
end

local function work_on()
  while running < WRITERS and first <= last do
    local job = waiting[first]
    waiting[first] = nil
    first = first + 1
    running = running + 1
    local wake = table.remove(for_room, 1)
    if wake then wake() end
    spawn(function()
      write_job(job)
      running = running - 1
      work_on()
    end)
  end
end

local function push(job)
  if last - first + 1 >= CAPACITY then return false end
  last = last + 1
  waiting[last] = job
  work_on()
  return true
end

local function push_wait(job)
  while not push(job) do
    await(function(done) table.insert(for_room, done) end)
  end
end

-- events -----------------------------------------------------------------------

local events, is_following = 0, false

local function send_receipt(id)
  events = events + 1
  if events % FAIL_EVERY == 0 then error("no receipt for order " .. id) end
  sleep(5)
  push_wait { write = function(db) return db:call("RPUSH", "receipts", id) end }
end

local function follow()
  local feed = redis.subscribe(REDIS_PORT, "stored")
  is_following = true
  for id in feed.next, feed do spawn(send_receipt, id) end
end

-- http -------------------------------------------------------------------------

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

local function store_order(db, order)
  local key = "order:" .. order.id
  return db:create(key, {
    { "HSET", key, "item", order.item, "quantity", order.quantity },
    { "RPUSH", "ledger", order.id },
    { "PUBLISH", "stored", order.id },
  })
end

local function place(order)
  local function write(db) return store_order(db, order) end
  local ok, is_new = await(function(done)
    if not push { write = write, done = done } then done(nil) end
  end)
  if ok == nil then return 503 end
  if not ok then return 500 end
  return is_new and 201 or 409
end

local function answer(request)
  if request.path == "/health" then return is_following and 200 or 503, "{}" end
  if request.path ~= "/orders" then return 404, "{}" end
  if request.method ~= "POST" then return 405, "{}" end
  local order = parse_order(request.body)
  if not order then return 400, '{"error":"not an order"}' end
  return place(order), json.encode({ id = order.id })
end

local function serve(socket)
  local connection <close> = stream.wrap(socket)
  while connection:wait() do
    local request, bad = http.read_request(connection)
    if bad then http.respond(connection, bad, "{}", false) end
    if not request then return end
    local status, body = answer(request)
    if not http.respond(connection, status, body, request.keep_alive) then return end
    if not request.keep_alive then return end
  end
end

local function listen()
  local server = uv.new_tcp()
  assert(server:bind("127.0.0.1", HTTP_PORT))
  assert(server:listen(512, function(err)
    assert(not err, err)
    local socket = uv.new_tcp()
    server:accept(socket)
    spawn(serve, socket)
  end))
end

-- housekeeping -----------------------------------------------------------------

local is_auditing = false

local function audit()
  local db <close> = redis.new(REDIS_PORT)
  local at = 0
  repeat
    local page = {}
    for index, id in ipairs(db:call("LRANGE", "ledger", at, at + 99)) do
      page[index] = { "HGET", "order:" .. id, "quantity" }
    end
    db:pipeline(page)
    at = at + #page
    sleep(5)
  until #page == 0
end

local function audit_often()
  uv.new_timer():start(50, 50, function()
    if is_auditing then return end
    is_auditing = true
    spawn(function()
      pcall(audit)
      is_auditing = false
    end)
  end)
end

local on_term = uv.new_signal()
on_term:start("sigterm", function()
  database:kill("sigterm")
  os.exit(0)
end)

spawn(function()
  await_database()
  spawn(follow)
  listen()
  audit_often()
end)
uv.run()
