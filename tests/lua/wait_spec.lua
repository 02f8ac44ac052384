-- wait_spec.lua - waits of a task, with events in an order of our choice: the
-- runtime promises none between a wake and a cancel.
describe("a wait", function()
  local Task, await
  local slept, finished
  local current, on_resumed

  -- What luahost/driver.c does, without the runtime.
  local function go_on(task, ...)
    current = task
    local results = table.pack(coroutine.resume(task.body, ...))
    current = false
    if coroutine.status(task.body) == "suspended" then return end
    on_resumed(task, results[1] and "done" or "failed",
      table.unpack(results, 2, results.n))
  end

  local function wake(task)
    local wait = task.waiting
    if not wait or not wait.is_over then return task:on_wake_event() end
    task.waiting = false
    go_on(task, "over")
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
      places = { handle = 1, body = 2, group = 3, name = 4, is_watched = 5 },
      task_index = function(class, places)
        return function(task, key)
          return class[key] or rawget(task, places[key])
        end
      end,
      set_current = function() return false, 0 end,
      current_task = function() return current end,
      current_spawner = function() return 0 end,
      running_task = function() end,
      set_driver = function(_, given_on_resumed)
        on_resumed = given_on_resumed
      end,
      task_spawn = function(task)
        task[1] = 42
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
    task[2] = coroutine.create(task.body)
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
    wake(task)
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
    wake(task)
    assert.are.same({ 0 }, finished)
  end)
end)
