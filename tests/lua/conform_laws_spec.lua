-- conform_laws_spec.lua - each law on a trace that keeps it, and on one that
-- breaks it and no other. See trace_text.lua for how they are written.
local laws = require "ptg.conform.laws"
local trace_text = require "trace_text"

local read, broken = trace_text.read, trace_text.broken

-- For each law: a text that keeps it, one or more that break it.
local cases = {
  ["time-goes-on"] = { "@5\n group g", "@5\n group g\n @4\n group h" },

  ["handle-once"] = {
    "spawn a\n spawn b\n group g",
    "spawn a\n spawn a", "spawn a\n group a", "group g\n group g",
  },

  known = { "spawn a\n start a", "start a", "closed g", "hook g" },

  ["started-once"] = { "spawn a\n start a", "spawn a\n start a\n start a" },

  ["started-first"] = {
    "spawn a\n start a\n wake a",
    "spawn a\n wake a\n start a",
    "spawn a\n shutdown root\n drain a",
  },

  ["never-ran"] = {
    "spawn a\n ask a\n done a canceled flags=never_ran",
    "spawn a\n ask a\n start a\n done a canceled",
    "spawn a is=closed remote\n start a\n done a closed",
    "spawn a\n start a\n done a ok flags=never_ran",
  },

  ["done-once"] = {
    "spawn a\n start a\n done a ok",
    "spawn a\n start a\n done a ok\n done a ok",
  },

  ["done-last"] = {
    "spawn a\n start a\n wake a\n done a ok",
    "spawn a\n start a\n done a ok\n wake a",
    "spawn a\n done a canceled\n start a",
  },

  ["told-once"] = {
    "shutdown root\n spawn a\n start a\n drain a\n cancel a\n kill a",
    "shutdown root\n spawn a\n start a\n drain a\n drain a",
    "spawn a\n start a\n ask a\n cancel a reason=x\n cancel a reason=x",
    "group g\n shutdown g\n hook g\n hook g",
  },

  ["drain-then-cancel"] = {
    "shutdown root\n spawn a\n start a\n drain a\n cancel a",
    "shutdown root\n spawn a\n start a\n cancel a\n drain a",
  },

  ["kill-last"] = {
    [[group g
      spawn a in=g
      start a
      shutdown g
      cancel a
      @3
      kill a
      done a canceled
      closed g begun_at=1 drain_at=1 cancel_at=1]],
    "shutdown root\n spawn a\n start a\n kill a\n cancel a",
    [[group g
      spawn a in=g
      start a
      shutdown g
      @3
      kill a
      done a canceled
      closed g begun_at=1 drain_at=1]],
  },

  ["ends-once"] = {
    "spawn a\n start a\n finish a ok\n finish a ok is=stale\n done a ok",
    "spawn a\n start a\n finish a ok\n finish a ok\n done a ok",
    "spawn a\n start a\n done a ok\n finish a ok",
  },

  ["ends-as-it-said"] = {
    "spawn a\n start a\n finish a ok\n done a ok",
    "spawn a\n start a\n finish a ok\n done a canceled",
  },

  ["bound-kept"] = {
    [[group g max_tasks=1
      spawn a in=g
      spawn b in=g
      spawn c in=g cleanup
      start a
      start c
      finish a ok
      start b]],
    "group g max_tasks=1\n spawn a in=g\n spawn b in=g\n start a\n start b",
  },

  ["end-was-asked-for"] = {
    [[spawn boss
      start boss
      group g owner=boss
      group h in=g
      spawn a in=h
      group bad on_failure=shutdown_group
      spawn b in=bad
      start b
      error - failed from=bad task=b
      done b failed
      closed bad
      start a
      finish boss ok
      drain a
      done a ok
      closed h
      closed g
      done boss ok
      shutdown root
      closed root]],
    "spawn a\n start a\n drain a",
    "group g\n closed g",
    "group g\n spawn a in=g\n start a\n shutdown root is=thread\n cancel a",
    "spawn boss\n start boss\n group g owner=boss\n closed g\n finish boss ok",
    "group g on_failure=shutdown_group\n spawn b in=g\n start b\n finish b ok\n"
      .. "done b ok\n closed g",
  },

  ["closed-accepts-nothing"] = {
    [[group g
      spawn a in=g
      shutdown g
      done a canceled
      closed g
      spawn b in=g is=closed
      group h in=g is=closed]],
    "group g\n shutdown g\n closed g\n spawn a in=g",
    "group g\n shutdown g\n closed g\n group h in=g",
    "group g\n shutdown g\n closed g\n spawn a in=g remote",
  },

  ["ending-accepts-from-inside"] = {
    [[group g
      group any admits_anyone
      spawn x
      spawn a in=g
      spawn a2 in=any
      start a
      start a2
      shutdown g
      shutdown any
      drain a
      drain a2
      spawn b in=g by=a
      spawn c in=g spawner=a by=x
      spawn d in=g is=closed by=x
      spawn e in=any
      cancel a
      spawn f in=g by=a cleanup]],
    "group g\n spawn a in=g\n start a\n shutdown g\n drain a\n spawn b in=g",
    [[group g
      spawn x
      spawn a in=g
      start a
      shutdown g
      drain a
      spawn b in=g by=x]],
    [[group g
      spawn a in=g
      start a
      shutdown g
      cancel a
      spawn b in=g by=a]],
    [[group g
      spawn a in=g
      start a
      shutdown g
      cancel a
      spawn b in=g cleanup remote]],
  },

  ["closed-once"] = {
    "group g\n shutdown g\n closed g",
    "group g\n shutdown g\n closed g\n closed g",
  },

  ["nothing-after-closed"] = {
    "group g\n shutdown g\n hook g\n closed g",
    "group g\n shutdown g\n closed g\n hook g",
    [[group g
      spawn a in=g
      start a
      shutdown g
      closed g
      drain a]],
  },

  ["children-first"] = {
    [[group g
      group h in=g
      spawn a in=g
      start a
      shutdown g
      closed h
      drain a
      done a ok
      closed g]],
    "group g\n group h in=g\n spawn a in=g\n start a\n shutdown g\n drain a",
    "group g\n group h in=g\n shutdown g\n closed g",
    "group g\n group h in=g\n shutdown g\n closed g\n closed h",
  },

  ["done-before-closed"] = {
    [[group g
      spawn a in=g
      spawn b in=g
      start a
      start b
      shutdown g
      done a ok
      @9
      closed g spawned=2 succeeded=1 failed=0 cancelled=0 abandoned=1
      done b timeout flags=abandoned]],
    "group g\n spawn a in=g\n start a\n shutdown g\n closed g\n done a ok",
    "group g\n spawn a in=g\n shutdown g\n closed g",
    [[group g
      spawn a in=g
      start a
      spawn b in=g
      start b
      shutdown g
      closed g abandoned=1]],
  },

  ["owner-last"] = {
    [[spawn boss
      start boss
      group g owner=boss
      finish boss ok
      closed g
      done boss ok]],
    "spawn boss\n start boss\n group g owner=boss\n done boss ok\n closed g",
    "spawn boss\n start boss\n group g owner=boss\n done boss ok",
  },

  ["newest-first"] = {
    [[group g
      spawn a in=g
      spawn b in=g
      spawn c in=g
      spawn e in=g events
      start a
      start b
      start c
      start e
      ask a
      cancel a reason=cancelled originator=root
      shutdown g
      cancel c
      cancel b
      cancel e]],
    [[group g
      spawn a in=g
      spawn b in=g
      start a
      start b
      shutdown g
      cancel a
      cancel b]],
  },

  ["edges-kept"] = {
    [[group p parallel
      group a in=p
      group b in=p
      group c in=p
      edge b a
      edge a c
      shutdown c
      closed c
      shutdown p
      closed b
      closed a]],
    [[group p parallel
      group a in=p
      group b in=p
      edge b a
      shutdown p
      closed a
      closed b]],
    [[group p parallel
      group a in=p
      group b in=p
      edge a b
      spawn t in=b
      start t
      shutdown p
      drain t
      closed a]],
  },

  ["one-at-a-time"] = {
    [[group p
      group a in=p
      group b in=p
      group c in=p
      spawn t in=a
      spawn u in=b
      spawn v in=c
      start t
      start u
      start v
      shutdown c
      drain v
      shutdown a
      drain t
      shutdown p
      done t ok
      closed a
      done v ok
      closed c
      drain u
      done u ok
      closed b]],
    [[group p
      group a in=p
      group b in=p
      spawn t in=a
      spawn u in=b
      start t
      start u
      shutdown p
      drain t
      drain u]],
    [[group p
      group a in=p
      group deep in=a
      group b in=p
      spawn t in=deep
      start t
      shutdown p
      drain t
      closed b]],
    [[group p
      group a in=p
      group b in=p
      spawn t in=a
      start t
      shutdown a
      drain t
      shutdown p
      closed b]],
  },

  ["errors-are-failures"] = {
    "spawn a\n start a\n error root failed from=root task=a\n done a failed",
    "spawn a\n start a\n error root ok from=root task=a\n done a ok",
    "spawn a\n start a\n error - canceled from=root task=a\n done a canceled",
  },

  ["errors-once"] = {
    [[group g
      spawn a in=g
      start a
      error g failed from=g task=a
      error root failed from=g task=a failed_handler=g handler_status=busy
      error - failed from=g task=a failed_handler=g handler_status=busy
      done a failed]],
    [[spawn a
      start a
      error root failed from=root task=a
      error root failed from=root task=a failed_handler=root
      done a failed]],
    [[group g
      spawn a in=g
      start a
      error g failed from=g task=a
      error root failed from=g task=a
      done a failed]],
    [[group g
      spawn a in=g
      start a
      error root failed from=g task=a
      error g failed from=g task=a failed_handler=root
      done a failed]],
  },

  ["errors-in-time"] = {
    [[group g
      spawn a in=g
      start a
      shutdown g
      closed g
      error g failed from=g
      error root failed from=g task=a flags=abandoned
      done a failed flags=abandoned]],
    [[group g
      spawn a in=g
      start a
      shutdown g
      finish a failed
      closed g
      error root failed from=g task=a]],
  },

  ["errors-are-told"] = {
    [[spawn a
      spawn b observed
      start a
      start b
      error - failed from=root task=a
      done a failed
      done b failed
      spawn c remote is=full
      done c full flags=never_ran]],
    "spawn a\n start a\n done a failed",
  },

  ["counts-add-up"] = {
    [[spawn a
      start a
      done a ok
      shutdown root
      closed root spawned=1 succeeded=1 failed=0 cancelled=0 abandoned=0]],
    "late shutdown root\n closed root spawned=3 succeeded=1 failed=0"
      .. " cancelled=0 abandoned=1",
  },

  ["counts-are-true"] = {
    [[group g
      spawn a in=g
      spawn b in=g
      spawn c in=g
      spawn d in=g
      spawn e in=g is=full
      spawn f in=g is=full remote
      start a
      start b
      start d
      error - failed from=g task=a
      done a failed
      done b ok
      done f full flags=never_ran
      ask c
      done c canceled flags=never_ran
      shutdown g
      closed g spawned=4 succeeded=1 failed=1 cancelled=1 abandoned=1]],
    [[spawn a
      start a
      done a ok
      shutdown root
      closed root spawned=1 succeeded=0 failed=1 cancelled=0 abandoned=0]],
    [[spawn a
      start a
      done a ok
      shutdown root
      closed root spawned=2 succeeded=2 failed=0 cancelled=0 abandoned=0]],
  },

  ["phases-in-order"] = {
    [[group g
      spawn a in=g
      start a
      shutdown g
      drain a
      @3
      done a ok
      closed g begun_at=1 drain_at=1 cancel_at=2 closed_at=3]],
    "group g\n shutdown g\n @5\n closed g begun_at=3 drain_at=1",
    "group g\n shutdown g\n @5\n closed g begun_at=1 drain_at=4 cancel_at=3",
    "group g\n shutdown g\n @5\n closed g begun_at=1 drain_at=1 closed_at=6",
    [[group g
      spawn a in=g
      start a
      shutdown g
      drain a
      @3
      done a ok
      closed g begun_at=1 drain_at=2 closed_at=3]],
  },

  ["closed-by-its-share"] = {
    [[group g
      group h
      shutdown root
      @5
      closed h begun_at=1 drain_at=4 closed_at=5 by_at=5
      @7
      closed g begun_at=1 drain_at=7 closed_at=7 by_at=6]],
    "group g\n shutdown g\n @7\n closed g begun_at=1 drain_at=1 by_at=6",
  },

  ["closed-by-the-deadline"] = {
    [[group a
      group p
      group c in=p
      shutdown p deadline=5
      shutdown c deadline=2
      @6
      closed c
      closed p
      shutdown root
      shutdown a deadline=at_once
      @9
      closed a
      closed root]],
    "group g\n shutdown g deadline=5\n @7\n closed g",
    "group g\n group h in=g\n shutdown g deadline=at_once\n @2\n closed h",
    "group g\n shutdown g deadline=5\n @7\n group other",
  },
}

