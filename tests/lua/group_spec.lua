-- group_spec.lua - groups: states, limits, order, hooks, looking.
local support = require "support"

-- Runs a script that has ptg and the group app, in virtual time.
local function script(body, status)
  local program = support.run_virtual([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "2s", cancel_wait = "1s" }
  ]] .. body)
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("ptg.group", function()
  after_each(support.clean_up)

  it("stays open when it is idle", function()
    assert.are.equal("open\t0\n", (script [[
      app:after("1m", function() ptg.shutdown() end)
      ptg.root:after("20s", function()
        local idle = ptg.group { name = "idle" }
        ptg.sleep "20s"
        print(idle.state, idle:info().live)
      end)
    ]]))
  end)

  it("refuses new tasks once closed", function()
    assert.are.equal("closed\nfalse\tECLOSED\nnil\tECLOSED\nfalse\tECLOSED\n",
      (script [[
      ptg.root:spawn(function()
        app:shutdown()
        ptg.await(app)
        print(app.state)
        local ok, err = pcall(app.spawn, app, print)
        print(ok, err.code)
        local task, code = app:try_spawn(print)
        print(task, code)
        ok, err = pcall(app.group, app, {})
        print(ok, err.code)
        ptg.shutdown()
      end)
    ]]))
  end)

  it("refuses tasks beyond its bound, and counts them", function()
    assert.are.equal("EFULL\tEFULL\t2\t1\n", (script [[
      local g = app:group { name = "g", max_tasks = 1 }
      ptg.root:spawn(function()
        g:spawn(function() ptg.sleep "1s" end)
        local _, err = pcall(g.spawn, g, print)
        local _, code = g:try_spawn(print)
        print(err.code, code, g:info().refused, g:info().live)
        ptg.shutdown()
      end)
    ]]))
  end)

  it("while it drains takes tasks from inside only", function()
    assert.are.equal("outside\tECLOSED\ninside\tnil\n", (script [[
      app:spawn(function(task)
        ptg.await(function(done) task:on_drain(done) end)
        ptg.sleep "500ms"
        local t, code = app:try_spawn("late", function() end)
        print("inside", code)
      end)
      local other = ptg.group { name = "other" }
      other:spawn(function()
        app:shutdown()
        ptg.sleep "100ms"
        local _, code = app:try_spawn(print)
        print("outside", code)
        ptg.await(app)
        ptg.shutdown()
      end)
    ]]))
  end)

  it("while it cancels takes clean-up from inside only", function()
    assert.are.equal("ECLOSED\nclean\n", (script [[
      app:spawn(function(task)
        pcall(ptg.sleep, "forever")
        local _, code = app:try_spawn(print)
        print(code)
        ptg.await(app:spawn_cleanup(function() print "clean" end))
      end)
      app:after("1s", function() ptg.shutdown { force = true } end)
    ]]))
  end)

  it("drains, then cancels, then gives up, each in its time", function()
    local out = script([[
      local begin
      local function at() return ptg.now() - begin end
      app:spawn("stubborn", function(task)
        task:on_drain(function() print("drain", at()) end)
        pcall(ptg.sleep, "forever")
        print("cancel", at())
        ptg.sleep "forever"
      end)
      app:on_drain(function() print("hook", at()) end)
      app:on_closed(function() print("closed", at(), app.state) end)
      app:after("1s", function() begin = ptg.now() ptg.shutdown() end)
    ]], 4)
    assert.are.equal("hook\t0.0\ndrain\t0.0\ncancel\t2.0\n"
      .. "closed\t3.0\tclosed\n", out)
  end)

  it("cancels the newest task first", function()
    assert.are.equal("c\nb\na\n", (script [[
      for _, name in ipairs { "a", "b", "c" } do
        app:spawn(name, function()
          pcall(ptg.sleep, "forever")
          print(name)
        end)
      end
      ptg.root:spawn(function() ptg.sleep "1s" ptg.shutdown() end)
    ]]))
  end)

  it("tells a task that comes late to on_drain at once", function()
    assert.are.equal("true\ttold\n", (script [[
      app:spawn(function(task)
        ptg.sleep "2s"
        task:on_drain(function(t) print(t.draining, "told") end)
      end)
      app:after("1s", function() ptg.shutdown() end)
    ]]))
  end)

  it("closes children before its own tasks drain, siblings in reverse order",
    function()
    assert.are.equal("c\nb\na\napp\n", (script [[
      for _, name in ipairs { "a", "b", "c" } do
        local g = app:group { name = name }
        g:spawn(function(task)
          ptg.await(function(done) task:on_drain(done) end)
          ptg.sleep "100ms"
          print(name)
        end)
      end
      app:spawn(function(task)
        ptg.await(function(done) task:on_drain(done) end)
        print "app"
      end)
      app:after("1s", function() ptg.shutdown() end)
    ]]))
  end)

  it("keeps declared order in parallel, also when forced", function()
    local body = [[
      local p = app:group { name = "p", parallel = true, cancel_wait = "1s" }
      local db = p:group { name = "db",
        on_closed = function() print "db" end }
      local cache = p:group { name = "cache",
        on_closed = function() print "cache" end }
      local http = p:group { name = "http", stops_before = { db, cache },
        on_closed = function() print "http" end }
      http:spawn(function()
        pcall(ptg.sleep, "forever")
        ptg.sleep "500ms"
      end)
      app:after("1s", function() ptg.shutdown { force = FORCE } end)
    ]]
    local graceful = script((body:gsub("FORCE", "false")))
    local forced = script((body:gsub("FORCE", "true")))
    assert.are.equal("http\n", graceful:sub(1, 5))
    assert.are.equal(graceful, forced)
  end)

  it("refuses a circle where it is declared, and names it", function()
    local program = support.run_virtual [[
      local ptg = require "ptg"
      local a = ptg.group { name = "a" }
      local b = ptg.group { name = "b", stops_before = a }
      a:stops_before(b)
    ]]
    assert.are.equal(1, program.status)
    assert.matches(":4: group /a stops before group /b: ", program.err)
    assert.matches("circle", program.err)
  end)

  it("can be shut down again, shorter", function()
    local out = script([[
      app:spawn(function() while true do pcall(ptg.sleep, "forever") end end)
      ptg.root:spawn(function()
        ptg.sleep "1s"
        local begin = ptg.now()
        app:shutdown()
        app:shutdown { grace = "1s" }
        app:shutdown { grace = "1h" }
        local report = ptg.await(app)
        print(ptg.now() - begin, report.seconds)
        ptg.shutdown()
      end)
    ]], 4)
    assert.are.equal("2.0\t2.0\n", out)
  end)

  it("keeps a deadline for all below it", function()
    local out = script([[
      local top = ptg.group { name = "top", deadline = "3s" }
      for _, name in ipairs { "a", "b" } do
        local g = top:group { name = name, grace = "1m", cancel_wait = "1s" }
        g:spawn(function() while true do pcall(ptg.sleep, "forever") end end)
      end
      ptg.root:spawn(function()
        ptg.sleep "1s"
        local begin = ptg.now()
        top:shutdown()
        ptg.await(top)
        print(ptg.now() - begin <= 3.0)
        ptg.shutdown()
      end)
    ]], 4)
    assert.are.equal("true\n", out)
  end)

  it("gives everyone who waits the report of its shutdown", function()
    assert.are.equal("/app\t1.0\t/app/low\t/app\t1\n", (script [[
      local low = app:group { name = "low" }
      low:spawn(function(task)
        ptg.await(function(done) task:on_drain(done) end)
        ptg.sleep "1s"
      end)
      ptg.root:spawn(function()
        ptg.sleep "1s"
        app:shutdown()
        local r = ptg.await(app)
        print(r.group, r.seconds, r.groups[1].path, r.groups[2].path,
          r.groups[1].drained)
        assert(r == ptg.await(app) and r.groups[2].waited_for == "/app/low")
        assert(r == app:report() and low:report().group == "/app/low")
        ptg.shutdown()
      end)
    ]]))
  end)

  it("is shut down on behalf of whose code is running, or of originator", function()
    assert.are.equal("true\ttrue\ttrue\n", (script [[
      local core, uv = require "ptg.core", require "luv"
      local function originator(group)
        return core.group_report(group.handle)[1].originator
      end
      local one, two, three = ptg.group {}, ptg.group {}, ptg.group {}
      for _, group in ipairs { one, two, three } do
        group:spawn(function() ptg.sleep "forever" end)
      end
      ptg.root:spawn(function(self)
        one:shutdown()
        two:shutdown { originator = app }
        ptg.await(function(done)
          local idle = uv.new_idle()
          idle:start(function() idle:close() three:shutdown() done() end)
        end)
        print(originator(one) == self.handle, originator(two) == app.handle,
          originator(three) == self.handle)
        ptg.shutdown()
      end)
    ]]))
  end)

  it("can be looked at", function()
    assert.are.equal("1\t2\t1\t/app/sub\ta b\n", (script [[
      local sub = app:group { name = "sub" }
      app:spawn("a", function() ptg.sleep "forever" end)
      app:spawn("b", function() ptg.sleep "forever" end)
      ptg.root:spawn(function()
        local info, names = app:info(), {}
        for _, t in ipairs(app:tasks()) do names[#names + 1] = t.name end
        print(info.children, info.live, #app:groups(), app:groups()[1].path,
          table.concat(names, " "))
        ptg.shutdown { force = true }
      end)
    ]]))
  end)

  it("explains wrong options at their line", function()
    for wrong, message in pairs {
      ["grace = 5"] = "grace: a duration is a string",
      ["grace = '5 s'"] = "bad duration \"5 s\"",
      ["gracee = '5s'"] = 'unknown option "gracee" %(did you mean "grace"%?%)',
      ["max_tasks = 0"] = "max_tasks: must be a whole number",
      ["stops_before = 'x'"] = "must be a group or a list of groups",
      ["stops_before = app.parent"] = "is no sibling",
    } do
      local program = support.run_virtual("local ptg = require 'ptg'\n"
        .. "local app = ptg.group { name = 'app' }\n"
        .. "ptg.group { " .. wrong .. " }\n")
      assert.are.equal(1, program.status)
      assert.matches("^ptg: [^\n]*:3: ptg.group: [^\n]*" .. message
        .. "[^\n]*\n$", program.err)
    end
  end)
end)
