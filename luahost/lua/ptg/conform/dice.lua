-- dice.lua - random numbers that are the same everywhere for the same seed.
local dice = {}

local Dice = {}
Dice.__index = Dice

function dice.new(seed)
  local self = setmetatable({ state = seed }, Dice)
  -- Seeds beside one another begin alike.
  for _ = 1, 4 do self:below(2) end
  return self
end

-- A number from 0 to below count, which is small.
function Dice:below(count)
  self.state = self.state * 6364136223846793005 + 1442695040888963407
  return (self.state >> 33) % count
end

-- A number from least to most.
function Dice:between(least, most)
  return least + self:below(most - least + 1)
end

-- True in so many of a hundred cases.
function Dice:chance(percent)
  return self:below(100) < percent
end

function Dice:pick(list)
  return list[1 + self:below(#list)]
end

-- One of a list, mostly of its last; nil if there is nothing in it.
function Dice:pick_late(list)
  if #list == 0 then return nil end
  local back = 0
  while back < #list - 1 and self:chance(70) do back = back + 1 end
  return list[#list - back]
end

-- The key of one of the entries { key, weight }.
function Dice:weigh(entries)
  local total = 0
  for _, entry in ipairs(entries) do total = total + entry[2] end
  local left = self:below(total)
  for _, entry in ipairs(entries) do
    left = left - entry[2]
    if left < 0 then return entry[1] end
  end
end

return dice
