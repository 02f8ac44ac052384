-- group_laws.lua - the laws about groups: who may end them, what they accept,
-- in which order they close, and whom they tell.
local trace_index = require "ptg.conform.trace_index"

local group_laws = {}

local NEVER = math.huge

local function law(name, check)
  group_laws[#group_laws + 1] = { name = name, check = check }
end

-- ------------------------------------------------------------- beginning

-- Nothing but a call, an ancestor's shutdown, the owner's end or a failure
-- shuts a group down.
law("end-was-asked-for", function(index, complain)
  if not index.root or index.root.is_late then return end
  for _, group in ipairs(index.groups) do
    local first = math.min(group.own, group.closed)
    if first ~= NEVER and first < group.may_be_asked then
      complain(first, "%s ends, and nothing had asked for that",
        index:say(group.id))
    end
  end
end)

-- --------------------------------------------------------------- admission

law("closed-accepts-nothing", function(index, complain)
  for _, task in ipairs(index.tasks) do
    if task.group and not task.refused and task.made > task.group.closed then
      complain(task.made, "%s is accepted by %s, which was closed at %d",
        index:say(task.id), index:say(task.group.id),
        index:at(task.group.closed))
    end
  end
  for _, group in ipairs(index.groups) do
    if group.parent and group.made > group.parent.closed then
      complain(group.made, "%s is made in %s, which was closed at %d",
        index:say(group.id), index:say(group.parent.id),
        index:at(group.parent.closed))
    end
  end
end)

-- From where a spawn came: a group, false for outside, nil if not known.
local function origin(index, record)
  local from = record.spawner or record.by
  if from == nil then
    if record.remote or index.is_recorded then return false end
    return nil
  end
  if record.spawner == nil and index.task_by[from]
    and index.task_by[from].refused then
    return false
  end
  return index:group_of(from)
end

law("ending-accepts-from-inside", function(index, complain)
  for _, task in ipairs(index.tasks) do
    local group, record = task.group, task.record
    if not group or task.refused or task.made < group.own
      or task.made > group.closed then
      goto continue
    end
    local is_cancelling = task.made > group.own_cancel
    if is_cancelling and not task.cleanup then
      complain(task.made, "%s is accepted by %s, which is cancelling",
        index:say(task.id), index:say(group.id))
      goto continue
    end
    if not is_cancelling and group.record.admits_anyone then goto continue end
    local from = origin(index, record)
    if from ~= nil and not (from and trace_index.is_within(from, group)) then
      complain(task.made, "%s is accepted from outside by %s, which is ending",
        index:say(task.id), index:say(group.id))
    end
    ::continue::
  end
end)

-- ----------------------------------------------------------------- closing

law("closed-once", function(index, complain)
  for _, again in ipairs(index.closed_again) do
    complain(again.line, "%s is closed again, first at %d",
      index:say(again.group.id), index:at(again.group.closed))
  end
end)

law("nothing-after-closed", function(index, complain)
  for _, group in ipairs(index.groups) do
    for _, line in ipairs { group.own_drain, group.own_cancel,
                            group.hook_drain or NEVER } do
      if line ~= NEVER and line > group.closed then
        complain(line, "%s is still being told of its end, but was closed at %d",
          index:say(group.id), index:at(group.closed))
      end
    end
  end
end)

-- Children close before the tasks of their parent begin to drain.
law("children-first", function(index, complain)
  for _, group in ipairs(index.groups) do
    local first = math.min(group.own, group.closed)
    if first == NEVER then goto continue end
    for _, child in ipairs(group.children) do
      if child.made < first and child.closed > first
        and not child.is_silent then
        complain(first, "%s ends before its child, %s, is closed",
          index:say(group.id), index:say(child.id))
      end
    end
    ::continue::
  end
end)

-- What was not done when a group closed is what it abandoned.
local function check_undone(index, group, complain)
  local late, abandoned = 0, 0
  for _, task in ipairs(group.tasks) do
    if task.refused or task.made > group.closed then goto continue end
    if task.done < group.closed then
      abandoned = abandoned + (task.is_abandoned and 1 or 0)
    elseif task.done ~= NEVER and not task.is_abandoned then
      complain(task.done, "%s is done after %s was closed at %d, and was not"
        .. " abandoned", index:say(task.id), index:say(group.id),
        index:at(group.closed))
    elseif task.start > group.closed and not task.is_inside then
      complain(group.closed, "%s is closed, but %s, which never ran, is not done",
        index:say(group.id), index:say(task.id))
    else
      late = late + 1
    end
    ::continue::
  end
  local said = group.closing.abandoned
  if said and late > said - abandoned then
    complain(group.closed, "%s is closed with %d of its tasks not done, and has"
      .. " abandoned %d", index:say(group.id), late, said - abandoned)
  end
end

law("done-before-closed", function(index, complain)
  for _, group in ipairs(index.groups) do
    if group.closed ~= NEVER and not group.is_late then
      check_undone(index, group, complain)
    end
  end
end)

-- The done of an owner waits for the groups that it owns.
law("owner-last", function(index, complain)
  for _, group in ipairs(index.groups) do
    local done = group.owner and group.owner.done or NEVER
    if done ~= NEVER and group.closed > done and not group.is_silent then
      complain(done, "%s is done before %s, which it owns, is closed",
        index:say(group.owner.id), index:say(group.id))
    end
  end
end)

-- ------------------------------------------------------------------- order

-- Newest first, which is by when a task came to its group; of tasks that are
-- told by events only the asking is ordered.
law("newest-first", function(index, complain)
  for _, group in ipairs(index.groups) do
    local oldest -- of those before
    for _, line in ipairs(group.cancels) do
      local task = index.task_by[index.records[line].task]
      if task.events then goto continue end
      if oldest and task.made > index:there_by(oldest) then
        complain(line, "%s is cancelled after %s, which is older",
          index:say(task.id), index:say(oldest.id))
      end
      if not oldest or index:there_by(task) < index:there_by(oldest) then
        oldest = task
      end
      ::continue::
    end
  end
end)

law("edges-kept", function(index, complain)
  for _, later in ipairs(index.groups) do
    if later.is_alone or later.begun == NEVER then goto continue end
    for _, edge in ipairs(later.firsts) do
      if edge.line < later.begun and edge.group.closed > later.begun
        and not edge.group.is_silent then
        complain(later.begun, "%s ends before %s, which stops before it, is"
          .. " closed", index:say(later.id), index:say(edge.group.id))
      end
    end
    ::continue::
  end
end)

-- Children of a group that is not parallel have their turns one at a time; a
-- child that was shut down by itself does not wait, but is waited for.
local function check_turns(index, group, complain)
  local begun = {}
  for _, child in ipairs(group.children) do
    if child.begun ~= NEVER and not child.is_silent then
      begun[#begun + 1] = child
    end
  end
  table.sort(begun, function(a, b) return a.begun < b.begun end)
  local last -- of those before, who closes last
  for _, child in ipairs(begun) do
    if last and last.closed > child.begun and not child.is_alone then
      complain(child.begun, "%s ends while its sibling, %s, is ending",
        index:say(child.id), index:say(last.id))
    end
    if not last or child.closed > last.closed then last = child end
  end
end

law("one-at-a-time", function(index, complain)
  for _, group in ipairs(index.groups) do
    if not group.record.parallel and group.id ~= nil
      and not (group.is_late) then
      check_turns(index, group, complain)
    end
  end
end)

return group_laws
