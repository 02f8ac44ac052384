-- options_spec.lua - tables of options are checked, and mistakes explained.
local options = require "ptg.options"

local spec = {
  name = "name", grace = "limit", every = "period", wait = "delay",
  count = "count", flag = "boolean", fn = "function",
  mode = { "skip", "allow" },
}

local function mistake(given)
  local ok, err = pcall(options.check, "call", given, spec)
  assert.is_false(ok)
  assert.are.equal("EINVAL", err.code)
  return tostring(err)
end

describe("ptg.options", function()
  it("returns the values as they are used", function()
    local own = options.check("call", {
      name = "n", grace = "1s", count = 3, flag = false, mode = "allow",
    }, spec)
    assert.are.same({ name = "n", grace = 1000000000, count = 3, flag = false,
                      mode = "allow" }, own)
  end)

  it("tells a limit of nothing from no limit given", function()
    assert.are.equal(-2, options.check("call", { grace = "0s" }, spec).grace)
    assert.are.equal(-1, options.check("call", { grace = "forever" }, spec)
      .grace)
    assert.is_nil(options.check("call", {}, spec).grace)
  end)

  it("names an unknown option, and what may have been meant", function()
    assert.matches('call: unknown option "nmae" %(did you mean "name"%?%)',
      mistake { nmae = "x" })
    assert.matches('"conut" %(did you mean "count"%?%)', mistake { conut = 1 })
    assert.matches('"grac" %(did you mean "grace"%?%)', mistake { grac = 1 })
    assert.matches('"everyy" %(did you mean "every"%?%)', mistake { everyy = 1 })
    assert.matches('unknown option "zzzzz"$', mistake { zzzzz = 1 })
    assert.matches("unknown option 1$", mistake { "x" })
  end)

  it("says where, in one line", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local _, err = pcall(function() options.check("call", { x = 1 }, spec) end)
    assert.are.equal(("options_spec.lua:%d: call: unknown option \"x\"")
      :format(line), tostring(err):match "[^/]*$")
  end)

  it("refuses values of the wrong sort", function()
    assert.matches("name: must be a string, not a number", mistake { name = 5 })
    assert.matches("name: must not be empty", mistake { name = "" })
    assert.matches("neither a slash", mistake { name = "a/b" })
    assert.matches("must be UTF%-8", mistake { name = "\xff" })
    assert.matches("at most 255", mistake { name = ("x"):rep(256) })
    assert.matches("not a number", mistake { grace = 5 })
    assert.matches("bad duration", mistake { grace = "5" })
    assert.matches("every: must be longer", mistake { every = "0s" })
    assert.matches("every: must not be forever", mistake { every = "forever" })
    assert.matches("wait: must not be forever", mistake { wait = "forever" })
    assert.matches("whole number", mistake { count = 0 })
    assert.matches("whole number", mistake { count = 1.5 })
    assert.matches("true or false", mistake { flag = 1 })
    assert.matches("must be a function", mistake { fn = 1 })
    assert.matches('must be "skip", "allow"', mistake { mode = "x" })
  end)

  it("refuses what is no table", function()
    assert.matches("a table of options is wanted, not a nil", mistake(nil))
  end)
end)
