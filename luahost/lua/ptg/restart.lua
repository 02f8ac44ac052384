-- restart.lua - when a process that ended is started again, and how soon.
local duration = require "ptg.duration"
local options = require "ptg.options"

local restart = {}

local policies = { "never", "on-failure", "always" }

local spec = {
  policy = policies, delay = "delay", max_delay = "delay", limit = "count",
  within = "period",
}

local History = {}
History.__index = History

-- Reads the option restart of a process; call is for the message of a mistake.
function restart.read(call, value)
  local own
  if type(value) == "table" then
    own = options.check(call .. ": restart", value, spec)
  else
    own = { policy = options.value(call, "restart", policies,
      value == nil and "never" or value) }
  end
  return {
    policy = own.policy or "on-failure",
    delay = own.delay or 100000000,
    max_delay = own.max_delay or 10000000000,
    limit = own.limit or 5,
    within = own.within or 60000000000,
  }
end

-- The restarts of one process under a policy.
function restart.new(policy)
  return setmetatable({ policy = policy, times = {} }, History)
end

-- Is an end like this one to be followed by another start?
function History:wants(is_well)
  if self.policy.policy == "always" then return true end
  return self.policy.policy == "on-failure" and not is_well
end

-- Forgets the restarts that are too old to count.
local function forget(self, now)
  local kept = {}
  for _, time in ipairs(self.times) do
    if now - time < self.policy.within then kept[#kept + 1] = time end
  end
  self.times = kept
end

-- Notes a restart, and returns how long to wait before it: the delay, doubled
-- for each restart that still counts. nil: the limit is used up.
function History:next(now)
  forget(self, now)
  local before = #self.times
  if before >= self.policy.limit then return nil end
  self.times[before + 1] = now
  local delay = self.policy.delay
  for _ = 1, before do
    if delay >= self.policy.max_delay then break end
    delay = delay * 2
  end
  return math.min(delay, self.policy.max_delay)
end

-- "3 restarts within 1m"
function History:__tostring()
  return ("%d restart%s within %s"):format(#self.times,
    #self.times == 1 and "" or "s", duration.format(self.policy.within))
end

-- How many restarts count now.
function History:count()
  return #self.times
end

return restart
