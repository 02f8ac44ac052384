-- request.lua - from a step of a scenario to a request of the protocol.
local instant = require "ptg.conform.instant"
local operations = require "ptg.conform.operations"

local request = {}

-- What is told without being asked for.
local told = {
  root = { "error", "drain", "closed" },
  group = { "drain", "closed" },
  spawn = { "drain", "cancel" },
}
local tellable = {
  root = { "error", "drain", "closed" },
  group = { "error", "drain", "closed" },
  spawn = { "drain", "cancel", "kill" },
}

-- What is asked for, or is told anyway, and what `on` has a use for.
local function tells_of(step)
  local name = step["do"]
  local is_told = {}
  for _, call in ipairs(step.tells or told[name]) do is_told[call] = true end
  local tells = {}
  for _, call in ipairs(tellable[name]) do
    if is_told[call] or (step.on and step.on[call]) then
      tells[#tells + 1] = call
    end
  end
  return tells
end

local function convert(sort, value, scene)
  if sort == "duration" then
    return scene.clock:to_wire(instant.to_ns(value))
  end
  if sort == "name" then return scene.names:used(value) end
  return value
end

-- The task itself, where none is named.
local is_self_named = { finish = true, sleep = true, extend_grace = true }

-- The request of a step inside a callback of self, or outside (nil).
function request.of(step, scene, self)
  local name = step["do"]
  local made = { op = name == "root" and "reset" or name }
  for field, value in pairs(step) do
    local sort = operations.fields[field]
    if sort and not (name == "finish" and field == "after") then
      made[field] = convert(sort, value, scene)
    end
  end
  local known = operations.known[name].fields
  if made.as then made.as = scene.names:fresh(made.as) end
  if known["in"] and not made["in"] then made["in"] = "root" end
  if is_self_named[name] and not made.task then made.task = self end
  if tellable[name] then made.tells = tells_of(step) end
  if name == "advance" then made.by = made.by or 0 end
  if name == "finish" then made.status = made.status or "ok" end
  if name == "watch" then
    made.on, made.group, made.task = made.group or made.task, nil, nil
  end
  return made
end

return request
