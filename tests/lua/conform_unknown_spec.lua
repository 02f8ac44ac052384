-- conform_unknown_spec.lua - the laws on traces that do not say everything.
-- See trace_text.lua for how they are written.
local trace_text = require "trace_text"

local read, broken = trace_text.read, trace_text.broken

describe("the laws, where a trace cannot know,", function()
  it("say nothing of what was before", function()
    local head = { trace = 1, root = "root", clock = "virtual", late = true }
    assert.are.same({}, broken(read([[
      start a
      drain b
      hook g
      closed g
      done a ok
      spawn new
      start new
      drain new
      done new ok
      closed root spawned=9 succeeded=8 failed=1 cancelled=0 abandoned=0
    ]], head)))
  end)

  it("say nothing of instants on a real clock", function()
    local head = { trace = 1, root = "root", clock = "real" }
    assert.are.same({}, broken(read([[
      group g
      shutdown g deadline=5
      @9
      closed g begun_at=1 drain_at=1 by_at=6
    ]], head)))
  end)

  it("say nothing of deadlines and bounds when events are taken", function()
    assert.are.same({}, broken(read [[
      group g max_tasks=1
      spawn a in=g events
      spawn b in=g events
      start a
      start b
      shutdown g deadline=5
      @9
      done a ok
      done b ok
      closed g begun_at=1 drain_at=1 by_at=6
    ]]))
  end)

  it("take a scenario's trace, which has less", function()
    local head = { trace = 1, root = "root", scenario = "x",
                   clock = "virtual" }
    for _, first in ipairs { head, { op = "reset", status = "ok" } } do
      assert.are.same({}, broken(read([[
        group - as=g
        spawn - as=a in=g
        timer - as=t in=g
        spawn - as=far in=g remote
        start a
        finish far ok remote
        shutdown g
        drain t
        drain a
        done t ok
        done far full flags=never_ran
        done a failed
        closed g
        spawn late in=g remote
        done late closed flags=never_ran
        request_shutdown
        closed root
      ]], first)))
    end
  end)

  it("do not blame a shutdown by an owner for its order", function()
    assert.are.same({}, broken(read [[
      group p
      spawn boss in=p
      start boss
      group a in=p owner=boss
      group b in=p
      spawn t in=a
      spawn u in=b
      start t
      start u
      shutdown b
      drain u
      drain t
      done t ok
      closed a
      done boss ok
    ]]))
  end)
end)
