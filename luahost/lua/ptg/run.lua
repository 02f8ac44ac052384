-- run.lua - what the program does with a script: run, check, plan.
--
-- The host calls begin(), turns the loop until the root group is closed, and
-- then calls finish().
local Group = require "ptg.group"
local check = require "ptg.check"
local core = require "ptg.core"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local log = require "ptg.log"
local plan = require "ptg.plan"
local progress = require "ptg.progress"
local registry = require "ptg.registry"
local report = require "ptg.report"
local settings = require "ptg.settings"

local run = {}

-- The exit statuses, as the manual page has them.
local OK, SCRIPT_ERROR, USAGE, UNHANDLED, NOT_IN_ORDER = 0, 1, 2, 3, 4

local asked -- the options that begin() was given
local ptg   -- whose root may be another one at the end

-- ----------------------------------------------------------------- loading

-- The script as a function; nil, a message and the exit status.
local function load_script(file)
  local handle, wrong = io.open(file, "r")
  if not handle then return nil, "ptg: " .. wrong, USAGE end
  local is_readable = handle:read(0) or handle:seek("end") == 0
  handle:close()
  if not is_readable then
    return nil, ("ptg: %s: cannot be read as a file"):format(file), USAGE
  end
  local script, syntax_error = loadfile(file, "t")
  if not script then return nil, "ptg: " .. syntax_error, SCRIPT_ERROR end
  return script
end

-- Modules beside the script are found whatever the working folder is.
local function add_folder(file)
  local folder = file:match("^(.*)/[^/]*$") or "."
  package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(folder, folder,
    package.path)
end

-- Runs the top level of the script. True, or prints and returns a status.
local function run_script(file)
  local script, message, status = load_script(file)
  if not script then
    log.plain(message)
    return nil, status
  end
  add_folder(file)
  local ok, caught = xpcall(script, errors.caught,
    table.unpack(settings.args))
  if ok then return true end
  if failure.is(caught.value) then
    log.plain("ptg: " .. caught.message)
  else
    log.plain(("ptg: %s\n%s"):format(caught.message, caught.traceback))
  end
  return nil, SCRIPT_ERROR
end


-- Nothing of what has been declared has started, and nothing will: a task that
-- is asked to end before its first run never runs. The host ends the groups.
local function give_up()
  settings.are_hooks_off = true
  registry.each_task(core.task_cancel)
end

-- ---------------------------------------------------------------- commands

local commands = {}

function commands.run()
  if not asked.report then return OK end
  -- Better known now than when it is wanted.
  local handle, wrong = io.open(asked.report, "w")
  if handle then
    handle:close()
    return OK
  end
  log.plain("ptg: --report: " .. wrong)
  return USAGE
end

function commands.check()
  local findings, count = check.run(ptg.root)
  for _, finding in ipairs(findings) do
    log.plain(("%s: %s"):format(finding.where or asked.file, finding.message))
  end
  if #findings > 0 then return SCRIPT_ERROR end
  io.stdout:write(("%s: %d group%s, nothing wrong\n"):format(asked.file,
    count, count == 1 and "" or "s"))
  return OK
end

function commands.plan()
  local built = plan.build(ptg.root)
  local format = asked.format or "text"
  io.stdout:write(plan[format](built, asked.file))
  return OK
end

-- ----------------------------------------------------------------- the host

-- Loads the script and does what was asked, as far as it needs no loop.
-- options: command, file, args (a list), report, format, is_manual_clock.
-- Returns the exit status so far.
function run.begin(options)
  asked = options
  settings.args = options.args
  settings.args[0] = options.file
  settings.is_declaring = options.command ~= "run"
  settings.is_manual_clock = options.is_manual_clock and not
    settings.is_declaring
  -- What a script prints is to stand where it belongs among the log lines.
  io.stdout:setvbuf("line")
  ptg = require "ptg"
  _G.arg = settings.args

  local status = OK
  if options.command == "run" then status = commands.run() end
  if status == OK then
    local ok, wrong = run_script(options.file)
    status = ok and OK or wrong
  end
  if status == OK and options.command ~= "run" then
    status = commands[options.command]()
  end
  if status ~= OK or settings.is_declaring then give_up() end
  return status
end

local function write_report(built, status)
  local signal_count = core.signals()
  local handle, wrong = io.open(asked.report, "w")
  if handle then
    local ok
    ok, wrong = handle:write(report.json(built, status, errors.unhandled,
      signal_count))
    if ok then ok, wrong = handle:close() end
    if ok then return end
  end
  log.plain("ptg: --report: " .. tostring(wrong))
end

-- The root is closed. Takes the status of begin() and returns the final one.
function run.finish(status)
  if status ~= OK or settings.is_declaring then return status end
  settings.are_hooks_off = true
  progress.finish()
  local built = ptg.root:report()
  errors.unhandled = errors.unhandled + core.lost_events()
  if errors.unhandled > 0 then status = UNHANDLED end
  if Group.losses > 0 then status = NOT_IN_ORDER end

  log.plain(report.text(built))
  if errors.unhandled > 0 then
    log.plain(("  %d failure%s nobody handled"):format(errors.unhandled,
      errors.unhandled == 1 and "" or "s"))
  end
  if asked.report then write_report(built, status) end
  return status
end

return run
