-- check_spec.lua - ptg check: what is wrong with a topology.
local support = require "support"

local function check(body)
  return support.command("check", "local ptg = require 'ptg'\n" .. body)
end

-- The script has one thing wrong, at this line.
local function assert_finding(line, pattern, body)
  local program = check(body)
  assert.are.equal(1, program.status, program.out .. program.err)
  assert.matches("^[^\n]*:" .. line .. ": " .. pattern .. "[^\n]*\n$",
    program.err)
  assert.are.equal("", program.out)
end

local function assert_fine(body)
  local program = check(body)
  assert.are.equal(0, program.status, program.out .. program.err)
  assert.are.equal("", program.err)
  assert.matches("nothing wrong", program.out)
end

describe("ptg check", function()
  after_each(support.clean_up)

  it("starts nothing, and says when nothing is wrong", function()
    local program = check [[
      local app = ptg.group { name = "app" }
      app:spawn(function() print "task" end)
      app:process { "echo", "process", stdout = print }
      app:every("1s", function() print "timer" end, { first = "0s" })
      app:on_drain(function() print "drain" end)
      ptg.root:on_closed(function() print "closed" end)
      ptg.root:on_error(function() print "error" end)
    ]]
    assert.are.equal(0, program.status, program.err)
    assert.matches("^[^\n]*: 1 group, nothing wrong\n$", program.out)
    assert.are.equal("", program.err)
  end)

  it("finds a circle, and goes on", function()
    local program = check [[
local a = ptg.group { name = "a" }
local b = ptg.group { name = "b", stops_before = a }
local c = ptg.group { name = "c", stops_before = b }
a:stops_before(c)
a:stops_before(a)
]]
    assert.are.equal(1, program.status)
    assert.matches(":5: [^\n]*circle[^\n]*\n[^\n]*:6: ", program.err)
  end)

  it("finds limits beyond what an ancestor's deadline leaves", function()
    assert_finding(3, "/app/low: grace 30s and cancel_wait 5s are 35s, but "
      .. "the deadline of /app is 25s", [[
local app = ptg.group { name = "app", deadline = "25s" }
app:group { name = "low", grace = "30s" }
]])
    assert_finding(4, "/app/mid/low: grace 10s and cancel_wait 20s are 30s", [[
local app = ptg.group { name = "app", deadline = "25s" }
local mid = app:group { name = "mid" }
mid:group { name = "low", cancel_wait = "20s" }:spawn(print)
app:spawn(print)
]])
    assert_finding(3, "/app/low: its deadline is 30s, but /app leaves it 25s",
      [[
local app = ptg.group { name = "app", deadline = "25s" }
app:group { name = "low", deadline = "30s" }
]])
  end)

  it("finds limits without an end under a deadline", function()
    assert_finding(3, "/app/low: its grace is forever, but the deadline of "
      .. "/app is 25s", [[
local app = ptg.group { name = "app", deadline = "25s" }
app:group { name = "low", grace = "forever" }
]])
    assert_finding(3, "/app/low: its cancel_wait is forever", [[
local app = ptg.group { name = "app", deadline = "25s" }
app:group { name = "low", cancel_wait = "forever" }
]])
  end)

  it("finds a group that can never stop in time", function()
    assert_finding(2, "/app: its deadline is 5s, but the cancel waits on its "
      .. "critical path need 6s: /app/c 2s, /app/b 2s, /app/a 2s", [[
local app = ptg.group { name = "app", deadline = "5s", cancel_wait = "2s" }
for _, name in ipairs { "a", "b", "c" } do
  app:group { name = name, grace = "1s" }:spawn(print)
end
]])
  end)

  it("counts what goes together only once, and what is ordered in a row",
    function()
    local body = [[
local app = ptg.group { name = "app", deadline = "5s", cancel_wait = "2s",
  grace = "1s", parallel = true }
local a = app:group { name = "a" }
local b = app:group { name = "b" %s }
local c = app:group { name = "c" %s }
]]
    assert_fine(body:format("", ""))
    assert_fine(body:format(", stops_before = a", ""))
    assert_finding(2, "/app: its deadline is 5s, but the cancel waits on its "
      .. "critical path need 6s: /app/c 2s, /app/b 2s, /app/a 2s",
      body:format(", stops_before = a", ", stops_before = b"))
  end)

  it("lets a group inherit more than a deadline leaves", function()
    assert_fine [[
local app = ptg.group { name = "app", deadline = "8s" }
app:group { name = "low" }:group { name = "lower" }
]]
  end)

  it("finds a name used twice among siblings", function()
    local program = check [[
local app = ptg.group { name = "app" }
app:group { name = "low" }
app:group { name = "low" }
ptg.group { name = "low" }
app:process { "redis-server" }
app:process { "redis-server" }
]]
    assert.are.equal(1, program.status)
    assert.matches("^[^\n]*:4: /app: the name of this group, 'low', is that "
      .. "of the one declared at [^\n]*:3\n[^\n]*:7: /app: the name of this "
      .. "process, 'redis%-server', is that of the one declared at [^\n]*:6\n$",
      program.err)
  end)

  it("says a script's error as run does", function()
    local program = check "\nerror 'broken'"
    assert.are.equal(1, program.status)
    assert.matches("^ptg: [^\n]*:3: broken\nstack traceback", program.err)
    program = check "ptg.group { grace = 5 }"
    assert.are.equal(1, program.status)
    assert.matches("^ptg: [^\n]*:2: ptg.group: grace[^\n]*\n$", program.err)
  end)
end)
