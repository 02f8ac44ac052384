-- random.lua - plays random scenarios on two implementations, and says where
-- they differ.
--
-- One of them, the reference, says what is right. What differs is made small,
-- and written as a scenario that can be played by itself.
local annotate = require "ptg.conform.annotate"
local compare = require "ptg.conform.compare"
local generator = require "ptg.conform.generator"
local misuse = require "ptg.conform.misuse"
local runner = require "ptg.conform.runner"
local scenario = require "ptg.conform.scenario"
local shrink = require "ptg.conform.shrink"
local tape = require "ptg.conform.tape"
local uv = require "luv"

local random = {}

local Random = {}
Random.__index = Random

-- How much may be spent on one that differs, and how many of a kind are made
-- small.
local TRIES, SECONDS, OF_A_KIND = 3000, 20, 3
-- Between two lines about how far it has come.
local PROGRESS_NS = 5000000000

-- options: count, seed, command, reference, timeout, folder, log, and say,
-- which is given each line of what is found.
function random.new(options)
  return setmetatable({ options = options, say = options.say, kinds = {},
                        passed = 0, failed = 0 }, Random)
end

local function open_side(self, command, whose)
  local side, wrong = runner.open {
    command = command, timeout = self.options.timeout, log = self.options.log,
  }
  if not side then
    misuse.raise("%s cannot be started: %s", whose,
      (wrong:gsub("^the adapter ", "it ")))
  end
  if side.hello.clock ~= "virtual" then
    misuse.raise("%s has no virtual clock, so nothing random can be compared",
      whose)
  end
  return side
end

local function open(self)
  self.tested = open_side(self, self.options.command, "the adapter")
  self.reference = open_side(self, self.options.reference, "the reference")
  self.features = {}
  for feature in pairs(self.tested.features) do
    self.features[feature] = self.reference.features[feature]
  end
end

-- ----------------------------------------------------------------- comparing

-- A failure without what is another's in each run.
local function kind_of_failure(whose, failure)
  local line = failure.line:gsub("%d+", "N"):gsub("%f[%w][gtwmq]N%f[%W]", "X")
  return ("%s: %s"):format(whose, line)
end

-- Plays a scenario on both. Returns { kind, line, tape = the reference's, and
-- what compare.tapes() says }; nil: they agree.
local function play(self, one)
  local seen, expected = tape.new(), tape.new()
  local of_tested = self.tested:run(one, seen)
  local of_reference = self.reference:run(one, expected)
  if of_reference.failure and not of_tested.failure then
    return { kind = kind_of_failure("the reference", of_reference.failure),
             line = "the reference: " .. of_reference.failure.line,
             tape = expected }
  end
  local found = compare.tapes(expected, seen)
  if of_tested.failure and (not found or not found.seen) then
    if of_reference.failure
      and of_reference.failure.line == of_tested.failure.line and not found then
      return { kind = kind_of_failure("both", of_tested.failure),
               line = "both: " .. of_tested.failure.line, tape = expected }
    end
    return { kind = kind_of_failure("the adapter", of_tested.failure),
             line = of_tested.failure.line, tape = expected }
  end
  if not found then return nil end
  found.line, found.tape = compare.say(found), expected
  return found
end

local function with_steps(one, steps)
  return { id = one.id, title = one.title, clauses = one.clauses,
           needs = generator.needs_of(steps), steps = steps }
end

-- ------------------------------------------------------------------- keeping

local function write_file(path, text)
  local handle, wrong = io.open(path, "w")
  local ok = handle and handle:write(text)
  if handle then ok = handle:close() and ok end
  if not ok then
    misuse.raise("%s cannot be written: %s", path, wrong or "no space")
  end
end

-- Does the file, played as any other, fail on the one and pass on the other?
-- Nil, or why not.
local function check_file(self, path)
  local all, complaints = scenario.load(path)
  if complaints[1] then return complaints[1] end
  local of_reference = self.reference:run(all[1])
  if of_reference.kind ~= "passed" then
    return ("the reference does not pass it: %s (%s)"):format(
      of_reference.failure.line, of_reference.failure.place)
  end
  if self.tested:run(all[1]).kind ~= "failed" then
    return "it does not fail when it is played by itself"
  end
