-- process_spec.lua - child processes: output, ends, readiness, order, restarts.
--
-- Real children in real time: each script ends when what it waits for has come.
local support = require "support"

local function script(body, status)
  local program = support.run([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "20s", cancel_wait = "20s" }
    local function main(fn)
      app:spawn("main", function(task)
        fn(task)
        ptg.shutdown()
      end)
    end
    local function sh(text, options)
      options = options or {}
      options[1], options[2], options[3] = "sh", "-c", text
      return options
    end
  ]] .. body)
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("group:process", function()
  after_each(support.clean_up)

  it("tells how it ended", function()
    local out = script([[
      app:on_error(function() end)
      main(function()
        local function show(text)
          local r = ptg.await(app:process(sh(text)))
          print(r.ok, r.code, r.signal)
        end
        show "exit 0"
        show "exit 3"
        show "kill -KILL $$"
      end)
    ]])
    assert.are.equal("true\t0\tnil\nfalse\t3\tnil\nfalse\tnil\tKILL\n", out)
  end)

  it("that fails is a failed task", function()
    local _, err = script([[
      main(function() ptg.await(app:process(sh("exit 3", { name = "p" }))) end)
    ]], 3)
    assert.matches("ptg: process 'p' in /app failed: exit status 3", err)
  end)

  it("that cannot be started is a failed task", function()
    local _, err = script([[
      main(function()
        ptg.await(app:process { "/nonexistent/program", name = "p" })
      end)
    ]], 3)
    assert.matches("process 'p' in /app failed: cannot run /nonexistent/progr",
      err)
  end)

  it("is logged line by line with its name", function()
    local _, err = script [[
      main(function()
        ptg.await(app:process(sh("echo one; echo two >&2", { name = "p" })))
      end)
    ]]
    assert.matches("p | one\n", err)
    assert.matches("p | two\n", err)
  end)

  it("has its lines read by functions, and its errors kept in a file",
    function()
    local path = support.free_path()
    local out = script(([[
      main(function()
        ptg.await(app:process(sh("echo one; echo two; echo bad >&2",
          { stdout = print, stderr = "%s" })))
      end)
    ]]):format(path))
    assert.are.equal("one\ntwo\n", out)
    assert.are.equal("bad\n", support.read(path))
  end)

  it("goes on when the function that reads it fails", function()
    local out, err = script([[
      main(function()
        ptg.await(app:process(sh("echo one; echo two", { name = "p",
          stdout = function(line)
            print(line)
            if line == "one" then error "reader" end
          end })))
      end)
    ]], 3)
    assert.are.equal("one\ntwo\n", out)
    assert.matches("stdout of process 'p' in /app failed: [^\n]*reader", err)
  end)

  it("gets the host's environment with more in it, and a folder", function()
    assert.are.equal("1 yes\n/\n", (script [[
      main(function()
        ptg.await(app:process(sh('echo $A ${PATH:+yes}; pwd',
          { env = { A = 1 }, cwd = "/", stdout = print })))
      end)
    ]]))
  end)

  it("takes signals by name", function()
    assert.are.equal("hup\nok\n", (script [[
      main(function()
        local p = app:process(sh("trap 'echo hup; exit 0' HUP; echo go;"
          .. "while :; do sleep 0.01; done",
          { ready = { line = "go" }, stdout = function(line)
              if line ~= "go" then print(line) end
            end }))
        ptg.await(p.ready)
        p:signal "HUP"
        print(ptg.await(p).ok and "ok")
      end)
    ]]))
  end)

  it("ends by the signal of its choice when it drains", function()
    assert.are.equal("quit\n", (script [[
      local p = app:process(sh("trap 'echo quit; exit 0' QUIT; echo go;"
        .. "while :; do sleep 0.01; done", { drain_signal = "QUIT",
        ready = { line = "go" }, stdout = function(line)
          if line ~= "go" then print(line) end
        end }))
      main(function() ptg.await(p.ready) end)
    ]]))
  end)

  it("is killed with its children when it ignores the end, and named",
    function()
    local program = support.launch("run", support.file [[
      local ptg = require "ptg"
      local app = ptg.group { name = "app", grace = "100ms",
        cancel_wait = "100ms" }
      local p = app:process { "sh", "-c", "trap '' TERM; sleep 1000 & echo $!;"
        .. "wait; wait", name = "mule", ready = { line = "%d" },
        stdout = print }
      app:spawn(function() ptg.await(p.ready) ptg.shutdown() end)
    ]])
    program:wait()
    assert.are.equal(4, program.status, program.err)
    assert.matches("killed: 'mule' in /app", program.err)
    local pid = tonumber(program.out)
    assert.is_not.equal(0, require "luv".kill(pid, 0))
  end)

  it("can be cancelled, which is no failure", function()
    assert.are.equal("true\nfalse\ttrue\tTERM\nfalse\nended\n", (script [[
      main(function()
        local p = app:process { "sleep", "1000" }
        ptg.await(p.ready)
        print(p:cancel "enough")
        local r = ptg.await(p)
        print(r.ok, r.cancelled, r.signal)
        print(p:cancel())
        print(p:state())
      end)
    ]]))
  end)

  it("explains wrong options at their line", function()
    for wrong, message in pairs {
      ["{}"] = "the program is wanted",
      ["{ 'x', true }"] = "argument 2 must be a string",
      ["{ 'x', nmae = 'y' }"] = 'unknown option "nmae"',
      ["{ 'x', drain_signal = 'FOO' }"] = "must be the name of a signal",
      ["{ 'x', ready = {} }"] = "one of tcp, unix, exec and line",
      ["{ 'x', ready = { tcp = 'x' } }"] = 'must be a port or "HOST:PORT"',
      ["{ 'x', ready = { line = '[' } }"] = "is no Lua pattern",
      ["{ 'x', ready = { tcp = 1, timeout = 5 } }"] = "a duration is a string",
      ["{ 'x', restart = 'x' }"] = '"never", "on%-failure", "always"',
      ["{ 'x', restart = { limt = 1 } }"] = 'did you mean "limit"',
      ["{ 'x', needs = 'y' }"] = "must be a process or a list",
      ["{ 'x', env = { ['a=b'] = 1 } }"] = "is not that of a variable",
      ["{ 'x', stdout = 5 }"] = "must be a path or a function",
    } do
      local program = support.run_virtual(
        "\nrequire('ptg').root:process(" .. wrong .. ")")
      assert.are.equal(1, program.status)
      assert.matches("^ptg: [^\n]*:2: group:process: [^\n]*" .. message,
        program.err)
    end
  end)
end)

