-- misuse.lua - what is wrong with the usage of ptg conform, raised as an error.
local misuse = {}

local Misuse = {}

function misuse.is(value)
  return getmetatable(value) == Misuse
end

function misuse.raise(format, ...)
  error(setmetatable({ message = format:format(...) }, Misuse), 0)
end

-- The value, or, if there is none, what is wrong.
function misuse.must(value, wrong)
  if value == nil then misuse.raise("%s", wrong) end
  return value
end

return misuse