end

local function keep(self, one, found)
  local path = ("%s/%s.json"):format(self.options.folder, one.id)
  local expected_call = found.expected and found.expected.call
    and found.expected.fields
  write_file(path, annotate.file(annotate.scenario(one, found.tape, {
    written = found.expected and found.expected.written,
    expected_call = expected_call, seen = found.seen and found.seen.fields,
  })))
  local wrong = check_file(self, path)
  self.say(("  written: %s, %d steps%s"):format(path, #one.steps,
    wrong and "; but " .. wrong or ""))
end

-- Does it show before the ending? Of that nothing is expected, so what differs
-- only there would not be seen in a file.
local function is_in_steps(found)
  local expected, seen = found.expected, found.seen
  if not expected and not seen then return true end
  return expected and not expected.is_ending or seen and not seen.is_ending
end

-- Makes it small, as long as it differs in the same way.
local function make_small(self, one, found)
  local smallest = found
  local is_to_be_seen = is_in_steps(found)
  local steps, tries = shrink.steps(one.steps, function(steps)
    local now = play(self, with_steps(one, steps))
    if not now or now.kind ~= found.kind then return false end
    if is_to_be_seen and not is_in_steps(now) then return false end
    smallest = now
    return true
  end, { tries = TRIES, seconds = SECONDS })
  self.say(("  made small in %d tries: %s"):format(tries, smallest.line))
  return with_steps(one, steps), smallest
end

local function take_difference(self, seed, one, found)
  self.failed = self.failed + 1
  self.say(("seed %d: %s"):format(seed, found.line))
  local count = (self.kinds[found.kind] or 0) + 1
  self.kinds[found.kind] = count
  if count > OF_A_KIND then return end
  local small, smallest = make_small(self, one, found)
  keep(self, small, smallest)
end

-- ------------------------------------------------------------------- the run

local function say_progress(self, seed)
  local now = uv.hrtime()
  self.said_at = self.said_at or now
  if now - self.said_at < PROGRESS_NS then return end
  self.said_at = now
  self.say(("at seed %d: %d passed, %d failed"):format(seed, self.passed,
    self.failed))
end

-- The kinds of difference that there were, the most frequent first.
local function say_kinds(self)
  local kinds = {}
  for kind in pairs(self.kinds) do kinds[#kinds + 1] = kind end
  table.sort(kinds, function(a, b)
    if self.kinds[a] ~= self.kinds[b] then
      return self.kinds[a] > self.kinds[b]
    end
    return a < b
  end)
  for _, kind in ipairs(kinds) do
    self.say(("%6d  %s"):format(self.kinds[kind], kind))
  end
end

local function close(self)
  local is_well = true
  for _, side in ipairs { self.tested, self.reference } do
    local wrong = side:close()
    if wrong then
      self.say(("%s %s"):format(side == self.tested and "the adapter"
        or "the reference", wrong))
      is_well = false
    end
  end
  return is_well
end

-- Plays them all; returns whether there was no difference.
function Random:run()
  open(self)
  local first, count = self.options.seed, self.options.count
  for seed = first, first + count - 1 do
    local one = generator.make(seed, self.features)
    local found = play(self, one)
    if found then
      take_difference(self, seed, one, found)
    else
      self.passed = self.passed + 1
    end
    say_progress(self, seed)
  end
  local is_well = close(self)
  say_kinds(self)
  self.say(("%d random scenarios from seed %d: %d passed, %d failed"):format(
    count, first, self.passed, self.failed))
  return is_well and self.failed == 0
end

-- Ends both adapters, and waits for that.
function Random:kill()
  if self.tested then self.tested:kill() end
  if self.reference then self.reference:kill() end
end

-- Ends both at once, from a callback.
function Random:kill_now()
  if self.tested then self.tested:kill_now() end
  if self.reference then self.reference:kill_now() end
end

return random
