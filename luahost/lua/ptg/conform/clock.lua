-- clock.lua - the clock of an implementation, as the suite sees it.
--
-- A virtual one is exact. A real one runs FACTOR times as fast as a scenario
-- says, and its instants are compared with a tolerance.
local clock = {}

local FACTOR = 50
-- Of the distance from reset, and at least so much of real time.
local TOLERANCE, TOLERANCE_NS = 0.2, 15000000
-- Nobody waits longer for a scenario, in real time.
local LONGEST_NS = 10000000000

local Clock = {}
Clock.__index = Clock

function clock.new(is_real)
  return setmetatable({ is_real = is_real }, Clock)
end

-- A duration of a scenario, as the adapter is told it; never shorter.
function Clock:to_wire(value)
  if not self.is_real or math.type(value) ~= "integer" then return value end
  return -(-value // FACTOR)
end

-- Could an adapter wait out so much of a scenario's time?
function Clock:can_wait(ns)
  return not self.is_real or self:to_wire(ns) <= LONGEST_NS
end

-- What the adapter said, as a scenario has it.
function Clock:from_wire(ns)
  return self.is_real and ns * FACTOR or ns
end

function Clock:is_same(expected, seen)
  if not self.is_real then return expected == seen end
  local allowed = math.max(math.abs(expected) * TOLERANCE,
    TOLERANCE_NS * FACTOR)
  return math.abs(seen - expected) <= allowed
end

-- How long the adapter waits for a duration that it was told, in milliseconds.
function Clock:wait_ms(ns)
  if not self.is_real or math.type(ns) ~= "integer" then return 0 end
  return math.ceil(ns / 1e6)
end

return clock
