-- plan_spec.lua - ptg plan: the order and the worst times of a shutdown.
local support = require "support"

local SCRIPT = [[
  local ptg = require "ptg"
  local app = ptg.group { name = "app", grace = "10s", cancel_wait = "5s",
    parallel = true }
  local db = app:group { name = "db", grace = "2s", cancel_wait = "1s" }
  local http = app:group { name = "http", stops_before = db }
  local log = app:group { name = "log", grace = "1s", cancel_wait = "1s" }
  http:spawn(function() print "ran" end)
  -- One that may have to be killed: a second more.
  http:process { "echo", "ran", stdout = print }
]]

local function plan(...)
  local program = support.launch("plan", ...):wait()
  assert.are.equal(0, program.status, program.err)
  assert.are.equal("", program.err)
  return program.out
end

describe("ptg plan", function()
  after_each(support.clean_up)

  it("reads like a timetable", function()
    local out = plan(support.file(SCRIPT))
    assert.matches("^[^\n]*: closed [%d.]+s after the shutdown begins, at the "
      .. "latest\n\n +begin +cancel by +closed by +group +waits for\n", out)
    assert.matches("\n +0.000s +10.000s +16.000s +%* +/app/http +%-\n", out)
    assert.matches("\n +0.000s +1.000s +2.000s +/app/log +%-\n", out)
    assert.matches("\n +16.000s +18.000s +19.000s +%* +/app/db +/app/http\n",
      out)
    assert.matches("\n +19.000s +29.000s +34.000s +%* +/app +/app/db\n", out)
    assert.is_nil(out:find "ran")
  end)

  it("is JSON where that is wanted, options before FILE or after", function()
    local file = support.file(SCRIPT)
    local out = plan("--format", "json", file)
    assert.are.equal(out, plan(file, "--format=json"))
    local built = require "dkjson".decode(out)
    assert.are.equal("/", built.group)
    assert.are.equal(5, #built.steps)
    local steps = {}
    for _, step in ipairs(built.steps) do steps[step.path] = step end
    assert.are.same({ path = "/app/db", begin = 16.0, cancel_by = 18.0,
                      closed_by = 19.0, waits_for = "/app/http",
                      is_critical = true }, steps["/app/db"])
    assert.is_false(steps["/app/log"].is_critical)
  end)

  it("is DOT where that is wanted", function()
    local out = plan("--format", "dot", support.file(SCRIPT))
    assert.matches("^digraph shutdown {", out)
    assert.matches('"/app/http" %-> "/app/db" %[color=red', out)
    assert.matches('"/app/log" %[label="/app/log\\n0.000s %- 2.000s"%];', out)
    assert.matches("}\n$", out)
  end)

  it("says so when there is no bound", function()
    local out = plan(support.file [[
      local ptg = require "ptg"
      ptg.group { name = "a", grace = "forever" }
    ]])
    assert.matches("not bounded", out)
    assert.matches("never", out)
  end)

  it("says a script's error as run does", function()
    local program = support.command("plan", "error 'broken'")
    assert.are.equal(1, program.status)
    assert.are.equal("", program.out)
    assert.matches("^ptg: [^\n]*:1: broken", program.err)
  end)
end)
