-- task_spec.lua - tasks that are coroutines: run, wait, fail, are cancelled.
local support = require "support"

-- What a script in which a task "main" does this prints; its errors are shown.
local function main(body, status)
  local program = support.run_virtual([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "2s", cancel_wait = "1s" }
    app:spawn("main", function(task)
      ]] .. body .. [[

      ptg.shutdown()
    end)
  ]])
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("ptg tasks", function()
  after_each(support.clean_up)

  it("run on a later turn, never inside spawn", function()
    assert.are.equal("spawned\nran\n", (main [[
      local t = app:spawn(function() print "ran" end)
      print "spawned"
      ptg.await(t)
    ]]))
  end)

  it("get the task and the arguments, nils too", function()
    local out = main [[
      local function show(self, ...)
        print(self:state(), select("#", ...), ...)
      end
      ptg.await(app:spawn("t", show, 1, nil, 3, nil))
      ptg.await(app:spawn(show, 1, nil))
      ptg.await(app:spawn(show))
    ]]
    assert.are.equal("running\t4\t1\tnil\t3\tnil\nrunning\t2\t1\tnil\n"
      .. "running\t0\n", out)
  end)

  it("sleep exactly as long as they say", function()
    local out = main [[
      local before = ptg.now()
      ptg.sleep "1m30s"
      print(ptg.now() - before)
    ]]
    assert.are.equal("90.0\n", out)
  end)

  it("give their results to whoever awaits them", function()
    assert.are.equal("1\tnil\t3\n1\tnil\t3\n", (main [[
      local t = app:spawn(function() ptg.sleep "1s" return 1, nil, 3 end)
      print(ptg.await(t))
      print(ptg.await(t))
    ]]))
  end)

  it("give their error to whoever awaits them: the very same", function()
    local out = main([[
      local err = {}
      local t = app:spawn(function() error(err) end)
      local ok, raised = pcall(ptg.await, t)
      print(ok, raised == err)
    ]], 3)
    assert.are.equal("false\ttrue\n", out)
  end)

  it("fail alone: siblings go on", function()
    local out = main([[
      local good = app:spawn(function() ptg.sleep "1s" return "good" end)
      app:spawn("bad", function() error "bad" end)
      print(ptg.await(good), app.state)
    ]], 3)
    assert.are.equal("good\topen\n", out)
  end)

  it("are shown loudly with traceback, name and path when nobody handles "
    .. "their failure", function()
    local _, err = main([[
      local function inner() error "deep trouble" end
      ptg.sleep "1s"
      app:group{ name = "sub" }:spawn("bad", function() inner() end)
      ptg.sleep "1s"
    ]], 3)
    assert.matches("ptg: task 'bad' in /app/sub failed: [^\n]*:%d+: deep trou",
      err)
    assert.matches("stack traceback:\n[^\n]*\n[^\n]*in upvalue 'inner'", err)
    assert.matches("1 failure nobody handled", err)
  end)

  it("may not suspend themselves in another way", function()
    local _, err = main([[
      pcall(ptg.await, app:spawn("y", function() coroutine.yield() end))
    ]], 3)
    assert.matches("task 'y' in /app failed: a task suspended itself", err)
  end)

  it("yield across pcall", function()
    assert.are.equal("true\tslept\n", (main [[
      print(pcall(function() ptg.sleep "1s" return "slept" end))
    ]]))
  end)

  it("that overflow their stack fail like any other", function()
    local _, err = main([[
      local function deep() return 1 + deep() end
      pcall(ptg.await, app:spawn("deep", deep))
    ]], 3)
    assert.matches("task 'deep' in /app failed: [^\n]*stack overflow", err)
  end)

  it("cannot wait inside a coroutine that they made for themselves", function()
    local out = main [[
      print(coroutine.wrap(function() return pcall(ptg.sleep, "1s") end)())
    ]]
    assert.matches("^false.*inside a coroutine that the task made", out)
  end)

  it("know themselves and their group", function()
    assert.are.equal("true\ttrue\tmain\t/app\tapp\n", (main [[
      local current, group = ptg.current()
      print(current == task, group == app, task.name, group.path, group.name)
    ]]))
  end)

  it("have a state", function()
    assert.are.equal("pending\nrunning\ncancelling\nended\nfalse\n", (main [[
      local t = app:spawn(function()
        pcall(ptg.sleep, "forever")
        ptg.sleep "1s"
      end)
      print(t:state())
      ptg.sleep "1s"
      print(t:state())
      t:cancel()
      ptg.sleep "500ms"
      print(t:state())
      ptg.await(t)
      print(t:state())
      print(t:cancel())
    ]]))
  end)
end)

