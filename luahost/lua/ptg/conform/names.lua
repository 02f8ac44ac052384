-- names.lua - what the names of a scenario stand for, and where it belongs.
--
-- A name that ends with # is made again and again: the first is name1, the
-- second name2; where it is used, it stands for the last one.
local failed = require "ptg.conform.failed"

local names = {}

local Names = {}
Names.__index = Names

-- What belongs to no group: posts.
names.NOBODYS = "(nobody's)"

function names.new()
  local self = setmetatable({ by_name = {}, counts = {}, order = {} }, Names)
  self:add("root", { kind = "group" })
  return self
end

-- The name that a step makes.
function Names:fresh(as)
  local stem = as:match "^(.+)#$"
  if not stem then return as end
  self.counts[stem] = (self.counts[stem] or 0) + 1
  return stem .. self.counts[stem]
end

-- The name that a step uses; an integer is a handle as it is.
function Names:used(name)
  local stem = type(name) == "string" and name:match "^(.+)#$"
  if not stem then return name end
  return stem .. (self.counts[stem] or 0)
end

-- Enters what is being made: { kind, group = its group or what is watched, on
-- }. A name may be used again only if its making was refused.
function Names:add(name, thing)
  local before = self.by_name[name]
  if before and before.is_made then
    failed.raise(("the scenario makes %s twice"):format(name))
  end
  thing.name, thing.releases = name, before and before.releases or 0
  thing.uses = (before and before.uses or 0) + 1
  thing.on = thing.on or {}
  self.by_name[name] = thing
  if not before then self.order[#self.order + 1] = name end
  return thing
end

function Names:get(name)
  return self.by_name[name]
end

-- The group that the events of a name belong to.
function Names:home(name)
  local thing = self.by_name[name]
  if not thing then return names.NOBODYS end
  if thing.kind == "group" then return name end
  if thing.kind == "post" then return names.NOBODYS end
  local watched = thing.kind == "watch" and self.by_name[thing.group]
  if watched and watched.kind ~= "group" then return watched.group end
  return thing.group
end

-- The group that an event belongs to: of an error, where it happened.
function Names:home_of_event(text)
  local who, what, from = text:match "^(%S+) (%S+)%s*(%S*)"
  if what == "error" then who = from end
  return self:home(who)
end

return names
