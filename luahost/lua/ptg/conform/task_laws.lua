-- task_laws.lua - the laws about handles and about the life of one task.
local task_laws = {}

local NEVER = math.huge

local function law(name, check)
  task_laws[#task_laws + 1] = { name = name, check = check }
end

-- Calls check(task, line, call) for all that tasks were told.
local function each_call(index, check)
  for _, task in ipairs(index.tasks) do
    for _, line in ipairs(task.calls) do
      check(task, line, index.records[line].call)
    end
  end
end

law("time-goes-on", function(index, complain)
  local last
  for line, record in ipairs(index.records) do
    if last and record.at and record.at < last then
      complain(line, "the clock goes back from %d to %d", last, record.at)
    end
    last = record.at or last
  end
end)

law("handle-once", function(index, complain)
  for _, again in ipairs(index.again) do
    complain(again.line, "%s is given out again", index:say(again.id))
  end
end)

law("known", function(index, complain)
  if not index.is_whole then return end
  for _, line in ipairs(index.strange) do
    local record = index.records[line]
    complain(line, "%s of %s, which was never made", record.call,
      tostring(record.task or record.group))
  end
end)

law("started-once", function(index, complain)
  each_call(index, function(task, line, call)
    if call == "start" and line ~= task.start then
      complain(line, "%s is started again, first at %d", index:say(task.id),
        index:at(task.start))
    end
  end)
end)

law("started-first", function(index, complain)
  each_call(index, function(task, line, call)
    if call ~= "start" and call ~= "done" and line < task.start
      and not task.is_inside then
      complain(line, "%s is told %s before it was started",
        index:say(task.id), call)
    end
  end)
end)

-- Cancelled before its first run, it never runs; nor when it was refused.
law("never-ran", function(index, complain)
  for _, task in ipairs(index.tasks) do
    local start = task.start
    if start == NEVER then goto continue end
    if task.cancel_op < start then
      complain(start, "%s is started, but it was cancelled at %d",
        index:say(task.id), index:at(task.cancel_op))
    elseif task.refused then
      complain(start, "%s is started, but it was refused", index:say(task.id))
    elseif task.is_never_ran and start < task.done then
      complain(task.done, "%s is said never to have run, but was started at %d",
        index:say(task.id), index:at(start))
    end
    ::continue::
  end
end)

law("done-once", function(index, complain)
  each_call(index, function(task, line, call)
    if call == "done" and line ~= task.done then
      complain(line, "%s is done again, first at %d", index:say(task.id),
        index:at(task.done))
    end
  end)
end)

law("done-last", function(index, complain)
  each_call(index, function(task, line, call)
    if call ~= "done" and line > task.done and task.start ~= line then
      complain(line, "%s is told %s after its done at %d", index:say(task.id),
        call, index:at(task.done))
    elseif call == "start" and line > task.done then
      complain(line, "%s is started after its done at %d", index:say(task.id),
        index:at(task.done))
    end
  end)
end)

law("told-once", function(index, complain)
  each_call(index, function(task, line, call)
    if (call == "drain" or call == "cancel" or call == "kill")
      and line ~= task[call] then
      complain(line, "%s is told %s again, first at %d", index:say(task.id),
        call, index:at(task[call]))
    end
  end)
  for _, again in ipairs(index.drained_again) do
    complain(again.line, "%s is told to drain again",
      index:say(again.group.id))
  end
end)

law("drain-then-cancel", function(index, complain)
  for _, task in ipairs(index.tasks) do
    local last = math.min(task.cancel, task.kill)
    if task.drain ~= NEVER and task.drain > last then
      complain(task.drain, "%s is told to drain after it was cancelled at %d",
        index:say(task.id), index:at(last))
    end
  end
end)

law("kill-last", function(index, complain)
  for _, task in ipairs(index.tasks) do
    local closing = task.group and task.group.closing
    if task.kill == NEVER then goto continue end
    local at = index:at(task.kill)
    -- A group does not ask a clean-up, but others may, also afterwards.
    if task.kill < task.cancel and task.cancel ~= NEVER
      and not task.cleanup then
      complain(task.kill, "%s is killed before it is cancelled",
        index:say(task.id))
    elseif closing and closing.drain_at
      and (not closing.cancel_at or closing.cancel_at > at) then
      complain(task.kill, "%s is killed, but %s had no cancel phase until then",
        index:say(task.id), index:say(task.group.id))
    end
    ::continue::
  end
end)

law("ends-once", function(index, complain)
  for _, again in ipairs(index.finished_again) do
    complain(again.line, "%s ends again, first at %d",
      index:say(again.task.id), index:at(again.task.finish))
  end
  for _, task in ipairs(index.tasks) do
    if task.finish ~= NEVER and task.finish > task.done then
      complain(task.finish, "%s ends after its done at %d",
        index:say(task.id), index:at(task.done))
    end
  end
end)

law("ends-as-it-said", function(index, complain)
  for _, task in ipairs(index.tasks) do
    if task.finish == NEVER or task.done == NEVER or task.finished_afar then
      goto continue
    end
    local said = index.records[task.finish].outcome
    local told = task.outcome.status
    if said and said.status ~= told then
      complain(task.done, "%s ended %s at %d, but is told to be %s",
        index:say(task.id), said.status, index:at(task.finish), tostring(told))
    end
    ::continue::
  end
end)

-- One line for each time a place is taken or freed, in order.
local function places_of(group)
  local changes = {}
  for _, task in ipairs(group.tasks) do
    if task.start ~= NEVER and not task.cleanup then
      changes[#changes + 1] = { line = task.start, task = task, step = 1 }
      local free = math.min(task.done, task.finish)
      if free ~= NEVER then changes[#changes + 1] = { line = free, step = -1 } end
    end
  end
  table.sort(changes, function(a, b) return a.line < b.line end)
  return changes
end

-- The end of an owner frees its place, but is told only when what it owns is
-- closed; and the group gives up what it abandons, which has no line.
law("bound-kept", function(index, complain)
  for _, group in ipairs(index.groups) do
    local bound = group.record.max_tasks
    if not bound or bound == 0 or index.has_events then goto continue end
    local taken = 0
    for _, change in ipairs(places_of(group)) do
      taken = taken + change.step
      if change.task and change.task.owns then taken = -NEVER end
      if change.step > 0 and taken > bound and change.line < group.own_cancel then
        complain(change.line, "%s is started in %s, which has %d running and"
          .. " a bound of %d", index:say(change.task.id), index:say(group.id),
          taken - 1, bound)
      end
    end
    ::continue::
  end
end)

return task_laws
