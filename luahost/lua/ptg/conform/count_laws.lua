-- count_laws.lua - the laws about errors, counters, phases and deadlines.
local trace_index = require "ptg.conform.trace_index"

local count_laws = {}

local NEVER = math.huge
local is_failure = trace_index.is_failure

local function law(name, check)
  count_laws[#count_laws + 1] = { name = name, check = check }
end

-- ------------------------------------------------------------------ errors

local function has_flag(outcome, flag)
  for _, name in ipairs(outcome and outcome.flags or {}) do
    if name == flag then return true end
  end
  return false
end

-- Who failed, for a person.
local function say_failed(index, record)
  return index:say(record.task or record.from)
end

law("errors-are-failures", function(index, complain)
  for _, line in ipairs(index.errors) do
    local record = index.records[line]
    local status = record.outcome and record.outcome.status
    if not is_failure(status) then
      complain(line, "%s is told to a handler as an error, but it is %s",
        say_failed(index, record), tostring(status))
    end
  end
end)

-- Passing up goes to a group further up, or at last to nobody's.
local function is_passed_up(index, before, record)
  if before.group == nil then return false end
  if record.group == nil then return true end
  local low, high = index.group_by[before.group], index.group_by[record.group]
  if not low or not high then return true end
  return low ~= high and trace_index.is_within(low, high)
end

law("errors-once", function(index, complain)
  local last = {}
  for _, line in ipairs(index.errors) do
    local record = index.records[line]
    if record.task == nil then goto continue end
    local before = last[record.task]
    if before and not is_passed_up(index, before, record) then
      complain(line, "the failure of %s is told again",
        index:say(record.task))
    elseif before and record.failed_handler == nil
      and not index.has_events then
      complain(line, "the failure of %s is told to another handler, and none"
        .. " has failed", index:say(record.task))
    end
    last[record.task] = record
    ::continue::
  end
end)

-- Only what was abandoned can fail later, and the hook that tells the closing.
law("errors-in-time", function(index, complain)
  for _, line in ipairs(index.errors) do
    local record = index.records[line]
    if record.task == nil or has_flag(record.outcome, "abandoned") then
      goto continue
    end
    for _, id in ipairs { record.from or false, record.group or false } do
      local group = index.group_by[id]
      if group and group.closed < line then
        complain(line, "the failure of %s is told after %s was closed at %d",
          index:say(record.task), index:say(id), index:at(group.closed))
        break
      end
    end
    ::continue::
  end
end)

-- Only a recorded run tells of failures that no group handles.
law("errors-are-told", function(index, complain)
  if not index.is_recorded then return end
  local told = {}
  for _, line in ipairs(index.errors) do
    local task = index.records[line].task
    if task ~= nil then told[task] = true end
  end
  for _, task in ipairs(index.tasks) do
    if task.done ~= NEVER and is_failure(task.outcome.status)
      and not told[task.id] and not task.refused and not task.is_abandoned
      and not task.record.observed then
      complain(task.done, "%s failed, and no handler was told",
        index:say(task.id))
    end
  end
end)

-- ---------------------------------------------------------------- counters

-- Calls check(group, record, line) for each closing that says more.
local function each_closing(index, check)
  for _, group in ipairs(index.groups) do
    local record = group.closing
    if record and record.spawned and record.succeeded and record.failed
      and record.cancelled and record.abandoned then
      check(group, record, group.closed)
    end
  end
end

law("counts-add-up", function(index, complain)
  each_closing(index, function(group, record, line)
    local ended = record.succeeded + record.failed + record.cancelled
      + record.abandoned
    if record.spawned ~= ended then
      complain(line, "%s counts %d tasks spawned, but %d ended or abandoned",
        index:say(group.id), record.spawned, ended)
    end
  end)
end)

local function count(group)
  local counts = { spawned = 0, succeeded = 0, failed = 0, cancelled = 0,
                   abandoned = 0 }
  local function add(key) counts[key] = counts[key] + 1 end
  for _, task in ipairs(group.tasks) do
    if task.refused or task.made > group.closed then goto continue end
    add "spawned"
    local status = task.outcome and task.outcome.status
    if task.is_abandoned or task.done > group.closed then
      add "abandoned"
    elseif status == "ok" then
      add "succeeded"
    elseif status == "canceled" then
      add "cancelled"
    else
      add "failed"
    end
    ::continue::
  end
  return counts
end

law("counts-are-true", function(index, complain)
  each_closing(index, function(group, record, line)
    if group.is_late then return end
    local counts = count(group)
    for _, key in ipairs { "spawned", "succeeded", "failed", "cancelled",
                           "abandoned" } do
      if counts[key] ~= record[key] then
        complain(line, "%s counts %d tasks %s, but the trace has %d",
          index:say(group.id), record[key], key, counts[key])
        return
      end
    end
  end)
end)

-- -------------------------------------------------------------- deadlines

law("phases-in-order", function(index, complain)
  for _, group in ipairs(index.groups) do
    local record = group.closing
    if not record or not record.drain_at then goto continue end
    local last_at, last = record.begun_at, "begun_at"
    for _, key in ipairs { "drain_at", "cancel_at", "closed_at", "at" } do
      local at = record[key]
      if at and last_at and at < last_at then
        complain(group.closed, "%s has its %s at %d before its %s at %d",
          index:say(group.id), key, at, last, last_at)
      end
      if at then last_at, last = at, key end
    end
    if group.own < group.closed and index:at(group.own) < record.drain_at then
      complain(group.own, "%s tells its tasks of its end before its drain at %d",
        index:say(group.id), record.drain_at)
    end
    ::continue::
  end
end)

local function closed_at(record)
  return record.closed_at or record.at or 0
end

-- Only on an exact clock, and where no events had to be waited for. A group
-- whose turn came later than its share ends closes at once.
law("closed-by-its-share", function(index, complain)
  if not index.is_exact or index.has_events then return end
  for _, group in ipairs(index.groups) do
    local record = group.closing
    if record and record.by_at then
      local by = math.max(record.by_at, record.drain_at or record.by_at)
      if closed_at(record) > by then
        complain(group.closed, "%s is closed at %d, but had to be by %d",
          index:say(group.id), closed_at(record), by)
      end
    end
  end
end)

-- The deadline of a call counts where nothing else was asked for before that
-- the group waits for. In a scenario it is not known when one from another
-- thread arrives.
local function is_moved_by(group, line)
  if group.may_be_asked_above < line then return false end
  for _, edge in ipairs(group.firsts) do
    if edge.group.closed > line then return false end
  end
  return group.closed > line
end

local function bound_of(index, group)
  local bound, bound_line = NEVER, nil
  for _, line in ipairs(group.shutdowns) do
    local record = index.records[line]
    local deadline = record.deadline
    if deadline == "at_once" then deadline = 0 end
    local is_dated = index.is_recorded or not record.remote
    if is_dated and math.type(deadline) == "integer" and record.at
      and deadline <= math.maxinteger - record.at
      and is_moved_by(group, line) and record.at + deadline < bound then
      bound, bound_line = record.at + deadline, line
    end
  end
  return bound, bound_line
end

law("closed-by-the-deadline", function(index, complain)
  if not index.is_exact or index.has_events then return end
  local last_at = index.records[#index.records].at or 0
  for _, group in ipairs(index.groups) do
    local bound, line = bound_of(index, group)
    local parent = group.parent
    if parent and parent.bound < bound then
      bound, line = parent.bound, parent.bound_line
    end
    group.bound, group.bound_line = bound, line
    local record = group.closing
    if record and closed_at(record) > bound then
      complain(group.closed, "%s is closed at %d, but the shutdown asked for at"
        .. " %d had to be over by %d", index:say(group.id), closed_at(record),
        index:at(line), bound)
    elseif not record and last_at > bound and group.made < line then
      complain(#index.records, "%s is not closed at %d, but the shutdown asked"
        .. " for at %d had to be over by %d", index:say(group.id), last_at,
        index:at(line), bound)
    end
  end
end)

return count_laws
