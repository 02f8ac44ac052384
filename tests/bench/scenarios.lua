-- scenarios.lua - the same as peers/lua_bench.lua, through the module ptg.
--
--   ptg run scenarios.lua SCENARIO N
--
-- L1: spawn to done of a no-op task, 1,000 alive; L1one: one alive, a turn of
-- the loop each. L2: tasks that stay suspended. L3: tasks that sleep 1 to
-- 1,000 ms.
local ptg = require "ptg"

local scenario, n = ptg.args[1] or "L1", tonumber(ptg.args[2] or 1000000)
local clock = os.clock -- CPU time; but for L3 nothing here waits

local function rss()
  local file <close> = io.open("/proc/self/statm")
  local _, resident = file:read("n", "n")
  return resident * 4096
end

local function print_result(name, metric, value)
  print(("%s\t%d\t%s\t%.2f"):format(name, n, metric, value))
end

local function noop() end

-- Tasks start in the order in which they were spawned, and the last is waited
-- for.
local function pass(group, alive)
  for _ = 1, n // alive do
    for _ = 1, alive - 1 do group:spawn(noop) end
    ptg.await(group:spawn(noop))
  end
end

-- The second of two passes counts.
local function spawned(alive)
  local group = ptg.group { name = "spawned" }
  pass(group, alive)
  local begin = clock()
  pass(group, alive)
  print_result(scenario, "ns", (clock() - begin) * 1e9 / n)
  assert(group:info().live == 0)
  assert(group:info().succeeded == 2 * (n // alive) * alive)
end

-- The collector runs as it does by default, and once more at the end.
local function parked()
  local group = ptg.group { name = "parked", grace = "0s" }
  collectgarbage()
  local before, heap, begin = rss(), collectgarbage("count"), clock()
  local count = 0
  local function park()
    count = count + 1
    ptg.pause()
  end
  for _ = 1, n do group:spawn(park) end
  while count < n do ptg.sleep("0s") end
  print_result("L2", "spawn_park_ns", (clock() - begin) * 1e9 / n)
  collectgarbage()
  print_result("L2", "bytes", (rss() - before) / n)
  print_result("L2", "heap_bytes", (collectgarbage("count") - heap) * 1024 / n)
  begin = clock()
  group:shutdown()
  ptg.await(group)
  print_result("L2shutdown", "ns", (clock() - begin) * 1e9 / n)
end

local function sleeping()
  local group = ptg.group { name = "sleeping" }
  local durations = {}
  for ms = 1, 1000 do durations[ms] = ms .. "ms" end
  math.randomseed(1)
  local begin, left = clock(), n
  for _ = 1, n do
    local duration = durations[math.random(1000)]
    group:spawn(function()
      ptg.sleep(duration)
      left = left - 1
    end)
  end
  while left > 0 do ptg.sleep("10ms") end
  print_result("L3", "cpu_ns", (clock() - begin) * 1e9 / n)
end

local scenarios = {
  L1 = function() spawned(1000) end,
  L1one = function() spawned(1) end,
  L2 = parked,
  L3 = sleeping,
}

ptg.group({ name = "driver" }):spawn("driver", function()
  scenarios[scenario]()
  ptg.shutdown { force = true }
end)
