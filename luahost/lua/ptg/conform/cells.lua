-- cells.lua - which operations met their subjects in which states.
--
-- Before each operation of a scenario the adapter is asked for the state of
-- what the operation is about.
local json = require "dkjson"

local operations = require "ptg.conform.operations"

local cells = {}

local Cells = {}
Cells.__index = Cells

cells.states = {
  group = { "open", "waiting", "descending", "draining", "cancelling", "closed",
            "gone" },
  task = { "pending", "running", "asked", "abandoned", "gone" },
}

function cells.new()
  return setmetatable({ counts = {}, asked = {} }, Cells)
end

-- A pending task that waits for a place cannot be told from one that does not.
local states_of = {}

function states_of.group(info)
  if info.state == "open" and info.is_ending then return "waiting" end
  if info.state == "draining" and (info.children or 0) > 0 then
    return "descending"
  end
  return info.state
end

function states_of.task(info)
  if info.state == "running" and info.is_cancel_requested then return "asked" end
  return info.state
end

-- The state of a named thing; nil if it has none that can be asked for.
local function ask_state(scene, name)
  local thing = scene.names:get(name)
  local kind = thing and (thing.kind == "group" and "group" or "task")
  if not thing or thing.kind == "watch" or thing.kind == "post"
    or not thing.is_made then
    return nil
  end
  local info = scene:send { op = "info", [kind] = name }
  if info.status == "stale" then return kind, "gone" end
  if info.status ~= "ok" then return nil end
  return kind, states_of[kind](info)
end

-- To be called just before an operation is sent.
function Cells:ask(scene, message)
  self.asked = {}
  if not scene.features.info or scene.is_destroyed then return end
  local op = message.remote and message.op .. " (remote)" or message.op
  for _, field in ipairs(operations.subjects[message.op] or {}) do
    local kind, state = ask_state(scene, message[field])
    if kind and state then
      table.insert(self.asked, { kind = kind, state = state, op = op })
    end
  end
end

-- To be called with the operation's answer.
function Cells:add(status)
  for _, cell in ipairs(self.asked) do
    local key = table.concat({ cell.kind, cell.state, cell.op, status }, "\t")
    self.counts[key] = (self.counts[key] or 0) + 1
  end
  self.asked = {}
end

-- A list of { kind, state, op, status, count }, in order.
function Cells:list()
  local list = {}
  for key, count in pairs(self.counts) do
    local kind, state, op, status = key:match "^(.-)\t(.-)\t(.-)\t(.-)$"
    list[#list + 1] = { kind = kind, state = state, op = op, status = status,
                        count = count, key = key }
  end
  table.sort(list, function(a, b) return a.key < b.key end)
  for _, cell in ipairs(list) do cell.key = nil end
  return list
end

local function lay_out(heads, rows)
  local widths = {}
  for _, row in ipairs { heads, table.unpack(rows) } do
    for column, cell in ipairs(row) do
      widths[column] = math.max(widths[column] or 0, #cell)
    end
  end
  local lines = {}
  for _, row in ipairs { heads, table.unpack(rows) } do
    local parts = {}
    for column, cell in ipairs(row) do
      parts[column] = column == 1 and ("%-" .. widths[1] .. "s"):format(cell)
        or ("%" .. widths[column] .. "s"):format(cell)
    end
    lines[#lines + 1] = "  " .. table.concat(parts, "  ")
  end
  return lines
end

local function add_table(lines, kind, list)
  local by_op, ops = {}, {}
  for _, cell in ipairs(list) do
    if cell.kind == kind then
      if not by_op[cell.op] then
        by_op[cell.op] = {}
        ops[#ops + 1] = cell.op
      end
      by_op[cell.op][cell.state] = (by_op[cell.op][cell.state] or 0)
        + cell.count
    end
  end
  table.sort(ops)
  local heads, rows = { kind, table.unpack(cells.states[kind]) }, {}
  for place, op in ipairs(ops) do
    rows[place] = { op }
    for column, state in ipairs(cells.states[kind]) do
      rows[place][column + 1] = tostring(by_op[op][state] or ".")
    end
  end
  table.move(lay_out(heads, rows), 1, #rows + 1, #lines + 1, lines)
end

-- Tables of how often each operation met each state.
function Cells:text()
  local lines, list = {}, self:list()
  add_table(lines, "group", list)
  lines[#lines + 1] = ""
  add_table(lines, "task", list)
  return table.concat(lines, "\n") .. "\n"
end

function Cells:json()
  return json.encode(setmetatable(self:list(), { __jsontype = "array" }), {
    indent = true, keyorder = { "kind", "state", "op", "status", "count" },
  }) .. "\n"
end

return cells
