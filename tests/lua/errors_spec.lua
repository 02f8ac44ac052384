-- errors_spec.lua - failures go to the nearest handler, once, and up from one
-- that fails.
local support = require "support"

local function script(body, status)
  local program = support.run_virtual([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "2s", cancel_wait = "1s" }
    local function show(...)
      print(...)
    end
  ]] .. body .. [[

    ptg.root:after("10s", function() ptg.shutdown() end)
  ]])
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("group:on_error", function()
  after_each(support.clean_up)

  it("is told at once, and once, and all there is to tell", function()
    local out = script [[
      local value = { code = "EMINE", message = "mine" }
      app:on_error(function(err)
        show(err.task.name, err.name, err.group == app, err.path, err.message,
          err.value == value, err.code, err.during_cancel, ptg.now() > 0)
        local task, group = ptg.current()
        show(task, group == app)
      end)
      app:spawn("t", function() error(value) end)
    ]]
    assert.are.equal("t\tt\ttrue\t/app\tmine\ttrue\tEMINE\tfalse\ttrue\n"
      .. "nil\ttrue\n", out)
  end)

  it("has the traceback of where it happened", function()
    assert.matches("in upvalue 'inner'", (script [[
      local function inner() local t = nil; t.x = 1 end
      app:on_error(function(err) print(err.traceback) end)
      app:spawn(function() inner() end)
    ]]))
  end)

  it("is the nearest ancestor's where a group has none", function()
    assert.are.equal("app\t/app/low/lower\n", (script [[
      local lower = app:group { name = "low" }:group { name = "lower" }
      app:on_error(function(err) print("app", err.path) end)
      ptg.root:on_error(function() print "root" end)
      lower:spawn(function() error "x" end)
    ]]))
  end)

  it("that fails passes both errors up", function()
    local out = script [[
      local low = app:group { name = "low" }
      low:on_error(function() error "handler broke" end)
      app:on_error(function(err)
        print(err.message:match "[^ ]*$", err.handler_error.path,
          err.handler_error.message:match "handler broke")
      end)
      low:spawn(function() error "first" end)
    ]]
    assert.are.equal("first\t/app/low\thandler broke\n", out)
  end)

  it("that fails everywhere ends in one loud line with both", function()
    local _, err = script([[
      app:on_error(function() error "handler broke" end)
      app:spawn("bad", function() error "first" end)
    ]], 3)
    assert.matches("ptg: task 'bad' in /app failed: [^\n]*first", err)
    assert.matches("error handler of /app failed: [^\n]*handler broke", err)
    assert.matches("1 failure nobody handled", err)
  end)

  it("may be replaced", function()
    assert.are.equal("new\n", (script [[
      app:on_error(function() print "old" end)
      app:on_error(function() print "new" end)
      app:spawn(function() error "x" end)
    ]]))
  end)

  it("may spawn in its group while that drains", function()
    assert.are.equal("accepted\n", (script [[
      app:on_error(function()
        app:spawn(function() print "accepted" end)
      end)
      app:spawn(function(task)
        ptg.await(function(done) task:on_drain(done) end)
        ptg.sleep "1s"
        error "x"
      end)
      app:after("1s", function() app:shutdown() end)
    ]]))
  end)

  it("is told of a failure during cancellation as such", function()
    assert.are.equal("true\n", (script [[
      app:on_error(function(err) print(err.during_cancel) end)
      local t = app:spawn(function() pcall(ptg.sleep, "1h") error "x" end)
      app:after("1s", function() t:cancel() end)
    ]]))
  end)

  it("is told when a hook of the group fails", function()
    local out = script [[
      ptg.root:on_error(function(err)
        print(err.task, err.hook, err.path, err.message:match "[^ ]*$")
      end)
      app:on_drain(function() error "broken" end)
      app:on_closed(function() error "broken" end)
    ]]
    assert.are.equal("nil\ton_drain\t/app\tbroken\n"
      .. "nil\ton_closed\t/app\tbroken\n", out)
  end)

  it("is told when a task's on_drain fails; the task goes on", function()
    local out = script [[
      app:on_error(function(err) print(err.hook, err.task.name) end)
      app:spawn("t", function(task)
        task:on_drain(function() error "broken" end)
        task:on_drain(function() print "second" end)
        pcall(ptg.sleep, "forever")
        print "still here"
      end)
    ]]
    assert.are.equal("on_drain\tt\nsecond\nstill here\n", out)
  end)

  it("gets messages that are no UTF-8, whole", function()
    local out, err = script [[
      app:on_error(function(e)
        print(#e.message, e.message:byte(1, 3))
      end)
      app:spawn(function() error("\xff\0\n" .. ("\xc3\xa9"):rep(1000), 0) end)
    ]]
    assert.are.equal("2003\t255\t0\t10\n", out)
    assert.is_nil(err:find "the event")
  end)

  it("gets errors that are no strings and cannot be made ones", function()
    local out = script [[
      app:on_error(function(err) print(err.message) end)
      app:spawn(function() error() end)
      app:spawn(function()
        error(setmetatable({}, { __tostring = function() error "no" end }))
      end)
    ]]
    assert.are.equal("nil\n(an error that is a table)\n", out)
  end)
end)