describe("process.ready", function()
  after_each(support.clean_up)

  it("comes with the start when nothing else is asked for", function()
    assert.are.equal("true\tready\ttrue\n", (script [[
      main(function()
        local p = app:process { "sleep", "1000" }
        print(ptg.await(p.ready), p:state(), p.pid > 0)
      end)
    ]]))
  end)

  it("comes with a line that matches", function()
    assert.are.equal("true\n", (script [[
      main(function()
        local p = app:process(sh("echo no; echo port 123 open; sleep 1000",
          { ready = { line = "^port %d+" } }))
        print(ptg.await(p.ready))
      end)
    ]]))
  end)

  -- A listener in luv stands in for a child's: what is asked is the place.
  it("comes with a tcp port that answers, and not before", function()
    local port = support.free_port()
    assert.are.equal("listening\nready\n", (script(([[
      main(function()
        local p = app:process { "sleep", "1000",
          ready = { tcp = %d, interval = "1ms" } }
        assert(select(2, ptg.await(p.ready, "50ms")) == "timeout")
        local server = ptg.uv.new_tcp()
        assert(server:bind("127.0.0.1", %d))
        print "listening"
        server:listen(1, function() end)
        ptg.await(p.ready)
        print "ready"
        server:close()
      end)
    ]]):format(port, port))))
  end)

  it("comes with a unix socket that answers", function()
    local path = support.free_path()
    assert.are.equal("listening\nready\n", (script(([[
      main(function()
        local p = app:process { "sleep", "1000",
          ready = { unix = "%s", interval = "1ms" } }
        assert(select(2, ptg.await(p.ready, "50ms")) == "timeout")
        local server = ptg.uv.new_pipe(false)
        assert(server:bind "%s")
        print "listening"
        server:listen(1, function() end)
        ptg.await(p.ready)
        print "ready"
        server:close()
      end)
    ]]):format(path, path))))
  end)

  it("comes with a program that says so; its failures are none", function()
    local path = support.free_path()
    assert.are.equal("touched\nready\n", (script(([[
      main(function()
        local p = app:process { "sleep", "1000",
          ready = { exec = { "test", "-e", "%s" }, interval = "1ms" } }
        assert(select(2, ptg.await(p.ready, "50ms")) == "timeout")
        print "touched"
        assert(io.open("%s", "w")):close()
        ptg.await(p.ready)
        print "ready"
      end)
    ]]):format(path, path))))
  end)

  it("never comes for one that dies before, and says why", function()
    local out = script [[
      app:on_error(function(err) print("failed", err.name) end)
      main(function()
        local p = app:process(sh("exit 7", { name = "p",
          ready = { line = "never" } }))
        local ok, err = pcall(ptg.await, p.ready)
        print(ok, tostring(err):match "process.*")
      end)
    ]]
    assert.are.equal("failed\tp\n"
      .. "false\tprocess 'p' in /app was never ready: exit status 7\n", out)
  end)

  it("fails one that is not ready in time, and ends it", function()
    local out = script [[
      app:on_error(function(err) print(err.name, err.message) end)
      main(function()
        local p = app:process { "sleep", "1000", name = "p",
          ready = { line = "never", timeout = "50ms" } }
        local ok = pcall(ptg.await, p.ready)
        print(ok, ptg.await(p).ok, p:state())
      end)
    ]]
    assert.are.equal("p\tprocess 'p' in /app was not ready within 50ms\n"
      .. "false\tfalse\tended\n", out)
  end)
end)

