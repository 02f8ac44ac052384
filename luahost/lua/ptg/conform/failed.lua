-- failed.lua - why a scenario failed: what is raised as an error for it.
--
-- { line = what happened in one line, diff = lines that show it }; where it
-- happened (place, step) is added on the way out.
local failed = {}

local Failure = {}

function failed.is(value)
  return getmetatable(value) == Failure
end

-- Fails the scenario.
function failed.raise(line, diff)
  error(setmetatable({ line = line, diff = diff }, Failure), 0)
end

-- The same, with a line to be formatted.
function failed.raise_line(format, ...)
  failed.raise(format:format(...))
end

return failed
