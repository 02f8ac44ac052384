-- report.lua - what a shutdown did: as a table, as text, as JSON.
--
-- Times are seconds from the beginning of the shutdown that is reported; a
-- time that did not come is nil (null in JSON).
local core = require "ptg.core"
local registry = require "ptg.registry"
local json = require "dkjson"

local report = {}

local counts = {
  "drained", "cancelled", "failed", "refused", "abandoned", "killed",
}
local states = { "open", "draining", "cancelling", "closed" }

local function path_of(handle)
  local group = registry.by_handle(handle)
  return group and group.path
end

local function abandoned_tasks(handle)
  local names = {}
  for _, task in ipairs(core.group_abandoned(handle) or {}) do
    local info = core.task_info(task)
    names[#names + 1] = info and info.name or "?"
  end
  return names
end

local function build_row(row, begin_ns)
  local function seconds(ns)
    return ns ~= 0 and (ns - begin_ns) / 1e9 or nil
  end
  local group = registry.by_handle(row.group)
  local result = {
    path = group and group.path or row.name,
    name = row.name,
    state = states[row.state],
    began = seconds(row.begun_ns),
    drain = seconds(row.drain_ns),
    cancel = seconds(row.cancel_ns),
    closed = seconds(row.closed_ns),
    waited_for = path_of(row.waited_for),
    abandoned_tasks = row.abandoned > 0 and abandoned_tasks(row.group) or {},
    killed_tasks = group and group.killed_tasks or {},
  }
  for _, count in ipairs(counts) do result[count] = row[count] end
  return result
end

-- The report of group's shutdown; nil if it has none.
function report.build(group)
  local rows = core.group_report(group.handle)
  if not rows then return nil end
  local begin_ns
  for _, row in ipairs(rows) do
    if row.group == group.handle then begin_ns = row.begun_ns end
  end
  local result = { group = group.path, state = group.state, groups = {},
                   totals = {} }
  for _, count in ipairs(counts) do result.totals[count] = 0 end
  for place, row in ipairs(rows) do
    result.groups[place] = build_row(row, begin_ns)
    for _, count in ipairs(counts) do
      result.totals[count] = result.totals[count] + row[count]
    end
    if row.group == group.handle and row.closed_ns ~= 0 then
      result.seconds = (row.closed_ns - begin_ns) / 1e9
    end
  end
  return result
end

-- -------------------------------------------------------------------- text

local columns = {
  { "group", function(row) return row.path end, left = true },
  { "began", function(row) return row.began end },
  { "drain", function(row) return row.drain end },
  { "cancel", function(row) return row.cancel end },
  { "closed", function(row) return row.closed end },
}
for _, count in ipairs(counts) do
  columns[#columns + 1] = { count, function(row) return row[count] end }
end
columns[#columns + 1] =
  { "waited for", function(row) return row.waited_for end, left = true }

local function cell(value)
  if value == nil then return "-" end
  if math.type(value) == "float" then
    -- A hair before the beginning is the beginning.
    return ("%.3fs"):format(math.abs(value) < 0.0005 and 0 or value)
  end
  return tostring(value)
end

-- Lines of text, columns side by side; one function, also for the plan.
function report.lay_out(heads, rows)
  local cells, widths = {}, {}
  for number, column in ipairs(heads) do widths[number] = #column[1] end
  for place, row in ipairs(rows) do
    cells[place] = {}
    for number, column in ipairs(heads) do
      local text = cell(column[2](row))
      cells[place][number] = text
      widths[number] = math.max(widths[number], utf8.len(text) or #text)
    end
  end
  local function line(texts)
    local parts = {}
    for number, text in ipairs(texts) do
      local fill = (" "):rep(widths[number] - (utf8.len(text) or #text))
      parts[number] = heads[number].left and text .. fill or fill .. text
    end
    return (("  " .. table.concat(parts, "  ")):gsub("%s+$", ""))
  end
  local titles = {}
  for number, column in ipairs(heads) do titles[number] = column[1] end
  local lines = { line(titles) }
  for _, texts in ipairs(cells) do lines[#lines + 1] = line(texts) end
  return lines
end

local function add_names(lines, said, groups, key)
  for _, row in ipairs(groups) do
    for _, name in ipairs(row[key]) do
      lines[#lines + 1] = ("  %s: '%s' in %s"):format(said, name, row.path)
    end
  end
end

-- The report as lines for a person.
function report.text(built)
  local lines = { ("ptg: %s closed in %s"):format(built.group,
    cell(built.seconds)) }
  for _, line in ipairs(report.lay_out(columns, built.groups)) do
    lines[#lines + 1] = line
  end
  add_names(lines, "abandoned", built.groups, "abandoned_tasks")
  add_names(lines, "killed", built.groups, "killed_tasks")
  return table.concat(lines, "\n")
end

-- -------------------------------------------------------------------- JSON

local key_order = {
  "group", "path", "name", "status", "unhandled", "state", "seconds",
  "signals", "totals", "groups", "began", "drain", "cancel", "closed", "drained",
  "cancelled", "failed", "refused", "abandoned", "killed", "waited_for",
  "abandoned_tasks", "killed_tasks",
}

local function with_nulls(built)
  local copy = {}
  for key, value in pairs(built) do copy[key] = value end
  copy.groups = {}
  for place, row in ipairs(built.groups) do
    local full = { drain = json.null, cancel = json.null,
                   closed = json.null, waited_for = json.null }
    for key, value in pairs(row) do full[key] = value end
    for _, key in ipairs { "abandoned_tasks", "killed_tasks" } do
      full[key] = setmetatable({ table.unpack(row[key]) },
        { __jsontype = "array" })
    end
    copy.groups[place] = full
  end
  return copy
end

-- The same as JSON, with the program's exit status and the number of failures
-- that nobody handled.
function report.json(built, status, unhandled, signal_count)
  local copy = with_nulls(built)
  copy.status, copy.unhandled, copy.signals = status, unhandled, signal_count
  return json.encode(copy, { indent = true, keyorder = key_order }) .. "\n"
end

return report
