-- plan.lua - what a shutdown would do at the worst: text, JSON, DOT.
local core = require "ptg.core"
local duration = require "ptg.duration"
local failure = require "ptg.failure"
local registry = require "ptg.registry"
local report = require "ptg.report"
local json = require "dkjson"

local plan = {}

local function path_of(handle)
  local group = registry.by_handle(handle)
  return group and group.path
end

-- The steps of group's plan, in the order in which their drains begin.
function plan.build(group)
  local steps = failure.check(("plan of %s"):format(group),
    core.group_plan(group.handle))
  local built = { group = group.path, steps = {} }
  for place, step in ipairs(steps) do
    built.steps[place] = {
      path = path_of(step.group),
      begin = duration.seconds(step.begin_ns),
      cancel_by = duration.seconds(step.cancel_ns),
      closed_by = duration.seconds(step.closed_ns),
      waits_for = path_of(step.waits_for),
      is_critical = step.is_critical,
    }
    if step.group == group.handle then
      built.seconds = duration.seconds(step.closed_ns)
    end
  end
  return built
end

local function at(seconds)
  return seconds and ("%.3fs"):format(seconds) or "never"
end

local columns = {
  { "begin", function(step) return at(step.begin) end },
  { "cancel by", function(step) return at(step.cancel_by) end },
  { "closed by", function(step) return at(step.closed_by) end },
  { " ", function(step) return step.is_critical and "*" or " " end },
  { "group", function(step) return step.path end, left = true },
  { "waits for", function(step) return step.waits_for end, left = true },
}

function plan.text(built, name)
  local head = built.seconds
    and ("closed %s after the shutdown begins, at the latest"):format(
      at(built.seconds))
    or "not bounded: a limit on the critical path is forever"
  local lines = { ("%s: %s"):format(name, head), "" }
  for _, line in ipairs(report.lay_out(columns, built.steps)) do
    lines[#lines + 1] = line
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "  * on the critical path: shorter limits there end it"
    .. " sooner"
  return table.concat(lines, "\n") .. "\n"
end

local key_order = {
  "group", "seconds", "steps", "path", "begin", "cancel_by", "closed_by",
  "waits_for", "is_critical",
}

function plan.json(built)
  local copy = { group = built.group, seconds = built.seconds or json.null,
                 steps = {} }
  for place, step in ipairs(built.steps) do
    local full = { begin = json.null, cancel_by = json.null,
                   closed_by = json.null, waits_for = json.null }
    for key, value in pairs(step) do full[key] = value end
    copy.steps[place] = full
  end
  return json.encode(copy, { indent = true, keyorder = key_order }) .. "\n"
end

local function quote(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

-- An arrow goes from a group to whose drain its closing lets begin.
function plan.dot(built)
  local lines = { "digraph shutdown {", "  rankdir=LR;",
                  "  node [shape=box, fontname=monospace];" }
  for _, step in ipairs(built.steps) do
    lines[#lines + 1] = ("  %s [label=%s%s];"):format(quote(step.path),
      quote(("%s\n%s - %s"):format(step.path, at(step.begin),
        at(step.closed_by))):gsub("\n", "\\n"),
      step.is_critical and ", color=red, penwidth=2" or "")
  end
  local critical = {}
  for _, step in ipairs(built.steps) do
    critical[step.path] = step.is_critical
  end
  for _, step in ipairs(built.steps) do
    if step.waits_for then
      local is_critical = step.is_critical and critical[step.waits_for]
      lines[#lines + 1] = ("  %s -> %s%s;"):format(quote(step.waits_for),
        quote(step.path), is_critical and " [color=red, penwidth=2]" or "")
    end
  end
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n") .. "\n"
end

return plan
