-- support.lua - runs the program ptg on small scripts, for the specs.
--
-- Nothing here sleeps: each step waits for what it is about, and a watchdog
-- fails it when that does not come.
local uv = require "luv"

local support = {}

local PTG = assert(os.getenv "PTG", "PTG: the path of the program ptg")
local WATCHDOG_MS = 60000

local programs, files = {}, {}

-- Turns the loop until condition() is true.
function support.wait_until(what, condition)
  local is_late = false
  local watchdog = uv.new_timer()
  watchdog:start(WATCHDOG_MS, 0, function() is_late = true end)
  while not condition() and not is_late do uv.run "once" end
  watchdog:close()
  if is_late then error(what() .. " did not come", 0) end
end

-- A file with this text; it is removed at the end of the test.
function support.file(text)
  local path = os.tmpname()
  local handle = assert(io.open(path, "w"))
  handle:write(text)
  handle:close()
  files[#files + 1] = path
  return path
end

-- A path at which there is nothing yet.
function support.free_path()
  local path = os.tmpname()
  os.remove(path)
  files[#files + 1] = path
  return path
end

function support.read(path)
  local handle = assert(io.open(path))
  local text = handle:read "a"
  handle:close()
  return text
end

-- A port on which nobody listens.
function support.free_port()
  local socket = uv.new_tcp()
  assert(socket:bind("127.0.0.1", 0))
  local port = socket:getsockname().port
  socket:close()
  return port
end

local Program = {}
Program.__index = Program

local function collect(self, key)
  local pipe = uv.new_pipe()
  self[key] = ""
  self.open_pipes = self.open_pipes + 1
  return pipe, function()
    pipe:read_start(function(_, data)
      if data then
        self[key] = self[key] .. data
        return
      end
      pipe:close()
      self.open_pipes = self.open_pipes - 1
    end)
  end
end

-- Starts ptg with these arguments.
function support.launch(...)
  local self = setmetatable({ open_pipes = 0 }, Program)
  local out, read_out = collect(self, "out")
  local err, read_err = collect(self, "err")
  self.handle = assert(uv.spawn(PTG, {
    args = { ... }, stdio = { nil, out, err },
  }, function(code, signal)
    self.status, self.by_signal = code, signal
    self.handle:close()
  end))
  read_out()
  read_err()
  programs[self] = true
  return self
end

-- Waits for a match of pattern in its output ("out" or "err").
function Program:wait_for(pattern, key)
  key = key or "out"
  support.wait_until(function()
    return ("%s in: %s%s"):format(pattern, self.out, self.err)
  end, function()
    return self[key]:find(pattern) or self.status
  end)
  return (assert(self[key]:match(pattern), self.out .. self.err))
end

function Program:signal(name)
  self.handle:kill(name)
end

-- Waits for its end; then status, out and err are what it left.
function Program:wait()
  support.wait_until(function()
    return "the end of: " .. self.out .. self.err
  end, function()
    return self.status and self.open_pipes == 0
  end)
  programs[self] = nil
  assert(self.by_signal == 0, self.out .. self.err)
  return self
end

-- Runs the script with this text to its end. Time is virtual.
function support.run_virtual(text, ...)
  return support.launch("run", "--manual-clock", support.file(text), ...)
    :wait()
end

-- The same in real time, for what has real children or sockets.
function support.run(text, ...)
  return support.launch("run", support.file(text), ...):wait()
end

function support.command(command, text, ...)
  return support.launch(command, support.file(text), ...):wait()
end

-- To be called after each test: nothing may be left of it, and luv crashes
-- when Lua ends before its handles are closed.
function support.clean_up()
  for program in pairs(programs) do
    if not program.status then program.handle:kill "sigkill" end
    programs[program] = nil
  end
  for _, path in ipairs(files) do os.remove(path) end
  files = {}
  uv.walk(function(handle)
    if not handle:is_closing() then handle:close() end
  end)
  uv.run()
end

return support
