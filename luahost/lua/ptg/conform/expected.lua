-- expected.lua - the file of failures that are known: lines of ID REASON.
local expected = {}

-- Reads it: { id = reason }. Nil and what is wrong. is_known(id) says whether
-- there is such a scenario: a name that nothing has is a mistake.
function expected.load(path, is_known)
  local handle, wrong = io.open(path, "r")
  if not handle then return nil, wrong end
  local reasons, number = {}, 0
  for line in handle:lines() do
    number = number + 1
    local id, reason = line:match "^%s*(%S+)%s*(.-)%s*$"
    if id and id:sub(1, 1) ~= "#" then
      if not is_known(id) then
        wrong = ("%s:%d: there is no scenario %s"):format(path, number, id)
        break
      end
      reasons[id] = reason ~= "" and reason or "no reason given"
    end
  end
  handle:close()
  if wrong then return nil, wrong end
  return reasons
end

return expected
