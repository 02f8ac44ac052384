-- adapter.lua - the adapter as a child process that reads and writes lines.
--
-- It is the leader of a process group, and whatever happens the whole group is
-- killed and the child is reaped. What it writes is bounded for each request:
-- nobody who floods us gets our memory, and nobody who hangs our time. One
-- timer serves all requests; it is armed again, not made again.
local failed = require "ptg.conform.failed"
local uv = require "luv"
local wire = require "ptg.conform.wire"

local adapter = {}

-- What one request may bring.
adapter.MAX_LINES = 20000
adapter.MAX_BYTES = 16 * 1024 * 1024
-- A single line of it, and what is kept of the standard error of a scenario.
adapter.MAX_LINE_BYTES = 4 * 1024 * 1024
local MAX_STDERR_BYTES = 1024 * 1024
-- How long a child may take from closing its output to its end.
local END_MS = 1000
-- How long its standard error may be on its way after its answer.
local STDERR_MS = 500
-- A program has to be loaded before it can say hello.
local HELLO_FACTOR = 10

local Adapter = {}
Adapter.__index = Adapter

local function on_output(self, problem, data)
  if problem or not data then
    self.is_output_closed = true
    return
  end
  self.buffer = self.position > 1 and self.buffer:sub(self.position) .. data
    or self.buffer .. data
  self.position = 1
  self.bytes = self.bytes + #data
  if self.bytes > adapter.MAX_BYTES or #self.buffer > adapter.MAX_LINE_BYTES then
    self.is_flooding = true
    self.out:read_stop()
  end
end

local function on_stderr(self, problem, data)
  if problem or not data then
    self.is_stderr_closed = true
    return
  end
  if #self.stderr < MAX_STDERR_BYTES then self.stderr = self.stderr .. data end
end

-- Starts it. command: { file, args... }. options: timeout, in seconds; log, a
-- function that is given each line of the conversation. Nil and why not.
function adapter.start(command, options)
  local self = setmetatable({
    timeout_ms = math.max(1, math.ceil(options.timeout * 1000)),
    log = options.log,
    input = uv.new_pipe(), out = uv.new_pipe(), err = uv.new_pipe(),
    timer = uv.new_timer(), buffer = "", position = 1, scanned = 1,
    bytes = 0, lines = 0, stderr = "",
  }, Adapter)
  local process, pid = uv.spawn(command[1], {
    args = { table.unpack(command, 2) },
    stdio = { self.input, self.out, self.err },
    detached = true,
  }, function(code, signal)
    self.code, self.signal = code, signal
  end)
  if not process then
    self:close_handles()
    return nil, tostring(pid)
  end
  self.process, self.pid = process, pid
  self.out:read_start(function(...) on_output(self, ...) end)
  self.err:read_start(function(...) on_stderr(self, ...) end)
  return self
end

-- ------------------------------------------------------------------ waiting

-- Turns the loop until condition() is true or the time is over.
local function wait(self, ms, condition)
  self.is_late = false
  uv.update_time()
  self.timer:start(ms, 0, function() self.is_late = true end)
  while not condition() and not self.is_late do uv.run "once" end
  self.timer:stop()
  return condition()
end

-- What it said last on standard error, to be put behind a complaint.
local function last_words(self)
  local last
  for line in self.stderr:gmatch "[^\n]+" do last = line end
  return last and (": " .. wire.shorten(last)) or ""
end

local function say_end(self, when)
  wait(self, END_MS, function() return self.code end)
  local what = "closed its output"
  if self.code then
    wait(self, END_MS, function() return self.is_stderr_closed end)
    what = self.signal ~= 0 and ("died of signal %d"):format(self.signal)
      or ("ended with status %d"):format(self.code)
  end
  return ("%s %s%s"):format(what, when, last_words(self))
end

-- Takes a whole line out of the buffer, if there is one.
local function take_line(self)
  local stop = self.buffer:find("\n", self.position, true)
  if not stop then return nil end
  local line = self.buffer:sub(self.position, stop - 1)
  self.position = stop + 1
  self.lines = self.lines + 1
  if self.log then self.log("< " .. line) end
  return line
