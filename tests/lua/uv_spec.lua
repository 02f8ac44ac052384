-- uv_spec.lua - luv on a loop that is not the script's own.
local support = require "support"

local function script(body, status)
  local program = support.run([[
    local ptg = require "ptg"
    local uv = require "luv"
    local app = ptg.group { name = "app", grace = "20s", cancel_wait = "20s" }
  ]] .. body)
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("luv", function()
  after_each(support.clean_up)

  it("is ptg.uv, on the runtime's loop", function()
    assert.are.equal("true\nfired\n", (script [[
      print(uv == ptg.uv)
      local timer = uv.new_timer()
      timer:start(1, 0, function()
        print "fired"
        timer:close()
        ptg.shutdown()
      end)
    ]]))
  end)

  it("has its events also where time is virtual", function()
    local program = support.run_virtual [[
      local ptg = require "ptg"
      ptg.uv.fs_stat("/", function(err)
        print(err)
        ptg.shutdown()
      end)
    ]]
    assert.are.equal(0, program.status, program.err)
    assert.are.equal("nil\n", program.out)
  end)

  it("has its callbacks protected: an error goes to the group whose task "
    .. "gave it", function()
    local out = script [[
      app:on_error(function(err)
        print(err.hook, err.task.name, err.path, err.message:match "[^ ]*$",
          err.traceback:match "in upvalue '(%w+)'")
        ptg.shutdown()
      end)
      local function breaking() error "broken" end
      app:spawn("owner", function(task)
        local timer = uv.new_timer()
        timer:start(1, 0, function()
          timer:close()
          breaking()
        end)
        ptg.await(function(done) task:on_drain(done) end)
      end)
    ]]
    assert.are.equal("a callback of luv\towner\t/app\tbroken\tbreaking\n", out)
  end)

  it("gives what no task gave to the root", function()
    local _, err = script([[
      local timer = uv.new_timer()
      timer:start(1, 0, function()
        timer:close()
        ptg.shutdown()
        error "broken"
      end)
    ]], 3)
    assert.matches("ptg: a callback of luv in / failed: [^\n]*broken\n"
      .. "[^\n]*stack traceback", err)
  end)

  it("lets a callback spawn for its task while the group drains", function()
    assert.are.equal("accepted\n", (script [[
      app:spawn(function(task)
        ptg.await(function(done) task:on_drain(done) end)
        ptg.await(function(done)
          local timer = uv.new_timer()
          timer:start(1, 0, function()
            timer:close()
            app:spawn(function() print "accepted" end)
            done()
          end)
        end)
      end)
      ptg.root:spawn(function() ptg.shutdown() end)
    ]]))
  end)

  it("does not let a script take the loop", function()
    local out = script [[
      for _, name in ipairs { "run", "stop", "loop_close" } do
        local ok, err = pcall(uv[name])
        print(ok, tostring(err):match "uv%.[%w_]+ is not for scripts")
      end
      local handle = uv.new_signal()
      print(select(2, pcall(handle.start, handle, "sigterm", print)).message)
      print(select(2, pcall(uv.signal_start, handle, 2, print)).message)
      app:spawn(function() ptg.shutdown() end)
    ]]
    assert.matches("^false\tuv.run is[^\n]*\nfalse\tuv.stop is[^\n]*\n"
      .. "false\tuv.loop_close is[^\n]*\nSIGTERM and SIGINT begin[^\n]*\n"
      .. "SIGTERM and SIGINT begin", out)
  end)

  it("walks over the script's handles only", function()
    assert.are.equal("1\ttrue\n", (script [[
      local timer, seen = uv.new_timer(), {}
      uv.walk(function(handle) seen[#seen + 1] = handle end)
      print(#seen, seen[1] == timer)
      app:spawn(function() ptg.shutdown() end)
    ]]))
  end)

  it("tells the script's line of a mistake", function()
    local program = support.run "\nrequire('luv').new_timer():start(1, 0, 5)"
    assert.are.equal(1, program.status)
    assert.matches("^ptg: [^\n]*:2: bad argument #4 to 'timer_start'",
      program.err)
  end)

  it("may leave handles and requests behind at the end", function()
    script [[
      app:spawn("main", function()
        uv.new_timer():start(1000000, 0, function() end)
        local server = uv.new_tcp()
        assert(server:bind("127.0.0.1", 0))
        server:listen(1, function() end)
        uv.new_tcp():connect("127.0.0.1", server:getsockname().port, print)
        uv.fs_stat("/", function() end)
        uv.new_async(function() end)
        ptg.shutdown()
      end)
    ]]
  end)

  it("runs work and threads, whose errors end nothing", function()
    local out, err = script [[
      app:spawn("main", function()
        print(ptg.await(function(done)
          uv.queue_work(uv.new_work(function(a) return a + 1 end, done), 41)
        end))
        uv.thread_join(uv.new_thread(function() error "in a thread" end))
        print "joined"
        ptg.shutdown()
      end)
    ]]
    assert.are.equal("42.0\njoined\n", out)
    assert.matches("ptg: a thread of luv failed: [^\n]*in a thread", err)
  end)
end)
