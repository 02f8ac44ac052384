-- ending.lua - the end of a scenario: what is left ends by force, and then the
-- whole of it is held against the laws.
local failed = require "ptg.conform.failed"
local laws = require "ptg.conform.laws"

local ending = {}

-- Longer than the wait for what has been killed.
local KILL_NS = 2000000000

local function has_events(scene)
  for _, name in ipairs(scene.names.order) do
    if scene.names:get(name).events then return true end
  end
end

-- Is there something that is killed, and waited for?
local function may_kill(scene)
  for _, step in ipairs(scene.scenario.needs or {}) do
    if step == "kill" then return true end
  end
end

-- Lets happen what is due.
local function advance(scene)
  scene:send { op = "advance",
               by = scene.clock:to_wire(may_kill(scene) and KILL_NS or 0) }
end

-- Takes events, and what follows from that, until none comes any more. A group
-- that is closed by a taking lets the one around it end, so there are some
-- rounds for each thing that there is, and never many more.
local function take_to_the_end(scene)
  if not has_events(scene) then return end
  local most = 10 * #scene.names.order
  for _ = 1, most do
    if scene:take_all() == 0 then return end
    advance(scene)
  end
  failed.raise(("there are events to be taken at the end still after %d rounds")
    :format(most))
end

-- Ends all that is left. The scenario's own steps are over: what is called now
-- is only recorded.
function ending.close(scene)
  scene.is_ending = true
  if scene.is_destroyed then
    scene.link.conversation:finish()
    return
  end
  local shutdown = { op = "shutdown", group = "root", force = true,
                     grace = "at_once", cancel_wait = "at_once" }
  local answer = scene:send(shutdown)
  scene.trace:add_operation(shutdown, answer.status)
  advance(scene)
  take_to_the_end(scene)
  answer = scene:send { op = "destroy" }
  -- It tells the ends of what was abandoned, which may be events.
  if answer.status == "busy" and has_events(scene) then
    take_to_the_end(scene)
    answer = scene:send { op = "destroy" }
  end
  scene.link.conversation:finish()
  if answer.status ~= "ok" then
    failed.raise(("destroy at the end: expected ok, the answer is %s")
      :format(answer.status))
  end
end

-- -------------------------------------------------------------------- checks

-- The end of each task is told exactly once.
local function find_wrong_dones(scene, lines)
  for _, name in ipairs(scene.names.order) do
    local thing = scene.names:get(name)
    local dones = thing.dones or 0
    if thing.kind == "task" and thing.is_made and dones ~= 1 then
      lines[#lines + 1] = ("the end of %s was told %d times"):format(name,
        dones)
    end
  end
end

-- What was given along is released exactly once, also when it was refused. A
-- task that is told by events has nothing to be released.
local function find_wrong_releases(scene, lines)
  if not scene.features.release then return end
  for _, name in ipairs(scene.names.order) do
    local thing = scene.names:get(name)
    local expected = thing.uses
    if thing.kind == "task" and thing.events then expected = 0 end
    if thing.releases ~= expected then
      lines[#lines + 1] = ("what was given along with %s was released %d times"
        .. ", not %d"):format(name, thing.releases, expected)
    end
  end
end

-- Holds what was seen against the laws, or fails.
function ending.check(scene)
  local lines = {}
  find_wrong_dones(scene, lines)
  find_wrong_releases(scene, lines)
  for _, found in ipairs(laws.check(scene.trace.records)) do
    lines[#lines + 1] = ("%s: %s"):format(found.law, found.text)
  end
  if #lines == 0 then return end
  failed.raise("a law is broken: " .. lines[1], #lines > 1 and lines or nil)
end

return ending
