-- failed.lua - why a scenario failed: what is raised as an error for it.
--
-- { line = what happened in one line, diff = lines that show it, is_adapter =
-- the adapter is of no more use }; where it happened (place, step) is added on
-- the way out.
local failed = {}

local Failure = {}

function failed.is(value)
  return getmetatable(value) == Failure
end

-- Fails the scenario.
function failed.raise(line, diff)
  error(setmetatable({ line = line, diff = diff }, Failure), 0)
end

-- Fails it, and ends the adapter.
function failed.raise_adapter(format, ...)
  error(setmetatable({ line = format:format(...), is_adapter = true },
    Failure), 0)
end

return failed
