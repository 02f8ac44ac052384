-- shrink.lua - makes a scenario smaller that shows something.
--
-- Steps go, many at a time and then each; what callbacks do; fields that may
-- be left out; durations become short ones. Bounded in tries and in time.
local operations = require "ptg.conform.operations"
local uv = require "luv"

local shrink = {}

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for key, item in pairs(value) do made[key] = copy(item) end
  return setmetatable(made, getmetatable(value))
end
shrink.copy = copy

-- ------------------------------------------------------------------- changes

-- A change is a function that is given the steps (a copy) and changes them;
-- false: there was nothing to change.

local function remove_range(first, count)
  return function(steps)
    for place = math.min(first + count - 1, #steps), first, -1 do
      table.remove(steps, place)
    end
    return #steps > 0
  end
end

-- The lists of steps within each other, outermost first: visit(list, path),
-- where the path leads there from the outermost one.
local function each_list(steps, visit, path)
  path = path or {}
  visit(steps, path)
  for place, step in ipairs(steps) do
    local calls = {}
    for call in pairs(step.on or {}) do calls[#calls + 1] = call end
    table.sort(calls)
    for _, call in ipairs(calls) do
      local inner = table.move(path, 1, #path, 1, {})
      inner[#inner + 1], inner[#inner + 2] = place, call
      each_list(step.on[call], visit, inner)
    end
  end
end

local function follow(steps, path)
  for place = 1, #path, 2 do
    steps = steps[path[place]].on[path[place + 1]]
  end
  return steps
end

local function at(path, change)
  return function(steps) return change(follow(steps, path)) ~= false end
end

local is_duration = { by = true, ["for"] = true, after = true, grace = true,
                      cancel_wait = true, deadline = true, every = true }

local function add_field_changes(changes, path, place, step)
  local fields = {}
  for field in pairs(step) do fields[#fields + 1] = field end
  table.sort(fields)
  local known = operations.known[step["do"]].fields
  for _, field in ipairs(fields) do
    local is_object = field == "group" or field == "task"
    if field == "on" or known[field] == "may" and not is_object then
      changes[#changes + 1] = at(path, function(list)
        list[place][field] = nil
      end)
    end
    if is_duration[field] and step[field] ~= "1s" then
      changes[#changes + 1] = at(path, function(list)
        list[place][field] = "1s"
      end)
    end
  end
end

-- Everything small that can be done to the steps.
local function list_changes(steps)
  local changes = {}
  each_list(steps, function(list, path)
    if #path > 0 then
      changes[#changes + 1] = function(all)
        local outer = table.move(path, 1, #path - 2, 1, {})
        local step = follow(all, outer)[path[#path - 1]]
        step.on[path[#path]] = nil
        if not next(step.on) then step.on = nil end
      end
    end
    for place = #list, 1, -1 do
      changes[#changes + 1] = at(path, function(found)
        table.remove(found, place)
      end)
    end
  end)
  each_list(steps, function(list, path)
    for place, step in ipairs(list) do
      add_field_changes(changes, path, place, step)
    end
  end)
  return changes
end

-- ----------------------------------------------------------------- shrinking

-- Tries a change; true if what is left still shows it.
local function try(self, change)
  if self.tries >= self.most or uv.hrtime() > self.until_ns then
    self.is_over = true
    return false
  end
  local steps = copy(self.steps)
  if change(steps) == false or #steps == 0 then return false end
  self.tries = self.tries + 1
  if not self.shows(steps) then return false end
  self.steps = steps
  return true
end

-- Leaves out halves, quarters and so on.
local function remove_many(self)
  local size = #self.steps // 2
  while size >= 2 and not self.is_over do
    local first = #self.steps - size + 1
    while first > -size and not self.is_over do
      try(self, remove_range(math.max(first, 1), size))
      first = first - size
    end
    size = size // 2
  end
end

-- The changes are listed anew after each that was kept, and taken up at about
-- the place where that was.
local function change_each(self)
  local is_smaller = false
  local place = 1
  local changes = list_changes(self.steps)
  while place <= #changes and not self.is_over do
    if try(self, changes[place]) then
      is_smaller = true
      changes = list_changes(self.steps)
    else
      place = place + 1
    end
  end
  return is_smaller
end

-- The smallest steps for which shows(steps) still says true, which it does for
-- these. options: tries and seconds, at most.
function shrink.steps(steps, shows, options)
  local self = { steps = steps, shows = shows, tries = 0,
                 most = options.tries,
                 until_ns = uv.hrtime() + math.floor(options.seconds * 1e9) }
  remove_many(self)
  while not self.is_over and change_each(self) do end -- luacheck: ignore
  return self.steps, self.tries
end

return shrink
