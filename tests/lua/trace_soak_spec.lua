-- trace_soak_spec.lua - random trees of the real runtime against the laws.
--
-- unit/test_random_trees.c makes them; a tree follows from its seed alone.
-- PTG_SEED=N makes N the first seed, PTG_TREES=N is how many there are.
local json = require "dkjson"

local laws = require "ptg.conform.laws"
local support = require "support"

local SEED = math.tointeger(tonumber(os.getenv "PTG_SEED" or "1"))
local TREES = math.tointeger(tonumber(os.getenv "PTG_TREES" or "600"))

local function make_trees(path)
  local folder = assert(os.getenv "PTG_UNIT", "PTG_UNIT: the C tests")
  local command = ("PTG_SEED=%d PTG_TREES=%d PTG_TRACE='%s' '%s/%s' 2>&1")
    :format(SEED, TREES, path, folder, "test_random_trees")
  local pipe = assert(io.popen(command))
  local said = pipe:read "a"
  assert(pipe:close(), said)
end

-- Calls take(records) for each trace of a file.
local function each_trace(path, take)
  local records = {}
  for line in io.lines(path) do
    local record = assert(json.decode(line))
    if record.trace and #records > 0 then
      take(records)
      records = {}
    end
    records[#records + 1] = record
  end
  take(records)
end

-- What is unknown of what is wrong with a trace.
local function complaints(seed, records)
  local said = {}
  for _, found in ipairs(laws.check(records)) do
    said[#said + 1] = ("PTG_SEED=%d, line %d: %s: %s"):format(seed,
      found.line, found.law, found.text)
  end
  return said
end

-- A trace in which something has gone wrong: one line less or twice.
local function spoil(records, place, is_twice)
  local spoiled = { table.unpack(records) }
  if is_twice then
    table.insert(spoiled, place, records[place])
  else
    table.remove(spoiled, place)
  end
  return spoiled
end

describe("random trees", function()
  local path
  setup(function()
    path = support.free_path()
    make_trees(path)
    print(("PTG_SEED=%d, %d trees"):format(SEED, TREES))
  end)
  teardown(support.clean_up)

  it("keep the laws", function()
    local seed, lines = SEED, 0
    each_trace(path, function(records)
      assert.are.same({}, complaints(seed, records))
      seed, lines = seed + 1, lines + #records
    end)
    assert.are.equal(TREES, seed - SEED)
    assert.is_true(lines > 100 * TREES, lines .. " lines")
  end)

  -- Else the laws might say nothing at all.
  it("do not keep them when a line is missing or comes twice", function()
    local tried, seen = 0, 0
    local kinds = { start = true, done = true, group_closed = true,
                    spawn = true, group = true }
    local seed = SEED
    each_trace(path, function(records)
      seed = seed + 1
      if seed % 20 ~= 0 or #records > 400 then return end
      for place = 2, #records do
        local record = records[place]
        local kind = record.call or record.status == "ok" and record.op
        if kinds[kind] then
          for _, is_twice in ipairs { true, false } do
            tried = tried + 1
            local found = laws.check(spoil(records, place, is_twice))
            if #found > 0 then seen = seen + 1 end
          end
        end
      end
    end)
    print(("%d of %d spoiled traces were seen"):format(seen, tried))
    assert.is_true(tried > 100 and seen > 0.9 * tried)
  end)
end)
