-- trace_index.lua - a trace as groups and tasks, for the laws to look at.
--
-- One pass over the lines, and a few over the groups. A place in the trace is
-- the number of its line among the records; "never" is infinity, so that two
-- places can always be compared.
--
-- What a line says of something that the trace has not made is no news when
-- the trace began later than the runtime. An operation that came from another
-- thread is taken for one whose effect is not known: in the trace of a
-- scenario it stands where it was sent, not where it arrived.
local trace_index = {}

local NEVER = math.huge

local Index = {}
Index.__index = Index

-- ------------------------------------------------------------------ making

-- A scenario's group that does not want to be told of its closing.
local function closes_silently(record)
  if record.tells == nil then return false end
  for _, call in ipairs(record.tells) do
    if call == "closed" then return false end
  end
  return true
end

local function new_group(index, id, record, line)
  local group = {
    id = id, name = record.name, record = record, made = line,
    children = {}, tasks = {}, firsts = {}, shutdowns = {},
    own_drain = NEVER, -- the first line that tells of its own phases
    own_cancel = NEVER,
    own = NEVER, -- the earlier of the two
    closed = NEVER,
    is_silent = closes_silently(record),
    asked = NEVER, -- the first shutdown of it that is known
    cancels = {}, -- its own requests
  }
  index.group_by[id] = group
  index.groups[#index.groups + 1] = group
  return group
end

local function new_task(index, id, record, line, group)
  local task = {
    id = id, name = record.name, record = record, made = line, group = group,
    cleanup = record.cleanup, events = record.events,
    calls = {}, -- the lines of what it was told, in order
    start = NEVER, done = NEVER, finish = NEVER, cancel_op = NEVER,
    cancel = NEVER, drain = NEVER, kill = NEVER,
    refused = record.status ~= "ok",
  }
  if record.events then index.has_events = true end
  index.task_by[id] = task
  index.tasks[#index.tasks + 1] = task
  return task
end

local function is_taken(index, id)
  return index.task_by[id] or index.group_by[id]
end

-- ------------------------------------------------------------- operations

local operations = {}

function operations.group(index, record, line)
  if record.status ~= "ok" then return end
  local id = record.group or record.as
  if is_taken(index, id) then
    index.again[#index.again + 1] = { line = line, id = id }
    return
  end
  local group = new_group(index, id, record, line)
  if record.events then index.has_events = true end
  local parent = record["in"] and index.group_by[record["in"]]
  if not record["in"] then parent = index.root end
  group.parent = parent
  if parent then parent.children[#parent.children + 1] = group end
  local owner = record.owner and index.task_by[record.owner]
  if owner then
    group.owner = owner
    owner.owns = true
  end
end

function operations.edge(index, record, line)
  if record.status ~= "ok" then return end
  local first, later = index.group_by[record.first],
    index.group_by[record.later]
  if not first or not later then return end
  later.firsts[#later.firsts + 1] = { group = first, line = line }
end

function operations.spawn(index, record, line)
  local id = record.task or record.as
  if record.status ~= "ok" and not (record.remote and record.task) then
    return
  end
  if is_taken(index, id) then
    index.again[#index.again + 1] = { line = line, id = id }
    return
  end
  local group = index.root
  if record["in"] then group = index.group_by[record["in"]] end
  local task = new_task(index, id, record, line, group)
  if not group then return end
  group.tasks[#group.tasks + 1] = task
end

-- Sorts of task that a scenario makes by requests of their own; what is inside
-- of them is not told.
function operations.timer(index, record, line)
  operations.spawn(index, record, line)
  local task = index.task_by[record.task or record.as]
  if task and task.made == line then task.is_inside = true end
end
operations.queue = operations.timer

function operations.finish(index, record, line)
  local task = index.task_by[record.task]
  if not task or record.status ~= "ok" then return end
  if record.remote then
    task.finished_afar = task.finished_afar or {}
    local outcome = record.outcome or {}
    task.finished_afar[outcome.status or "ok"] = true
  elseif task.finish == NEVER then
    task.finish = line
  else
    index.finished_again[#index.finished_again + 1] =
      { line = line, task = task }
  end
end

function operations.cancel(index, record, line)
  local task = index.task_by[record.task]
  if not task or record.status ~= "ok" then return end
  task.asked_afar = task.asked_afar or record.remote
  task.asked_as_group = task.asked_as_group or record.reason == "shutdown"
  if not record.remote and task.cancel_op == NEVER then
    task.cancel_op = line
  end
end

function operations.shutdown(index, record, line)
  local group = index.group_by[record.group]
  if not group or record.status ~= "ok" then return end
  group.shutdowns[#group.shutdowns + 1] = line
end

function operations.request_shutdown(index, record, line)
  if index.root and record.status == "ok" then
    index.root.shutdowns[#index.root.shutdowns + 1] = line
  end
end

-- ------------------------------------------------------------------- calls

-- The events of a task that was abandoned may be taken when all is over.
local function see_own(group, line, is_drain, is_event)
  if not group or (is_event and group.closed ~= NEVER) then return end
  if is_drain then
    if group.own_drain == NEVER then group.own_drain = line end
  elseif group.own_cancel == NEVER then
    group.own_cancel = line
  end
  if group.own == NEVER then group.own = line end
end

-- Was it its group that asked? Not known, if somebody asked in the same words.
local function is_of_group(task, record)
  if not task.group then return false end
  if record.reason == nil then
    return task.cancel_op == NEVER and not task.asked_afar
  end
  return record.reason == "shutdown" and record.originator == task.group.id
    and not task.asked_as_group
end

local phase_calls = {}

function phase_calls.drain(_, task, line)
  see_own(task.group, line, true, task.events)
end

function phase_calls.cancel(index, task, line)
  local record = index.records[line]
  if not is_of_group(task, record) then return end
  local group = task.group
  see_own(group, line, false, task.events)
  group.cancels[#group.cancels + 1] = line
end

function phase_calls.kill(_, task, line)
  see_own(task.group, line, false, task.events)
end

local function call_task(index, record, line)
  local task = index.task_by[record.task]
  if not task then
    index.strange[#index.strange + 1] = line
    return
  end
  task.calls[#task.calls + 1] = line
  local call = record.call
  if task[call] == NEVER then task[call] = line end
  if call == "done" and task.done == line then
    local outcome = record.outcome or {}
    task.outcome = outcome
    for _, flag in ipairs(outcome.flags or {}) do task["is_" .. flag] = true end
  end
  local phase = phase_calls[call]
  if phase then phase(index, task, line) end
end

local calls = { start = call_task, wake = call_task, drain = call_task,
                cancel = call_task, kill = call_task, done = call_task }

calls["error"] = function(index, _, line)
  index.errors[#index.errors + 1] = line
end

function calls.group_drain(index, record, line)
  local group = index.group_by[record.group]
  if not group then
    index.strange[#index.strange + 1] = line
    return
  end
  if group.hook_drain then
    index.drained_again[#index.drained_again + 1] =
      { line = line, group = group }
  end
  group.hook_drain = group.hook_drain or line
  -- One that is an event may be taken when the phase is over.
  if not group.record.events then see_own(group, line, true) end
end

function calls.group_closed(index, record, line)
  local group = index.group_by[record.group]
  if not group then
    index.strange[#index.strange + 1] = line
    return
  end
  if group.closed ~= NEVER then
    index.closed_again[#index.closed_again + 1] =
      { line = line, group = group }
    return
  end
  group.closed = line
  group.closing = record
end

-- -------------------------------------------------------------- conclusions

-- In a scenario a spawn from another thread stands where it was sent; its end
-- says if it was refused on arrival. A task that somebody ends before it starts
-- has not run either: then it has the status that this one gave.
local function see_refused(index)
  if index.is_recorded then return end
  for _, task in ipairs(index.tasks) do
    if task.record.remote and task.is_never_ran
      and task.outcome.status ~= "canceled" and task.finish == NEVER
      and not (task.finished_afar
        and task.finished_afar[task.outcome.status]) then
      task.refused = true
    end
  end
end

local function is_failure(status)
  return status ~= nil and status ~= "ok" and status ~= "canceled"
end
trace_index.is_failure = is_failure

-- The earliest line at which a task can have ended; NEVER: not that is known.
local function earliest_end(task)
  if task.refused then return NEVER end
  if task.finish ~= NEVER then return task.finish end
  return math.min(task.start, task.cancel_op,
    task.asked_afar and task.made or NEVER,
    task.done ~= NEVER and task.made or NEVER)
end

-- The earliest line at which a task of the group can have failed.
local function earliest_failure(index, group)
  local line = NEVER
  for _, task in ipairs(group.tasks) do
    local can_fail
    if task.finish ~= NEVER then
      local outcome = index.records[task.finish].outcome
      can_fail = outcome and is_failure(outcome.status)
    elseif task.done ~= NEVER then
      can_fail = is_failure(task.outcome.status)
    else
      can_fail = task.start ~= NEVER
    end
    if can_fail then line = math.min(line, earliest_end(task)) end
  end
  return line
end

-- When each group's shutdown was asked for, as is known (asked), and when it
-- can have been at the earliest (may_be_asked): by its owner's end or by the
-- failure of a task, which have no lines of their own.
local function see_asked(index)
  local root_may = NEVER
  for _, group in ipairs(index.groups) do
    local may = group.shutdowns[1] or NEVER
    for _, line in ipairs(group.shutdowns) do
      local record = index.records[line]
      -- Both come from afar: it is not known when they arrive.
      if not record.remote and record.op ~= "request_shutdown" then
        group.asked = line
        break
      end
    end
    if group.owner then may = math.min(may, earliest_end(group.owner)) end
    local policy = group.record.on_failure
    if policy == "shutdown_group" then
      may = math.min(may, earliest_failure(index, group))
    elseif policy == "shutdown_root" then
      root_may = math.min(root_may, earliest_failure(index, group))
    end
    group.may_be_asked_itself = may
  end
  if index.root then
    local root = index.root
    root.may_be_asked_itself = math.min(root.may_be_asked_itself, root_may)
  end
end

-- Parents come before their children. A group is "alone" when its shutdown was,
-- or can have been, its own, and not a part of an ancestor's.
local function see_alone(index)
  for _, group in ipairs(index.groups) do
    local parent = group.parent
    group.asked_above = parent and math.min(parent.asked_above, parent.asked)
      or NEVER
    group.may_be_asked_above = parent and parent.may_be_asked or NEVER
    group.may_be_asked = math.min(group.may_be_asked_itself,
      group.may_be_asked_above)
    group.is_alone = group.may_be_asked_itself < group.asked_above
      and group.may_be_asked_itself ~= NEVER
  end
end

-- When each group, or one below it that ends along with it, was first told of
-- its end.
local function see_begun(index)
  for _, group in ipairs(index.groups) do
    group.begun = math.min(group.own, group.closed)
  end
  for place = #index.groups, 1, -1 do
    local group = index.groups[place]
    if group.parent and not group.is_alone then
      group.parent.begun = math.min(group.parent.begun, group.begun)
    end
  end
end

-- -------------------------------------------------------------------- build

local function see_head(index, record, line)
  index.head = record
  index.is_recorded = record.scenario == nil
  -- All of it is there: what is not known is wrong.
  index.is_whole = index.is_recorded and not record.late
  index.is_exact = record.clock == "virtual"
  index.has_events = record.events
  local root = new_group(index, record.root or "root", record, line)
  index.root = root
  root.is_late = record.late
end

-- Indexes the records of one trace.
function trace_index.build(records)
  local index = setmetatable({
    records = records, groups = {}, tasks = {}, group_by = {}, task_by = {},
    errors = {}, strange = {}, again = {}, finished_again = {},
    drained_again = {}, closed_again = {},
  }, Index)
  local first = records[1]
  if first and first.trace then
    see_head(index, first, 1)
  else
    index.root = new_group(index, "root", first or {}, 0)
  end
  for line, record in ipairs(records) do
    local handle = record.call and calls[record.call]
      or record.op and operations[record.op]
    if handle then handle(index, record, line) end
  end
  see_refused(index)
  see_asked(index)
  see_alone(index)
  see_begun(index)
  return index
end

-- ------------------------------------------------------------------ looking

local function say(kind, id, name)
  if name == nil or name == id then
    return ('%s %s'):format(kind, tostring(id))
  end
  return ('%s "%s" (%s)'):format(kind, name, tostring(id))
end

-- Names of groups and tasks for a person.
function Index:say(id)
  local task, group = self.task_by[id], self.group_by[id]
  if task then return say("task", id, task.name) end
  if group then return say("group", id, group.name) end
  return tostring(id)
end

function Index:at(line)
  return self.records[line].at or 0
end

-- The group of a task or group; nil: not known.
function Index:group_of(id)
  local task = self.task_by[id]
  if task then return task.group end
  return self.group_by[id]
end

-- The line from which on a task is in its group. One that a scenario sends from
-- another thread stands where it was sent; it has arrived when it starts.
function Index:there_by(task)
  if task.record.remote and not self.is_recorded then return task.start end
  return task.made
end

function trace_index.is_within(group, top)
  while group and group ~= top do group = group.parent end
  return group == top
end

return trace_index
