-- conform_expect_spec.lua - how scenarios are played, and what is expected of
-- them.
local conform = require "conform_support"
local json = require "dkjson"
local support = require "support"

local SPAWN = '{"do": "spawn", "as": "a", "on": {"start": [{"do": "finish",'
  .. ' "after": "1s"}]}}, {"do": "advance", "by": "2s"}, '

local function play(steps, options)
  return (conform.play_one(steps, options))
end

local function passes(steps, options)
  local result = play(steps, options)
  assert.are.equal("passed", result.result,
    table.concat(result.details or {}, "\n"))
end

-- It fails with this line, and these lines behind it.
local function fails(steps, line, details, options)
  local result = play(steps, options)
  assert.are.equal("failed", result.result)
  assert.are.equal(line, result.message)
  local text = table.concat(result.details, "\n")
  for _, one in ipairs(details or {}) do assert.matches(one, text, 1, true) end
end

describe("ptg conform", function()
  after_each(support.clean_up)

  it("sees what was told since it last saw, and nothing else", function()
    passes(SPAWN .. '{"see": ["a start @0s", "a done ok @1s"]},'
      .. ' {"do": "advance"}, {"see": []}')
    passes(SPAWN .. '{"see": ["a start", "a done ok"]}')
    fails(SPAWN .. '{"see": ["a start @0s", "a done ok @2s"]}',
      "the trace is not the expected one (- expected, + seen)",
      { "step 3", "of root:\n", "    a start @0s\n", "  - a done ok @2s\n",
        "  + a done ok @1s" })
    fails(SPAWN .. '{"see": ["a start"]}',
      "the trace is not the expected one (- expected, + seen)",
      { "  + a done ok" })
    fails(SPAWN .. '{"see": ["a start", "a wake", "a done ok"]}',
      "the trace is not the expected one (- expected, + seen)",
      { "  - a wake" })
  end)

  it("sees in any order, if that is asked for", function()
    passes(SPAWN .. '{"see": ["a done ok @1s", "a start @0s"], "order": "any"}')
    fails(SPAWN .. '{"see": ["a done ok @1s", "a start @0s"]}',
      "the trace is not the expected one (- expected, + seen)")
    fails(SPAWN .. '{"see": ["a done ok @1s", "a start @1s"], "order": "any"}',
      "the trace is not the expected one (- expected, + seen)")
  end)

  it("compares the events of each group among themselves", function()
    local two = '{"do": "group", "as": "g"}, {"do": "spawn", "as": "a"},'
      .. ' {"do": "spawn", "as": "b", "in": "g"}, {"do": "advance"}, '
    passes(two .. '{"see": ["b start @0s", "a start @0s"]}')
    passes(two .. '{"before": ["a start", "b start"]}')
    fails(two .. '{"before": ["b start", "a start"]}',
      "expected in the order: b start, a start",
      { "seen first: a start @0s", "seen later: b start @0s" })
    fails(two .. '{"before": ["b start", "c start"]}', "not seen: c start")
  end)

  it("never sees, counts, and is told with fields", function()
    passes(SPAWN .. '{"never": ["a cancel", "b start"]}')
    fails(SPAWN .. '{"never": ["a cancel", "a done"]}',
      "never expected: a done ok @1s", { "seen of a:", "a start @0s" })
    passes(SPAWN .. '{"count": {"a start": 1, "a done": 1, "b start": 0}}')
    fails(SPAWN .. '{"count": {"a start": 2}}', "not so often as expected",
      { "a start: expected 2, seen 1" })
    passes(SPAWN .. '{"told": "a done", "gives": {"at": "1s", "task": "a",'
      .. ' "outcome": {"status": "ok", "code": 0, "flags": [],'
      .. ' "message": null}}}')
    fails(SPAWN .. '{"told": "a done", "gives": {"at": "3s",'
      .. ' "outcome": {"status": "failed"}}}',
      "a done ok @1s does not give what is expected",
      { "at: expected 3s, seen 1s",
        'outcome.status: expected "failed", seen "ok"' })
    fails(SPAWN .. '{"told": "a cancel", "gives": {"at": "3s"}}',
      "not seen: a cancel", { "a done ok @1s" })
  end)

  it("reads the adapter's standard error since the scenario began", function()
    local loud = '{"do": "spawn", "as": "a", "on": {"start": [{"do": "finish",'
      .. ' "message": "alas"}]}}, {"do": "advance"}, '
    passes(loud .. '{"stderr": "alas"}')
    fails(loud .. '{"stderr": "hurrah"}', "not on standard error: hurrah",
      { "  alas" })
    local program = conform.play {
      conform.scenario("first", loud .. '{"stderr": "alas"}'),
      conform.scenario("second", SPAWN .. '{"stderr": "alas"}'),
    }
    assert.matches("1 passed, 1 failed", program.out)
  end)

  it("expects a status, and fields of the answer", function()
    passes('{"do": "shutdown", "group": "root"}, {"do": "advance"},'
      .. ' {"do": "spawn", "as": "a", "is": "closed"}')
    fails('{"do": "spawn", "as": "a", "is": "closed"}',
      "spawn of a: expected closed, the answer is ok", { "step 1" })
    fails('{"do": "blame", "group": "root"}',
      "blame of root: expected ok, the answer is unsupported")
    passes(SPAWN .. '{"do": "info", "group": "root", "gives": {"spawned": 1,'
      .. ' "grace": "10s", "is_ending": false, "succeeded": 1}}')
    fails(SPAWN .. '{"do": "info", "group": "root", "gives": {"spawned": 2,'
      .. ' "grace": "9s", "owner": "a", "late": 0}}',
      "info of root does not give what is expected",
      { "grace: expected 9s, seen 10s", "late: expected 0, seen nothing",
        'owner: expected "a", seen nothing', "spawned: expected 2, seen 1" })
  end)

  it("carries out what is to be done inside of callbacks", function()
    passes('{"do": "spawn", "as": "a", "on": {"start": [{"do": "spawn",'
      .. ' "as": "b", "on": {"start": [{"do": "return", "status": "failed"}]}},'
      .. ' {"do": "finish"}]}}, {"do": "advance"}, {"see": ["a start @0s",'
      .. ' "a done ok @0s", "b start @0s", "b done failed @0s"]}')
    fails('{"do": "spawn", "as": "a", "on": {"start": [{"do": "time"},'
      .. ' {"do": "time", "is": "busy"}]}}, {"do": "advance", "by": "1s"}',
      "time: expected busy, the answer is ok",
      { "step 2, on start of a at 0s, step 2", '{"do":"time","is":"busy"}' })
  end)

  it("knows a wake that ends a wait from one that does not", function()
    passes('{"do": "spawn", "as": "a", "on": {"start": [{"do": "sleep",'
      .. ' "for": "1s"}], "wake": [{"do": "finish", "after": "2s",'
      .. ' "status": "failed"}]}}, {"do": "advance", "by": "4s"},'
      .. ' {"see": ["a start @0s", "a wake @1s", "a done failed @3s"]}')
    passes('{"do": "spawn", "as": "a", "on": {"start": [{"do": "finish",'
      .. ' "after": "1s"}], "wake": [{"do": "finish"}]}}, {"do": "advance"},'
      .. ' {"do": "sleep", "task": "a", "for": "2s"},'
      .. ' {"do": "advance", "by": "4s"},'
      .. ' {"see": ["a start @0s", "a wake @2s", "a done ok @2s"]}')
  end)

  it("numbers what is made again and again", function()
    passes('{"do": "spawn", "as": "a", "on": {"start": [{"do": "spawn",'
      .. ' "as": "b#"}, {"do": "spawn", "as": "b#"}, {"do": "info",'
      .. ' "task": "b#", "gives": {"name": "b2"}}]}}, {"do": "advance"},'
      .. ' {"see": ["a start @0s", "b1 start @0s", "b2 start @0s"]}')
    fails('{"do": "spawn", "as": "a"}, {"do": "spawn", "as": "a"}',
      "the scenario makes a twice")
  end)

  it("tells a group or task of what it has a script for", function()
    local _, program = conform.play_one('{"do": "group", "as": "g", "tells":'
      .. ' ["drain"], "on": {"closed": []}}, {"do": "spawn", "as": "a", "on":'
      .. ' {"kill": []}}, {"do": "spawn", "as": "b", "tells": []}', "",
      "--verbose")
    assert.matches('"as":"g","in":"root","tells":["drain","closed"]',
      program.err, 1, true)
    assert.matches('"as":"a","in":"root","tells":["drain","cancel","kill"]',
      program.err, 1, true)
    assert.matches('"as":"b","in":"root","tells":[]', program.err, 1, true)
    assert.matches('{"op":"reset","tells":["error","drain","closed"]}',
      program.err, 1, true)
  end)
end)

