-- duration_spec.lua - durations as scripts write them.
local duration = require "ptg.duration"

describe("ptg.duration", function()
  it("reads every unit, and sums of them", function()
    assert.are.equal(250000000, duration.parse "250ms")
    assert.are.equal(5000000000, duration.parse "5s")
    assert.are.equal(90000000000, duration.parse "1m30s")
    assert.are.equal(7200000000000, duration.parse "2h")
    assert.are.equal(1500000000, duration.parse "1.5s")
    assert.are.equal(7000, duration.parse "7us")
    assert.are.equal(7, duration.parse "7ns")
    assert.are.equal(0, duration.parse "0s")
  end)

  it("gives whole nanoseconds, never fewer than were asked for", function()
    assert.are.equal("integer", math.type(duration.parse "0.1s"))
    assert.are.equal(2, duration.parse "1.5ns")
    assert.are.equal(4350000000, duration.parse "4.35s")
    assert.are.equal(1100000, duration.parse "1.1ms")
  end)

  it("reads for ever", function()
    assert.are.equal(duration.FOREVER, duration.parse "forever")
  end)

  it("refuses what is none, and says what would be", function()
    for _, text in ipairs { "", "5", "s", "5x", "-1s", "5 s", "1s foo", "1..2s",
                            "5S", " 5s", "5s ", "forever1s", "0x5s" } do
      local ns, wrong = duration.parse(text)
      assert.is_nil(ns, text)
      assert.matches("bad duration", wrong)
      assert.matches("1m30s", wrong)
    end
  end)

  it("refuses a number", function()
    local ns, wrong = duration.parse(5)
    assert.is_nil(ns)
    assert.matches("not a number", wrong)
  end)

  it("refuses one that 64 bits do not hold", function()
    local ns, wrong = duration.parse "99999999999h"
    assert.is_nil(ns)
    assert.matches("too long", wrong)
  end)

  it("writes what it reads", function()
    for _, text in ipairs { "250ms", "5s", "1m30s", "2h", "1.5s", "1h2m3.004s",
                            "7us", "7ns", "forever", "0s", "1.25ms" } do
      assert.are.equal(text, duration.format(duration.parse(text)))
    end
  end)
end)
