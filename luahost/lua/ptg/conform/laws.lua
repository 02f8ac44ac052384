-- laws.lua - holds a trace against the laws.
--
-- The format of traces is in spec/trace.md. A law is a name and a function
-- over an indexed trace; it says nothing where the trace cannot know.
local trace_index = require "ptg.conform.trace_index"

local laws = {}

-- In the order in which they are checked.
laws.all = {}
for _, name in ipairs { "task_laws", "group_laws", "count_laws" } do
  for _, law in ipairs(require("ptg.conform." .. name)) do
    laws.all[#laws.all + 1] = law
  end
end

-- Checks an array of decoded lines. Returns a list of what is wrong, in the
-- order of the lines: { line = index in the array, law = name of the law, text
-- = a sentence }.
function laws.check(records)
  local index = trace_index.build(records)
  local found = {}
  for order, law in ipairs(laws.all) do
    law.check(index, function(line, format, ...)
      local at = records[line] and records[line].at
      local text = format:format(...)
      if at then text = ("%s (at %d)"):format(text, at) end
      found[#found + 1] = { line = line, law = law.name, text = text,
                            order = order }
    end)
  end
  table.sort(found, function(a, b)
    if a.line ~= b.line then return a.line < b.line end
    return a.order < b.order
  end)
  for _, one in ipairs(found) do one.order = nil end
  return found
end

return laws
