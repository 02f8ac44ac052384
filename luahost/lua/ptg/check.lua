-- check.lua - what is wrong with a topology, before anything is started.
--
-- Everything here is of what was declared at the top level of the script. A
-- finding is { where = "FILE:LINE", message = "..." }.
local core = require "ptg.core"
local duration = require "ptg.duration"
local settings = require "ptg.settings"

local check = {}

local FOREVER = duration.FOREVER

local function is_limit(ns)
  return ns ~= nil and ns ~= 0 and ns ~= FOREVER
end

local function length(ns)
  return ns == core.AT_ONCE and 0 or ns
end

-- The groups below root, parents first, with what applies to each.
local function collect(root)
  local list = { { group = root, info = root:info(), children = {} } }
  local place = 1
  while list[place] do
    local item = list[place]
    for _, child in ipairs(item.group:groups()) do
      local below = { group = child, info = child:info(), children = {},
                      parent = item }
      table.insert(item.children, below)
      list[#list + 1] = below
    end
    place = place + 1
  end
  return list
end

local function add(findings, group, format, ...)
  table.insert(findings, { where = group.where,
                           message = format:format(...) })
end

-- ------------------------------------------------- limits beyond a deadline

-- The nearest deadline that holds for an item, its own or an ancestor's.
local function nearest_deadline(item)
  while item do
    local own = item.group.own
    if own and is_limit(own.deadline) then return item.group, own.deadline end
    item = item.parent
  end
end

local function find_limit_beyond(findings, item)
  local own = item.group.own
  if not own then return end
  local above, over = nearest_deadline(item.parent)
  if above and is_limit(own.deadline)
    and length(own.deadline) > length(over) then
    add(findings, item.group, "%s: its deadline is %s, but %s leaves it %s",
      item.group.path, duration.format(own.deadline), above.path,
      duration.format(length(over)))
  end

  local holder, deadline = nearest_deadline(item)
  if not holder or not (own.grace or own.cancel_wait) then return end
  local grace, wait = item.info.grace_ns, item.info.cancel_wait_ns
  if holder == item.group then
    -- Its own deadline is meant to cut short what it inherits.
    grace, wait = own.grace or 0, own.cancel_wait or 0
  end
  if grace == FOREVER or wait == FOREVER then return end
  local sum = length(grace) + length(wait)
  if sum > length(deadline) then
    add(findings, item.group, "%s: grace %s and cancel_wait %s are %s, but "
      .. "the deadline of %s is %s", item.group.path,
      duration.format(length(grace)), duration.format(length(wait)),
      duration.format(sum), holder.path, duration.format(length(deadline)))
  end
end

local function find_forever(findings, item)
  local own = item.group.own
  local holder, deadline = nearest_deadline(item)
  if not own or not holder then return end
  for _, limit in ipairs { "grace", "cancel_wait", "deadline" } do
    if own[limit] == FOREVER then
      add(findings, item.group, "%s: its %s is forever, but the deadline of "
        .. "%s is %s", item.group.path, limit, holder.path,
        duration.format(length(deadline)))
    end
  end
end

-- ---------------------------------------------- what must be waited for

-- Two forms of one question: which children of an item are waited for one
-- after the other, at the worst, and the sum of their needs. Needs are of the
-- cancel phases alone: a drain can be cut to nothing, a cancel cannot.

local function slowest_in_a_row(item)
  local chain, sum = {}, 0
  for place = #item.children, 1, -1 do
    local child = item.children[place]
    chain[#chain + 1] = child
    sum = sum + child.need
  end
  return chain, sum
end

-- The longest way along the edges. There is no circle, so lengthening the ways
-- edge by edge comes to an end.
local function slowest_in_parallel(item)
  local need, before, by_group = {}, {}, {}
  for _, child in ipairs(item.children) do
    need[child], by_group[child.group] = child.need, child
  end
  local is_changed
  repeat
    is_changed = false
    for _, child in ipairs(item.children) do
      for _, group in ipairs(child.group.groups_before) do
        local later = by_group[group]
        if need[child] + later.need > need[later] then
          need[later], before[later] = need[child] + later.need, child
          is_changed = true
        end
      end
    end
  until not is_changed

  local last
  for _, child in ipairs(item.children) do
    if not last or need[child] > need[last] then last = child end
  end
  local chain, sum = {}, last and need[last] or 0
  while last do
    table.insert(chain, 1, last)
    last = before[last]
  end
  return chain, sum
end

-- A group that only holds others has no tasks to cancel.
local function own_need(item)
  if #item.children > 0 and item.info.live == 0 then return 0 end
  local wait = item.info.cancel_wait_ns
  return wait == FOREVER and 0 or length(wait)
end

-- Sets need and path (whom it is spent on) of every item, leaves first.
local function set_needs(list)
  for place = #list, 1, -1 do
    local item = list[place]
    local slowest = item.info.parallel and slowest_in_parallel
      or slowest_in_a_row
    local chain, sum = slowest(item)
    item.spent_on = {}
    for _, child in ipairs(chain) do
      table.move(child.spent_on, 1, #child.spent_on, #item.spent_on + 1,
        item.spent_on)
    end
    local own = own_need(item)
    item.need = sum + own
    if own > 0 then
      table.insert(item.spent_on, ("%s %s"):format(item.group.path,
        duration.format(own)))
    end
  end
end

local function find_never_in_time(findings, item)
  local own = item.group.own
  if not own or not is_limit(own.deadline) then return end
  if item.need <= length(own.deadline) then return end
  add(findings, item.group, "%s: its deadline is %s, but the cancel waits on "
    .. "its critical path need %s: %s", item.group.path,
    duration.format(length(own.deadline)), duration.format(item.need),
    table.concat(item.spent_on, ", "))
end

-- ----------------------------------------------------------------- names

local function find_same_names(findings, item)
  local first = {}
  local function see(kind, name, place)
    local key = kind .. " " .. name
    if not first[key] then
      first[key] = place
      return
    end
    table.insert(findings, { where = place, message = ("%s: the name of this "
      .. "%s, '%s', is that of the one declared at %s"):format(
      item.group.path, kind, name, first[key]) })
  end
  for _, child in ipairs(item.children) do
    see("group", child.group.name, child.group.where)
  end
  for _, process in ipairs(item.group.processes or {}) do
    see("process", process.name, process.where)
  end
end

-- -------------------------------------------------------------------- all

-- Everything that is wrong below root, in the order of the script's lines as
-- far as they tell it.
function check.run(root)
  local findings = {}
  for _, circle in ipairs(settings.circles) do
    table.insert(findings, circle)
  end
  local list = collect(root)
  set_needs(list)
  for _, item in ipairs(list) do
    find_limit_beyond(findings, item)
    find_forever(findings, item)
    find_never_in_time(findings, item)
    find_same_names(findings, item)
  end
  local function key(finding)
    local file, line = (finding.where or ""):match("^(.*):(%d+)$")
    return file or "", tonumber(line) or 0
  end
  table.sort(findings, function(a, b)
    local file_a, line_a = key(a)
    local file_b, line_b = key(b)
    if file_a ~= file_b then return file_a < file_b end
    if line_a ~= line_b then return line_a < line_b end
    return a.message < b.message
  end)
  return findings, #list - 1
end

return check
