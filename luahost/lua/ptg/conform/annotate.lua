-- annotate.lua - from a random scenario and what the reference said to one
-- with expectations.
local compare = require "ptg.conform.compare"
local generator = require "ptg.conform.generator"
local instant = require "ptg.conform.instant"
local json = require "dkjson"
local match = require "ptg.conform.match"
local shrink = require "ptg.conform.shrink"
local trace = require "ptg.conform.trace"
local wire = require "ptg.conform.wire"

local annotate = {}

local is_left_out = { status = true, handle = true, why = true, call = true }

-- The value as a scenario has it; what the other side has besides is null.
local function expectation(field, value, other)
  if value == nil then return json.null end
  if match.is_time[field] and math.type(value) == "integer" then
    return instant.format(value)
  end
  if type(value) ~= "table" then return value end
  local made = {}
  for key, item in pairs(value) do
    if not compare.is_chosen(key, item) then
      made[key] = expectation(key, item, type(other) == "table" and other[key])
    end
  end
  for key in pairs(type(other) == "table" and other or {}) do
    if type(key) == "string" and value[key] == nil
      and not compare.is_chosen(key, other[key]) then
      made[key] = json.null
    end
  end
  return setmetatable(made, getmetatable(value))
end

local function gives_of(fields, other)
  local gives = expectation(nil, fields, other)
  for key in pairs(is_left_out) do gives[key] = nil end
  return next(gives) and gives or nil
end

-- Is every answer of the step the same?
local function is_single(answers)
  local first = json.encode(answers[1].answer, { keyorder = {} })
  for _, one in ipairs(answers) do
    if one.answer.status ~= answers[1].answer.status then return false end
    if json.encode(one.answer, { keyorder = {} }) ~= first then return false end
  end
  return true
end

-- What the reference answered, written into a copy of the step; nil if it was
-- not asked, or has no such thing.
local function annotate_step(step, tape, difference, may_be_unasked)
  local made = {}
  for key, value in pairs(step) do made[key] = value end
  if step["do"] == "return" or step["do"] == "root" then return made end
  local answers = tape.answers[step]
  -- Nobody came here: what it would be is not known.
  if not answers then return may_be_unasked and made or nil end
  local found = {}
  for _, one in ipairs(answers) do
    if not one or one.answer.status == "unsupported" then return nil end
    -- The wait before an end has no expectation of its own, unless there it
    -- ends already.
    if one.op == "sleep" and made["do"] == "finish" then
      if one.answer.status ~= "ok" then
        return { ["do"] = "sleep", ["for"] = step.after,
                 is = one.answer.status }
      end
    else
      found[#found + 1] = one
    end
  end
  if #found == 0 then return made end
  local status = found[1].answer.status
  if status ~= "ok" then made.is = status end
  if is_single(found) then
    local is_it = difference.written == step
    made.gives = gives_of(found[1].answer, is_it and difference.seen)
  end
  return made
end

local function annotate_list(steps, tape, difference)
  local list = setmetatable({}, { __jsontype = "array" })
  for _, step in ipairs(steps) do
    local made = annotate_step(step, tape, difference, true)
    if made and step.on then
      made.on = {}
      for call, inner in pairs(step.on) do
        made.on[call] = annotate_list(inner, tape, difference)
      end
    end
    list[#list + 1] = made
  end
  return list
end

-- The last call of these that the difference is about, with its fields.
local function told_of(events, difference)
  local about
  for _, event in ipairs(events) do
    if event.call == difference.expected_call then about = event end
  end
  if not about then return nil end
  local gives = gives_of(about.call, difference.seen)
  if not gives then return nil end
  gives.at, gives[wire.subjects[about.call.call]] = nil, nil
  return next(gives) and { told = about.text, gives = gives } or nil
end

local function see(events)
  local list = setmetatable({}, { __jsontype = "array" })
  for place, event in ipairs(events) do list[place] = trace.say_event(event) end
  return { see = list }
end

-- The scenario with expectations. tape is what the reference said; difference:
-- { written = the step whose answer differs, expected_call = the call that
-- does, seen = the fields that were seen }, any may be missing.
function annotate.scenario(one, tape, difference)
  local steps = setmetatable({}, { __jsontype = "array" })
  local by_step = {}
  for _, event in ipairs(tape.told) do
    by_step[event.step] = by_step[event.step] or {}
    table.insert(by_step[event.step], event)
  end
  for number, step in ipairs(one.steps) do
    local made = annotate_step(step, tape, difference, number >= tape.step)
    if made and step.on then
      made.on = {}
      for call, inner in pairs(step.on) do
        made.on[call] = annotate_list(inner, tape, difference)
      end
    end
    steps[#steps + 1] = made
    local events = by_step[number]
    if made and events then
      steps[#steps + 1] = see(events)
      steps[#steps + 1] = told_of(events, difference)
    end
  end
  -- Whatever else is told is not expected.
  local last = steps[#steps] or {}
  if not last.see and not last.told then
    steps[#steps + 1] = see {}
  end
  local made = shrink.copy(one)
  made.steps, made.needs = steps, generator.needs_of(one.steps)
  return made
end

local key_order = {
  "chapter", "scenarios", "id", "title", "clauses", "needs", "steps",
  "do", "as", "in", "group", "task", "queue", "watch", "first", "later",
  "by", "for", "status", "after", "is", "gives", "tells", "on", "see", "told",
  "start", "wake", "drain", "cancel", "kill", "done",
}

-- A file with this one scenario: a step a line.
function annotate.file(one)
  local lines = {}
  for place, step in ipairs(one.steps) do
    lines[place] = "    " .. json.encode(step, { keyorder = key_order })
  end
  local function field(name)
    return ('  "%s": %s'):format(name, json.encode(one[name]))
  end
  return ('{"chapter": "threads", "scenarios": [{\n%s,\n%s,\n%s,\n%s,\n'
    .. '  "steps": [\n%s\n  ]}]}\n'):format(field "id", field "title",
    field "clauses", field "needs", table.concat(lines, ",\n"))
end

return annotate
