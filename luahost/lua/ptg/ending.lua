-- ending.lua - who is told of the end of a task, of whatever sort.
local core = require "ptg.core"
local errors = require "ptg.errors"
local failure = require "ptg.failure"
local options = require "ptg.options"
local outcome = require "ptg.outcome"
local registry = require "ptg.registry"

local ending = {}

-- The method on_done of tasks of any sort: fn(task, outcome) is called once it
-- has ended.
function ending.on_done(task, fn)
  options.value("on_done", "fn", "function", fn)
  local handle = task.handle or 0
  if task.done_functions == false
    or handle ~= 0 and registry.by_handle(handle) ~= task then
    failure.raise(("on_done of %s"):format(task), "ESTALE", "it has ended")
  end
  task.done_functions = task.done_functions or {}
  if not task.future then task:make_future() end
  table.insert(task.done_functions, fn)
end

-- Settles the future of one that ended well, also when it was cancelled, with
-- value; else with its failure.
function ending.settle(task, status, message, value)
  if status == core.status.OK or status == core.status.ECANCELED then
    return task.future:settle(true, value)
  end
  local code = core.status[status]
  task.future:settle(false, failure.new(code, failure.text(code, message)))
end

-- Tells them; the rest is that of new().
function ending.tell(task, ...)
  errors.forget(task.handle)
  local functions = task.done_functions
  if not functions then return end
  task.done_functions = false -- too late for others
  local ended = outcome.new(...)
  for _, fn in ipairs(functions) do
    errors.guard(task, task.group, "on_done", fn, task, ended)
  end
end

return ending
