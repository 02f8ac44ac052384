-- conform_support.lua - runs ptg conform on scenarios that a test writes.
local json = require "dkjson"
local support = require "support"

local conform = {}

conform.FAKE = "lua5.4 tests/conform/fake_adapter.lua"

-- The command of a misbehaving adapter.
function conform.bad(name, argument)
  return ("lua5.4 tests/conform/bad/%s.lua %s"):format(name, argument or "")
end

-- A scenario with these steps, written as JSON between brackets.
function conform.scenario(id, steps, more)
  return ('{"id": "%s", "title": "what this is about: %s", "clauses":'
    .. ' ["PTG-TASK-01"]%s, "steps": [%s]}'):format(id, id,
    more and ", " .. more or "", steps)
end

-- A file with these scenarios, in one chapter.
function conform.file(scenarios, chapter)
  return support.file(('{"chapter": "%s", "scenarios": [%s]}'):format(
    chapter or "tasks", table.concat(scenarios, ",\n")))
end

-- Runs ptg conform with these arguments to its end.
function conform.run(...)
  return support.launch("conform", ...):wait()
end

-- The same on the fake adapter, with its options, and these scenarios.
function conform.play(scenarios, options, ...)
  return conform.run("--scenarios", conform.file(scenarios), "--adapter",
    conform.FAKE .. " " .. (options or ""), ...)
end

-- The only result of a single scenario with these steps.
function conform.play_one(steps, options, ...)
  local program = conform.play({ conform.scenario("one", steps) }, options,
    "--format", "json", ...)
  assert(program.status ~= 2, program.err)
  return json.decode(program.out).scenarios[1], program
end

return conform
