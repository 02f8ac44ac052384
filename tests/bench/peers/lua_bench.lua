-- lua_bench.lua - plain coroutines of Lua 5.4, and coroutines scheduled by luv.
--
--   lua5.4 lua_bench.lua SCENARIO N
--
-- L1: coroutine.create and resume, 1,000 alive; L1pool: coroutines that are
-- used again; L1uv: from an idle handle, with a set of those alive, and L1oneuv
-- with one alive. L2: kept suspended. L3: a timer of luv's each. None of the
-- first has names, errors, or an end that is told to anybody.
local scenario, n = arg[1] or "L1", tonumber(arg[2] or 1000000)
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local status = coroutine.status
local clock = os.clock -- CPU time; but for L3 nothing here waits
local ALIVE = 1000

local function rss()
  local file <close> = io.open("/proc/self/statm")
  local _, resident = file:read("n", "n")
  return resident * 4096
end

local function print_result(name, metric, value)
  print(("%s\t%d\t%s\t%.2f"):format(name, n, metric, value))
end

local function noop() end

local function fresh()
  local group = {}
  for _ = 1, n // ALIVE do
    for i = 1, ALIVE do group[i] = create(noop) end
    for i = 1, ALIVE do
      resume(group[i])
      group[i] = nil
    end
  end
end

local function pooled()
  local free, count, group = {}, 0, {}
  local function loop()
    local fn = yield()
    while true do
      fn()
      fn = yield(true)
    end
  end
  for _ = 1, n // ALIVE do
    for i = 1, ALIVE do
      if count > 0 then
        group[i] = free[count]
        count = count - 1
      else
        group[i] = create(loop)
        resume(group[i])
      end
    end
    for i = 1, ALIVE do
      resume(group[i], noop)
      count = count + 1
      free[count] = group[i]
      group[i] = nil
    end
  end
end

-- A ready queue that an idle handle of luv's runs, and a set of those alive.
local function scheduled(alive)
  local uv = require "luv"
  local left, queue, length, group, live = n, {}, 0, {}, 0
  local idle = uv.new_idle()
  local function spawn(fn)
    local co = create(fn)
    group[co] = true
    live = live + 1
    length = length + 1
    queue[length] = co
  end
  idle:start(function()
    for i = 1, length do
      local co = queue[i]
      queue[i] = nil
      resume(co)
      if status(co) == "dead" then
        assert(group[co])
        group[co] = nil
        live = live - 1
        left = left - 1
      end
    end
    length = 0
    if left > 0 then
      for _ = 1, alive do spawn(noop) end
    else
      idle:close()
    end
  end)
  uv.run()
  assert(live == 0)
end

-- The second of two passes counts.
local function measure(pass, ...)
  pass(...)
  local begin = clock()
  pass(...)
  print_result(scenario, "ns", (clock() - begin) * 1e9 / n)
end

-- The collector runs as it does by default, and once more at the end.
local function parked()
  local group = {}
  for i = 1, n do group[i] = false end
  collectgarbage()
  local before, heap, begin = rss(), collectgarbage("count"), clock()
  local function park() yield() end
  for i = 1, n do
    group[i] = create(park)
    resume(group[i])
  end
  print_result("L2", "spawn_park_ns", (clock() - begin) * 1e9 / n)
  collectgarbage()
  print_result("L2", "bytes", (rss() - before) / n)
  print_result("L2", "heap_bytes", (collectgarbage("count") - heap) * 1024 / n)
end

local function sleeping()
  local uv = require "luv"
  math.randomseed(1)
  local begin, left = clock(), n
  local function sleep(ms)
    local co, timer = coroutine.running(), uv.new_timer()
    timer:start(ms, 0, function()
      timer:close()
      resume(co)
    end)
    yield()
  end
  for _ = 1, n do
    local ms = math.random(1000)
    resume(create(function()
      sleep(ms)
      left = left - 1
    end))
  end
  uv.run()
  assert(left == 0)
  print_result("L3", "cpu_ns", (clock() - begin) * 1e9 / n)
end

local scenarios = {
  L1 = function() measure(fresh) end,
  L1pool = function() measure(pooled) end,
  L1uv = function() measure(scheduled, ALIVE) end,
  L1oneuv = function() measure(scheduled, 1) end,
  L2 = parked,
  L3 = sleeping,
}
scenarios[scenario]()
