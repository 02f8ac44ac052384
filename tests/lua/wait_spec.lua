-- wait_spec.lua - waits of a task, with events in an order of our choice: the
-- runtime promises none between a wake and a cancel.
describe("a wait", function()
  local Task, await
  local slept, finished
  local context, on_resumed

  -- What luahost/driver.c does, without the runtime.
  local function go_on(task, ...)
    context.task = task
    local results = table.pack(coroutine.resume(task.body, ...))
    context.task = false
    if coroutine.status(task.body) == "suspended" then return end
    on_resumed(task, results[1] and "done" or "failed",
      table.unpack(results, 2, results.n))
  end

  before_each(function()
    slept, finished = {}, {}
    package.loaded["ptg.core"] = {
      FOREVER = -1, AT_ONCE = -2, status = { OK = 0, ECANCELED = -10,
                                             EFAILED = -16 },
      SUSPEND = "SUSPEND", SLEEP = "SLEEP", PAUSE = "PAUSE",
      running = coroutine.running, task_resume = go_on,
      task_object = function() end, task_nap = function() end,
      make_sleep = function(slow) return slow end,
      make_pause = function(slow) return slow end,
      set_driver = function(given_context, _, given_on_resumed)
        context, on_resumed = given_context, given_on_resumed
      end,
      task_spawn = function(task)
        task.handle = 42
        return task
      end,
      task_sleep = function(_, ns) slept[#slept + 1] = ns return true end,
      task_finish = function(_, status)
        finished[#finished + 1] = status
        return true
      end,
    }
    for _, name in ipairs { "task", "await", "errors", "log", "context",
                            "registry" } do
      package.loaded["ptg." .. name] = nil
    end
    Task, await = require "ptg.task", require "ptg.await"
    Task.set_driver()
  end)

  after_each(function() package.loaded["ptg.core"] = nil end)

  local function start(fn)
    local task = assert(Task.spawn({ handle = 1, path = "/g" }, "t", 0, fn))
    task.body = coroutine.create(task.body)
    go_on(task, task)
    return task
  end

  it("that is over keeps what it brought when a cancel comes first; that is "
    .. "raised at the next one", function()
    local finish, value, ok, err
    local task = start(function()
      value = await.await(function(done) finish = done end)
      ok, err = pcall(await.sleep, "1s")
    end)
    finish "value"
    task:on_cancel_event(7, "enough")
    assert.is_nil(value)
    task:on_wake_event()
    assert.are.equal("value", value)
    assert.is_false(ok)
    assert.are.equal("enough", err.reason)
    assert.are.same({ 0 }, finished)
  end)

  it("is ended by a wake of its own, at once", function()
    local finish
    start(function() await.await(function(done) finish = done end, "5s") end)
    assert.are.same({ 5000000000 }, slept)
    finish()
    assert.are.same({ 5000000000, 0 }, slept)
    assert.are.same({}, finished)
  end)

  it("with a time leaves no wake behind when it is cancelled", function()
    local task = start(function() await.sleep "5s" end)
    task:on_cancel_event(7, "enough")
    assert.are.same({ 5000000000, -1 }, slept)
    assert.are.same({ -10 }, finished)
  end)

  it("ignores a wake when there is none", function()
    local task = start(function() end)
    task:on_wake_event()
    assert.are.same({ 0 }, finished)
  end)
end)
