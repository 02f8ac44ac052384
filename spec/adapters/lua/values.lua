-- values.lua - between the values of the protocol and those of the module.
local core = require "ptg.core"
local wire = require "wire"

local values = {}

local null = wire.null

-- ---------------------------------------------------------------- statuses

local odd_words = {
  EINVAL = "invalid", EUV = "system", ETIMEDOUT = "timeout",
  EDEADLK = "deadlock",
}

-- "ESTALE" or its number as "stale".
function values.word(code)
  if math.type(code) == "integer" then code = core.status[code] end
  return odd_words[code] or code:gsub("^E", ""):lower()
end

local codes = {}
for code in pairs(core.status) do
  if type(code) == "string" then codes[values.word(code)] = code end
end

-- "stale" as "ESTALE".
function values.code(word)
  return codes[word] or error("no status: " .. tostring(word))
end

-- -------------------------------------------------------------------- time

-- The clock does not begin at 0.
local begin_ns = 0

function values.begin_time()
  begin_ns = core.now()
end

function values.instant(ns)
  return ns - begin_ns
end

-- Of what may not have happened.
function values.eventual(ns)
  return ns ~= 0 and ns - begin_ns or null
end

function values.now()
  return core.now() - begin_ns
end

-- A duration as scripts write it. As before: nil.
function values.duration(given)
  if given == nil or given == 0 then return nil end
  if given == "at_once" then return "0s" end
  if given == "forever" then return "forever" end
  return ("%dns"):format(given)
end

-- One that is no option: 0 is none at all, and there is no at once.
function values.length(given)
  return math.type(given) == "integer" and ("%dns"):format(given) or given
end

function values.described(ns)
  if ns == core.FOREVER then return "forever" end
  if ns == core.AT_ONCE then return "at_once" end
  return ns
end

-- 0: none.
function values.limit(ns)
  return ns ~= 0 and values.described(ns) or null
end

-- In options 0 is as before.
function values.count(given)
  if given == 0 then return nil end
  return given
end

-- ------------------------------------------------------------------- names

local names = {} -- by handle

function values.forget_names()
  names = {}
end

-- The name of a handle, if it has one.
function values.name_of(handle)
  return names[handle]
end

function values.keep_name(handle, name)
  names[handle] = name
end

-- A handle as a name; nobody is null.
function values.reference(handle)
  if handle == nil or handle == 0 then return null end
  return names[handle] or handle
end

function values.of_object(object)
  return object and values.reference(object.handle) or null
end

function values.text(text)
  if text == nil then return null end
  return text
end

-- Of rows, where an empty one is none.
function values.optional(text)
  return text ~= nil and text ~= "" and text or null
end

-- ---------------------------------------------------------------- outcomes

local flags = { "cancel_requested", "never_ran", "abandoned", "killed" }
local bits = {
  cancel_requested = core.CANCEL_REQUESTED, never_ran = core.NEVER_RAN,
  abandoned = core.ABANDONED, killed = core.KILLED,
}

function values.flags(number)
  local list = wire.list()
  for _, flag in ipairs(flags) do
    if number & bits[flag] ~= 0 then list[#list + 1] = flag end
  end
  return list
end

function values.outcome(outcome)
  local list = wire.list()
  for _, flag in ipairs(flags) do
    if outcome[flag] then list[#list + 1] = flag end
  end
  return {
    status = values.word(outcome.status), code = values.count(outcome.code),
    value = values.count(outcome.value), message = outcome.message,
    flags = list[1] and list, reason = outcome.reason,
    originator = outcome.originator_handle
      and values.reference(outcome.originator_handle),
  }
end

return values
