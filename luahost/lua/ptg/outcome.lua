-- outcome.lua - how a task ended.
local core = require "ptg.core"
local registry = require "ptg.registry"

local outcome = {}

-- What the runtime said, as a table for scripts. status is "OK", "ECANCELED",
-- or how it failed.
function outcome.new(status, flags, code, value, originator, message, reason)
  return {
    status = core.status[status], code = code, value = value,
    message = message, reason = reason,
    originator = registry.by_handle(originator),
    originator_handle = originator ~= 0 and originator or nil,
    cancel_requested = flags & core.CANCEL_REQUESTED ~= 0,
    never_ran = flags & core.NEVER_RAN ~= 0,
    abandoned = flags & core.ABANDONED ~= 0,
    killed = flags & core.KILLED ~= 0,
  }
end

return outcome
