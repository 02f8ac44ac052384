-- examples_spec.lua - the examples do what they are there to show.
--
-- PTG_EXAMPLES is the folder of the examples that are in C.

local support = require "support"
local uv = require "luv"

local C_EXAMPLES = assert(os.getenv "PTG_EXAMPLES")
local EXAMPLES = "luahost/examples/"

local function wait_until(what, condition)
  support.wait_until(function() return what end, condition)
end

local function run_example(name, ...)
  return support.launch("run", EXAMPLES .. name, ...)
end

-- Ends a program in order; returns all that it said, and checks its status.
local function stop(program, status)
  program:signal "sigterm"
  program:wait()
  local said = program.out .. program.err
  assert.are.equal(status or 0, program.status, said)
  return said
end

-- Runs a line of shell to its end; returns what it said.
local function shell(line, ...)
  local pipe = assert(io.popen(line:format(...) .. " 2>&1"))
  local said = pipe:read "a"
  assert.is_true(pipe:close(), said)
  return said
end

-- Sockets --------------------------------------------------------------------

local Socket = {}
Socket.__index = Socket

-- Connects, again and again as long as nobody listens.
local function connect(port)
  local self
  wait_until("a listener", function()
    local handle, answer = uv.new_tcp(), nil
    handle:connect("127.0.0.1", port, function(err) answer = err or "" end)
    wait_until("an answer", function() return answer end)
    if answer ~= "" then
      handle:close()
      return false
    end
    self = setmetatable({ handle = handle, input = "" }, Socket)
    return true
  end)
  self.handle:read_start(function(err, data)
    if data then self.input = self.input .. data end
    if err or not data then self.is_ended = true end
  end)
  return self
end

function Socket:receive(pattern)
  wait_until(pattern, function() return self.input:find(pattern) end)
  return self.input:match(pattern)
end

function Socket:receive_end()
  wait_until("the end of a connection", function() return self.is_ended end)
  return self.input
end

-- The order service ----------------------------------------------------------

local folders = {}

local Service = {}
Service.__index = Service

local function start_service(capacity)
  local self = setmetatable({}, Service)
  self.folder = shell("mktemp -d"):match "^%S+"
  table.insert(folders, self.folder)
  self.port, self.redis_port = support.free_port(), support.free_port()
  self.program = run_example("orders.lua", tostring(self.port),
    tostring(self.redis_port), self.folder, capacity)
  return self
end

-- Sends a request on a connection of its own; returns the status.
function Service:send(text)
  local socket = connect(self.port)
  socket.handle:write(text)
  local status = tonumber(socket:receive "^HTTP/1%.1 (%d+) ")
  socket.handle:close()
  return status
end