describe("ptg conform holds a whole scenario to it that", function()
  after_each(support.clean_up)

  it("handles are not given out twice", function()
    fails('{"do": "spawn", "as": "a"}', "the handle of a, 7, was given out"
      .. " before, as root of one", nil, "--reuses")
  end)

  it("each end is told once", function()
    fails(SPAWN .. '{"do": "advance"}',
      "a law is broken: the end of a was told 2 times", { "the end" },
      "--twice")
  end)

  it("what was given along is released once", function()
    fails(SPAWN .. '{"do": "advance"}', "a law is broken: what was given along"
      .. " with a was released 0 times, not 1", nil, "--forgets")
    passes(SPAWN .. '{"do": "advance"}', "--forgets --without=release")
  end)

  it("the runtime can be destroyed", function()
    fails(SPAWN .. '{"do": "advance"}',
      "destroy at the end: expected ok, the answer is busy", nil, "--stuck")
  end)

  it("there is an end of events", function()
    local scenarios = { conform.scenario("one",
      '{"do": "group", "as": "g", "events": true}') }
    for word, line in pairs {
      takings = "there is no end of events to be taken: 1000 at the end",
      rounds = "there are events to be taken at the end still after 20 rounds",
    } do
      local program = conform.run("--scenarios", conform.file(scenarios),
        "--adapter", conform.bad("endless", word), "--format", "json")
      local result = json.decode(program.out).scenarios[1]
      assert.are.equal(line, result.message)
    end
  end)
end)

