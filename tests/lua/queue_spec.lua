-- queue_spec.lua - group:queue.
local support = require "support"

local function script(body, status)
  local program = support.run_virtual([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "2s", cancel_wait = "1s" }
    local other = ptg.group { name = "other" }
    local begin = ptg.now()
    local function at() return math.floor((ptg.now() - begin) * 1000 + 0.5) end
    local function slow(task, message)
      ptg.sleep "100ms"
      print(task.name, message, at())
    end
  ]] .. body)
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("group:queue", function()
  after_each(support.clean_up)

  it("runs a task for each message, in order", function()
    assert.are.equal("jobs\ta\t100\njobs\tb\t200\njobs\tc\t300\n0\n", (script [[
      local q = app:queue { name = "jobs", capacity = 3, handle = slow }
      for _, message in ipairs { "a", "b", "c" } do assert(q:push(message)) end
      q:close()
      other:spawn(function()
        print(ptg.await(q))
        ptg.shutdown()
      end)
    ]]))
  end)

  it("runs as many at once as it is told", function()
    assert.are.equal("queue\t1\t100\nqueue\t2\t100\nqueue\t3\t200\n", (script [[
      local q = app:queue { capacity = 3, at_once = 2, handle = slow }
      for message = 1, 3 do assert(q:push(message)) end
      app:after("300ms", function() ptg.shutdown() end)
    ]]))
  end)

  it("takes any value, and no more than it has room for", function()
    assert.are.equal("nil\tEFULL\ntrue\nnil\n1\n", (script [[
      local message = { 1 }
      local q = app:queue { capacity = 2, handle = function(_, got)
        print(got and got == message)
      end }
      assert(q:push(message) and q:push(nil))
      print(q:push(3))
      other:after("1ms", function()
        print(q:info().refused)
        ptg.shutdown()
      end)
    ]]))
  end)

  it("lets a task wait for room, and keeps its order", function()
    assert.are.equal("1 2 3 4 5 6 \ttrue\t300\n", (script [[
      local list = ""
      local q = app:queue { capacity = 1, at_once = 2, handle = function(_, n)
        ptg.sleep "100ms"
        list = list .. n .. " "
      end }
      other:spawn(function()
        local ok
        for n = 1, 6 do ok = q:push_wait(n) end
        q:close()
        ptg.await(q)
        print(list, ok, at())
        ptg.shutdown()
      end)
    ]]))
  end)

  it("tells those who wait that it is closed, or has ended", function()
    for _, ending in ipairs { "q:close()", "app:shutdown()", "q:cancel()" } do
      assert.are.equal("nil\tECLOSED\nnil\tECLOSED\nnil\tECLOSED\n", (script([[
        local q = app:queue { capacity = 1, handle = function()
          ptg.sleep "1s"
        end }
        q:push "taken at once"
        other:after("1ms", function() assert(q:push "waiting") end)
        for _ = 1, 2 do
          other:after("2ms", function() print(q:push_wait "too much") end)
        end
        other:after("500ms", function()
        ]] .. ending .. [[
          ptg.sleep "1ms"
          print(q:push "x")
          pcall(ptg.await, q)
          ptg.shutdown()
        end)
      ]])))
    end
  end)

  it("goes on after a message whose task failed", function()
    assert.are.equal("queue\tbad\nqueue\tgood\t200\n", (script [[
      app:on_error(function(err) print(err.name, err.value) end)
      local q = app:queue { capacity = 2, handle = function(task, message)
        ptg.sleep "100ms"
        if message == "bad" then error("bad", 0) end
        print(task.name, message, at())
      end }
      q:push "bad"
      q:push "good"
      app:after("300ms", function() ptg.shutdown() end)
    ]]))
  end)

  it("runs to its end when it drains, and takes from inside only", function()
    assert.are.equal("nil\tECLOSED\na\nb\ninner\n0\n", (script [[
      local q
      q = app:queue { capacity = 5, handle = function(_, message)
        ptg.sleep "100ms"
        print(message)
        if message == "b" then assert(q:push "inner") end
      end }
      q:push "a"
      q:push "b"
      other:after("50ms", function()
        app:shutdown()
        ptg.sleep "1ms"
        print(q:push "outer")
        print(ptg.await(q))
        ptg.shutdown()
      end)
    ]]))
  end)

  it("is cut at the end of the grace, and drops what is left", function()
    assert.are.equal("5\tnil\tECLOSED\n6\tnil\tECLOSED\n2\n", (script [[
      local q
      q = app:queue { capacity = 9, handle = function()
        ptg.sleep "510ms"
      end, drop = function(message) print(message, q:push "more") end }
      for n = 1, 6 do q:push(n) end
      other:spawn(function()
        app:shutdown()
        print(ptg.await(q))
        ptg.shutdown()
      end)
    ]]))
  end)

  it("tells what it is", function()
    assert.are.equal("running\t1\t1\t4\t2\t0\tfalse\nqueue 'jobs' in /app\n"
      .. "ended\tnil\n", (script [[
      local q = app:queue { name = "jobs", capacity = 4, at_once = 2,
        handle = function(_, ms) ptg.sleep(ms .. "ms") end }
      q:push(10)
      q:push(1000)
      q:push(1000)
      other:after("100ms", function()
        q:push(1)
        ptg.sleep "1ms"
        local info = q:info()
        print(q:state(), info.length, info.handled, info.capacity,
          info.running, info.refused, info.is_closed)
        print(q)
        q:cancel()
        ptg.await(q)
        print(q:state(), q:info())
        ptg.shutdown()
      end)
    ]]))
  end)

  it("fails when its group takes no task for a message", function()
    local out, err = script([[
      local full = app:group { name = "full", max_tasks = 1 }
      local q = full:queue { name = "jobs", capacity = 2, handle = print,
        drop = function(message) print("dropped", message) end }
      q:push(1)
      q:push(2)
      other:spawn(function()
        print(pcall(ptg.await, q))
        ptg.shutdown()
      end)
    ]], 3)
    assert.are.equal("dropped\t1\ndropped\t2\nfalse\tits handler answered "
      .. "PTG_EFULL\n", out)
    assert.matches("queue 'jobs' in /app/full failed: its handler", err)
  end)

  it("hands on what a drop raises", function()
    local _, err = script([[
      local q = app:queue { capacity = 2, handle = print,
        drop = function() error "oh no" end }
      q:push(1)
      q:cancel()
      app:after("1ms", function() ptg.shutdown() end)
    ]], 3)
    assert.matches("drop of queue 'queue' in /app failed: [^\n]*oh no", err)
  end)

  it("explains wrong options", function()
    for wrong, message in pairs {
      ["{ handle = print }"] = "capacity is wanted",
      ["{ capacity = 1 }"] = "handle is wanted",
      ["{ capacity = 0, handle = print }"] = "whole number, 1 or more",
      ["{ capacity = 1, handel = print }"] = 'did you mean "handle"',
    } do
      local program = support.run_virtual(
        "require('ptg').root:queue " .. wrong)
      assert.are.equal(1, program.status)
      assert.matches(":1: group:queue: [^\n]*" .. message, program.err)
    end
  end)
end)