describe("the coroutine of a task", function()
  after_each(support.clean_up)

  it("that a script kept never becomes another task's", function()
    assert.are.equal("false\nfalse\ndead\tfalse\tcannot resume dead coroutine\n"
      .. "true\nrunning\n", (main [[
      local kept
      ptg.await(app:spawn(function() kept = coroutine.running() end))
      local t
      for _ = 1, 2 do
        t = app:spawn(function()
          print(coroutine.running() == kept)
          ptg.sleep "forever"
        end)
      end
      ptg.sleep "1s"
      print(coroutine.status(kept), coroutine.resume(kept))
      print(coroutine.close(kept))
      print(t:state())
    ]]))
  end)

  it("that a script kept after a wait neither", function()
    assert.are.equal("false\ndead\n", (main [[
      local kept
      ptg.await(app:spawn(function()
        kept = coroutine.running()
        ptg.sleep "1s"
      end))
      ptg.await(app:spawn(function()
        print(coroutine.running() == kept)
      end))
      print(coroutine.status(kept))
    ]]))
  end)

  it("is told as it always was", function()
    assert.are.equal("thread\tfalse\ttrue\n", (main [[
      local co, is_main = coroutine.running()
      print(type(co), is_main, co == coroutine.running())
    ]]))
  end)

  it("has no hook of an earlier task", function()
    assert.are.equal("nil\n", (main [[
      ptg.await(app:spawn(function() debug.sethook(print, "c", 1000000) end))
      ptg.await(app:spawn(function() print(debug.gethook()) end))
    ]]))
  end)

  it("keeps nothing of what an earlier task had", function()
    assert.are.equal("nil\tnil\n", (main [[
      local weak = setmetatable({}, { __mode = "v" })
      ptg.await(app:spawn(function(_, given)
        weak[1], weak[2] = { given }, given
        ptg.sleep "1s"
      end, {}))
      collectgarbage()
      print(weak[1], weak[2])
    ]]))
  end)

  it("serves the next task whatever the last one left on its stack", function()
    assert.are.equal("1\t2\t3\n0\n4\n", (main [[
      print(ptg.await(app:spawn(function() return 1, 2, 3 end)))
      ptg.await(app:spawn(function(_, ...) print(select("#", ...)) end))
      print(ptg.await(app:spawn(function(_, ...) return ... end, 4)))
    ]]))
  end)

  it("runs again at full depth", function()
    assert.are.equal("true\n", (main [[
      local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
      local all = true
      for _ = 1, 20 do
        all = all and ptg.await(app:spawn(function() return deep(5000) end))
          == 5000
      end
      print(all)
    ]]))
  end)
end)

describe("the end of a task", function()
  after_each(support.clean_up)

  it("is told to whoever asks about it only later", function()
    local out = main [[
      local well = app:spawn(function() end)
      local result = app:spawn(function() return 1, nil end)
      local early = app:spawn(function() end)
      early:cancel "early"
      local late = app:spawn(function() ptg.sleep "forever" end)
      local answering = app:spawn(function() pcall(ptg.sleep, "forever") end)
      ptg.sleep "1s"
      late:cancel "late"
      answering:cancel()
      ptg.sleep "1s"
      print(select("#", ptg.await(well)), select("#", ptg.await(result)))
      for _, t in ipairs { early, late } do
        local _, err = pcall(ptg.await, t)
        print(err.cancelled, err.reason, err.task == t, t.cancelled)
      end
      print(select("#", ptg.await(answering)), answering.cancelled)
      print(well:state(), well:cancel())
    ]]
    assert.are.equal("0\t2\ntrue\tearly\ttrue\ttrue\ntrue\tlate\ttrue\ttrue\n"
      .. "0\ttrue\nended\tfalse\n", out)
  end)

  it("of one that failed too", function()
    local out = main([[
      local err = {}
      local t = app:spawn(function() error(err) end)
      ptg.sleep "1s"
      print(select(2, pcall(ptg.await, t)) == err)
    ]], 3)
    assert.are.equal("true\n", out)
  end)
end)

