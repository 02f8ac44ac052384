-- wait_spec.lua - waits of a task, and what ends them: its own event, a time, a
-- cancel, or two of these at once, in either order.
local support = require "support"

local function script(body)
  local program = support.run_virtual([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "2s", cancel_wait = "1s" }
    local function at() return math.floor(ptg.now() * 1e9 + 0.5) - 1 end
  ]] .. body .. "\nptg.shutdown()")
  assert.are.equal(0, program.status, program.out .. program.err)
  return program.out
end

describe("a wait", function()
  after_each(support.clean_up)

  it("that is over keeps what it brought when a cancel comes too; that is "
    .. "raised at the next one", function()
    assert.are.equal("value\nfalse\tenough\n", script [[
      local finish
      local task = app:spawn(function()
        print((ptg.await(function(done) finish = done end)))
        local ok, err = pcall(ptg.sleep, "1s")
        print(ok, err.reason)
      end)
      ptg.advance "0s"
      finish "value"
      task:cancel "enough"
      ptg.advance "0s"
    ]])
  end)

  it("brings nothing that comes after its cancel", function()
    assert.are.equal("false\tenough\nslept\t5\n", script [[
      local finish
      local task = app:spawn(function()
        local ok, err = pcall(ptg.await, function(done) finish = done end)
        print(ok, err.reason)
        finish "late"
        ptg.sleep "5ns"
        print("slept", at())
      end)
      ptg.advance "0s"
      task:cancel "enough"
      ptg.advance "10ns"
    ]])
  end)

  it("is ended by its own event at once, not by its time", function()
    assert.are.equal("value\t3\nslept\t10\n", script [[
      local finish
      app:spawn(function()
        print(ptg.await(function(done) finish = done end, "5ns"), at())
        ptg.sleep "7ns"
        print("slept", at())
      end)
      ptg.advance "3ns"
      finish "value"
      ptg.advance "20ns"
    ]])
  end)

  it("is ended by its time, and brings nothing that comes later", function()
    assert.are.equal("nil\ttimeout\t5\nother\t8\n", script [[
      local first, second
      app:spawn(function()
        local value, why =
          ptg.await(function(done) first = done end, "5ns")
        print(value, why, at())
        print(ptg.await(function(done) second = done end), at())
      end)
      ptg.advance "7ns"
      first "late"
      ptg.advance "1ns"
      second "other"
      ptg.advance "1ns"
    ]])
  end)

  it("brings several values, none, and nil ones", function()
    assert.are.equal("1\tnil\t3\nnil\t1\n0\n1\n", script [[
      local function values(...)
        local list = table.pack(...)
        return ptg.await(function(done) done(table.unpack(list, 1, list.n)) end)
      end
      app:spawn(function()
        print(values(1, nil, 3))
        print(values(nil), select("#", values(nil)))
        print(select("#", values()))
        print(select("#", values(false)))
      end)
      ptg.advance "0s"
    ]])
  end)

  it("with a time leaves no wake behind when it is cancelled", function()
    assert.are.equal("false\tenough\t1\nslept\t21\n", script [[
      local task = app:spawn(function()
        local ok, err = pcall(ptg.await, function() end, "5ns")
        print(ok, err.reason, at())
        ptg.sleep "20ns"
        print("slept", at())
      end)
      ptg.advance "1ns"
      task:cancel "enough"
      ptg.advance "50ns"
    ]])
  end)

  it("is no business of a wake that another one asked for", function()
    assert.are.equal("false\t\nsecond\t9\n", script [[
      local finish
      local task
      task = app:spawn(function()
        local wait = ptg.await(function(done) done(false) end)
        print(wait, "")
        print(ptg.await(function(done) finish = done end), at())
      end)
      ptg.advance "1ns"
      task:wake()
      ptg.advance "8ns"
      finish "second"
      ptg.advance "1ns"
    ]])
  end)

  it("is where a task that has been finished is closed, whatever it is that it "
    .. "waits for", function()
    assert.are.equal(("closed\n"):rep(4), script [[
      local function finished(wait)
        app:spawn(function(self)
          local guard <close> = setmetatable({}, {
            __close = function() print "closed" end,
          })
          self:finish()
          pcall(wait, self)
          print "never"
        end)
        ptg.advance "0s"
      end
      local other = app:spawn(function() ptg.pause() end)
      finished(function() ptg.await(function() end, "1s") end)
      finished(function() ptg.await(function(done) done() end) end)
      finished(function() ptg.await(other, "1s") end)
      finished(function() ptg.sleep "1s" end)
      other:finish()
      ptg.advance "2s"
    ]])
  end)

  it("that cannot be entered leaves nothing behind", function()
    assert.are.equal(("false\tattempt to yield across a C-call boundary\n"):rep(3)
      .. "slept\t100\nwoken\t150\n", script [[
      local task
      task = app:spawn(function()
        local function inside(wait)
          print(pcall(string.gsub, "a", "a", wait))
        end
        inside(function() ptg.await(function() end, "30ns") end)
        inside(function() ptg.await(task, "40ns") end)
        inside(function() ptg.sleep "10ns" end)
        ptg.sleep "100ns"
        print("slept", at())
        ptg.pause()
        print("woken", at())
      end)
      ptg.advance "150ns"
      task:wake()
      ptg.advance "0s"
    ]])
  end)

  it("in a task that has been finished is where that is closed", function()
    assert.are.equal("closed\nfalse\n", script [[
      local task = app:spawn(function(self)
        local guard <close> = setmetatable({}, {
          __close = function() print "closed" end,
        })
        ptg.await(function() self:finish() end)
        print "never"
      end)
      ptg.advance "0s"
      print(task:cancel())
    ]])
  end)
end)
