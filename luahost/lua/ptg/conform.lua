-- conform.lua - ptg conform: holds an implementation against the scenarios of
-- the specification.
--
-- There is no runtime here. The loop is turned by hand, for the adapter's pipes
-- and for one timer.
local cells = require "ptg.conform.cells"
local expected = require "ptg.conform.expected"
local junit = require "ptg.conform.junit"
local log = require "ptg.log"
local matrix = require "ptg.conform.matrix"
local misuse = require "ptg.conform.misuse"
local places = require "ptg.conform.places"
local random = require "ptg.conform.random"
local record = require "ptg.conform.record"
local results = require "ptg.conform.results"
local runner = require "ptg.conform.runner"
local scenario = require "ptg.conform.scenario"
local tap = require "ptg.conform.tap"
local text = require "ptg.conform.text"
local trace_check = require "ptg.conform.trace_check"
local uv = require "luv"

local conform = {}

-- The exit statuses, as the manual page has them.
local OK, NOT_AS_EXPECTED, USAGE = 0, 1, 2

local DEFAULT_TIMEOUT = 5
local LONGEST_TIMEOUT = 3600

local formats = { text = text, tap = tap, json = record, junit = junit }

-- ------------------------------------------------------------------ choosing

-- PATTERN as --only has it, as a Lua pattern for the whole id.
local function pattern_of(only)
  local escaped = only:gsub("[^%w*]", "%%%0")
  if only:find("*", 1, true) then return "^" .. escaped:gsub("%*", ".*") .. "$" end
  return escaped
end

