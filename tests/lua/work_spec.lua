-- work_spec.lua - group:work. Threads take real time, so the clock is real.
local support = require "support"

local function script(body, status)
  local program = support.run([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "10s", cancel_wait = "10s" }
    local function main(fn)
      app:spawn("main", function()
        fn()
        ptg.shutdown()
      end)
    end
  ]] .. body)
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("group:work", function()
  after_each(support.clean_up)

  it("runs a function elsewhere, and brings back what it returns", function()
    assert.are.equal("7\t0.5\tfalse\tnil\ta\0b\tnil\n6\n", (script [[
      main(function()
        local function show(...)
          print(...)
          print(select("#", ...))
        end
        show(ptg.await(app:work("all", function(a, b, ...)
          local x, y, z = ...
          return a + b, 0.5, x, y, z, nil
        end, 3, 4, false, nil, "a\0b")))
      end)
    ]]))
  end)

  it("does not hold up the others", function()
    assert.are.equal("others go on\ntrue\n", (script [[
      main(function()
        local path = os.tmpname()
        os.remove(path)
        local work = app:work(function(file)
          repeat local handle = io.open(file) until handle
          return true
        end, path)
        ptg.sleep "1ms"
        print "others go on"
        io.open(path, "w"):close()
        print(ptg.await(work))
        os.remove(path)
      end)
    ]]))
  end)

  it("has the standard library, the script's path, and no exit", function()
    assert.are.equal("true\tnil\tfunction\n", (script [[
      package.path = "/nowhere/?.lua;" .. package.path
      main(function()
        print(ptg.await(app:work(function(path)
          return package.path == path, os.exit, type(string.format)
        end, package.path)))
      end)
    ]]))
  end)

  it("tells an error, in one line, to who waits and to the handler", function()
    local out = script [[
      app:on_error(function(err) print("handler", err.name, err.message) end)
      main(function()
        print(pcall(ptg.await, app:work("bad", function()
          error "oh\nno"
        end)))
        print(pcall(ptg.await, app:work("bad", function()
          error { message = "a table" }
        end)))
        print(pcall(ptg.await, app:work("bad", function()
          error "\xff"
        end)))
        print(pcall(ptg.await, app:work("bad", function()
          return {}
        end)))
      end)
    ]]
    assert.matches("handler\tbad\t[^\n]*:%d+: oh\nfalse\t[^\n]*:%d+: oh\n", out)
    assert.matches("handler\tbad\ta table\n", out)
    assert.matches("whose message is not UTF%-8\n", out)
    assert.matches("value 1 is a table: only nil", out)
  end)

  it("ends in the middle when it is cancelled", function()
    assert.are.equal("false\ttrue\tenough\n", (script [[
      main(function()
        local path = os.tmpname()
        local work = app:work("loop", function(file)
          os.remove(file)
          while true do end
        end, path)
        local handle
        repeat -- until it runs
          ptg.sleep "1ms"
          handle = io.open(path)
          if handle then handle:close() end
        until not handle
        work:cancel "enough"
        local ok, err = pcall(ptg.await, work)
        print(ok, err.cancelled, err.reason)
      end)
    ]]))
  end)

  it("never runs when it is cancelled first", function()
    assert.are.equal("false\ttrue\n", (script [[
      main(function()
        local work = app:work(function() os.remove "/nowhere" end)
        work:cancel()
        local ok, err = pcall(ptg.await, work)
        print(ok, err.cancelled)
      end)
    ]]))
  end)

  it("runs to its end while its group drains", function()
    assert.are.equal("done\n", (script [[
      local work = app:work("count", function()
        local sum = 0
        for i = 1, 3000000 do sum = sum + i end
        return "done"
      end)
      ptg.root:spawn(function()
        app:shutdown()
        print(ptg.await(work))
      end)
      app:on_closed(function() ptg.shutdown() end)
    ]]))
  end)

  it("is given up when it does not care, and named", function()
    local fifo = support.free_path()
    assert(os.execute("mkfifo " .. fifo))
    local program = support.run(([[
      local ptg, uv = require "ptg", require "luv"
      local app = ptg.group { name = "app", grace = "1ms", cancel_wait = "1ms" }
      local fifo, begun = %q, %q
      app:work("stuck", function(path, mark)
        io.open(mark, "w"):close()
        io.open(path)
      end, fifo, begun)
      ptg.root:spawn(function()
        repeat ptg.sleep "1ms" until uv.fs_stat(begun)
        ptg.shutdown()
      end)
    ]]):format(fifo, support.free_path()))
    assert.are.equal(4, program.status, program.err)
    assert.matches("stuck", program.err)
  end)

  it("explains what cannot go to another thread", function()
    for wrong, message in pairs {
      ["function() return x end"] = "uses the local 'x'",
      ["print"] = "written in Lua",
      ["function() end, {}"] = "argument 1 is a table",
      ["function() end, nil, print"] = "argument 2 is a function",
      ["3"] = "must be a function",
      ["'', function() end"] = "name: must not be empty",
    } do
      local program = support.run_virtual(
        "local x = 1; require('ptg').root:work(" .. wrong .. ")")
      assert.are.equal(1, program.status)
      assert.matches(":1: group:work: [^\n]*" .. message, program.err)
    end
  end)
end)
