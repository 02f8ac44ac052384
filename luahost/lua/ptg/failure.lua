-- failure.lua - the error objects that the module raises.
--
-- { code = "ECLOSED", message = "...", where = "FILE:LINE" }; as a string
-- "FILE:LINE: message". An error of a script's own is whatever it raised.
local where = require "ptg.where"

local failure = {}

local Failure = {}
Failure.__index = Failure
Failure.__name = "ptg.failure"

function Failure:__tostring()
  if not self.where then return self.message end
  return self.where .. ": " .. self.message
end

-- What a status means where libptg said nothing more.
local meanings = {
  EINVAL = "an argument is malformed",
  ENOMEM = "not enough memory",
  ESTALE = "it is gone",
  EKIND = "it is of another kind",
  ECLOSED = "the group is closed to new tasks and groups",
  EBUSY = "it is in use",
  ECANCELED = "it was asked to end",
  ETIMEDOUT = "a limit ran out",
  ECYCLE = "the order would be a circle",
  EFULL = "the group is full",
}

function failure.new(code, message)
  return setmetatable({
    code = code,
    message = message,
    where = where.caller(),
  }, Failure)
end

-- Text for a status, with what libptg said about it if it did.
function failure.text(code, detail)
  return detail or meanings[code] or ("PTG_" .. code)
end

function failure.is(value)
  return getmetatable(value) == Failure
end

-- Raises a mistake of the caller's, at the caller's line.
function failure.misuse(format, ...)
  error(failure.new("EINVAL", format:format(...)), 0)
end

-- Raises what a call of ptg.core answered; subject says what was tried.
function failure.raise(subject, code, detail, status)
  local value = failure.new(code, subject .. ": " .. failure.text(code, detail))
  value.status = status or code
  error(value, 0)
end

-- A group that is gone is closed to whoever still has its object; the third
-- result is what libptg said.
function failure.of_group(code, detail)
  if code == "ESTALE" then return "ECLOSED", "the group is closed", code end
  return code, failure.text(code, detail), code
end

-- Passes on the results of a call of ptg.core, or raises its failure.
function failure.check(subject, result, code, detail)
  if result == nil then failure.raise(subject, code, detail) end
  return result
end

return failure