describe("the laws", function()
  for _, law in ipairs(laws.all) do
    local case = cases[law.name]
    it("know when " .. law.name .. " is kept, and when it is broken",
      function()
      assert.is_not_nil(case, "no case")
      assert.are.same({}, broken(read(case[1])))
      for place = 2, #case do
        assert.are.same({ law.name }, broken(read(case[place])), case[place])
      end
    end)
  end

  it("have a case each, and a line in the specification", function()
    local count = 0
    for _ in pairs(cases) do count = count + 1 end
    assert.are.equal(#laws.all, count)
    local handle = assert(io.open "spec/trace.md")
    local text = handle:read("a"):match "## The laws(.*)"
    handle:close()
    local listed = {}
    for names in text:gmatch "\n| (`[^|]*)|" do
      for name in names:gmatch "`([%w-]+)`" do listed[#listed + 1] = name end
    end
    local all = {}
    for place, law in ipairs(laws.all) do all[place] = law.name end
    table.sort(listed)
    table.sort(all)
    assert.are.same(all, listed)
  end)

  it("date what came from another thread by its arrival", function()
    local scenario = { trace = 1, root = "root", clock = "virtual",
                       scenario = "one" }
    local spawns = [[group g
      spawn a in=g
      spawn sent in=g remote
      spawn b in=g
      start a
      start b
      start sent
      spawn c in=g
      start c
      shutdown g
      ]]
    -- In a scenario it stands where it was sent, and b may be older or newer.
    for text, expected in pairs {
      ["cancel c\n cancel sent\n cancel b\n cancel a"] = {},
      ["cancel c\n cancel b\n cancel sent\n cancel a"] = {},
      ["cancel sent\n cancel c\n cancel b\n cancel a"] = { "newest-first" },
      ["cancel c\n cancel b\n cancel a\n cancel sent"] = { "newest-first" },
      ["cancel c\n cancel sent\n cancel a\n cancel b"] = { "newest-first" },
    } do
      assert.are.same(expected, broken(read(spawns .. text, scenario)), text)
    end
    -- What was recorded has it where it arrived.
    assert.are.same({}, broken(read(spawns
      .. "cancel c\n cancel b\n cancel sent\n cancel a")))
    assert.are.same({ "newest-first" }, broken(read(spawns
      .. "cancel c\n cancel sent\n cancel b\n cancel a")))
  end)

  it("say where, who and when", function()
    local found = laws.check(read "spawn a name=job\n start a\n @7\n start a")
    assert.are.same({ {
      line = 4, law = "started-once",
      text = 'task "job" (a) is started again, first at 1 (at 7)',
    } }, found)
  end)

  it("take names and handles alike", function()
    local records = {
      { at = 1, trace = 1, root = 77, clock = "virtual" },
      { at = 1, op = "group", status = "ok", group = 78, ["in"] = 77 },
      { at = 1, op = "spawn", status = "ok", task = 12, ["in"] = 78 },
      { at = 1, call = "start", task = 12 },
      { at = 1, op = "shutdown", status = "ok", group = 77 },
      { at = 1, call = "drain", task = 12 },
      { at = 1, call = "done", task = 12, outcome = { status = "ok" } },
      { at = 1, call = "group_closed", group = 78 },
      { at = 1, call = "group_closed", group = 77 },
    }
    assert.are.same({}, broken(records))
    table.remove(records, 5)
    assert.are.same({ "end-was-asked-for" }, broken(records))
  end)
end)
