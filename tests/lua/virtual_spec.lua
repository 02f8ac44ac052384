-- virtual_spec.lua - ptg.advance and ptg.reset, and what is told without waiting.
local support = require "support"

local function script(body, status)
  local program = support.run_virtual([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "2s", cancel_wait = "1s" }
    local function at() return math.floor(ptg.now() * 1e9 + 0.5) - 1 end
  ]] .. body .. "\nptg.shutdown()")
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("ptg.advance", function()
  after_each(support.clean_up)

  it("moves the clock exactly, and does what falls due on the way", function()
    assert.are.equal("3\n10\n", (script [[
      app:spawn(function() ptg.sleep "3ns" print(at()) end)
      ptg.advance "10ns"
      print(at())
    ]]))
  end)

  it("is for the top level only", function()
    assert.are.equal(("false\tEREENTRANT\n"):rep(4), (script [[
      local function try()
        local ok, err = pcall(ptg.advance, "1s")
        print(ok, err.code)
      end
      app:spawn(try)
      app:on_drain(try)
      ptg.watch(app, try)
      app:shutdown()
      ptg.advance "0s"
      coroutine.wrap(try)()
    ]]))
  end)

  it("is refused on a real clock, and so is ptg.reset", function()
    local program = support.run [[
      local ptg = require "ptg"
      print(pcall(ptg.advance, "1s"))
      print(pcall(ptg.reset))
      ptg.shutdown()
    ]]
    local real = "false\t[^\n]*ptg.advance: the clock is a real one\n"
      .. "false\t[^\n]*ptg.reset: [^\n]*\n"
    assert.matches(real, program.out)
  end)
end)

describe("ptg.reset", function()
  after_each(support.clean_up)

  it("begins anew, with options for the root", function()
    assert.are.equal("0\tfalse\tmain\t7.0\nmain closed\n", (script [[
      local old = ptg.root
      app:spawn(function(task) print "never" end)
      local root = ptg.reset { discard = true, name = "main", grace = "7s",
        on_closed = function(g) print(g.name .. " closed") end }
      print(at(), root == old, root.name, root:info().grace_ns / 1e9)
    ]]))
  end)

  it("tells nobody of what is discarded", function()
    assert.are.equal("started\nfalse\tECLOSED\n", (script [[
      app:on_closed(function() print "closed" end)
      app:spawn(function(task)
        task:on_drain(function() print "drain" end)
        task:on_done(function() print "done" end)
        print "started"
        print(pcall(ptg.sleep, "forever"))
      end)
      ptg.advance "1s"
      ptg.reset { discard = true }
      local ok, err = pcall(app.spawn, app, print)
      print(ok, err.code)
    ]]))
  end)

  it("wants the end of what there is", function()
    assert.are.equal("false\tEBUSY\n", (script [[
      local ok, err = pcall(ptg.reset)
      print(ok, err.code)
    ]]))
  end)

  it("tells the ends of those who were abandoned", function()
    assert.are.equal("EFAILED\ttrue\nfresh\n", (script [[
      app:task { name = "deaf", run = function(task)
        while true do pcall(ptg.pause) end
      end, on_done = function(_, outcome)
        print("EFAILED", outcome.abandoned)
      end }
      ptg.advance "1s"
      ptg.shutdown { force = true }
      ptg.advance "1m"
      ptg.reset()
      ptg.root:spawn(function() print "fresh" end)
      ptg.advance "0s"
    ]]))
  end)
end)

describe("task:finish", function()
  after_each(support.clean_up)

  it("ends a task from outside, at once, and closes its body", function()
    assert.are.equal("closing\ntrue\tended\tfalse\ndone\tOK\t7\n7\n", (script [[
      local t = app:spawn(function()
        local _ <close> = setmetatable({}, { __close = function()
          print "closing"
        end })
        ptg.sleep "forever"
        print "never"
      end)
      t:on_done(function(_, outcome)
        print("done", outcome.status, outcome.value)
      end)
      ptg.advance "1s"
      print(t:finish { value = 7 }, t:state(), t:finish())
      app:spawn(function() print(ptg.await(t)) end)
      ptg.advance "0s"
    ]]))
  end)

  it("ends the running task; its body goes no further than a wait", function()
    assert.are.equal("still here\n", (script [[
      app:spawn(function(task)
        task:finish()
        print "still here"
        ptg.sleep "1s"
        print "never"
      end)
      ptg.advance "10s"
    ]]))
  end)

  it("tells a failure, and what a body raises after its end", function()
    local _, err = script([[
      app:spawn("one", function(task) task:finish { status = "EEXIT", code = 3 } end)
      app:spawn("two", function(task) task:finish() error "too late" end)
      ptg.advance "0s"
    ]], 3)
    assert.matches("task 'one' in /app failed: PTG_EEXIT", err)
    assert.matches("the rest of task 'two' in /app failed: [^\n]*too late", err)
  end)

  it("leaves who spawns after it inside its group", function()
    assert.are.equal("inside\n", (script [[
      app:spawn(function(task)
        task:on_drain(function()
          task:finish()
          app:spawn(function() print "inside" end)
        end)
        ptg.pause()
      end)
      ptg.advance "0s"
      app:shutdown()
      ptg.advance "1s"
    ]]))
  end)
end)

