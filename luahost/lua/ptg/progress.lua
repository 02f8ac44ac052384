-- progress.lua - how the shutdown of the whole program goes on: a live line per
-- group on a terminal, else a log line per change of phase.
--
-- The runtime tells the beginning of a drain and the closing; the rest is seen
-- by looking, ten times a second.
local core = require "ptg.core"
local duration = require "ptg.duration"
local log = require "ptg.log"
local registry = require "ptg.registry"
local settings = require "ptg.settings"
local signals = require "ptg.signals"
local uv = require "luv"

local progress = {}

local TICK_MS = 100
local FEW = 50
local DEFAULT_ROWS, DEFAULT_COLUMNS = 24, 80

local groups       -- all there are, parents first; nil before it begins
local seen = {}    -- group -> state
local told_signals = 0
local timer, terminal

-- -------------------------------------------------------------------- words

local function counted(number, word)
  return ("%d %s%s"):format(number, word, number == 1 and "" or "s")
end

local function time_left(ns)
  if ns == duration.FOREVER then return "no limit" end
  return ("%.1fs left"):format(ns / 1e9)
end

-- What happened to the tasks of a group that has closed.
local function outcome(group)
  local rows = core.group_report(group.handle)
  local row
  for _, candidate in ipairs(rows or {}) do
    if candidate.group == group.handle then row = candidate end
  end
  if not row then return "" end
  local parts = {}
  for _, count in ipairs { "drained", "cancelled", "failed", "refused",
                           "killed", "abandoned" } do
    if row[count] > 0 then
      parts[#parts + 1] = ("%d %s"):format(row[count], count)
    end
  end
  local first = row.drain_ns ~= 0 and row.drain_ns or row.cancel_ns
  return (" in %s%s"):format(duration.format((row.closed_ns - first)
    // 1000000 * 1000000), #parts > 0 and ": " .. table.concat(parts, ", ")
    or "")
end

-- --------------------------------------------------------------------- lines

local function tell_phase(group, state, live, left_ns)
  if state == "closed" then
    log.line(("%s: closed%s"):format(group.path, outcome(group)))
    return
  end
  log.line(("%s: %s, %s, %s"):format(group.path, state, counted(live, "task"),
    time_left(left_ns)))
end

-- The phase of a group, how many tasks it has, and what is left of the phase.
-- One that has begun its end but must wait for those below it has no phase.
local function phase_of(group)
  local state, _, live, left_ns, children = core.group_state(group.handle)
  if not state then return "closed" end
  if state == "draining" and children > 0 then return "open", live end
  return state, live, left_ns
end

-- Takes note of a new phase; true if there is one.
local function look_at(group)
  local state, live, left_ns = phase_of(group)
  if state == seen[group] then return false end
  seen[group] = state
  -- Of the root the report says it, and one without tasks closes at once.
  local is_worth_a_line = group.parent and state ~= "open"
    and (state == "closed" or live > 0)
  if is_worth_a_line and not terminal then
    tell_phase(group, state, live, left_ns)
  end
  return true
end

-- What has been asked for by signal since the last look.
local function tell_signals()
  local count, last = core.signals()
  if count == told_signals then return end
  told_signals = count
  local name = "SIG" .. signals.name(last)
  if count == 1 then
    log.line(("%s: shutting down; once more forces it"):format(name))
  else
    log.line(("%s: forced; once more ends everything at once"):format(name))
  end
end

-- ---------------------------------------------------------------------- live

local function live_line(group, width)
  local state, live, left_ns = phase_of(group)
  local text
  if state == "closed" then
    text = "closed"
  elseif state == "open" then
    text = "waiting for its turn"
  else
    text = ("%-10s  %9s  %s"):format(state, counted(live, "task"),
      time_left(left_ns))
  end
  return ("  %-" .. width .. "s  %s"):format(group.path, text)
end

-- The lines that fit; those that are at work before the rest.
local function choose(rows)
  if #groups <= rows then return groups, 0 end
  local chosen, rest = {}, {}
  for _, group in ipairs(groups) do
    local is_busy = seen[group] == "draining" or seen[group] == "cancelling"
    table.insert(is_busy and chosen or rest, group)
  end
  table.move(rest, 1, #rest, #chosen + 1, chosen)
  return table.move(chosen, 1, rows - 1, 1, {}), #groups - rows + 1
end

local function redraw()
  local width_of_all, rows = terminal:get_winsize()
  -- One that does not know its size says 0.
  if not rows or rows < 3 or width_of_all < 1 then
    width_of_all, rows = DEFAULT_COLUMNS, DEFAULT_ROWS
  end
  rows = rows - 1
  local chosen, hidden = choose(rows)
  local width = 0
  for _, group in ipairs(chosen) do width = math.max(width, #group.path) end
  local lines = {}
  for place, group in ipairs(chosen) do
    -- A line that wrapped would be two to erase.
    local line = live_line(group, width)
    local cut = utf8.offset(line, width_of_all)
    lines[place] = cut and line:sub(1, cut - 1) or line
  end
  if hidden > 0 then
    lines[#lines + 1] = ("  and %s"):format(counted(hidden, "more group"))
  end
  log.set_live(lines)
end

-- ------------------------------------------------------------------- running

local function collect(root)
  local list, place = { root }, 1
  while list[place] do
    for _, handle in ipairs(core.group_groups(list[place].handle) or {}) do
      local group = registry.by_handle(handle)
      if group and core.group_state(handle) ~= "closed" then
        list[#list + 1] = group
      end
    end
    place = place + 1
  end
  return list
end

local function tick()
  tell_signals()
  for _, group in ipairs(groups) do
    if seen[group] ~= "closed" then look_at(group) end
  end
  if terminal then redraw() end
end

local function begin(root)
  groups = collect(root)
  for _, group in ipairs(groups) do seen[group] = "open" end
  if uv.guess_handle(2) == "tty" then terminal = uv.new_tty(2, false) end
  if not settings.is_manual_clock then
    timer = uv.new_timer()
    timer:start(TICK_MS, TICK_MS, tick)
  end
  tick()
end

-- Something happened to group that may be part of the end.
function progress.note(group)
  if settings.is_declaring or settings.are_hooks_off then return end
  local root = registry.by_id(core.ROOT_ID)
  if not groups then
    local _, is_ending = core.group_state(root.handle)
    if is_ending then begin(root) end
    return
  end
  tell_signals()
  -- Among many groups the next tick is soon enough.
  if look_at(group) and terminal and #groups <= FEW then redraw() end
end

-- Another runtime has taken the place of the one that was told of.
function progress.reset()
  progress.finish()
  groups, timer, terminal, seen = nil, nil, nil, {}
end

-- The root is closed: takes the live lines away.
function progress.finish()
  if not groups then return end
  tell_signals()
  if timer then timer:close() end
  if terminal then
    log.set_live {}
    terminal:close()
  end
end

return progress
