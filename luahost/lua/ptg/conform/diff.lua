-- diff.lua - two lists of lines, side by side: what was expected, what was
-- seen.
local diff = {}

-- common[i][j]: the length of the longest common part of expected from i on
-- and seen from j on.
local function measure(expected, seen, is_same)
  local common = {}
  for i = #expected + 1, 1, -1 do
    common[i] = {}
    for j = #seen + 1, 1, -1 do
      if i > #expected or j > #seen then
        common[i][j] = 0
      elseif is_same(expected[i], seen[j]) then
        common[i][j] = common[i + 1][j + 1] + 1
      else
        common[i][j] = math.max(common[i + 1][j], common[i][j + 1])
      end
    end
  end
  return common
end

-- Lines that begin with "  " (both), "- " (expected only) or "+ " (seen only).
-- is_same(a, b) and say(item) are about items of the lists.
function diff.lines(expected, seen, is_same, say)
  local common = measure(expected, seen, is_same)
  local lines, i, j = {}, 1, 1
  while i <= #expected or j <= #seen do
    if i <= #expected and j <= #seen and is_same(expected[i], seen[j]) then
      lines[#lines + 1] = "  " .. say(seen[j])
      i, j = i + 1, j + 1
    elseif j > #seen
      or i <= #expected and common[i + 1][j] >= common[i][j + 1] then
      lines[#lines + 1] = "- " .. say(expected[i])
      i = i + 1
    else
      lines[#lines + 1] = "+ " .. say(seen[j])
      j = j + 1
    end
  end
  return lines
end

return diff