describe("ptg.await", function()
  after_each(support.clean_up)

  it("waits for a callback, and returns what it is given", function()
    assert.are.equal("now\t1\nlater\t2\n", (main [[
      print(ptg.await(function(done) done("now", 1) end))
      print(ptg.await(function(done)
        app:after("5s", function() done("later", 2) end)
      end))
    ]]))
  end)

  it("gives up after its timeout; what is waited for goes on", function()
    assert.are.equal("nil\ttimeout\nrunning\n1.0\n7\n", (main [[
      local t = app:spawn(function() ptg.sleep "3s" return 7 end)
      local before = ptg.now()
      print(ptg.await(t, "1s"))
      print(t:state())
      print(ptg.now() - before)
      print(ptg.await(t, "10s"))
    ]]))
  end)

  it("ignores a callback that comes too late", function()
    assert.are.equal("nil\ttimeout\nslept\n", (main [[
      local late
      print(ptg.await(function(done) late = done end, "1s"))
      app:after("1s", function() late("late") end)
      ptg.sleep "5s"
      print "slept"
      late("very late")
    ]]))
  end)

  it("does not end the next wait with what ended the last one", function()
    assert.are.equal("1\n10.0\n", (main [[
      local first
      local helper = app:spawn(function()
        ptg.sleep "1s"
        first(1)
        first(2)
      end)
      print((ptg.await(function(done) first = done end)))
      local before = ptg.now()
      ptg.sleep "10s"
      print(ptg.now() - before)
    ]]))
  end)

  it("is not ended by what ends a wait around it", function()
    assert.are.equal("1.0\nvalue\n1.0\n", (main [[
      local before = ptg.now()
      print(ptg.await(function(done)
        app:after("100ms", function() done "value" end)
        ptg.sleep "1s"
        print(ptg.now() - before)
      end))
      print(ptg.now() - before)
    ]]))
  end)

  it("refuses at once what could never come", function()
    local out = main [[
      local ok, err = pcall(ptg.await, task)
      print(ok, err.code)
      ok, err = pcall(ptg.await, app)
      print(ok, err.code)
      ok, err = pcall(ptg.await, ptg.root)
      print(ok, err.code)
    ]]
    assert.are.equal(("false\tEDEADLK\n"):rep(3), out)
  end)

  it("refuses what cannot be awaited", function()
    local out = main [[
      print(pcall(ptg.await, 5))
      print(pcall(ptg.await, {}))
    ]]
    assert.matches("or a function is wanted, not a number\n.*not a table", out)
  end)

  it("is not for handlers and top levels", function()
    local program = support.run_virtual [[
      local ptg = require "ptg"
      ptg.sleep "1s"
    ]]
    assert.are.equal(1, program.status)
    assert.matches(":2: ptg.sleep: only inside a task", program.err)
  end)
end)

describe("ptg.gather", function()
  after_each(support.clean_up)

  it("gives results and errors as they come", function()
    local out = main([[
      local function after(time, fn) return app:spawn(time, function()
        ptg.sleep(time)
        return fn()
      end) end
      local list = {
        after("3s", function() return "c", 3 end),
        after("2s", function() error("b", 0) end),
        after("1s", function() return "a" end),
      }
      for t, ok, value, more in ptg.gather(list) do
        print(t.name, ok, value, more)
      end
    ]], 3)
    assert.are.equal("1s\ttrue\ta\tnil\n2s\tfalse\tb\tnil\n3s\ttrue\tc\t3\n",
      out)
  end)

  it("takes what has ended before, and nothing at all", function()
    assert.are.equal("true\t1\nend\n", (main [[
      local t = app:spawn(function() return 1 end)
      ptg.await(t)
      for _, ok, value in ptg.gather { t } do print(ok, value) end
      for _ in ptg.gather {} do print "never" end
      print "end"
    ]]))
  end)

  it("may be left early", function()
    assert.are.equal("1s\n2\n", (main [[
      local function after(time) return app:spawn(time, function()
        ptg.sleep(time)
        return 2
      end) end
      local slow = after "2s"
      for t in ptg.gather { slow, after "1s" } do
        print(t.name)
        break
      end
      print(ptg.await(slow))
    ]]))
  end)
end)

describe("on_done", function()
  after_each(support.clean_up)

  it("is refused while it is told", function()
    assert.are.equal("ESTALE\nESTALE\n", (main [[
      local function again(task)
        print(select(2, pcall(task.on_done, task, print)).code)
      end
      local task = app:spawn(function() end)
      local timer = app:after("1s", function() end)
      task:on_done(again)
      timer:on_done(again)
      ptg.sleep "2s"
    ]]))
  end)

  it("is refused once the task has ended, of whatever sort", function()
    assert.are.equal("ESTALE\nESTALE\nESTALE\nESTALE\n", (main [[
      local queue = app:queue { capacity = 1, handle = print }
      local ended = { app:spawn(function() end), queue,
                      app:after("1s", function() end),
                      app:work(function() end) }
      queue:close()
      for _, task in ipairs(ended) do
        ptg.await(task)
        ptg.sleep "1s"
        local ok, err = pcall(task.on_done, task, print)
        print(ok or err.code)
      end
    ]]))
  end)
end)

