-- future_spec.lua - something that is settled once.
local Future = require "ptg.future"

local function waiter(list, name)
  return { notify = function() list[#list + 1] = name end }
end

describe("ptg.future", function()
  it("is settled once", function()
    local future = Future.new()
    future:settle(true, 1, nil, 3)
    future:settle(false, "late")
    assert.are.same({ 1, nil, 3 }, { future:get() })
  end)

  it("raises the very error that it was settled with", function()
    local future, err = Future.new(), {}
    future:settle(false, err)
    local ok, raised = pcall(future.get, future)
    assert.is_false(ok)
    assert.are.equal(err, raised)
  end)

  it("tells those who wait, in the order in which they came", function()
    local future, told = Future.new(), {}
    future:subscribe(waiter(told, "a"))
    local place = future:subscribe(waiter(told, "b"))
    future:subscribe(waiter(told, "c"))
    future:unsubscribe(place)
    future:settle(true)
    assert.are.same({ "a", "c" }, told)
  end)

  it("does not grow when it is waited for and left again and again", function()
    local future = Future.new()
    for _ = 1, 100 do future:unsubscribe(future:subscribe {}) end
    assert.are.equal(0, future.last)
    assert.is_nil(next(future.waiters))
  end)
end)