describe("needs", function()
  after_each(support.clean_up)

  it("starts a process when the others are ready", function()
    assert.are.equal("a\nb\nc\n", (script [[
      local function say(name) return function(line)
        if line == "up" then print(name) end
      end end
      local a = app:process(sh("sleep 0.05; echo up; sleep 1000",
        { stdout = say "a", ready = { line = "up" } }))
      local b = app:process(sh("sleep 0.02; echo up; sleep 1000",
        { stdout = say "b", ready = { line = "up" }, needs = a }))
      local c = app:process(sh("echo up; sleep 1000",
        { stdout = say "c", ready = { line = "up" }, needs = { a, b } }))
      main(function() ptg.await(c.ready) end)
    ]]))
  end)

  it("never starts one whose need fails: a failure of its own", function()
    local out = script [[
      app:on_error(function(err) print(err.name) end)
      local a = app:process(sh("exit 1", { name = "a",
        ready = { line = "x" } }))
      local b = app:process(sh("echo started", { name = "b", needs = a,
        stdout = print }))
      main(function()
        local ok, err = pcall(ptg.await, b.ready)
        print(ok, tostring(err):match "not started, it needs a")
        print(ptg.await(b).ok)
      end)
    ]]
    assert.are.equal("a\nb\nfalse\tnot started, it needs a\nfalse\n", out)
  end)

  it("does not start what waits when the group drains", function()
    local out = script [[
      local a = app:process { "sleep", "1000", ready = { line = "x" } }
      local b = app:process(sh("echo started", { needs = a, stdout = print }))
      main(function()
        ptg.root:spawn(function()
          local r = ptg.await(b)
          print(r.ok, r.cancelled)
        end)
        ptg.await(app:process { "true" })
      end)
    ]]
    assert.are.equal("false\ttrue\n", out)
  end)
end)

describe("restart", function()
  after_each(support.clean_up)

  it("starts a failing process again, until the limit", function()
    local out, err = script [[
      app:on_error(function(e) print(e.message) end)
      main(function()
        local p = app:process(sh("echo run; exit 3", { name = "p",
          stdout = print,
          restart = { policy = "on-failure", delay = "1ms", limit = 2 } }))
        print(ptg.await(p).restarts)
      end)
    ]]
    assert.are.equal("run\nrun\nrun\n"
      .. "exit status 3; given up after 2 restarts within 1m\n2\n", out)
    assert.matches("restart 1 of 2 in 1ms.*restart 2 of 2 in 2ms", err)
  end)

  it("leaves a process alone that ends well, unless always", function()
    assert.are.equal("run\n0\nrun\nrun\nfailed\n1\n", (script [[
      app:on_error(function() print "failed" end)
      main(function()
        local function p(policy)
          print(ptg.await(app:process(sh("echo run", { stdout = print,
            restart = { policy = policy, delay = "1ms", limit = 1 } })))
            .restarts)
        end
        p "on-failure"
        p "always"
      end)
    ]]))
  end)

  it("makes it ready again", function()
    local path = support.free_path()
    assert.are.equal("true\ttrue\n", (script(([[
      main(function()
        local p = app:process(sh("echo up; if [ -e %s ]; then sleep 1000;"
          .. "fi; touch %s; exit 1", { ready = { line = "up" },
          restart = { policy = "on-failure", delay = "1ms" } }))
        local first = p.ready
        ptg.await(p.ready)
        repeat ptg.sleep "1ms" until p.ready ~= first
        ptg.await(p.ready)
        print(p:state() == "ready", p.ready ~= first)
      end)
    ]]):format(path, path))))
  end)

  it("does not happen when the group drains", function()
    local out, err = script [[
      local p = app:process(sh("trap 'exit 1' TERM; echo up;"
        .. "while :; do sleep 0.01; done", { stdout = print,
        ready = { line = "up" }, restart = "always" }))
      ptg.root:spawn(function() print(ptg.await(p).ok) end)
      main(function() ptg.await(p.ready) end)
    ]]
    assert.are.equal("up\nfalse\n", out)
    assert.is_nil(err:find "restart 1")
  end)

  it("does not happen when the process was cancelled", function()
    local out, err = script [[
      main(function()
        local p = app:process { "sleep", "1000", restart = "always" }
        ptg.await(p.ready)
        p:cancel()
        print(ptg.await(p).cancelled)
      end)
    ]]
    assert.are.equal("true\n", out)
    assert.is_nil(err:find "restart 1")
  end)

  it("that waits is given up when the group drains", function()
    assert.are.equal("false\n", (script [[
      local p = app:process { "false", name = "p",
        restart = { policy = "on-failure", delay = "1h", max_delay = "1h" } }
      ptg.root:spawn(function() print(ptg.await(p).ok) end)
      main(function()
        while p:state() ~= "waiting" do ptg.sleep "1ms" end
      end)
    ]]))
  end)
end)