describe("cancellation", function()
  after_each(support.clean_up)

  it("arrives once, as an error that can be told from others", function()
    local out = main [[
      local t = app:spawn("t", function(self)
        local ok, err = pcall(ptg.sleep, "forever")
        print(ok, ptg.is_cancelled(err), err.cancelled, err.reason,
          err.originator == task, err.task == self, self.cancelled)
        ptg.sleep "1s"
        print "cleaned up"
        error(err, 0)
      end)
      ptg.sleep "1s"
      t:cancel "enough"
      t:cancel "again"
      local ok, err = pcall(ptg.await, t)
      print(ok, err.cancelled, ptg.is_cancelled(err))
    ]]
    assert.are.equal("false\ttrue\ttrue\tenough\ttrue\ttrue\ttrue\n"
      .. "cleaned up\nfalse\ttrue\tfalse\n", out)
  end)

  it("is no error: a task that lets it through failed nobody", function()
    local _, err = main [[
      local t = app:spawn("t", function() ptg.sleep "forever" end)
      ptg.sleep "1s"
      t:cancel()
      ptg.sleep "1s"
      assert(app:info().cancelled == 1 and app:info().failed == 0)
    ]]
    assert.is_nil(err:find "failed:")
  end)

  it("of another task is an error like any other", function()
    local _, err = main([[
      local a = app:spawn("a", function() ptg.sleep "forever" end)
      app:spawn("b", function() ptg.await(a) end)
      ptg.sleep "1s"
      a:cancel "because"
      ptg.sleep "1s"
      assert(app:info().cancelled == 1 and app:info().failed == 1)
    ]], 3)
    assert.matches("task 'b' in /app failed: task 'a' in /app was cancelled: "
      .. "because", err)
  end)

  it("of a waiter does not cancel what it waits for", function()
    assert.are.equal("done\n", (main [[
      local a = app:spawn(function() ptg.sleep "3s" return "done" end)
      local b = app:spawn(function() ptg.await(a) end)
      ptg.sleep "1s"
      b:cancel()
      print(ptg.await(a))
    ]]))
  end)

  it("may be answered by ending well", function()
    assert.are.equal("fine\n0\n", (main [[
      local t = app:spawn(function()
        pcall(ptg.sleep, "forever")
        return "fine"
      end)
      ptg.sleep "1s"
      t:cancel()
      print(ptg.await(t))
      print(app:info().cancelled)
    ]]))
  end)

  it("before the first run keeps a task from running", function()
    local out = main [[
      local t = app:spawn("t", function() print "ran" end)
      t:cancel "early"
      local ok, err = pcall(ptg.await, t)
      print(ok, err.cancelled, err.reason)
    ]]
    assert.are.equal("false\ttrue\tearly\n", out)
  end)

  it("does not take back what a wait has brought: it comes next", function()
    for _, order in ipairs { "finish 'value' t:cancel()",
                             "t:cancel() finish 'value'" } do
      assert.are.equal("value\nfalse\ttrue\n0.0\n", (main([[
        local finish
        local t = app:spawn(function()
          print((ptg.await(function(done) finish = done end)))
          local before = ptg.now()
          local ok, err = pcall(ptg.sleep, "1s")
          print(ok, ptg.is_cancelled(err))
          print(ptg.now() - before)
        end)
        ptg.sleep "1s"
        ]] .. order .. [[

        ptg.await(t)
      ]])))
    end
  end)

  it("of another task is not taken for one's own", function()
    assert.are.equal("true\nfalse\n", (main [[
      local other = app:spawn(function() ptg.sleep "forever" end)
      local t = app:spawn(function()
        local _, mine = pcall(ptg.sleep, "forever")
        print(ptg.is_cancelled(mine))
        local _, theirs = pcall(ptg.await, other)
        print(ptg.is_cancelled(theirs))
      end)
      ptg.sleep "1s"
      t:cancel()
      other:cancel()
      ptg.await(t)
    ]]))
  end)

  it("closes variables to be closed inside the task, where they may wait",
    function()
    assert.are.equal("closing\tt\n1.0\tended\n", (main [[
      local before
      local t = app:spawn("t", function(self)
        local guard <close> = setmetatable({}, { __close = function()
          before = ptg.now()
          print("closing", ptg.current().name)
          ptg.sleep "1s"
        end })
        ptg.sleep "forever"
      end)
      ptg.sleep "1s"
      t:cancel()
      pcall(ptg.await, t)
      print(ptg.now() - before, t:state())
    ]]))
  end)

  it("during clean-up is not raised again", function()
    assert.are.equal("cleaned\n", (main [[
      local t = app:spawn(function()
        pcall(ptg.sleep, "forever")
        ptg.sleep "1s"
        print "cleaned"
      end)
      ptg.sleep "1s"
      t:cancel "one"
      ptg.sleep "500ms"
      t:cancel "two"
      ptg.await(t)
    ]]))
  end)
end)
