-- looks.lua - the requests that ask what there is.
--
-- Where the module tells seconds or objects, and the protocol has nanoseconds
-- or what is long gone, the runtime is asked by "ptg.core".
local ptg = require "ptg"
local core = require "ptg.core"
local made = require "made"
local values = require "values"
local wire = require "wire"

local operations = {}
local looks = { operations = operations }

local reference = values.reference

local group_states = { "open", "draining", "cancelling", "closed" }

local function find(name, kind)
  local object, status = made.find(name, kind)
  if not object then error({ refused = status }, 0) end
  return object
end

-- Where nobody stands for the root.
function looks.group_or_root(name)
  local entry = made.entry(name)
  if name == 0 or entry and not entry.object then return ptg.root end
  return find(name, "group")
end

-- The results of a call of ptg.core, or its refusal is raised.
local function told(...)
  local result, code = ...
  if result == nil then error({ code = code }, 0) end
  return ...
end

local function fill(answer, fields)
  for key, value in pairs(fields) do answer[key] = value end
end

-- -------------------------------------------------------------------- info

local counts = {
  "children", "spawned", "live", "pending", "queued", "succeeded", "failed",
  "cancelled", "abandoned", "late", "killed", "refused", "peak",
}

local function group_info(group, answer)
  local info = group:info()
  for _, count in ipairs(counts) do answer[count] = info[count] end
  local has_tasks = info.live + info.abandoned ~= info.late
  fill(answer, {
    name = info.name, parent = reference(info.parent), state = info.state,
    is_ending = info.is_ending, grace = values.described(info.grace_ns),
    cancel_wait = values.described(info.cancel_wait_ns),
    deadline = values.limit(info.deadline_ns),
    phase_left = values.limit(info.phase_left_ns),
    oldest_age = has_tasks and info.oldest_age_ns or wire.null,
    created_at = values.instant(info.created_ns),
    owner = reference(info.owner),
  })
end

-- "lua" is the sort of a task that was given none.
local function type_of(name)
  return name ~= "lua" and name ~= "" and name or wire.null
end

local function task_info(task, answer)
  local info = told(core.task_info(task.handle))
  fill(answer, {
    name = info.name, type = type_of(info.type), group = reference(info.group),
    state = info.state == "cancelling" and "running" or info.state,
    age = info.age_ns, is_cancel_requested = info.is_cancel_requested,
    is_killed = info.is_killed, reason = values.text(info.reason),
    originator = reference(info.originator), spawner = reference(info.spawner),
    place = values.text(info.place),
  })
end

function operations.info(request, answer)
  if request.group ~= nil then
    return group_info(find(request.group, "group"), answer)
  end
  task_info(find(request.task, "task"), answer)
end

function operations.timer_info(request, answer)
  local fired, skipped, missed =
    told(core.timer_info(find(request.task, "timer").handle))
  fill(answer, { fired = fired, skipped = skipped, missed = missed })
end

function operations.queue_info(request, answer)
  local info = find(request.queue, "queue"):info()
  if not info then error({ refused = "stale" }, 0) end
  fill(answer, info)
end

-- ------------------------------------------------------------------- lists

local lists = {
  groups = core.group_groups, tasks = core.group_tasks,
  abandoned = core.group_abandoned,
}

function operations.list(request, answer)
  local group = find(request.group, "group")
  answer.names = wire.list()
  for place, handle in ipairs(told(lists[request.what](group.handle))) do
    answer.names[place] = reference(handle)
  end
end

-- rows is what there is, describe makes a row of the protocol of each.
local function answer_rows(answer, rows, describe)
  answer.rows = wire.list()
  for place, row in ipairs(rows) do answer.rows[place] = describe(row) end
end

function operations.count_names(request, answer)
  local group = find(request.group, "group")
  answer_rows(answer, group:names(request.capacity), function(row)
    return { type = type_of(row.type or ""), name = row.name,
             count = row.count }
  end)
end

function operations.failures(request, answer)
  answer_rows(answer, find(request.group, "group"):failures(), function(row)
    return {
      name = row.name, failed = values.word(row.status), code = row.code,
      message = values.optional(row.message), count = row.count,
      first_at = values.instant(row.first_ns),
      last_at = values.instant(row.last_ns),
    }
  end)
end

function operations.history(request, answer)
  answer_rows(answer, find(request.group, "group"):history(), function(row)
    return {
      task = reference(row.task), name = row.name,
      ended = values.word(row.status), code = row.code,
      flags = values.flags(row.flags), spawner = reference(row.spawner),
      originator = reference(row.originator),
      spawned_at = values.instant(row.spawned_ns),
      ended_at = values.instant(row.ended_ns),
    }
  end)
end

-- ------------------------------------------------- shutdown, as it is told

function operations.plan(request, answer)
  local steps = told(core.group_plan(find(request.group, "group").handle))
  answer_rows(answer, steps, function(step)
    return {
      group = reference(step.group), waits_for = reference(step.waits_for),
      begin = values.described(step.begin_ns),
      cancel = values.described(step.cancel_ns),
      closed = values.described(step.closed_ns),
      is_critical = step.is_critical,
    }
  end)
end

function operations.report(request, answer)
  local rows = told(core.group_report(find(request.group, "group").handle))
  answer_rows(answer, rows, function(row)
    return {
      group = reference(row.group), parent = reference(row.parent),
      state = group_states[row.state], waited_for = reference(row.waited_for),
      begun_at = values.eventual(row.begun_ns),
      drain_at = values.eventual(row.drain_ns),
      cancel_at = values.eventual(row.cancel_ns),
      closed_at = values.eventual(row.closed_ns), drained = row.drained,
      cancelled = row.cancelled, failed = row.failed, refused = row.refused,
      abandoned = row.abandoned, killed = row.killed,
      originator = reference(row.originator),
    }
  end)
end

function operations.blame(request, answer)
  answer_rows(answer, find(request.group, "group"):blame(), function(row)
    return {
      group = reference(row.group), held = row.held_ns,
      abandoned = row.abandoned, task = reference(row.task),
      task_name = values.optional(row.task_name), task_held = row.task_held_ns,
    }
  end)
end

-- ---------------------------------------------------------------- pictures

function operations.snapshot(request, answer)
  local picture = ptg.snapshot(looks.group_or_root(request.group))
  answer.groups, answer.tasks = wire.list(), wire.list()
  for place, group in ipairs(picture.groups) do
    local row = { name = group.name, state = group.state,
                  is_ending = group.is_ending, age = group.age_ns }
    for _, key in ipairs { "group", "parent", "owner" } do
      row[key] = reference(group[key])
    end
    for _, key in ipairs { "spawned", "succeeded", "failed", "cancelled",
                           "abandoned", "refused" } do
      row[key] = group[key]
    end
    answer.groups[place] = row
  end
  for place, task in ipairs(picture.tasks) do
    answer.tasks[place] = {
      task = reference(task.task), group = reference(task.group),
      name = task.name, state = task.state, age = task.age_ns,
      is_cancel_requested = task.is_cancel_requested,
      spawner = reference(task.spawner),
    }
  end
end

function operations.current(_, answer)
  local task, group = ptg.current()
  answer.task, answer.group = values.of_object(task), values.of_object(group)
end

function operations.time(_, answer)
  answer.at = values.now()
end

return looks
