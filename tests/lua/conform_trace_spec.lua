-- conform_trace_spec.lua - files with traces: `ptg run --trace` writes them,
-- and the checker reads them.
local support = require "support"
local trace_check = require "ptg.conform.trace_check"

-- What the checker says of a file: its lines, and its exit status.
local function check(path)
  local said = {}
  local status = trace_check.main(path, function(line)
    said[#said + 1] = line
  end)
  return said, status
end

local HEAD = '{"at":1,"trace":1,"clock":"virtual","root":1}\n'

describe("the checker of traces", function()
  after_each(support.clean_up)

  it("says how many lines there were, and nothing else when all is well",
    function()
    local said, status = check(support.file(HEAD
      .. '{"at":2,"op":"spawn","status":"ok","task":5,"in":1}\n'))
    assert.are.same({ "2 lines, 0 violations" }, said)
    assert.are.equal(0, status)
    said, status = check(support.file(HEAD))
    assert.are.same({ "1 line, 0 violations" }, said)
    assert.are.equal(0, status)
    said, status = check(support.file "")
    assert.are.same({ "0 lines, 0 violations" }, said)
    assert.are.equal(0, status)
  end)

  it("says each violation with file, line, law and sentence", function()
    local path = support.file(HEAD
      .. '{"at":2,"op":"spawn","status":"ok","task":5,"in":1,"name":"a"}\n\n'
      .. '{"at":3,"call":"start","task":5}\n'
      .. '{"at":4,"call":"start","task":5}\n')
    local said, status = check(path)
    assert.are.same({
      path .. ':5: started-once: task "a" (5) is started again, first at 3'
        .. " (at 4)",
      "5 lines, 1 violation",
    }, said)
    assert.are.equal(1, status)
  end)

  it("begins anew with each first line", function()
    local path = support.file(HEAD
      .. '{"at":9,"op":"spawn","status":"ok","task":5,"in":1}\n'
      .. '{"at":9,"call":"start","task":5}\n'
      .. HEAD
      .. '{"at":2,"op":"spawn","status":"ok","task":5,"in":1}\n'
      .. '{"at":2,"call":"start","task":5}\n'
      .. '{"at":1,"call":"wake","task":5}\n')
    local said, status = check(path)
    assert.are.same({
      path .. ":7: time-goes-on: the clock goes back from 2 to 1 (at 1)",
      "7 lines, 1 violation",
    }, said)
    assert.are.equal(1, status)
  end)

  it("says what is malformed, reads on, and answers 2", function()
    for _, case in ipairs {
      { "nonsense", "not JSON" }, { "[1,2", "not JSON" },
      { '{"at":1}{}', "more than one JSON object" },
      { "7", "not a JSON object" }, { "[]", "not a JSON object" },
      { '{"at":"x"}', "at is not an integer" },
      { '{"at":1.5}', "at is not an integer" },
      { '{"at":2,"call":"done","task":5,"outcome":7}',
        "outcome is not an object" },
      { '{"at":2,"call":"done","task":5,"outcome":{"flags":7}}',
        "flags is not a list of texts" },
      { '{"at":2,"call":"done","task":5,"outcome":{"flags":[7]}}',
        "flags is not a list of texts" },
      { '{"at":2,"call":"done","task":{}}', "task is not a handle or a name" },
    } do
      local path = support.file(HEAD .. case[1] .. "\n"
        .. '{"at":3,"call":"start","task":6}\n')
      local said, status = check(path)
      assert.are.equal(2, status, case[1])
      assert.are.equal(1, (said[1]:find(path .. ":2: malformed: " .. case[2],
        1, true)), said[1])
      assert.matches(":3: known: start of 6", said[2], 1, true)
      assert.are.equal("3 lines, 1 violation", said[3])
    end
  end)

  it("answers 2 for a file that it cannot read", function()
    local said, status = check "/nonexistent.ndjson"
    assert.are.same({ "/nonexistent.ndjson: No such file or directory" }, said)
    assert.are.equal(2, status)
    said, status = check "/"
    assert.are.same({ "/: cannot be read as a file" }, said)
    assert.are.equal(2, status)
  end)
end)

-- Something of everything.
local SCRIPT = [[
  local ptg = require "ptg"
  local app = ptg.group { name = "app", grace = "200ms", cancel_wait = "100ms",
                          deadline = "30s" }
  local db = app:group { name = "db" }
  local http = app:group { name = "http", max_tasks = 20,
                           stops_before = db }
  http:on_error(function(err)
    if err.name == "worse" then error "no" end
  end)
  ptg.root:on_error(function() end)
  db:spawn("mule", function()
    while true do pcall(ptg.sleep, "forever") end
  end)
  for number = 1, 8 do
    http:spawn("request", function()
      ptg.sleep(number % 2 == 0 and "10ms" or "25ms")
      if number == 5 then error "bad" end
      http:spawn("inner", function() ptg.sleep "1ms" end)
    end)
  end
  http:spawn("worse", function() error "worse" end)
  app:every("7ms", "tick", function() end)
  local queue = app:queue { name = "messages", capacity = 10,
                            handle = function() ptg.sleep "3ms" end }
  app:spawn("sender", function(task)
    for message = 1, 5 do queue:push(message) end
    ptg.sleep "100ms"
    http:spawn("cancelled", function() ptg.sleep "forever" end):cancel "why"
    ptg.sleep "100ms"
    ptg.shutdown()
    ptg.sleep "forever"
  end)
]]

describe("ptg run --trace", function()
  after_each(support.clean_up)

  for _, clock in ipairs { "--manual-clock", "--" } do
    it("writes a trace that keeps the laws (" .. clock .. ")", function()
      local path = support.free_path()
      local arguments = { "run", "--trace", path, support.file(SCRIPT) }
      if clock ~= "--" then table.insert(arguments, 2, clock) end
      local program = support.launch(table.unpack(arguments)):wait()
      assert.are.equal(4, program.status, program.err)

      local text = support.read(path)
      assert.matches('^{"at":%d+,"trace":1,"clock":"%a+","root":%d+,'
        .. '"name":"root"', text)
      for _, part in ipairs { '"name":"app"', '"op":"edge"', '"name":"mule"',
          '"call":"wake"', '"call":"error"', '"by":',
          '"abandoned":1}', '"op":"cancel"', '"reason":"why"',
          '"op":"shutdown"' } do
        assert.matches(part, text, 1, true)
      end
      assert.matches("}\n$", text)
      local said, status = check(path)
      assert.are.equal(0, status, table.concat(said, "\n"))
      assert.are.equal(("%d lines, 0 violations"):format(
        select(2, text:gsub("\n", ""))), said[#said])
    end)
  end

  it("writes what a signal asks for, and what a process does", function()
    local path = support.free_path()
    local program = support.launch("run", "--trace", path, support.file [[
      local ptg = require "ptg"
      local app = ptg.group { name = "app", grace = "1ms" }
      app:process { "sleep", "1000", name = "sleeper" }
      app:spawn("t", function() print "up" ptg.sleep "forever" end)
    ]])
    program:wait_for "up"
    program:signal "sigterm"
    program:wait()
    assert.matches('"op":"shutdown","status":"ok","remote":true',
      support.read(path), 1, true)
    local said, status = check(path)
    assert.are.equal(0, status, table.concat(said, "\n"))
  end)

  it("writes a line at once: a program that is killed leaves whole lines",
    function()
    local path = support.free_path()
    local program = support.launch("run", "--trace", path, support.file [[
      local ptg = require "ptg"
      ptg.root:spawn("t", function()
        print "up"
        ptg.uv.kill(ptg.uv.os_getpid(), "sigkill")
      end)
    ]])
    support.wait_until("the end", function() return program.status end)
    local lines = {}
    for line in io.lines(path) do lines[#lines + 1] = line end
    assert.matches('"call":"start"', lines[#lines], 1, true)
    assert.are.equal(0, select(2, check(path)))
  end)

  it("refuses a file that it cannot write, before anything runs", function()
    local program = support.launch("run", "--trace", "/nonexistent/t.ndjson",
      support.file "print 'ran'"):wait()
    assert.are.equal(2, program.status)
    assert.are.equal("", program.out)
    assert.are.equal("ptg: --trace: /nonexistent/t.ndjson: "
      .. "No such file or directory\n", program.err)
  end)

  it("says when not all could be written, and goes on", function()
    local program = support.launch("run", "--trace", "/dev/full",
      support.file [[
        local ptg = require "ptg"
        ptg.root:spawn(function() print "ran" ptg.shutdown() end)
      ]]):wait()
    assert.are.equal(0, program.status, program.err)
    assert.are.equal("ran\n", program.out)
    assert.matches("ptg: --trace: /dev/full: No space left on device\n",
      program.err, 1, true)
  end)

  it("is for run only", function()
    for _, command in ipairs { "check", "plan" } do
      assert.are.equal(2, support.launch(command, "--trace", "x", "y"):wait()
        .status)
    end
    assert.matches("--trace=FILE", support.launch("run", "--help"):wait().out,
      1, true)
  end)
end)