describe("ptg conform on a real clock", function()
  after_each(support.clean_up)

  it("runs fifty times as fast, with a tolerance, and says so", function()
    local result, program = conform.play_one('{"do": "group", "as": "g",'
      .. ' "grace": "10s", "cancel_wait": "5s"}, {"do": "spawn", "as": "a",'
      .. ' "in": "g"}, {"do": "advance"}, {"do": "shutdown", "group": "g"},'
      .. ' {"do": "advance", "by": "20s"},'
      .. ' {"see": ["a start @0s", "g drain @0s", "a drain @0s",'
      .. ' "a cancel @11s", "g closed @16s"]}', "--real", "--verbose")
    assert.are.equal("passed", result.result, program.out)
    assert.is_true(result.is_real_time)
    assert.matches('"by":400000000', program.err, 1, true)
    assert.matches('"grace":200000000', program.err, 1, true)
    fails('{"do": "spawn", "as": "a", "on": {"start": [{"do": "finish",'
      .. ' "after": "10s"}]}}, {"do": "advance", "by": "20s"},'
      .. ' {"see": ["a start @0s", "a done ok @13s"]}',
      "the trace is not the expected one (- expected, + seen)",
      { "- a done ok @13s", "+ a done ok @10s" }, "--real")
  end)

  it("does not offer what would take longer than 10 s", function()
    local steps = '{"do": "advance", "by": "400s"}, {"do": "advance", "by": "%s"},'
      .. ' {"see": []}'
    local result = conform.play_one(steps:format "100s", "--real")
    assert.are.equal("passed", result.result)
    for _, by in ipairs { "100001ms", "39999998s" } do
      result = conform.play_one(steps:format(by), "--real")
      assert.are.equal("not offered", result.result)
      assert.are.same({ "a virtual clock" }, result.missing)
      assert.are.equal("passed", conform.play_one(steps:format(by)).result)
    end
    for _, by in ipairs { "-600s", "forever" } do
      local refused = '{"do": "advance", "by": "%s", "is": "invalid"}, '
      result = conform.play_one(refused:format(by) .. steps:format "600s",
        "--real")
      assert.are.same({ "a virtual clock" }, result.missing)
    end
  end)
end)
