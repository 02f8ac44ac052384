-- conform_results_spec.lua - what ptg conform says of a run, and its options.
local conform = require "conform_support"
local json = require "dkjson"
local support = require "support"

local GOOD = conform.scenario("good-one", '{"do": "spawn", "as": "a"},'
  .. ' {"do": "advance"}, {"see": ["a start @0s"]}')
local BAD = conform.scenario("bad-one", '{"do": "spawn", "as": "a<&>"},'
  .. ' {"do": "advance"}, {"see": ["a<&> wake @0s"]}')
local FOREIGN = conform.scenario("foreign-one", '{"do": "time"}',
  '"needs": ["info", "queue", "timer"]')
local ALL = { GOOD, BAD, FOREIGN }

-- The tree of an XML text; fails where it is not well-formed.
local function parse_xml(text)
  local top = { name = "", children = {} }
  local stack, place = { top }, text:match "^<%?xml [^>]*%?>()"
  while place <= #text do
    local raw, after = text:match("^([^<]+)()", place)
    if raw then
      assert(not raw:gsub("&%l+;", ""):find "&", "a lone ampersand")
      stack[#stack].text = (stack[#stack].text or "") .. raw
    else
      local closing, name, rest, lone
      closing, name, rest, lone, after =
        text:match("^<(/?)([%a-]+)([^<>]*)(/?)>()", place)
      assert(name, "no tag at: " .. text:sub(place, place + 30))
      if closing == "/" then
        assert.are.equal(stack[#stack].name, name)
        table.remove(stack)
      else
        local node = { name = name, attributes = {}, children = {} }
        for key, value in rest:gmatch '([%a-]+)="([^"]*)"' do
          node.attributes[key] = value
        end
        table.insert(stack[#stack].children, node)
        if rest:sub(-1) ~= "/" and lone ~= "/" then
          stack[#stack + 1] = node
        end
      end
    end
    place = after
  end
  assert.are.equal(1, #stack)
  return top.children[1]
end

describe("ptg conform", function()
  after_each(support.clean_up)

  it("prints a line a chapter, failures with their difference, and the sum",
    function()
    local program = conform.play(ALL)
    assert.are.equal(1, program.status, program.err)
    assert.matches("^FAILED bad%-one: what this is about", program.out)
    assert.matches(", step 3\n", program.out, 1, true)
    assert.matches("- a<&> wake @0s\n", program.out, 1, true)
    assert.matches("+ a<&> start @0s\n", program.out, 1, true)
    assert.matches("\nfake 1\n  tasks  1 passed, 1 failed, 1 not offered\n"
      .. "1 passed, 1 failed, 1 not offered\n$", program.out)
    assert.are.equal(0, conform.play({ GOOD, FOREIGN }).status)
  end)

  it("prints TAP whose plan is right", function()
    local program = conform.play(ALL, "", "--format", "tap")
    local plan = tonumber(program.out:match "\n1%.%.(%d+)\n")
    local numbers = {}
    for ok, number in program.out:gmatch "\n(n?o?t? ?ok) (%d+)" do
      numbers[#numbers + 1] = ok .. number
    end
    assert.are.equal(plan, #numbers)
    assert.are.same({ "ok1", "not ok2", "ok3" }, numbers)
    assert.matches("ok 3 %- [^\n]* # SKIP not offered: queue, timer\n",
      program.out)
    assert.matches("  message: |\n", program.out, 1, true)
  end)

  it("prints JSON", function()
    local results = json.decode(conform.play(ALL, "", "--format", "json").out)
    assert.are.same({ name = "fake", version = "1", clock = "virtual" },
      results.implementation)
    assert.matches("^%d+%-%d%d%-%d%dT", results.date)
    assert.are.equal(1, results.counts["not offered"])
    assert.are.same({ "passed", "failed", "not offered" }, {
      results.scenarios[1].result, results.scenarios[2].result,
      results.scenarios[3].result,
    })
    assert.are.equal("tasks", results.scenarios[1].chapter)
    assert.are.equal("PTG-TASK-01", results.scenarios[1].clauses[1])
    assert.are.equal("queue", results.scenarios[3].missing[1])
  end)

  it("prints JUnit that is well-formed", function()
    local top = parse_xml(conform.play(ALL, "", "--format", "junit").out)
    assert.are.equal("testsuites", top.name)
    assert.are.equal("3", top.attributes.tests)
    assert.are.equal("1", top.attributes.failures)
    local cases = {}
    for _, child in ipairs(top.children[1].children) do
      cases[child.attributes.name] = child.children[1]
    end
    assert.is_nil(cases["good-one"])
    assert.are.equal("failure", cases["bad-one"].name)
    assert.matches("a&lt;&amp;&gt; wake", cases["bad-one"].text, 1, true)
    assert.are.equal("skipped", cases["foreign-one"].name)
  end)

  it("knows failures that are expected, and passes that are not", function()
    local file = support.file "# known\nbad-one  it is bad\n\n"
    local program = conform.play(ALL, "", "--expect-fail", file)
    assert.are.equal(0, program.status, program.out)
    assert.matches("1 failed as expected", program.out)
    assert.matches("\n1 passed, 0 failed, 1 not offered\n$", program.out)
    program = conform.play(ALL, "", "--expect-fail", file, "--format", "tap")
    assert.matches("not ok 2 %- [^\n]* # TODO it is bad\n", program.out)

    program = conform.play({ GOOD }, "", "--expect-fail",
      support.file "good-one never worked")
    assert.are.equal(1, program.status)
    assert.matches("passed, but is expected to fail: never worked", program.out)
    assert.matches("\n0 passed, 1 failed, 0 not offered\n$", program.out)

    program = conform.play({ GOOD }, "", "--expect-fail",
      support.file "goood-one typing")
    assert.are.equal(2, program.status)
    assert.matches(":1: there is no scenario goood%-one", program.err)
  end)

  it("runs a choice of scenarios", function()
    local function ids(...)
      local found = {}
      local program = conform.play(ALL, "", "--format", "json", ...)
      for _, one in ipairs(json.decode(program.out).scenarios) do
        found[#found + 1] = one.id
      end
      return table.concat(found, " ")
    end
    assert.are.equal("good-one bad-one foreign-one", ids("--only", "-one"))
    assert.are.equal("bad-one", ids("--only", "bad"))
    assert.are.equal("bad-one", ids("--only", "b*"))
    assert.are.equal("good-one bad-one foreign-one", ids("--chapter", "tasks"))
  end)

  it("writes to a file, and the text to standard output", function()
    local path = support.free_path()
    local program = conform.play(ALL, "", "--format", "tap", "--output", path)
    assert.matches("^TAP version 13\n", support.read(path))
    assert.matches("1 passed, 1 failed, 1 not offered\n$", program.out)
    program = conform.play({ GOOD }, "", "--output", path)
    assert.are.equal("", program.out)
    assert.matches("1 passed", support.read(path))
  end)

  it("saves the traces in the format of spec/trace.md", function()
    local path = support.free_path()
    conform.play({ conform.scenario("traced", '{"do": "group", "as": "g",'
      .. ' "max_tasks": 3, "is": "unsupported"}') , GOOD }, "",
      "--save-trace", path)
    conform.play({
      conform.scenario("traced", '{"do": "group", "as": "g", "grace": "1s"},'
        .. ' {"do": "spawn", "as": "a", "in": "g", "on": {"start":'
        .. ' [{"do": "finish", "status": "failed"}]}}, {"do": "advance"}'),
      GOOD,
    }, "", "--save-trace", path)
    local records, firsts = {}, 0
    for line in io.lines(path) do
      local one = assert(json.decode(line))
      firsts = firsts + (one.trace and 1 or 0)
      records[#records + 1] = one
    end
    assert.are.equal(2, firsts)
    assert.are.same({ trace = 1, at = 0, root = "root", name = "root",
                      scenario = "traced", clock = "virtual",
                      tells = { "error", "drain", "closed" } }, records[1])
    assert.are.equal("group", records[2].op)
    assert.are.equal("g", records[2].group)
    assert.are.same({ "a", "g" }, { records[3].task, records[3]["in"] })
    assert.are.same({ at = 0, call = "start", task = "a" }, records[4])
    assert.are.same({ at = 0, op = "finish", task = "a", by = "a",
                      status = "ok", outcome = { status = "failed" } },
      records[5])
    local closed
    for _, one in ipairs(records) do
      if one.call == "group_closed" and one.group == "g" then closed = one end
    end
    assert.are.equal(1, closed.spawned)
    assert.are.equal(1, closed.failed)
  end)

  it("counts which operations met which states", function()
    local scenario = conform.scenario("cells", '{"do": "spawn", "as": "a"},'
      .. ' {"do": "advance"}, {"do": "finish", "task": "a"},'
      .. ' {"do": "advance"}, {"do": "sleep", "task": "a", "for": "1s",'
      .. ' "is": "stale"}, {"do": "shutdown", "group": "root"},'
      .. ' {"do": "spawn", "as": "b", "is": "closed"}')
    local path = support.free_path() .. ".json"
    assert.are.equal(0, conform.play({ scenario }, "", "--cells", path).status)
    local found = {}
    for _, cell in ipairs(json.decode(support.read(path))) do
      found[("%s %s %s %s"):format(cell.kind, cell.state, cell.op,
        cell.status)] = cell.count
    end
    os.remove(path)
    assert.are.same({
      ["group open spawn ok"] = 1, ["group open shutdown ok"] = 1,
      ["group waiting spawn closed"] = 1, ["task running finish ok"] = 1,
      ["task gone sleep stale"] = 1,
    }, found)
    path = support.free_path()
    conform.play({ scenario }, "", "--cells", path)
    assert.matches("  spawn +1 +1 +%. ", support.read(path))
  end)

  it("makes a matrix of results", function()
    local one, two = support.free_path(), support.free_path()
    local html, md = support.free_path(), support.free_path() .. ".md"
    conform.play(ALL, "", "--format", "json", "--output", one)
    conform.play(ALL, "--real --without=info", "--format", "json", "--output",
      two, "--expect-fail", support.file "bad-one it is")
    assert.are.equal(0, conform.run("--matrix", html, one, two).status)
    local page = support.read(html)
    assert.matches("PTG%-TASK%-01</th>\n<td class=\"failed\" title=\"good%-one:"
      .. " passed\nbad%-one: failed[^>]*>F</td>\n<td class=\"expected\"[^>]*>X<",
      page)
    assert.matches("position: sticky", page, 1, true)
    assert.matches("in scaled real time", page, 1, true)
    assert.is_nil(page:find "https?:")
    assert.are.equal(0, conform.run("--matrix", md, one, two).status)
    local summary = support.read(md)
    os.remove(md)
    assert.matches("| chapter | fake 1 | fake 1 |\n| --- | --- | --- |\n"
      .. "| tasks | 1 of 2, **1 failed**, 1 not offered | 1 of 2,"
      .. " 1 failed as expected, 1 not offered |\n", summary, 1, true)
  end)
end)

describe("ptg conform ends with 2 for", function()
  after_each(support.clean_up)

  local file = "tests/conform/none.json"
  for _, case in ipairs {
    { { "--adapter", "a", "--library", "b" }, "either --adapter or --library" },
    { { "--library", "/nonexistent.so" }, "there is no file /nonexistent.so" },
    { { "--scenarios", file, "--adapter", "a" }, "no such file" },
    { { "--chapter", "jokes", "--adapter", "a" }, "there is no chapter jokes" },
    { { "--only", "nothing-of-that-name", "--adapter", "a" },
      "there is no such scenario" },
    { { "--timeout", "soon", "--adapter", "a" }, "not soon" },
    { { "--format", "xml" }, "text, tap, json or junit, not xml" },
    { { "--output", "/nonexistent/a", "--adapter", "a" }, "--output: /nonex" },
    { { "--adapter", "a", "b" }, "b: files are for --matrix" },
    { { "--matrix", "/tmp/m.html" }, "--matrix wants results" },
    { { "--matrix", "/tmp/m.html", "/nonexistent.json" }, "/nonexistent.json" },
    { { "--matrix", "/tmp/m.html", "README.md" }, "these are no results" },
    { { "--nonsense" }, "nonsense" },
  } do
    it(table.concat(case[1], " "), function()
      local arguments = { table.unpack(case[1]) }
      local has_scenarios = false
      for _, argument in ipairs(arguments) do
        has_scenarios = has_scenarios or argument == "--scenarios"
          or argument == "--matrix"
      end
      if not has_scenarios then
        table.insert(arguments, 1, conform.file { GOOD })
        table.insert(arguments, 1, "--scenarios")
      end
      local program = conform.run(table.unpack(arguments))
      assert.are.equal(2, program.status, program.err)
      assert.matches(case[2], program.err, 1, true)
      assert.are.equal("", program.out)
    end)
  end
end)

describe("ptg conform without --adapter", function()
  after_each(support.clean_up)

  it("drives the library that belongs to the program", function()
    local program = conform.run("--scenarios", conform.file { GOOD, FOREIGN })
    assert.are.equal(0, program.status, program.out .. program.err)
    assert.matches("\nlibptg[^\n]*\n" , "\n" .. program.out)
    assert.matches("2 passed, 0 failed, 0 not offered\n$", program.out)
  end)
end)
