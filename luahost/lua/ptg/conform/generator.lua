-- generator.lua - random scenarios: a seed makes one.
--
-- Weighted so that most of what a scenario does succeeds, that its durations
-- are few and so coincide, and that a shutdown is under way in most. Nothing
-- in it makes work for ever: what is called again and again makes nothing that
-- calls it again. Names that are made within something that may be called more
-- than once end with #.
local compare = require "ptg.conform.compare"
local dice = require "ptg.conform.dice"

local generator = {}

local Generator = {}
Generator.__index = Generator

local DEEPEST_GROUP, DEEPEST_SCRIPT = 4, 3

-- ----------------------------------------------------------------- durations

local LENGTHS = { "500ms", "500ms", "1s", "1s", "1500ms", "2s", "3s" }

function Generator:length()
  if self.dice:chance(4) then return "1ns" end
  return self.dice:pick(LENGTHS)
end

function Generator:limit()
  if self.dice:chance(12) then return "at_once" end
  if self.dice:chance(8) then return "forever" end
  if self.dice:chance(10) then return "5s" end
  return self:length()
end

-- --------------------------------------------------------------------- names

-- A new name; place says where the step is: { self = the task or group whose
-- callback it is in, is_again = may it be played more than once?, depth }.
function Generator:new_name(letter, kind, place, more)
  self.last = self.last + 1
  local name = letter .. self.last .. (place.is_again and "x#" or "")
  local thing = more or {}
  thing.name, thing.kind, thing.is_scripted = name, kind, place.depth > 0
  local list = self.things[kind]
  list[#list + 1] = thing
  return name
end

-- Is it one that probably does not answer any more, or not yet?
local function is_unlikely(self, thing, place)
  if thing.is_ended then return self.dice:chance(75) end
  return thing.is_scripted and place.depth == 0 and self.dice:chance(50)
end

local function pick_thing(self, kind, place)
  local thing
  for _ = 1, 4 do
    thing = self.dice:pick_late(self.things[kind])
    if not thing or not is_unlikely(self, thing, place) then return thing end
  end
  return thing
end

local ALL_KINDS = { "group", "task", "watch", "timer", "queue" }

-- A name of this kind, now and then something else. Which of three statuses
-- refuses a number that was never given out is open, other than zero.
function Generator:name(kind, place)
  if self.dice:chance(1) then return 0 end
  if self.dice:chance(3) then kind = self.dice:pick(ALL_KINDS) end
  local thing = pick_thing(self, kind, place)
  return thing and thing.name or "root"
end

function Generator:task(place)
  if place.self and place.is_task and self.dice:chance(50) then
    return place.self
  end
  local kind = self.dice:chance(8) and "timer"
    or self.dice:chance(5) and "queue" or "task"
  if #self.things[kind] == 0 then kind = "task" end
  return self:name(kind, place)
end

function Generator:group(place)
  if place.group and self.dice:chance(40) then return place.group end
  if self.dice:chance(10) then return "root" end
  return self:name("group", place)
end

-- A group in which something can be made.
function Generator:home(place)
  if self.has.nesting then return self:group(place) end
  return "root"
end

function Generator:given_name()
  return self.dice:pick(compare.given_names)
end

-- Sets a field in so many of a hundred cases, if there is the feature.
function Generator:maybe(percent, step, field, value, feature)
  if feature and not self.has[feature] then return end
  if not self.dice:chance(percent) then return end
  if type(value) == "function" then value = value(self) end
  step[field] = value
end

-- A list of some of these.
function Generator:some(words, percent)
  local list = setmetatable({}, { __jsontype = "array" })
  for _, word in ipairs(words) do
    if self.dice:chance(percent) then list[#list + 1] = word end
  end
  return list
end

-- ------------------------------------------------------------------- scripts

local make -- a step

-- Some steps of a callback; at_most is small.
function Generator:script(place, at_most)
  local steps = setmetatable({}, { __jsontype = "array" })
  if self.scripted > 60 then return steps end
  for _ = 1, self.dice:between(0, at_most) do
    self.scripted = self.scripted + 1
    steps[#steps + 1] = make(self, place)
  end
  return steps
end

local function inner(place, fields)
  fields.depth, fields.is_again = place.depth + 1,
    place.is_again or fields.is_again
  return fields
end

-- Keeps what has something in it.
local function put(on, call, steps)
  if #steps > 0 then on[call] = steps end
end

function Generator:ending()
  local step = { ["do"] = "finish" }
  local status = self.dice:weigh { { "ok", 12 }, { "failed", 4 },
                                   { "canceled", 3 }, { "timeout", 1 },
                                   { "exit", 1 } }
  if status ~= "ok" then step.status = status end
  self:maybe(10, step, "code", function(g) return g.dice:between(1, 9) end)
  self:maybe(6, step, "value", 3)
  self:maybe(6, step, "message", "oh no")
  return step
end

function Generator:ending_after()
  local step = self:ending()
  if self.has.wake and self.dice:chance(60) then step.after = self:length() end
  return step
end

-- How a task lives: what it does of itself when it is told something.
local lives = {
  { "at once", 25 }, { "for a while", 30 }, { "until drain", 15 },
  { "until cancel", 20 }, { "stubborn", 10 },
}

function Generator:task_script(place, name, group, tells)
  local life = self.dice:weigh(lives)
  local on = {}
  local here = inner(place, { self = name, group = group, is_task = true })
  local start = self:script(here, self.dice:chance(40) and 3 or 0)
  if life == "at once" then start[#start + 1] = self:ending() end
  if life == "for a while" then
    local step = self:ending_after()
    start[#start + 1] = step
  end
  if self.dice:chance(3) then
    start[#start + 1] = { ["do"] = "return", status = "failed" }
  end
  put(on, "start", start)

  local drain = self:script(here, self.dice:chance(15) and 3 or 0)
  if life == "until drain" then drain[#drain + 1] = self:ending_after() end
  put(on, "drain", drain)
  local cancel = self:script(here, self.dice:chance(15) and 3 or 0)
  if life == "until cancel" or life ~= "stubborn" and self.dice:chance(60) then
    local step = self:ending_after()
    if self.dice:chance(70) then step.status = "canceled" end
    cancel[#cancel + 1] = step
  end
  put(on, "cancel", cancel)
  if self.dice:chance(15) then
    put(on, "done", self:script(inner(place, { group = group }), 3))
  end
  if self.has.wake and self.dice:chance(12) then
    put(on, "wake", self:script(inner(place, {
      self = name, group = group, is_task = true, is_again = true }), 2))
  end
  for _, tell in ipairs(tells or {}) do
    if tell == "kill" and self.dice:chance(50) then
      put(on, "kill", { self:ending_after() })
    end
  end
  return next(on) and on or nil
end

function Generator:group_script(place, name)
  local on = {}
  local function take(call, percent, more)
    if not self.dice:chance(percent) then return end
    more = more or {}
    more.group = name
    local steps = self:script(inner(place, more), 2)
    if self.dice:chance(8) then
      steps[#steps + 1] = { ["do"] = "return", status = "failed" }
    end
    put(on, call, steps)
  end
  take("drain", 20)
  take("closed", 20)
  take("error", 15, { is_again = true, makes_nothing = true })
  return next(on) and on or nil
end

-- --------------------------------------------------------------------- steps

local makers = {}

function Generator:group_options(step, place)
  self:maybe(35, step, "grace", self.limit)
  self:maybe(35, step, "cancel_wait", self.limit)
  self:maybe(30, step, "parallel", true, "parallel")
  self:maybe(15, step, "deadline", self.limit, "deadline")
  self:maybe(8, step, "history", function(g) return g.dice:between(1, 3) end,
    "history")
  self:maybe(15, step, "name", self.given_name, "names")
  if self.has.limits and self.dice:chance(15) then
    step.max_tasks = self.dice:between(1, 2)
    self:maybe(75, step, "when_full", function(g)
      return g.dice:pick { "refuse", "queue", "queue", "replace_oldest" }
    end)
    if step.when_full == "queue" then
      self:maybe(40, step, "max_queued", function(g)
        return g.dice:between(1, 2)
      end)
    end
  end
  self:maybe(10, step, "on_failure", function(g)
    return g.dice:pick { "report", "shutdown_group", "shutdown_group",
                         "shutdown_root" }
  end, "policy")
  if place then
    self:maybe(10, step, "owner", function(g) return g:task(place) end, "owner")
    self:maybe(6, step, "admits_anyone", true, "owner")
  end
  self:maybe(30, step, "tells", function(g)
    local tells = g:some({ "error", "drain" }, 60)
    -- The laws tell by its closing where a group is.
    tells[#tells + 1] = "closed"
    return tells
  end)
end

function makers.group(self, place)
  if place.makes_nothing then return nil end
  local parent = "root"
  if self.has.nesting and self.dice:chance(70) then
    local thing = pick_thing(self, "group", place)
    if thing and thing.level < DEEPEST_GROUP then parent = thing.name end
  end
  local level = 1
  for _, thing in ipairs(self.things.group) do
    if thing.name == parent then level = thing.level + 1 end
  end
  local step = { ["do"] = "group" }
  if parent ~= "root" then step["in"] = parent end
  self:group_options(step, place)
  step.as = self:new_name("g", "group", place, { level = level })
  if place.depth < DEEPEST_SCRIPT then
    step.on = self:group_script(place, step.as)
  end
  return step
end

function makers.spawn(self, place)
  if place.makes_nothing then return nil end
  local step = { ["do"] = "spawn" }
  local group = self:home(place)
  if group ~= "root" then step["in"] = group end
  self:maybe(15, step, "name", self.given_name, "names")
  self:maybe(8, step, "type", self.given_name, "names")
  self:maybe(4, step, "place", self.given_name, "attribution")
  self:maybe(place.depth > 0 and 20 or 5, step, "cleanup", true, "cleanup")
  self:maybe(5, step, "observed", true, "observed")
  self:maybe(8, step, "spawner", function(g) return g:task(place) end,
    "spawner")
  self:maybe(30, step, "tells", function(g)
    return g:some(g.has.kill and { "drain", "cancel", "kill" }
      or { "drain", "cancel" }, 60)
  end)
  self:maybe(2, step, "remote", true, "remote")
  step.as = self:new_name("t", "task", place)
  if place.depth < DEEPEST_SCRIPT then
    step.on = self:task_script(place, step.as, group, step.tells)
  end
  return step
end

function makers.timer(self, place)
  if place.makes_nothing or place.depth > 1 then return nil end
  local step = { ["do"] = "timer" }
  local group = self:home(place)
  if group ~= "root" then step["in"] = group end
  if self.dice:chance(60) then
    step.every = self.dice:pick { "500ms", "1s", "2s" }
    self:maybe(40, step, "overlap", function(g)
      return g.dice:pick { "skip", "allow", "replace" }
    end)
    self:maybe(30, step, "after", self.length)
  else
    step.after = self:length()
  end
  self:maybe(10, step, "name", self.given_name, "names")
  step.as = self:new_name("m", "timer", place)
  if self.dice:chance(70) then
    local here = inner(place, { group = group, is_again = true })
    local job = { ["do"] = "spawn", ["in"] = step["in"] }
    job.as = self:new_name("t", "task", here)
    job.on = self:task_script(here, job.as, group)
    step.on = { fire = { job } }
    if self.dice:chance(80) then
      step.on.fire[2] = { ["do"] = "return", started = job.as }
    end
  end
  return step
end

function makers.queue(self, place)
  if place.makes_nothing or place.depth > 1 then return nil end
  local step = { ["do"] = "queue", capacity = self.dice:between(1, 3) }
  local group = self:home(place)
  if group ~= "root" then step["in"] = group end
  self:maybe(40, step, "at_once", function(g) return g.dice:between(1, 2) end)
  self:maybe(10, step, "name", self.given_name, "names")
  step.as = self:new_name("q", "queue", place)
  local on = {}
  if self.dice:chance(80) then
    local here = inner(place, { group = group, is_again = true })
    local job = { ["do"] = "spawn", ["in"] = step["in"] }
    job.as = self:new_name("t", "task", here)
    job.on = self:task_script(here, job.as, group)
    on.handle = { job }
    if self.dice:chance(80) then
      on.handle[2] = { ["do"] = "return", started = job.as }
    end
  end
  step.on = next(on) and on or nil
  return step
end

function makers.push(self, place)
  if place.is_again or #self.things.queue == 0 then return nil end
  local step = { ["do"] = "push", queue = self:name("queue", place),
                 message = self.dice:between(1, 9) }
  self:maybe(15, step, "pusher", function(g) return g:task(place) end)
  return step
end

function makers.queue_close(self, place)
  if #self.things.queue == 0 then return nil end
  return { ["do"] = "queue_close", queue = self:name("queue", place) }
end

function makers.queue_info(self, place)
  if #self.things.queue == 0 then return nil end
  return { ["do"] = "queue_info", queue = self:name("queue", place) }
end

function makers.timer_info(self, place)
  if #self.things.timer == 0 then return nil end
  return { ["do"] = "timer_info", task = self:name("timer", place) }
end

function makers.edge(self, place)
  return { ["do"] = "edge", first = self:name("group", place),
           later = self:name("group", place) }
end

function makers.finish(self, place)
  if place.is_task and self.dice:chance(60) then return self:ending_after() end
  local step = self:ending()
  step.task = self:task(place)
  self:maybe(3, step, "remote", true, "remote")
  return step
end

local function maybe_originator(self, place, step)
  self:maybe(20, step, "originator", function(g)
    return g.dice:chance(50) and g:task(place) or g:group(place)
  end, "attribution")
end

function makers.cancel(self, place)
  local step = { ["do"] = "cancel", task = self:task(place) }
  self:maybe(20, step, "reason", "enough", "attribution")
  maybe_originator(self, place, step)
  self:maybe(3, step, "remote", true, "remote")
  return step
end

-- Of itself only: in others there may be nothing that sleeps.
function makers.sleep(self, place)
  if not place.is_task then return nil end
  local step = { ["do"] = "sleep" }
  -- Sleeping on and on: not too often.
  step["for"] = place.is_again and self.dice:pick { "3s", "5s" }
    or self.dice:chance(10) and "0s" or self:length()
  return step
end

function makers.extend_grace(self, place)
  local step = { ["do"] = "extend_grace", ["for"] = self:length() }
  if not place.is_task or self.dice:chance(20) then
    step.task = self:task(place)
  end
  return step
end

function makers.shutdown(self, place)
  local group = self.dice:chance(25) and "root" or self:group(place)
  local step = { ["do"] = "shutdown", group = group }
  self:maybe(15, step, "force", true)
  self:maybe(25, step, "grace", self.limit)
  self:maybe(25, step, "cancel_wait", self.limit)
  self:maybe(15, step, "deadline", self.limit, "deadline")
  maybe_originator(self, place, step)
  self:maybe(2, step, "remote", true, "remote")
  if place.depth == 0 then
    for _, thing in ipairs(self.things.group) do
      thing.is_ended = thing.is_ended or group == "root"
        or thing.name == group
    end
  end
  return step
end

function makers.request_shutdown(self)
  local step = { ["do"] = "request_shutdown" }
  self:maybe(30, step, "force", true)
  return step
end

function makers.watch(self, place)
  if place.makes_nothing then return nil end
  local step = { ["do"] = "watch" }
  if self.dice:chance(60) then
    step.task = self:task(place)
  else
    step.group = self:group(place)
  end
  self:maybe(30, step, "waiter", function(g) return g:task(place) end)
  step.as = self:new_name("w", "watch", place)
  if place.depth < DEEPEST_SCRIPT and self.dice:chance(30) then
    local steps = self:script(inner(place, {}), 2)
    if #steps > 0 then step.on = { over = steps } end
  end
  return step
end

function makers.unwatch(self, place)
  if #self.things.watch == 0 then return nil end
  return { ["do"] = "unwatch", watch = self:name("watch", place) }
end

function makers.info(self, place)
  if self.dice:chance(50) then
    return { ["do"] = "info", group = self:group(place) }
  end
  return { ["do"] = "info", task = self:task(place) }
end

function makers.list(self, place)
  return { ["do"] = "list", group = self:group(place),
           what = self.dice:pick { "groups", "tasks", "tasks", "abandoned" } }
end

function makers.current()
  return { ["do"] = "current" }
end

function makers.advance(self, place)
  if place.depth > 0 then return nil end
  local step = { ["do"] = "advance" }
  if self.dice:chance(60) then
    step.by = self.dice:chance(8) and "10s" or self:length()
  end
  return step
end

for _, name in ipairs { "report", "blame", "plan", "failures", "history",
                        "snapshot" } do
  makers[name] = function(self, place)
    return { ["do"] = name, group = self:group(place) }
  end
end

function makers.count_names(self, place)
  return { ["do"] = "count_names", group = self:group(place), capacity = 8 }
end

-- What there is to do: its name, its weight outside and inside of callbacks,
-- and the feature that it needs.
local choices = {
  { "advance", 40, 0 }, { "spawn", 26, 16 }, { "group", 9, 5 },
  { "finish", 8, 8 }, { "cancel", 7, 6 },
  { "sleep", 0, 5, "wake" }, { "shutdown", 4, 5 },
  { "extend_grace", 1, 2, "extend_grace" },
  { "request_shutdown", 1, 1, "remote" },
  { "watch", 5, 4, "watch" }, { "unwatch", 1, 1, "watch" },
  { "edge", 5, 2, "edges" },
  { "timer", 2, 1, "timer" }, { "timer_info", 1, 1, "timer" },
  { "queue", 2, 1, "queue" }, { "push", 6, 3, "queue" },
  { "queue_close", 1, 1, "queue" }, { "queue_info", 1, 1, "queue" },
  { "info", 5, 4, "info" }, { "list", 3, 2, "info" },
  { "current", 1, 3, "current" },
  { "report", 2, 1, "report" }, { "blame", 1, 1, "blame" },
  { "plan", 2, 1, "plan" }, { "failures", 1, 1, "failures" },
  { "history", 1, 1, "history" }, { "snapshot", 1, 1, "snapshot" },
  { "count_names", 1, 1, "count_names" },
}

function make(self, place)
  local entries = place.depth == 0 and self.outside or self.inside
  while true do
    local step = makers[self.dice:weigh(entries)](self, place)
    if step then return step end
  end
end

-- ----------------------------------------------------------------- scenarios

local function entries_of(has, column)
  local entries = {}
  for _, choice in ipairs(choices) do
    if choice[column] > 0 and (not choice[4] or has[choice[4]]) then
      entries[#entries + 1] = { choice[1], choice[column] }
    end
  end
  return entries
end

-- What belongs together comes close together: first what there is, then what
-- happens to it.
local function add_steps(self, steps, count)
  local outside = { depth = 0, is_again = false }
  local first = math.max(3, count // 4)
  for number = 1, count do
    local step
    if number <= first then
      step = makers[self.dice:weigh { { "group", 4 }, { "spawn", 6 } }](self,
        outside)
    elseif number == first + 1 then
      step = { ["do"] = "advance" }
    elseif number == self.shutdown_at then
      step = makers.shutdown(self, outside)
    else
      step = make(self, outside)
    end
    steps[#steps + 1] = step
  end
end

-- So that all is over at the end, in the scenario's own steps.
local function add_end(steps)
  for _, step in ipairs {
    { ["do"] = "shutdown", group = "root" },
    { ["do"] = "advance", by = "60s" },
    { ["do"] = "shutdown", group = "root", force = true, grace = "at_once",
      cancel_wait = "at_once" },
    { ["do"] = "advance", by = "2s" },
    { ["do"] = "destroy" },
  } do
    steps[#steps + 1] = step
  end
end

local needs_of -- of the steps

-- The scenario of a seed, for implementations with these features (a set).
function generator.make(seed, features)
  local self = setmetatable({
    dice = dice.new(seed), has = features, last = 0, scripted = 0,
    things = { group = { { name = "root", kind = "group", level = 0 } },
               task = {}, watch = {}, timer = {}, queue = {} },
    outside = entries_of(features, 2), inside = entries_of(features, 3),
  }, Generator)
  local count = math.min(self.dice:between(10, 60), self.dice:between(10, 60))
  if self.dice:chance(85) then
    self.shutdown_at = self.dice:between(count // 3, count * 3 // 4)
  end
  local steps = setmetatable({}, { __jsontype = "array" })
  if self.dice:chance(50) then
    local root = { ["do"] = "root" }
    self:group_options(root)
    root.on = self:group_script({ depth = 0 }, "root")
    steps[1] = root
  end
  add_steps(self, steps, count)
  add_end(steps)
  return {
    id = ("random-%d"):format(seed),
    title = ("the random scenario of seed %d"):format(seed),
    clauses = { "PTG-THRD-05" }, needs = needs_of(steps), steps = steps,
  }
end

-- -------------------------------------------------------------------- needs

local feature_of_operation, feature_of_field = {}, {
  parallel = "parallel", deadline = "deadline", history = "history",
  max_tasks = "limits", on_failure = "policy", owner = "owner",
  admits_anyone = "owner", cleanup = "cleanup", observed = "observed",
  spawner = "spawner", remote = "remote", after = "wake", reason = "attribution",
  originator = "attribution", place = "attribution", type = "names",
  name = "names",
}
for _, choice in ipairs(choices) do
  feature_of_operation[choice[1]] = choice[4]
end

local function collect(steps, needed)
  for _, step in ipairs(steps) do
    local feature = feature_of_operation[step["do"]]
    if feature then needed[feature] = true end
    for field in pairs(step) do
      if feature_of_field[field] and step["do"] ~= "timer" then
        needed[feature_of_field[field]] = true
      end
    end
    if step["do"] == "group" and step["in"] then needed.nesting = true end
    for _, tell in ipairs(step.tells or {}) do
      if tell == "kill" then needed.kill = true end
    end
    for call, inner_steps in pairs(step.on or {}) do
      if call == "kill" then needed.kill = true end
      collect(inner_steps, needed)
    end
  end
end

-- The features that steps need, in order.
function needs_of(steps)
  local needed, list = {}, setmetatable({}, { __jsontype = "array" })
  collect(steps, needed)
  for feature in pairs(needed) do list[#list + 1] = feature end
  table.sort(list)
  return list
end
generator.needs_of = needs_of

return generator
