-- signals_spec.lua - SIGTERM and SIGINT: in order, forced, at once.
local support = require "support"

local function launch(body)
  local program = support.launch("run", support.file([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "1h", cancel_wait = "1h" }
    local low = app:group { name = "low" }
  ]] .. body))
  program:wait_for "up"
  return program
end

-- A task that says each thing that happens to it.
local TALKER = [[
  low:spawn("talker", function(task)
    task:on_drain(function() print "drain" end)
    print "up"
    local _, err = pcall(ptg.sleep, "forever")
    print("cancel", err.reason)
  end)
]]

describe("a signal", function()
  after_each(support.clean_up)

  it("begins the shutdown in order", function()
    local program = launch [[
      low:spawn("worker", function(task)
        print "up"
        ptg.await(function(done) task:on_drain(done) end)
        print "worker drained"
      end)
      app:on_drain(function() print "app drains" end)
    ]]
    program:signal "sigterm"
    program:wait()
    assert.are.equal(0, program.status, program.err)
    assert.are.equal("up\nworker drained\napp drains\n", program.out)
    assert.matches("SIGTERM: shutting down; once more forces it", program.err)
  end)

  it("twice forces it, still in order", function()
    local program = launch(TALKER .. [[
      app:on_closed(function() print "app closed" end)
      low:on_closed(function() print "low closed" end)
    ]])
    program:signal "sigint"
    program:wait_for "drain\n"
    program:signal "sigterm"
    program:wait()
    assert.are.equal(0, program.status, program.err)
    assert.matches("^up\ndrain\ncancel\t%w+\nlow closed\napp closed\n$",
      program.out)
    assert.matches("SIGTERM: forced; once more ends everything at once",
      program.err)
  end)

  it("thrice ends everything at once", function()
    local program = launch [[
      low:process { "sleep", "1000" , name = "child" }
      low:spawn(function(task)
        task:on_drain(function() print "drain" end)
        print("up", low:tasks()[1].pid)
        while true do
          pcall(ptg.sleep, "forever")
          print "cancelled"
        end
      end)
    ]]
    program:signal "sigterm"
    program:wait_for "drain\n"
    program:signal "sigterm"
    program:wait_for "cancelled\n"
    program:signal "sigterm"
    program:wait()
    assert.are.equal(4, program.status)
  end)

  it("thrice ends a script that never comes back", function()
    local program = launch [[
      low:spawn(function() print "up" while true do end end)
    ]]
    -- Signals of one sort that come together count as one, and it cannot tell
    -- us of any: they are sent until it ends.
    local timer = require "luv".new_timer()
    timer:start(0, 5, function()
      if not program.status then program:signal "sigterm" end
    end)
    program:wait()
    timer:close()
    assert.are.equal(4, program.status)
  end)
end)

describe("while it shuts down, ptg", function()
  after_each(support.clean_up)

  local SCRIPT = [[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "1h", cancel_wait = "1h" }
    app:group { name = "low" }:spawn("worker", function(task)
      ptg.await(function(done) task:on_drain(done) end)
      ptg.log "a line of the script"
    end)
    ptg.root:spawn(function() ptg.shutdown() end)
  ]]

  it("logs a line for each change of phase", function()
    local program = support.run(SCRIPT)
    assert.are.equal(0, program.status, program.err)
    assert.matches("/app/low: draining, 1 task, 3600.0s left\n"
      .. "[^\n]* a line of the script\n"
      .. "[^\n]*/app/low: closed in [^\n]*: 1 drained\n"
      .. "[^\n]*/app: closed", program.err)
    assert.is_nil(program.err:find("\27", 1, true))
  end)

  it("shows a live line for each group on a terminal, and takes them away",
    function()
    local handle = io.popen(("timeout 60 script -qec '%s run %s' /dev/null")
      :format(os.getenv "PTG", support.file(SCRIPT)))
    local screen = handle:read("a"):gsub("\r", "")
    assert.is_true(handle:close())
    local live = "  /         waiting for its turn\n"
      .. "  /app      waiting for its turn\n"
      .. "  /app/low  draining       1 task  3600.0s left\n"
    local erase = "\27[3A\27[J"
    local _, stop = screen:find(live .. erase, 1, true)
    assert.is_not_nil(stop, screen)
    assert.matches("^%d%d:[^\n]* a line of the script\n  /  ",
      screen:sub(stop + 1))
    assert.matches("  /app/low  closed\n", screen)
    -- What stands on the screen in the end is the line and the report.
    local last = screen:match("^.*" .. "\27%[J" .. "(.*)$")
    assert.matches("^ptg: / closed in ", last)
  end)
end)

describe("the end of a program", function()
  after_each(support.clean_up)

  local function status_of(body)
    local program = support.run_virtual([[
      local ptg = require "ptg"
      local app = ptg.group { name = "app", grace = "1s", cancel_wait = "1s" }
      app:after("1s", function() ptg.shutdown() end)
    ]] .. body)
    return program.status, program.out, program.err
  end

  it("is 0 when all ended well", function()
    assert.are.equal(0, (status_of ""))
  end)

  it("is 0 when failures were handled", function()
    assert.are.equal(0, (status_of [[
      app:on_error(function() end)
      app:spawn(function() error "x" end)
    ]]))
  end)

  it("is 1 for a script that fails, and nothing of it ran", function()
    local status, out, err = status_of [[
      app:spawn(function() print "task" end)
      app:process { "echo", "process", stdout = print }
      app:on_drain(function() print "drain" end)
      app:on_closed(function() print "closed" end)
      local function deep() error "top level" end
      deep()
    ]]
    assert.are.equal(1, status)
    assert.are.equal("", out)
    assert.matches("^ptg: [^\n]*:8: top level\nstack traceback:\n", err)
    assert.matches("in local 'deep'", err)
    assert.is_nil(err:find("<ptg>", 1, true))
  end)

  it("is 1 for a syntax error, told in one line", function()
    local program = support.run "\n\nlocal x = = 1\n"
    assert.are.equal(1, program.status)
    assert.matches("^ptg: [^\n]*:3: unexpected symbol near '='\n$",
      program.err)
  end)

  it("is 3 when a failure was not handled", function()
    assert.are.equal(3, (status_of [[app:spawn(function() error "x" end)]]))
  end)

  it("is 4 when something was abandoned, in whatever group", function()
    local status, _, err = status_of [[
      app:spawn("mule", function()
        while true do pcall(ptg.sleep, "forever") end
      end)
      ptg.root:spawn(function() ptg.await(app) end)
    ]]
    assert.are.equal(4, status)
    assert.matches("abandoned: 'mule' in /app", err)
  end)
end)