local function post_request(body)
  return ("POST /orders HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s")
    :format(#body, body)
end

function Service:order_request(id)
  return post_request(('{"id":"%s","item":"tea","quantity":2}'):format(id))
end

function Service:post(body)
  return self:send(post_request(body))
end

function Service:order(id)
  return self:send(self:order_request(id))
end

function Service:redis(command)
  return shell("redis-cli -p %d %s", self.redis_port, command)
end

local function is_alive(pid)
  return uv.kill(tonumber(pid), 0) == 0
end

describe("examples", function()
  after_each(function()
    support.clean_up()
    for index, folder in ipairs(folders) do
      shell("rm -r %s", folder)
      folders[index] = nil
    end
  end)

  describe("hello.lua", function()
    it("goes on although a task fails, and ends in order", function()
      local program = run_example("hello.lua"):wait()
      assert.are.equal(0, program.status, program.err)
      assert.matches("hello\nhello\n.*goodbye\n", program.out)
      assert.matches("handled: clumsy [^\n]*I dropped it", program.err)
      assert.matches("the app is told to finish soon", program.err)
    end)
  end)

  describe("procfile.lua", function()
    it("kills the one that ignores SIGTERM, with its child", function()
      local program = run_example "procfile.lua"
      local child = program:wait_for("staying, with child (%d+)", "err")
      program:wait_for("listening", "err")
      assert.is_true(is_alive(child))
      local said = stop(program, 4)
      assert.matches("killed: 'stubborn' in /procfile/jobs", said)
      assert.not_matches("killed: 'web'", said)
      assert.not_matches("killed: 'worker'", said)
      assert.is_false(is_alive(child))
    end)

    it("starts and stops in the order that is declared", function()
      local program = run_example "procfile.lua"
      program:wait_for("listening", "err")
      program:wait_for("staying", "err")
      local said = stop(program, 4)
      assert.matches("working.*listening.*closing.*the last job is done", said)
    end)
  end)

  describe("tcp_server", function()
    it("echoes, and hangs up when it is told to end", function()
      local port = support.free_port()
      local server = io.popen(("echo $$; exec %s/tcp_server %d")
        :format(C_EXAMPLES, port))
      local pid = tonumber(server:read "l")
      local one, other = connect(port), connect(port)
      for _, socket in ipairs { one, other } do
        socket.handle:write "hello\n"
        assert.are.equal("hello", socket:receive "^(.-)\n")
      end
      uv.kill(pid, "sigterm")
      assert.are.equal("hello\n", one:receive_end())
      assert.are.equal("hello\n", other:receive_end())
      assert.are.equal("2 peers drained\n", server:read "a")
      assert.is_true(server:close())
    end)
  end)

  describe("orders.lua", function()
    it("stores an order once", function()
      local service = start_service()
      assert.are.equal(201, service:order "a1")
      assert.are.equal(409, service:order "a1")
      assert.are.equal(201, service:order "a2")
      assert.are.equal("a1\na2\n", service:redis "lrange ledger 0 -1")
      stop(service.program)
    end)

    it("says why it takes no order", function()
      local service = start_service()
      assert.are.equal(400, service:post "tea")
      assert.are.equal(400, service:post '{"id":"a b","item":"tea"}')
      assert.are.equal(400, service:order(("x"):rep(65)))
      assert.are.equal(404, service:send "GET / HTTP/1.1\r\n\r\n")
      assert.are.equal(405, service:send "GET /orders HTTP/1.1\r\n\r\n")
      assert.are.equal(400, service:send "tea, please\r\n\r\n")
      assert.are.equal(431, service:send(("x"):rep(9000)))
      assert.are.equal(413, service:send(
        "POST /orders HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"))
      assert.are.equal(501, service:send(
        "POST /orders HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"))
      stop(service.program)
    end)

    it("refuses what its queue has no room for", function()
      local service = start_service "1"
      assert.are.equal(201, service:order "a0")
      -- Nothing is written while Redis stands still.
      local pid = service:redis("info server"):match "process_id:(%d+)"
      uv.kill(tonumber(pid), "sigstop")
      local sockets, answers = {}, {}
      for number = 1, 20 do
        sockets[number] = connect(service.port)
        sockets[number].handle:write(service:order_request("a" .. number))
      end
      wait_until("a refusal", function()
        for _, socket in ipairs(sockets) do
          if socket.input:find "^HTTP/1.1 503 " then return true end
        end
      end)
      uv.kill(tonumber(pid), "sigcont")
      for number, socket in ipairs(sockets) do
        answers[number] = tonumber(socket:receive "^HTTP/1%.1 (%d+) ")
        socket.handle:close()
      end
      local stored, refused = 1, 0
      for _, answer in ipairs(answers) do
        if answer == 201 then stored = stored + 1 end
        if answer == 503 then refused = refused + 1 end
      end
      assert.are.equal(21, stored + refused)
      assert.matches(("stored=%d refused=%d "):format(stored, refused),
        stop(service.program))
    end)

    it("has its orders still when Redis crashed", function()
      local service = start_service()
      assert.are.equal(201, service:order "a1")
      local pid = service:redis("info server"):match "process_id:(%d+)"
      uv.kill(tonumber(pid), "sigkill")
      wait_until("the next Redis", function()
        return service:order "a2" ~= 500
      end)
      assert.are.equal(409, service:order "a1")
      stop(service.program)
    end)

    it("ends when it has no port to listen on", function()
      local service = start_service()
      service.program:wait_for("taking orders", "err")
      local second = run_example("orders.lua", tostring(service.port),
        tostring(support.free_port()), service.folder):wait()
      assert.are.equal(3, second.status, second.err)
      assert.matches("no service without listener", second.err)
      stop(service.program)
    end)

    it("loses nothing when it is ended under load", function()
      local said = shell("ORDERS=300 %sorders-demo", EXAMPLES)
      assert.matches("timetable of the shutdown", said)
      assert.matches("passed: every order", said)
    end)
  end)
end)
