-- conform_scenario_spec.lua - what is wrong with the files of scenarios.
local conform = require "conform_support"
local support = require "support"

-- What is said of a file with this text, without its name.
local function complaint(text)
  local path = support.file(text)
  local program = conform.run("--scenarios", path, "--adapter", conform.FAKE)
  assert.are.equal(2, program.status, program.out)
  assert.are.equal("", program.out)
  assert.matches("^ptg: " .. path .. ": ", program.err)
  return program.err:sub(#path + 8)
end

local function complaint_of(steps, more)
  return complaint(('{"chapter": "tasks", "scenarios": [%s]}'):format(
    conform.scenario("one", steps, more)))
end

describe("ptg conform reads scenarios and", function()
  after_each(support.clean_up)

  it("names the file, the scenario and the step of a mistake", function()
    for _, case in ipairs {
      { '{"do": "sing"}', "one, step 1: there is no operation sing" },
      { '{"do": "spawn"}', "one, step 1: spawn wants the field as" },
      { '{"do": "time"}, {"do": "spawn", "as": "a", "group": "g"}',
        "one, step 2: spawn has no field group" },
      { '{"do": "advance", "by": "1h"}', 'advance: by cannot be "1h"' },
      { '{"do": "time", "is": "fine"}', 'time: is cannot be "fine"' },
      { '{"do": "time", "gives": 3}', "time: gives is no object" },
      { '{"do": "finish"}', "finish wants the field task" },
      { '{"do": "finish", "task": "a", "after": "1s"}',
        "finish has no after outside" },
      { '{"do": "return"}', "return does not belong here" },
      { '{"do": "time"}, {"do": "root"}', "root is not the first step" },
      { '{"do": "info"}', "info wants either a group or a task" },
      { '{"do": "spawn", "as": "a", "on": {"closed": []}}',
        "there is no list of steps on closed" },
      { '{"do": "spawn", "as": "a", "on": {"start": [{"do": "sing"}]}}',
        "one, step 1, on start, step 1: there is no operation sing" },
      { '{"do": "spawn", "as": "a", "tells": ["all"]}',
        'spawn: tells cannot be ["all"]' },
      { '{"see": ["a"]}', 'see has "a"' },
      { '{"see": ["a start @0s", "a wake"]}',
        "see has events with and without their instants" },
      { '{"see": ["a start @soon"]}', "an instant that is none" },
      { '{"see": [], "never": []}', " has no field " },
      { '{"never": []}', "never is no list with something in it" },
      { '{"before": ["a start"]}', "before is no list" },
      { '{"count": {"a start": "one"}}', "count has a start" },
      { '{"told": "a start"}', "told wants gives" },
      { '{"stderr": ""}', "stderr is no text" },
      { "3", "is no operation" },
    } do
      assert.matches(case[2], complaint_of(case[1]), 1, true)
    end
    assert.matches("there are no steps", complaint_of "", 1, true)
    assert.matches("one: there is no field mood",
      complaint_of('{"do": "time"}', '"mood": 1'), 1, true)
    assert.matches("needs has 3", complaint_of('{"do": "time"}',
      '"needs": [3]'), 1, true)
  end)

  it("says what is wrong with a file", function()
    assert.matches("^no JSON", complaint "{")
    assert.matches("^no JSON", complaint '{"chapter": "tasks"} 3')
    assert.matches("^is not a chapter", complaint "[]")
    assert.matches("^is not a chapter",
      complaint '{"chapter": "jokes", "scenarios": []}')
    assert.matches("^scenario 1: has no id",
      complaint '{"chapter": "tasks", "scenarios": [{}]}')
    local one = conform.scenario("one", '{"do": "time"}')
    assert.matches("^one: the id is also in", complaint(
      ('{"chapter": "tasks", "scenarios": [%s, %s]}'):format(one, one)))
  end)

  it("takes all files of a folder, but no schema, chapter by chapter",
    function()
    local folder = support.free_path()
    assert(os.execute("mkdir " .. folder))
    local function write(name, text)
      local handle = assert(io.open(folder .. "/" .. name, "w"))
      handle:write(text)
      handle:close()
    end
    write("a.json", ('{"chapter": "kinds", "scenarios": [%s]}'):format(
      conform.scenario("last", '{"do": "time"}')))
    write("b.json", ('{"chapter": "handles", "scenarios": [%s]}'):format(
      conform.scenario("first", '{"do": "time"}')))
    write("schema.json", "{}")
    write("notes.txt", "")
    local program = conform.run("--scenarios", folder, "--adapter",
      conform.FAKE, "--format", "tap")
    os.execute("rm -r " .. folder)
    assert.matches("1%.%.2\nok 1 %- first: [^\n]*\nok 2 %- last: ", program.out)
  end)
end)