local function choose(all, options)
  if options.chapter then
    local is_known = false
    for _, chapter in ipairs(scenario.chapters) do
      is_known = is_known or chapter == options.chapter
    end
    if not is_known then misuse.raise("there is no chapter %s", options.chapter) end
  end
  local pattern = options.only and pattern_of(options.only)
  local chosen = {}
  for _, one in ipairs(all) do
    if (not options.chapter or one.chapter == options.chapter)
      and (not pattern or one.id:find(pattern)) then
      chosen[#chosen + 1] = one
    end
  end
  if #chosen == 0 then misuse.raise "there is no such scenario" end
  return chosen
end

local function load_scenarios(options)
  local path = options.scenarios
    or misuse.must(places.scenarios(options))
  local all, complaints = scenario.load(path)
  if #complaints > 0 then misuse.raise("%s", table.concat(complaints, "\nptg: ")) end
  if #all == 0 then misuse.raise("there are no scenarios in %s", path) end
  return all
end

local function command_of(options)
  if options.adapter and options.library then
    misuse.raise "either --adapter or --library"
  end
  if options.adapter then return { "/bin/sh", "-c", options.adapter } end
  local library = options.library or misuse.must(places.library(options))
  if not uv.fs_stat(library) then misuse.raise("there is no file %s", library) end
  return { misuse.must(places.helper(options)), library }
end

local function timeout_of(options)
  if not options.timeout then return DEFAULT_TIMEOUT end
  local seconds = tonumber(options.timeout)
  if not seconds or not (seconds > 0 and seconds <= LONGEST_TIMEOUT) then
    misuse.raise("--timeout is a number of seconds, not %s", options.timeout)
  end
  return seconds
end

-- ------------------------------------------------------------------- output

-- The file that an option names, opened now, so that what cannot be written is
-- known before anything runs. Nil without the option.
local function open_output(options, name)
  if not options[name] then return nil end
  local handle, wrong = io.open(options[name], "w")
  if not handle then misuse.raise("--%s: %s", name:gsub("_", "-"), wrong) end
  return handle
end

local function write(handle, content)
  local ok, wrong = handle:write(content)
  if ok and handle ~= io.stdout then ok, wrong = handle:close() end
  if not ok then misuse.raise("what was found cannot be written: %s", wrong) end
end

local function open_outputs(options)
  return {
    output = open_output(options, "output"),
    cells = open_output(options, "cells"),
    trace = open_output(options, "save_trace"),
  }
end

local function write_results(run, outputs, options)
  local format = options.format or "text"
  local rendered = formats[format].render(run)
  if outputs.output then
    write(outputs.output, rendered)
    if format ~= "text" then io.stdout:write(text.render(run)) end
  else
    io.stdout:write(rendered)
  end
end

-- ------------------------------------------------------------------ running

-- SIGINT and SIGTERM end the adapter too, which is in another process group;
-- there is no waiting for it inside of a callback.
local function watch_signals(running)
  local watchers = {}
  for number, name in pairs { [2] = "sigint", [15] = "sigterm" } do
    local watcher = uv.new_signal()
    watcher:start(name, function()
      running:kill_now()
      os.exit(128 + number)
    end)
    watcher:unref()
    watchers[#watchers + 1] = watcher
  end
  return function()
    for _, watcher in ipairs(watchers) do watcher:close() end
  end
end

local function run_all(running, chosen, run)
  for _, one in ipairs(chosen) do run:add(one, running:run(one)) end
  run.end_problem = running:close()
end

-- Runs the scenarios; returns the results.
local function run_scenarios(chosen, reasons, outputs, options)
  local found_cells = outputs.cells and cells.new()
  local running, wrong = runner.open {
    command = command_of(options),
    timeout = timeout_of(options),
    cells = found_cells,
    log = options.verbose and function(line) log.plain(line) end,
    on_trace = outputs.trace and function(trace)
      outputs.trace:write(trace:lines())
    end,
  }
  if not running then
    misuse.raise("the adapter cannot be started: %s",
      (wrong:gsub("^the adapter ", "it ")))
  end
  local run = results.new(running.hello, reasons)
  local stop_watching = watch_signals(running)
  local ok, caught = xpcall(run_all, debug.traceback, running, chosen, run)
  stop_watching()
  running:kill()
  uv.run "nowait"
  if not ok then error(caught, 0) end

  if outputs.trace then outputs.trace:close() end
  if found_cells then
    write(outputs.cells, options.cells:find "%.json$" and found_cells:json()
      or found_cells:text())
  end
  return run
end

local function run_suite(options)
  if #options.args > 0 then
    misuse.raise("%s: files are for --matrix", options.args[1])
  end
  local all = load_scenarios(options)
  local by_id = {}
  for _, one in ipairs(all) do by_id[one.id] = one end
  local reasons = options.expect_fail and misuse.must(expected.load(
    options.expect_fail, function(id) return by_id[id] end)) or {}
  local chosen = choose(all, options)
  local outputs = open_outputs(options)
  local run = run_scenarios(chosen, reasons, outputs, options)
  write_results(run, outputs, options)
  if run.end_problem then log.plain("ptg: the adapter " .. run.end_problem) end
  if run.end_problem or results.bad_count(run.counts) > 0 then
    return NOT_AS_EXPECTED
  end
  return OK
end

-- A whole number that an option is, or what it is without the option.
local function number_of(options, name, default, least)
  local given = options[name]
  if not given then return default end
  local number = given:find "^%d+$" and math.tointeger(tonumber(given))
  if not number or number < least then
    misuse.raise("--%s is a whole number from %d on, not %s", name, least, given)
  end
  return number
end

local function reference_of(options)
  if options.reference then return { "/bin/sh", "-c", options.reference } end
  return { "python3", misuse.must(places.reference(options)) }
end

local function run_random(options)
  if #options.args > 0 then
    misuse.raise("%s: files are for --matrix", options.args[1])
  end
  local running = random.new {
    count = number_of(options, "random", nil, 1),
    seed = number_of(options, "seed", 1, 0),
    command = command_of(options), reference = reference_of(options),
    timeout = timeout_of(options), folder = options.keep or ".",
    log = options.verbose and function(line) log.plain(line) end,
    say = function(line) io.stdout:write(line, "\n"):flush() end,
  }
  local stop_watching = watch_signals(running)
  local ok, caught = xpcall(running.run, function(value)
    return misuse.is(value) and value or debug.traceback(value)
  end, running)
  stop_watching()
  running:kill()
  uv.run "nowait"
  if not ok then error(caught, 0) end
  return caught and OK or NOT_AS_EXPECTED
end

local function make_matrix(options)
  local render = options.matrix:find "%.md$" and matrix.markdown or matrix.html
  if #options.args == 0 then misuse.raise "--matrix wants results" end
  local runs = {}
  for place, path in ipairs(options.args) do
    runs[place] = misuse.must(record.load(path))
  end
  write(open_output(options, "matrix"), render(runs))
  return OK
end

-- What ptg conform does, with the options of its command line; returns the exit
-- status.
function conform.main(options)
  local ok, caught = xpcall(function()
    if options.matrix then return make_matrix(options) end
    if options.trace then return trace_check.main(options.trace) end
    if options.random then return run_random(options) end
    return run_suite(options)
  end, function(value)
    return misuse.is(value) and value or debug.traceback(value)
  end)
  if ok then return caught end
  if not misuse.is(caught) then error(caught, 0) end
  log.plain("ptg: " .. caught.message)
  return USAGE
end

return conform
