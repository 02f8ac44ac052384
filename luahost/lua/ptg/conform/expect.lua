-- expect.lua - the expectations of scenarios, held against what was seen.
local diff = require "ptg.conform.diff"
local failed = require "ptg.conform.failed"
local instant = require "ptg.conform.instant"
local match = require "ptg.conform.match"
local trace = require "ptg.conform.trace"

local expect = {}

-- --------------------------------------------------------------------- see

local function parse_event(text)
  local event, at = text:match "^(.-)%s+@(%S+)$"
  return { text = event or text, at = at and instant.parse(at) }
end

-- Events by group, and the groups in the order in which they come up.
local function add_by_group(groups, events, key, names)
  for _, event in ipairs(events) do
    local home = names:home_of_event(event.text) or "?"
    if not groups[home] then
      groups[home] = { name = home, expected = {}, seen = {} }
      groups[#groups + 1] = groups[home]
    end
    table.insert(groups[home][key], event)
  end
end

local function is_less(a, b)
  if a.text ~= b.text then return a.text < b.text end
  return (a.at or 0) < (b.at or 0)
end

local function find_difference(group, is_same, is_any_order)
  if is_any_order then
    table.sort(group.expected, is_less)
    table.sort(group.seen, is_less)
  end
  local is_equal = #group.expected == #group.seen
  for place, event in ipairs(group.expected) do
    is_equal = is_equal and is_same(event, group.seen[place])
  end
  if is_equal then return nil end
  return diff.lines(group.expected, group.seen, is_same, trace.say_event)
end

local checks = {}

function checks.see(step, scene)
  local expected, seen = {}, scene.trace:take_unseen()
  for place, text in ipairs(step.see) do
    expected[place] = parse_event(text)
  end
  if expected[1] and not expected[1].at then
    for place, event in ipairs(seen) do
      seen[place] = { text = event.text }
    end
  end
  local groups = {}
  add_by_group(groups, expected, "expected", scene.names)
  add_by_group(groups, seen, "seen", scene.names)

  local function is_same(a, b)
    return a.text == b.text
      and (a.at == b.at or a.at and b.at and scene.clock:is_same(a.at, b.at))
  end
  local lines = {}
  for _, group in ipairs(groups) do
    local found = find_difference(group, is_same, step.order == "any")
    if found then
      lines[#lines + 1] = ("of %s:"):format(group.name)
      for _, line in ipairs(found) do lines[#lines + 1] = "  " .. line end
    end
  end
  if #lines == 0 then return end
  failed.raise("the trace is not the expected one (- expected, + seen)", lines)
end

-- ---------------------------------------------------------- all the others

-- What was seen of one name, for a failure about it.
local function say_seen(scene, pattern)
  local who = pattern:match "^%S+"
  local lines = {}
  for _, event in ipairs(scene.trace.seen) do
    if event.text:match "^%S+" == who then
      lines[#lines + 1] = "  " .. trace.say_event(event)
    end
  end
  table.insert(lines, 1, #lines > 0 and ("seen of %s:"):format(who)
    or ("nothing was seen of %s"):format(who))
  return lines
end

function checks.never(step, scene)
  for _, pattern in ipairs(step.never) do
    local event = scene.trace:find(pattern)
    if event then
      failed.raise(("never expected: %s"):format(trace.say_event(event)),
        say_seen(scene, pattern))
    end
  end
end

function checks.before(step, scene)
  local last, last_place
  for _, pattern in ipairs(step.before) do
    local event, _, place = scene.trace:find(pattern)
    if not event then
      failed.raise(("not seen: %s"):format(pattern), say_seen(scene, pattern))
    end
    if last_place and place < last_place then
      failed.raise(("expected in the order: %s"):format(
        table.concat(step.before, ", ")), {
        "seen first: " .. trace.say_event(scene.trace.seen[place]),
        "seen later: " .. trace.say_event(scene.trace.seen[last_place]),
      })
    end
    last, last_place = pattern, place
  end
  return last
end

function checks.count(step, scene)
  local lines = {}
  for pattern, expected in pairs(step.count) do
    local _, count = scene.trace:find(pattern)
    if count ~= expected then
      lines[#lines + 1] = ("%s: expected %d, seen %d"):format(pattern,
        expected, count)
    end
  end
  if #lines == 0 then return end
  table.sort(lines)
  failed.raise("not so often as expected", lines)
end

function checks.told(step, scene)
  local event = scene.trace:find(step.told)
  if not event then
    failed.raise(("not seen: %s"):format(step.told),
      say_seen(scene, step.told))
  end
  local lines = match.fields(step.gives, event.call, scene.clock)
  if #lines == 0 then return end
  failed.raise(("%s does not give what is expected"):format(
    trace.say_event(event)), lines)
end

function checks.stderr(step, scene)
  if scene.adapter:has_said(step.stderr) then return end
  local lines = { "standard error:" }
  for line in scene.adapter.stderr:gmatch "[^\n]+" do
    lines[#lines + 1] = "  " .. line
  end
  failed.raise(("not on standard error: %s"):format(step.stderr), lines)
end

-- Holds an expectation against the scene (trace, names, clock, adapter), or
-- fails.
function expect.check(name, step, scene)
  checks[name](step, scene)
end

return expect
