-- restart_spec.lua - when a process is started again, and how soon.
local restart = require "ptg.restart"

local MS = 1000000

describe("ptg.restart", function()
  it("knows three policies", function()
    local never = restart.new(restart.read("call", nil))
    local on_failure = restart.new(restart.read("call", "on-failure"))
    local always = restart.new(restart.read("call", "always"))
    assert.is_false(never:wants(false))
    assert.is_false(on_failure:wants(true))
    assert.is_true(on_failure:wants(false))
    assert.is_true(always:wants(true))
  end)

  it("doubles the delay up to the longest", function()
    local history = restart.new(restart.read("call",
      { delay = "100ms", max_delay = "300ms", limit = 4 }))
    assert.are.equal(100 * MS, history:next(0))
    assert.are.equal(200 * MS, history:next(1))
    assert.are.equal(300 * MS, history:next(2))
    assert.are.equal(300 * MS, history:next(3))
  end)

  it("ends when the limit within the time is used up", function()
    local history = restart.new(restart.read("call",
      { limit = 2, within = "1s" }))
    assert.is_not_nil(history:next(0))
    assert.is_not_nil(history:next(1))
    assert.is_nil(history:next(2))
    assert.are.equal("2 restarts within 1s", tostring(history))
  end)

  it("forgets restarts that are too old to count", function()
    local history = restart.new(restart.read("call",
      { delay = "10ms", limit = 1, within = "1s" }))
    assert.are.equal(10 * MS, history:next(0))
    assert.is_nil(history:next(999 * MS))
    assert.are.equal(10 * MS, history:next(1000 * MS))
  end)

  it("refuses an unknown policy", function()
    local ok, err = pcall(restart.read, "call", "sometimes")
    assert.is_false(ok)
    assert.matches('"never", "on%-failure", "always"', tostring(err))
  end)
end)
