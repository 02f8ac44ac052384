-- ready.lua - is a process ready? Conditions that are tried until they hold.
local Future = require "ptg.future"
local await = require "ptg.await"
local core = require "ptg.core"
local duration = require "ptg.duration"
local failure = require "ptg.failure"
local options = require "ptg.options"
local registry = require "ptg.registry"
local uv = require "luv"

local ready = {}

local DEFAULT_TIMEOUT_NS = 30000000000
local DEFAULT_INTERVAL_NS = 50000000
-- One try may hang, as a connection to a host that swallows packets does.
local TRY_TIMEOUT = "1s"

-- ----------------------------------------------------------------- options

-- A port, or "HOST:PORT" ("[::1]:80" for IPv6).
local function read_tcp(value)
  local host, port = "127.0.0.1", value
  if type(value) == "string" then
    host, port = value:match("^%[(.+)%]:(%d+)$")
    if not host then host, port = value:match("^([^:]+):(%d+)$") end
    port = math.tointeger(tonumber(port))
  end
  if math.type(port) ~= "integer" or port < 1 or port > 65535 then
    return nil, 'must be a port or "HOST:PORT"'
  end
  return { host = host == "localhost" and "127.0.0.1" or host, port = port }
end

local function read_exec(value)
  if type(value) ~= "table" or #value == 0 then
    return nil, "must be a list: the program and its arguments"
  end
  local argv = {}
  for place, item in ipairs(value) do argv[place] = tostring(item) end
  return argv
end

local function read_pattern(value)
  if type(value) ~= "string" then
    return nil, "must be a Lua pattern, not a " .. type(value)
  end
  local ok, wrong = pcall(string.find, "", value)
  if not ok then return nil, "is no Lua pattern: " .. wrong end
  return value
end

local spec = {
  tcp = read_tcp, unix = "string", exec = read_exec, line = read_pattern,
  timeout = "limit", interval = "period",
}

-- Reads the option ready of a process; nil if it has none.
function ready.read(call, value)
  if value == nil then return nil end
  local own = options.check(call .. ": ready", value, spec)
  if not (own.tcp or own.unix or own.exec or own.line) then
    failure.misuse("%s: ready: one of tcp, unix, exec and line is wanted",
      call)
  end
  own.timeout = own.timeout or DEFAULT_TIMEOUT_NS
  own.interval = own.interval or DEFAULT_INTERVAL_NS
  return own
end

-- ------------------------------------------------------------------ probes

-- Connects handle by start(done), and closes it again. True if it worked.
local function try_connect(handle, start)
  local err, timeout = await.await(function(done)
    local ok, refused = start(done)
    if not ok then done(refused or "refused") end
  end, TRY_TIMEOUT)
  if not handle:is_closing() then handle:close() end
  return err == nil and timeout == nil
end

local function is_address(host)
  return host:find(":", 1, true) ~= nil or host:find("^%d+%.%d+%.%d+%.%d+$")
end

local function resolve(host)
  if is_address(host) then return host end
  local err, list = await.await(function(done)
    uv.getaddrinfo(host, nil, { socktype = "stream" }, done)
  end, TRY_TIMEOUT)
  if err or type(list) ~= "table" or not list[1] then return nil end
  return list[1].addr
end

local function probe_tcp(address)
  local host = resolve(address.host)
  if not host then return false end
  local handle = uv.new_tcp()
  return try_connect(handle, function(done)
    return handle:connect(host, address.port, done)
  end)
end

local function probe_unix(path)
  local handle = uv.new_pipe(false)
  return try_connect(handle, function(done)
    return handle:connect(path, done)
  end)
end

-- A run of the program that asks whether another is ready. Its failure is an
-- answer, not a failure.
local Probe = {}
Probe.__index = Probe

function Probe:on_started_event() end

function Probe:on_line_event() end

function Probe:swallows() return true end

function Probe:on_done_event(status)
  registry.remove(self)
  self.future:settle(true, status == core.status.OK)
end

local function probe_exec(process, argv)
  local probe = setmetatable({ public = process, future = Future.new() },
    Probe)
  local id = registry.add(probe)
  local launch = {
    name = process.name .. " (probe)", argv = argv, env = process.launch.env,
    cwd = process.launch.cwd,
  }
  local handle = core.process_spawn(id, process.group.handle, launch,
    core.current_spawner())
  if not handle then
    registry.remove(probe)
    return false
  end
  registry.set_handle(probe, handle)
  return (await.await(probe))
end

local function holds(process, own)
  return (not own.tcp or probe_tcp(own.tcp))
    and (not own.unix or probe_unix(own.unix))
    and (not own.exec or probe_exec(process, own.exec))
end

-- Waits, inside a task, until process is ready in this attempt; false and why
-- if it is not ready in time, nil if the attempt ended before.
function ready.wait(process, attempt)
  local own = process.readiness
  local limit = own.timeout == duration.FOREVER and math.maxinteger
    or core.now() + math.max(own.timeout, 0)
  local function left(most)
    local ns = math.min(most, limit - core.now())
    return limit < math.maxinteger and ("%dns"):format(math.max(ns, 0))
      or most < math.maxinteger and ("%dns"):format(most) or "forever"
  end

  if own.line then
    local seen, timeout = await.await({ future = attempt.line_future },
      left(math.maxinteger))
    if timeout then return false end
    if not seen then return nil end
  end
  while true do
    if attempt.future.is_settled then return nil end
    if holds(process, own) then
      -- Something else may answer at the place of one that has just died.
      return not attempt.future.is_settled or nil
    end
    if core.now() >= limit then return false end
    await.await({ future = attempt.future }, left(own.interval))
  end
end

return ready