describe("ptg.pause", function()
  after_each(support.clean_up)

  it("lasts until task:wake, or the cancellation", function()
    assert.are.equal("5\n5\tenough\n", (script [[
      local t = app:spawn(function()
        ptg.pause()
        print(at())
        local _, err = pcall(ptg.pause)
        print(at(), err.reason)
      end)
      ptg.advance "1ns"
      t:wake "9ns"
      t:wake "4ns"
      ptg.advance "4ns"
      t:cancel "enough"
      ptg.advance "0s"
    ]]))
  end)

  it("is not ended by a wake that was meant for it, elsewhere", function()
    assert.are.equal("1000000000\n", (script [[
      app:spawn(function(task)
        task:wake "1ns"
        ptg.await(function(done) app:after("1s", done) end)
        print(at())
      end)
      ptg.advance "2s"
    ]]))
  end)
end)

describe("ptg.watch", function()
  after_each(support.clean_up)

  it("tells once that a task or a group is over", function()
    assert.are.equal("t\tOK\ng\tETIMEDOUT\t1\nfalse\n", (script([[
      local g = app:group { name = "g", cancel_wait = "0s" }
      local t = app:spawn("t", function() end)
      local w = ptg.watch(t, function(it, o) print(it.name, o.status) end)
      ptg.watch(g, function(it, o) print(it.name, o.status, o.value) end)
      ptg.watch(g, print):remove()
      g:spawn(function() while true do pcall(ptg.pause) end end)
      ptg.advance "0s"
      g:shutdown { force = true }
      ptg.advance "1s"
      print(w:remove())
    ]], 4)))
  end)

  it("refuses who would wait for itself", function()
    assert.are.equal("EDEADLK\n", (script [[
      local t = app:spawn(print)
      print(select(2, pcall(ptg.watch, app, print, t)).code)
      t:finish()
    ]]))
  end)
end)

describe("a group with more options", function()
  after_each(support.clean_up)

  it("belongs to its owner; whoever is in it cannot wait for that", function()
    assert.are.equal("EDEADLK\nclosed\nended\n", (script [[
      local owner = app:spawn(function() ptg.sleep "1s" end)
      owner:on_done(function() print "ended" end)
      local g = app:group { name = "g", owner = owner,
        on_closed = function() print "closed" end }
      g:spawn(function()
        print(select(2, pcall(ptg.await, owner)).code)
        ptg.sleep "5s"
      end)
      ptg.advance "9s"
    ]]))
  end)

  it("queues, remembers, and ends by its policy", function()
    assert.are.equal("1\t1\n2\tone\tEFAILED\tclosed\n", (script [[
      local g = app:group { name = "g", max_tasks = 1, when_full = "queue",
        history = 5, on_failure = "shutdown_group", on_error = function() end }
      g:spawn("one", function() ptg.sleep "1s" error "x" end)
      g:spawn("two", function() ptg.sleep "1s" end)
      ptg.advance "0s"
      print(g:info().live - g:info().queued, g:info().queued)
      g:on_closed(function()
        local rows = g:history()
        print(#rows, rows[#rows].name, "EFAILED", g.state)
      end)
      ptg.advance "9s"
    ]]))
  end)
end)

describe("a timer or a queue that decides", function()
  after_each(support.clean_up)

  it("runs a callback, and what that returns is its task", function()
    assert.are.equal("fire\t1\nfire\t3\n1\ntook\ta\nroom\ntook\tb\n", (script [[
      local timer
      timer = app:timer { every = "1s", fire = function(it)
        print("fire", at() // 1000000000)
        return app:spawn(function() ptg.sleep "1500ms" end)
      end }
      ptg.advance "3s"
      print(timer:counts().skipped)
      timer:cancel()
      local q = app:queue { capacity = 1, on_room = function() print "room" end,
        take = function(_, message) print("took", message) end }
      q:push "a"
      q:push "x"
      ptg.advance "0s"
      q:push "b"
      ptg.advance "0s"
    ]]))
  end)
end)

describe("an error handler that passes on", function()
  after_each(support.clean_up)

  it("has the runtime know in whose handler it is", function()
    assert.are.equal("nil\t/app\nECLOSED\n", (script [[
      local low = app:group { name = "low" }
      app:on_error(function()
        local task, group = ptg.current()
        print(task, group.path)
        print((select(2, low:try_spawn(print))))
      end)
      low:spawn(function() ptg.pause() end)
      local t = low:spawn(function() ptg.pause() end)
      ptg.advance "0s"
      low:shutdown()
      ptg.advance "0s"
      t:finish { status = "EFAILED" }
      ptg.advance "0s"
    ]]))
  end)
end)
