-- conform_adapter_spec.lua - what becomes of adapters that misbehave.
local conform = require "conform_support"
local json = require "dkjson"
local support = require "support"
local uv = require "luv"

local SCENARIOS = {
  conform.scenario("before", '{"do": "spawn", "as": "a"}, {"do": "advance"}'),
  conform.scenario("meets-bad", '{"do": "spawn", "as": "bad"}, {"do": "advance"}'),
  conform.scenario("after", '{"do": "spawn", "as": "a"}, {"do": "advance"}'),
}

local function meet(adapter, timeout)
  local program = conform.run("--scenarios", conform.file(SCENARIOS),
    "--adapter", adapter, "--timeout", timeout or "20", "--format", "json")
  assert.are.equal(1, program.status, program.err)
  return json.decode(program.out).scenarios
end

-- Waits for the end of the child whose number is in the file.
local function wait_for_end(path)
  local pid = tonumber(support.read(path))
  local tick = uv.new_timer()
  tick:start(0, 5, function() end)
  support.wait_until(function() return "the end of the child" end, function()
    return not uv.kill(pid, 0) or support.read(("/proc/%d/stat"):format(pid))
      :match "%) (%a)" == "Z"
  end)
end

describe("ptg conform and an adapter that", function()
  after_each(support.clean_up)

  for _, case in ipairs {
    { "hangs", "hang", "^the adapter did not answer spawn within 0.2 s$", "0.2" },
    { "answers late", "late", "^the adapter did not answer spawn within 0.2 s$",
      "0.2" },
    { "ends", "die",
      "^the adapter ended with status 3 when it had to answer spawn: out of luck$" },
    { "speaks nonsense", "nonsense", "^the adapter speaks nonsense when it had to"
      .. " answer spawn: no JSON: let me see$" },
    { "answers twice", "twice",
      "^the adapter speaks out of turn after spawn: an answer, ok$" },
    { "calls where there are no calls", "early_call", "^the adapter speaks out of"
      .. " turn: the call start when it had to answer spawn$" },
    { "floods with lines", "flood_lines",
      "^the adapter floods: more than 20000 lines for one request$" },
    { "floods with a line", "flood_bytes",
      "^the adapter floods: more than 4194304 bytes for one line$" },
  } do
    it(case[1] .. " costs one scenario", function()
      local results = meet(conform.bad(case[2]), case[4])
      assert.are.equal("passed", results[1].result)
      assert.are.equal("failed", results[2].result)
      assert.matches(case[3], results[2].message)
      assert.are.equal("passed", results[3].result, results[3].message)
    end)
  end

  it("is killed by a signal is told by its number", function()
    local results = meet("exec " .. conform.bad "crash")
    assert.matches("^the adapter died of signal 11 when", results[2].message)
  end)

  it("closes its output is not waited for", function()
    local results = meet("exec " .. conform.bad "close_output")
    assert.are.equal("the adapter closed its output when it had to answer spawn",
      results[2].message)
    assert.are.equal("passed", results[3].result)
  end)

  it("hangs is killed with all its children", function()
    local path = support.free_path()
    meet(conform.bad("hang", path), "0.2")
    wait_for_end(path)
  end)

  for _, case in ipairs {
    { "", "no JSON: $" }, { "let me see", "no JSON: let me see$" },
    { "[1]", "no JSON object: %[1%]$" },
    { '{\\"x\\":1}', "neither an answer nor a call nor a note" },
    { '{\\"status\\":\\"fine\\"}', "an unknown status" },
    { '{\\"status\\":\\"ok\\"} x', "no JSON: " },
    { '{\\"call\\":\\"start\\",\\"task\\":\\"a\\"}', "a call without its at" },
    { '{\\"call\\":\\"sing\\",\\"at\\":0}', "an unknown call" },
    { "$(printf '\\377')", "no UTF%-8" },
  } do
    it("speaks nonsense is told what was wrong: " .. case[2], function()
      local results = meet(conform.bad("nonsense", '"' .. case[1] .. '"'))
      assert.matches(case[2], results[2].message)
    end)
  end

  it("cannot be started again fails the rest at once", function()
    local results = meet(conform.bad("once", support.free_path()))
    assert.are.equal("the adapter could not be started again: it ended with"
      .. " status 4 when it had to answer hello", results[3].message)
  end)

  it("cannot be started is wrong usage, in one line", function()
    local hello = '\'{"status":"ok","protocol":%s,"name":"n","version":"1",'
      .. '"clock":"%s","features":[]}\''
    for _, case in ipairs {
      { "exit 3", "it ended with status 3 when it had to answer hello" },
      { "/nonexistent/adapter", "it ended with status 127" },
      { conform.bad("hello", '\'{"status":"unsupported"}\''),
        "it answers hello with unsupported" },
      { conform.bad("hello", hello:format("2", "virtual")),
        "it speaks version 2 of the protocol" },
      { conform.bad("hello", hello:format("1", "sun")), "clock is sun" },
      { conform.bad("hello", '\'{"status":"ok","protocol":1}\''),
        "hello has no name" },
      { "cat", "it speaks nonsense when it had to answer hello" },
    } do
      local program = conform.run("--scenarios", conform.file(SCENARIOS),
        "--adapter", case[1])
      assert.are.equal(2, program.status, program.out)
      assert.are.equal("", program.out)
      assert.matches("^ptg: the adapter cannot be started: [^\n]*\n$",
        program.err)
      assert.matches(case[2], program.err, 1, true)
    end
  end)

  it("does not end with its input is killed, and reported", function()
    local program = conform.play({ SCENARIOS[1] }, "--no-end", "--timeout", "0.3")
    assert.are.equal(1, program.status)
    assert.matches("the adapter did not end within 0.3 s of the end of its input",
      program.err)
    assert.matches("1 passed, 0 failed, 0 not offered\n$", program.out)
  end)

  it("is ended when the run is interrupted", function()
    local path = support.free_path()
    local program = support.launch("conform", "--verbose", "--scenarios",
      conform.file(SCENARIOS), "--adapter", conform.bad("hang", path))
    program:wait_for('"hangs"', "err")
    program:signal "sigterm"
    program:wait()
    assert.are.equal(143, program.status)
    wait_for_end(path)
  end)
end)
