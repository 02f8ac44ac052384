-- checker.lua - what is wrong with a file of scenarios.
--
-- The schema beside them says the same for others; what is checked here names
-- the file and the scenario, and checks each operation's own fields too.
local instant = require "ptg.conform.instant"
local json = require "dkjson"
local operations = require "ptg.conform.operations"
local wire = require "ptg.conform.wire"

local checker = {}

checker.chapters = {
  "handles", "groups", "tasks", "errors", "cancellation", "shutdown", "order",
  "deadline", "enumeration", "limits", "threads", "kinds", "c-abi",
}

local function set_of(list)
  local set = {}
  for _, item in ipairs(list) do set[item] = true end
  return set
end
local is_chapter = set_of(checker.chapters)
local is_told = set_of { "drain", "cancel", "kill", "error", "closed" }

-- ----------------------------------------------------------------- checking

-- What is wrong is collected in complaints, each behind the current place.
local Checker = {}
Checker.__index = Checker

function Checker:complain(format, ...)
  self.complaints[#self.complaints + 1] =
    ("%s: %s"):format(self.place, format:format(...))
end

local function is_list(value)
  return type(value) == "table"
    and getmetatable(value).__jsontype == "array"
end

local function is_object(value)
  return type(value) == "table" and not is_list(value)
end

local function is_text(value)
  return type(value) == "string" and value ~= ""
end

-- A list whose items all match the pattern, and whose length is at least least.
function Checker:check_list(value, what, pattern, least)
  if value == nil and least == 0 then return true end
  if not is_list(value) or #value < least then
    self:complain("%s is no list%s", what, least > 0 and " with something in it"
      or "")
    return false
  end
  for _, item in ipairs(value) do
    if type(item) ~= "string" or not item:find(pattern) then
      self:complain("%s has %s", what, json.encode(item))
      return false
    end
  end
  return true
end

local sorts = {
  text = is_text,
  string = function(value) return type(value) == "string" end,
  integer = function(value) return math.type(value) == "integer" end,
  boolean = function(value) return type(value) == "boolean" end,
  duration = instant.is_duration,
  name = function(value)
    return is_text(value) or math.type(value) == "integer"
  end,
  message = function(value)
    return type(value) == "string" or math.type(value) == "integer"
  end,
  status = function(value) return wire.statuses[value] end,
  tells = function(value)
    if not is_list(value) then return false end
    for _, item in ipairs(value) do
      if not is_told[item] then return false end
    end
    return true
  end,
}

local function is_of_sort(sort, value)
  if type(sort) == "string" then return sorts[sort](value) end
  for _, word in ipairs(sort) do
    if word == value then return true end
  end
  return false
end

local is_common = set_of { "do", "is", "gives", "on" }

function Checker:check_fields(step, known)
  for field, value in pairs(step) do
    if is_common[field] then goto continue end
    if not known.fields[field] then
      self:complain("%s has no field %s", step["do"], field)
    elseif not is_of_sort(operations.fields[field], value) then
      self:complain("%s: %s cannot be %s", step["do"], field,
        json.encode(value))
    end
    ::continue::
  end
  for field, need in pairs(known.fields) do
    if need == "must" and step[field] == nil then
      self:complain("%s wants the field %s", step["do"], field)
    end
  end
  if step.is ~= nil and not wire.statuses[step.is] then
    self:complain("%s: is cannot be %s", step["do"], json.encode(step.is))
  end
  if step.gives ~= nil and not is_object(step.gives) then
    self:complain("%s: gives is no object", step["do"])
  end
end

function Checker:check_on(step, known)
  if step.on == nil then return end
  if not known.on or not is_object(step.on) then
    self:complain("%s: there is no such on", step["do"])
    return
  end
  local outer = self.place
  for call, steps in pairs(step.on) do
    if not known.on[call] or not is_list(steps) then
      self:complain("%s: there is no list of steps on %s", step["do"], call)
      goto continue
    end
    for number, inner in ipairs(steps) do
      self.place = ("%s, on %s, step %d"):format(outer, call, number)
      self:check_operation(inner, call)
    end
    self.place = outer
    ::continue::
  end
end

local is_self_named = set_of { "finish", "sleep", "extend_grace" }
local of_task = set_of { "start", "wake", "drain", "cancel", "kill", "done" }

function Checker:check_operation(step, call)
  if not is_object(step) or type(step["do"]) ~= "string" then
    self:complain("is no operation")
    return
  end
  local name = step["do"]
  local known = operations.known[name]
  if not known then
    self:complain("there is no operation %s", name)
    return
  end
  if is_self_named[name] and not step.task and not of_task[call or ""] then
    self:complain("%s wants the field task", name)
  end
  if (name == "root" or name == "return") and (name == "root") == (call ~= nil)
  then
    self:complain("%s does not belong here", name)
  end
  if step.after and name == "finish" and not of_task[call or ""] then
    self:complain("finish has no after outside of the task's callbacks")
  end
  if (name == "watch" or name == "info")
    and (step.group == nil) == (step.task == nil) then
    self:complain("%s wants either a group or a task", name)
  end
  self:check_fields(step, known)
  self:check_on(step, known)
end

-- ------------------------------------------------------------- expectations

local EVENT = "^%S+ %S+"

local expectations = {}

function expectations.see(self, step)
  if not self:check_list(step.see, "see", EVENT, 0) then return end
  if step.order ~= nil and step.order ~= "any" then
    self:complain("order can only be any")
  end
  local timed = 0
  for _, event in ipairs(step.see) do
    local at = event:match "@(%S*)$"
    if at then
      timed = timed + 1
      if not instant.parse(at) then
        self:complain("see has an instant that is none: %s", event)
      end
    end
  end
  if timed ~= 0 and timed ~= #step.see then
    self:complain("see has events with and without their instants")
  end
end

function expectations.never(self, step)
  self:check_list(step.never, "never", EVENT, 1)
end

function expectations.before(self, step)
  self:check_list(step.before, "before", EVENT, 2)
end

function expectations.count(self, step)
  if not is_object(step.count) then
    self:complain("count is no object")
    return
  end
  for event, count in pairs(step.count) do
    if not event:find(EVENT) or math.type(count) ~= "integer" then
      self:complain("count has %s: %s", event, json.encode(count))
    end
  end
end

function expectations.told(self, step)
  if not is_text(step.told) or not step.told:find(EVENT) then
    self:complain("told is no event")
  end
  if not is_object(step.gives) then self:complain("told wants gives") end
end

function expectations.stderr(self, step)
  if not is_text(step.stderr) then self:complain("stderr is no text") end
end

local beside = { order = "see", gives = "told" }

-- The name of the expectation that a step is; nil: it is an operation.
function checker.expectation_of(step)
  for name in pairs(expectations) do
    if step[name] ~= nil and step["do"] == nil then return name end
  end
end

function Checker:check_step(step)
  local name = is_object(step) and checker.expectation_of(step)
  if not name then
    self:check_operation(step)
    return
  end
  for field in pairs(step) do
    if field ~= name and beside[field] ~= name then
      self:complain("%s has no field %s", name, field)
    end
  end
  expectations[name](self, step)
end

-- ------------------------------------------------------------- whole files

local is_field = set_of { "id", "title", "clauses", "refuses", "from", "needs",
                          "cells", "steps" }

function Checker:check_scenario(one)
  for field in pairs(one) do
    if not is_field[field] then self:complain("there is no field %s", field) end
  end
  if not one.id:find "^[a-z0-9-]+$" then
    self:complain("the id is not of small letters, digits and hyphens")
  end
  if not is_text(one.title) then self:complain("there is no title") end
  self:check_list(one.clauses, "clauses", "^PTG%-[A-Z]+%-%d%d$", 1)
  self:check_list(one.refuses, "refuses", "^PTG%-[A-Z]+%-%d%d$", 0)
  self:check_list(one.cells, "cells", "^%a+/%a+/[%a-]+$", 0)
  self:check_list(one.from, "from", "^[A-Z][A-Z]%d%d$", 0)
  self:check_list(one.needs, "needs", "^[a-z_]+$", 0)
  if not is_list(one.steps) or #one.steps == 0 then
    self:complain("there are no steps")
    return
  end
  local outer = self.place
  for number, step in ipairs(one.steps) do
    self.place = ("%s, step %d"):format(outer, number)
    self:check_step(step)
    if type(step) == "table" and step["do"] == "root" and number > 1 then
      self:complain("root is not the first step")
    end
  end
end

-- Checks what a file has, and takes its scenarios in.
function Checker:check_file(path, content)
  self.place = path
  if not is_object(content) or not is_chapter[content.chapter]
    or not is_list(content.scenarios) then
    self:complain("is not a chapter with its scenarios")
    return
  end
  for number, one in ipairs(content.scenarios) do
    if not is_object(one) or type(one.id) ~= "string" then
      self.place = ("%s: scenario %d"):format(path, number)
      self:complain("has no id")
      goto continue
    end
    self.place = ("%s: %s"):format(path, one.id)
    if self.file_of[one.id] then
      self:complain("the id is also in %s", self.file_of[one.id])
    end
    self.file_of[one.id] = path
    self:check_scenario(one)
    one.chapter, one.file = content.chapter, path
    self.scenarios[#self.scenarios + 1] = one
    ::continue::
  end
end

-- One for the files of a suite: complaints are what is wrong, a line each;
-- scenarios are those that were taken in.
function checker.new()
  return setmetatable({ complaints = {}, scenarios = {}, file_of = {} },
    Checker)
end

return checker
