-- conform_random_spec.lua - random scenarios, on two implementations.
local conform = require "conform_support"
local json = require "dkjson"
local support = require "support"
local uv = require "luv"

-- Its groups are flat.
local FLAT = conform.FAKE .. " --without=nesting"
local LATE = FLAT .. " --late"

-- A new folder of the test's own, and its files.
local function folder()
  return assert(uv.fs_mkdtemp(support.free_path() .. "XXXXXX"))
end

local function play(count, seed, adapter, reference, ...)
  return conform.run("--random", tostring(count), "--seed", tostring(seed),
    "--adapter", adapter, "--reference", reference, "--keep", folder(), ...)
end

local function last_line(text)
  return text:match "([^\n]*)\n$"
end

local function files_in(path)
  local files, scan = {}, uv.fs_scandir(path)
  for name in function() return (uv.fs_scandir_next(scan)) end do
    files[#files + 1] = path .. "/" .. name
  end
  table.sort(files)
  return files
end

local function count_steps(path)
  local scenario = json.decode(support.read(path)).scenarios[1]
  local count = 0
  for _, step in ipairs(scenario.steps) do
    if step["do"] then count = count + 1 end
  end
  return count
end

describe("ptg conform --random", function()
  after_each(support.clean_up)

  it("is satisfied with two that are the same", function()
    local program = play(20, 1, FLAT, conform.FAKE)
    assert.are.equal(0, program.status, program.out .. program.err)
    assert.are.equal(
      "20 random scenarios from seed 1: 20 passed, 0 failed",
      last_line(program.out))
  end)

  it("makes the same of the same seed", function()
    local first = play(3, 7, FLAT, conform.FAKE, "--verbose")
    local second = play(3, 7, FLAT, conform.FAKE, "--verbose")
    local other = play(3, 8, FLAT, conform.FAKE, "--verbose")
    local function requests(program)
      local lines = {}
      for line in program.err:gmatch "[^\n]+" do
        if line:find "^> " then lines[#lines + 1] = line end
      end
      return lines
    end
    assert.is_true(#requests(first) > 50)
    assert.are.same(requests(first), requests(second))
    assert.are_not.same(requests(first), requests(other))
  end)

  it("finds what differs, makes it small, and writes it", function()
    local path = folder()
    local program = play(6, 1, LATE, FLAT, "--keep", path)
    assert.are.equal(1, program.status, program.err)
    assert.matches("\nseed %d+: ", "\n" .. program.out)
    assert.matches("made small in %d+ tries: ", program.out)
    assert.matches("6 random scenarios from seed 1: %d passed, [1-6] failed",
      last_line(program.out))
    local files = files_in(path)
    assert.is_true(#files > 0)
    -- It shows in the steps, and not only while everything is ended at last:
    -- of that a file expects nothing.
    assert.is_nil(program.out:find("; but", 1, true), program.out)
    for _, file in ipairs(files) do
      assert.is_true(count_steps(file) <= 6, support.read(file))
      local on_late = conform.run("--scenarios", file, "--adapter", LATE)
      assert.are.equal(1, on_late.status, support.read(file))
      local on_other = conform.run("--scenarios", file, "--adapter", FLAT)
      assert.are.equal(0, on_other.status, on_other.out .. on_other.err)
    end
  end)

  it("writes what is valid by the schema", function()
    local path = folder()
    play(4, 1, LATE, FLAT, "--keep", path)
    local check = [[
import json, sys, jsonschema
schema = json.load(open("spec/scenarios/schema.json"))
for path in sys.argv[1:]:
    jsonschema.validate(json.load(open(path)), schema)
]]
    local script = support.file(check)
    local files = files_in(path)
    assert.is_true(#files > 0)
    assert.is_true((os.execute(("python3 %s %s"):format(script,
      table.concat(files, " ")))))
  end)

  it("tells of a law that one breaks", function()
    local path = folder()
    local program = play(2, 1, FLAT .. " --forgets", conform.FAKE,
      "--keep", path)
    assert.are.equal(1, program.status, program.err)
    assert.matches("a law is broken: what was given along with %w+ was"
      .. " released 0 times, not 1", program.out)
    local files = files_in(path)
    assert.are.equal(1, count_steps(files[1]), support.read(files[1]))
  end)

  it("refuses what is no number, and a clock that cannot be turned", function()
    assert.are.equal(2, play("many", 1, FLAT, conform.FAKE).status)
    assert.are.equal(2, play(0, 1, FLAT, conform.FAKE).status)
    local program = play(1, 1, FLAT .. " --real", conform.FAKE)
    assert.are.equal(2, program.status)
    assert.matches("the adapter has no virtual clock", program.err)
    program = play(1, 1, FLAT, "exit 1")
    assert.are.equal(2, program.status)
    assert.matches("the reference cannot be started", program.err)
  end)

  it("finds no difference between the library and its adapter", function()
    local program = conform.run("--random", "20", "--reference",
      os.getenv "PTG":match "^(.*)/" .. "/ptg-adapter-c")
    assert.are.equal(0, program.status, program.out .. program.err)
  end)
end)
