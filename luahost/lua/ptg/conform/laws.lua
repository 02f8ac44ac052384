-- laws.lua - holds a trace against the laws.
local laws = {}

-- Checks an array of records, as spec/trace.md has them. Returns a list of what
-- is wrong: { line = index in the array, law = its name, text = a sentence }.
function laws.check()
  return {}
end

return laws