end

local function check_flood(self)
  if self.is_flooding then
    failed.raise_line("the adapter floods: more than %d bytes for one %s",
      self.bytes > adapter.MAX_BYTES and adapter.MAX_BYTES
      or adapter.MAX_LINE_BYTES, self.bytes > adapter.MAX_BYTES and "request"
      or "line")
  end
  if self.lines > adapter.MAX_LINES then
    failed.raise_line("the adapter floods: more than %d lines for one"
      .. " request", adapter.MAX_LINES)
  end
end

-- A line that is there already; nil: there is none.
function Adapter:poll_line()
  check_flood(self)
  return take_line(self)
end

-- Of a child that has ended: is nothing left of what it wrote? A child of its
-- own may keep its output open.
local function is_drained(self)
  local bytes = self.bytes
  uv.run "nowait"
  return self.bytes == bytes
end

-- The next line; it must come before the time of the request is over.
function Adapter:read_line()
  while true do
    check_flood(self)
    local line = take_line(self)
    if line then return line end
    if self.is_output_closed or self.code and is_drained(self) then
      failed.raise_line("the adapter %s",
        say_end(self, "when it had to answer " .. self.asked))
    end
    if self.is_late then
      failed.raise_line("the adapter did not answer %s within %g s",
        self.asked, self.allowed_ms / 1000)
    end
    uv.run "once"
  end
end

-- Whatever has arrived is read; the loop is not waited for.
function Adapter:catch_up()
  uv.run "nowait"
end

-- ------------------------------------------------------------------ writing

-- Begins a request; what is the operation's name. It has its own time, longer
-- by extra_ms, and its own bounds.
function Adapter:begin_request(what, extra_ms)
  self.asked, self.bytes, self.lines, self.is_late = what, 0, 0, false
  self.allowed_ms = self.timeout_ms * (what == "hello" and HELLO_FACTOR or 1)
    + (extra_ms or 0)
  uv.update_time()
  self.timer:start(self.allowed_ms, 0, function() self.is_late = true end)
end

function Adapter:write_line(line)
  if self.log then self.log("> " .. line) end
  -- That it cannot be written is found when no answer comes.
  self.input:write(line .. "\n", function() end)
end

-- ----------------------------------------------------------- standard error

function Adapter:forget_stderr()
  self.stderr = ""
end

-- Has it said text since forget_stderr()? What is on its way counts.
function Adapter:has_said(text)
  return wait(self, STDERR_MS, function()
    return self.stderr:find(text, 1, true) or self.is_stderr_closed
  end) and self.stderr:find(text, 1, true) ~= nil
end

-- ------------------------------------------------------------------- ending

function Adapter:close_handles()
  for _, key in ipairs { "input", "out", "err", "timer", "process" } do
    local handle = self[key]
    if handle and not handle:is_closing() then handle:close() end
  end
  uv.run "nowait"
end

-- Kills its process group, whatever is left of it.
function Adapter:send_kill()
  uv.kill(-self.pid, "sigkill")
end

-- Kills its process group, waits for its end and forgets it.
function Adapter:kill()
  if self.is_closed then return end
  self.is_closed = true
  self:send_kill()
  if not self.code then
    wait(self, END_MS * 10, function() return self.code end)
  end
  self:close_handles()
end

-- Tells it by the end of its input that no more will come, and waits for its
-- end. Returns what is wrong with that end; nil: nothing.
function Adapter:close()
  if self.is_closed then return nil end
  if not self.input:is_closing() then self.input:close() end
  wait(self, self.timeout_ms, function() return self.code end)
  local wrong
  if not self.code then
    wrong = ("did not end within %g s of the end of its input")
      :format(self.timeout_ms / 1000)
  elseif self.code ~= 0 or self.signal ~= 0 then
    wrong = say_end(self, "at the end of its input")
  end
  self:kill()
  return wrong
end

return adapter
