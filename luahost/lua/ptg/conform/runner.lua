-- runner.lua - plays scenarios, one after the other, through an adapter.
--
-- Whatever an adapter does, it costs one scenario: after each failure it is
-- killed, and the next scenario has a new one.
local ending = require "ptg.conform.ending"
local expect = require "ptg.conform.expect"
local failed = require "ptg.conform.failed"
local instant = require "ptg.conform.instant"
local link = require "ptg.conform.link"
local scenario = require "ptg.conform.scenario"
local scene = require "ptg.conform.scene"

local runner = {}

local Runner = {}
Runner.__index = Runner

-- Starts the adapter; nil and why that could not be. options: command, timeout,
-- log, cells, and on_trace, which is given the trace of each scenario.
function runner.open(options)
  local first, wrong = link.open(options.command, options)
  if not first then return nil, wrong end
  return setmetatable({ options = options, link = first,
                        hello = first.hello, clock = first.clock,
                        features = first.features }, Runner)
end

local function play_step(stage, step)
  local name = scenario.expectation_of(step)
  if name then
    expect.check(name, step, stage)
  else
    stage:perform(step)
  end
end

-- Adds to a failure where it happened.
local function note_place(stage, failure, number)
  local step = number and stage.scenario.steps[number]
  local place = number and ("step %d"):format(number) or "the end"
  if stage.inner_place then
    place, step = place .. ", " .. stage.inner_place, stage.inner_step
  end
  failure.place, failure.step = place, step
end

local default_root = { ["do"] = "root" }

-- Plays a scenario to its end; an error is its failure.
local function play(stage, at)
  local steps = stage.scenario.steps
  local has_root = steps[1]["do"] == "root"
  at.step = has_root and 1 or nil
  stage:reset(has_root and steps[1] or default_root)
  for number = has_root and 2 or 1, #steps do
    at.step = number
    if stage.observer then stage.observer.step = number end
    play_step(stage, steps[number])
  end
  at.step = nil
  if stage.observer then stage.observer.step = #steps + 1 end
  ending.close(stage)
  ending.check(stage)
end

-- The time that a scenario's steps let pass.
local function length_of(one)
  local total = 0
  for _, step in ipairs(one.steps) do
    local by = step["do"] == "advance" and instant.to_ns(step.by)
    if math.type(by) == "integer" and by > 0 then total = total + by end
  end
  return total
end

-- What the implementation would have to have for a scenario; nil: nothing.
local function missing_for(one, self)
  local missing = {}
  for _, feature in ipairs(one.needs or {}) do
    if not self.features[feature] then missing[#missing + 1] = feature end
  end
  if not self.clock:can_wait(length_of(one)) then
    missing[#missing + 1] = "a virtual clock"
  end
  return #missing > 0 and missing or nil
end

-- A failure that says nothing of the scenario's steps.
local function adapter_failure(line)
  return { line = line, place = "before the first step" }
end

-- The adapter, a new one if need be; nil and the failure.
local function ready(self)
  if self.gone then return nil, adapter_failure(self.gone) end
  if self.link then return self.link end
  local new, wrong = link.open(self.options.command, self.options)
  if new then
    self.link = new
    return new
  end
  self.gone = "the adapter could not be started again: "
    .. wrong:gsub("^the adapter ", "it ")
  return nil, adapter_failure(self.gone)
end

local function drop_link(self)
  if not self.link then return end
  self.link.adapter:kill()
  self.link = nil
end

-- Plays a scenario, with an observer if there is one (see scene.lua). Returns
-- { kind = "passed", "failed" or "not offered", failure, missing }.
function Runner:run(one, observer)
  local missing = missing_for(one, self)
  if missing then return { kind = "not offered", missing = missing } end
  local current, failure = ready(self)
  if not current then return { kind = "failed", failure = failure } end

  current.adapter:forget_stderr()
  local stage = scene.new(one, current, self.options.cells, observer)
  local at = {}
  local ok, caught = xpcall(play, function(value)
    return failed.is(value) and value or debug.traceback(value)
  end, stage, at)
  if self.options.on_trace then self.options.on_trace(stage.trace) end
  if ok then return { kind = "passed" } end
  if not failed.is(caught) then error(caught, 0) end
  note_place(stage, caught, at.step)
  drop_link(self)
  return { kind = "failed", failure = caught }
end

-- Ends the adapter. Returns what is wrong with its end; nil: nothing.
function Runner:close()
  if not self.link then return nil end
  local wrong = self.link.adapter:close()
  self.link = nil
  return wrong
end

-- Ends it at once, and waits for that.
function Runner:kill()
  drop_link(self)
end

-- Ends it at once, from a callback.
function Runner:kill_now()
  if self.link then self.link.adapter:send_kill() end
end

return runner
