-- signals.lua - signals by name and by number.
local constants = require("luv").constants

local signals = {}

local by_name, by_number = {}, {}
for key, number in pairs(constants) do
  local name = type(number) == "number" and key:match("^SIG(%u+%d*)$")
  if name then
    by_name[name] = number
    -- Where two names share a number the shorter one is the usual one.
    local other = by_number[number]
    if not other or #name < #other or #name == #other and name < other then
      by_number[number] = name
    end
  end
end

-- The number of "TERM" or "SIGTERM"; nil and what is wrong.
function signals.number(name)
  local number = type(name) == "string"
    and by_name[name:upper():gsub("^SIG", "")]
  if number then return number end
  return nil, ('must be the name of a signal, such as "TERM", not %s'):format(
    type(name) == "string" and '"' .. name .. '"' or "a " .. type(name))
end

function signals.name(number)
  return by_number[number] or tostring(number)
end

return signals
