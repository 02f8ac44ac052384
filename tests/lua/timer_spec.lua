-- timer_spec.lua - group:after and group:every.
local support = require "support"

local function script(body, status)
  local program = support.run_virtual([[
    local ptg = require "ptg"
    local app = ptg.group { name = "app", grace = "2s", cancel_wait = "1s" }
    local begin = ptg.now()
    local function at() return math.floor((ptg.now() - begin) * 1000 + 0.5) end
  ]] .. body)
  assert.are.equal(status or 0, program.status, program.out .. program.err)
  return program.out, program.err
end

describe("group:after", function()
  after_each(support.clean_up)

  it("runs a task once, at its time", function()
    assert.are.equal("250\tlater\ttrue\n", (script [[
      app:after("250ms", "later", function(task)
        print(at(), task.name, task.group == app)
        ptg.shutdown()
      end)
    ]]))
  end)

  it("can be called off", function()
    assert.are.equal("true\n", (script [[
      local timer = app:after("1s", function() print "never" end)
      app:spawn(function() print(timer:cancel()) end)
      app:after("2s", function() ptg.shutdown() end)
    ]]))
  end)
end)

describe("group:every", function()
  after_each(support.clean_up)

  it("runs a task each period, the first after one", function()
    assert.are.equal("100\n200\n300\n", (script [[
      app:every("100ms", function() print(at()) end)
      app:after("350ms", function() ptg.shutdown() end)
    ]]))
  end)

  it("may begin at once", function()
    assert.are.equal("0\n100\n", (script [[
      app:every("100ms", function() print(at()) end, { first = "0s" })
      app:after("150ms", function() ptg.shutdown() end)
    ]]))
  end)

  local function overlapping(overlap)
    return (script(([[
      local count = 0
      local timer = app:every("100ms", "tick", function()
        count = count + 1
        local number = count
        local ok = pcall(ptg.sleep, "150ms")
        print(number, at(), ok)
      end, { overlap = "%s" })
      app:after("390ms", function()
        print("skipped", timer:counts().skipped)
        ptg.shutdown()
      end)
    ]]):format(overlap)))
  end

  it("skips a firing while the last one is at work", function()
    assert.are.equal("1\t250\ttrue\nskipped\t1\n2\t450\ttrue\n",
      overlapping "skip")
  end)

  it("lets them overlap", function()
    assert.are.equal("1\t250\ttrue\n2\t350\ttrue\nskipped\t0\n3\t450\ttrue\n",
      overlapping "allow")
  end)

  it("replaces the last one", function()
    assert.are.equal("1\t200\tfalse\n2\t300\tfalse\nskipped\t0\n"
      .. "3\t450\ttrue\n", overlapping "replace")
  end)

  it("goes on after a firing that fails", function()
    assert.are.equal("failed\nfailed\n", (script [[
      app:on_error(function() print "failed" end)
      app:every("100ms", function() error "x" end)
      app:after("250ms", function() ptg.shutdown() end)
    ]]))
  end)

  it("goes on after a firing that was refused", function()
    local out, err = script [[
      local g = app:group { name = "g", max_tasks = 2 }
      g:spawn(function() ptg.sleep "150ms" end)
      g:every("100ms", "tick", function() print(at()) end)
      app:after("250ms", function() ptg.shutdown() end)
    ]]
    assert.are.equal("200\n", out)
    assert.matches("timer 'tick' in /app/g: a firing was refused", err)
  end)

  it("explains wrong arguments", function()
    for wrong, message in pairs {
      ["'5x', print"] = "bad duration",
      ["'0s', print"] = "longer than nothing",
      ["'1s'"] = "fn: must be a function",
      ["'1s', print, { overlap = 'x' }"] = '"skip", "allow", "replace"',
    } do
      local program = support.run_virtual(
        "require('ptg').root:every(" .. wrong .. ")")
      assert.are.equal(1, program.status)
      assert.matches(":1: group:every: [^\n]*" .. message, program.err)
    end
  end)
end)
