-- command_spec.lua - the command line of ptg.
local support = require "support"

local function ptg(...)
  return support.launch(...):wait()
end

describe("ptg", function()
  after_each(support.clean_up)

  it("helps", function()
    local program = ptg "--help"
    assert.are.equal(0, program.status)
    for _, word in ipairs { "run FILE", "check FILE", "plan FILE", "conform [",
                            "Exit status", "abandoned or killed" } do
      assert.matches(word, program.out, 1, true)
    end
    for _, command in ipairs { "run", "check", "plan", "conform" } do
      assert.matches("Usage: ptg " .. command, ptg(command, "--help").out)
    end
    assert.matches("--report", ptg("run", "--help").out, 1, true)
  end)

  it("says its versions", function()
    local program = ptg "--version"
    assert.are.equal(0, program.status)
    assert.matches("^ptg %d+%.%d+%.%d+ %(ABI %d+%.%d+, libuv 1%.[%d.]+, "
      .. "Lua 5%.4%.%d+%)\n$", program.out)
  end)

  it("ends with 2 for wrong usage, and says what is wrong", function()
    for _, case in ipairs {
      { {}, "run, check, plan or conform" },
      { { "walk" }, "walk is no command" },
      { { "run" }, "run wants a FILE" },
      { { "check" }, "check wants a FILE" },
      { { "check", "a", "b" }, "check takes one FILE" },
      { { "run", "--nonsense", "a" }, "nonsense" },
      { { "plan", "--format", "xml", "a" }, "text, json or dot, not xml" },
      { { "check", "--report", "x", "a" }, "report" },
      { { "plan", "--adapter", "x", "a" }, "adapter" },
      { { "run", "/nonexistent.lua" }, "ptg: /nonexistent.lua: No such file" },
      { { "check", "/nonexistent.lua" }, "No such file" },
      { { "run", "/" }, "cannot be read" },
    } do
      local program = ptg(table.unpack(case[1]))
      assert.are.equal(2, program.status, program.err)
      assert.matches(case[2], program.err, 1, true)
      assert.are.equal("", program.out)
    end
  end)

  it("gives ARGS to the script, options too", function()
    local program = support.run([[
      local ptg = require "ptg"
      print(#ptg.args, table.unpack(ptg.args))
      print(..., arg[1] == ptg.args[1], arg[0] == ptg.args[0])
      ptg.root:spawn(function() ptg.shutdown() end)
    ]], "--help", "-x", "a b")
    assert.are.equal("3\t--help\t-x\ta b\n--help\ttrue\ttrue\n", program.out)
  end)

  it("finds modules beside the script", function()
    local module = support.file "return 'found'"
    local folder, name = module:match "^(.*)/([^/]*)$"
    os.rename(module, module .. ".lua")
    local path = support.file(([[
      print((require "%s"))
      require "ptg".root:spawn(function() require "ptg".shutdown() end)
    ]]):format(name))
    assert.are.equal(folder, path:match "^(.*)/")
    local program = ptg("run", path)
    os.remove(module .. ".lua")
    assert.are.equal("found\n", program.out, program.err)
  end)

  it("stays a program when its readers are gone", function()
    local program = support.run [[
      local ptg = require "ptg"
      local pipe = ptg.uv.pipe()
      local handle = ptg.uv.new_pipe(false)
      handle:open(pipe.write)
      ptg.uv.fs_close(pipe.read)
      ptg.root:spawn(function()
        print(ptg.await(function(done) handle:write("x", done) end))
        ptg.shutdown()
      end)
    ]]
    assert.are.equal(0, program.status, program.err)
    assert.matches("EPIPE", program.out)
  end)
end)

describe("ptg run", function()
  after_each(support.clean_up)

  it("logs with time stamps", function()
    local program = support.run [[
      local ptg = require "ptg"
      ptg.log("a", 1, nil, true)
      ptg.root:spawn(function() ptg.shutdown() end)
    ]]
    assert.matches("^%d%d:%d%d:%d%d%.%d%d%d a 1 nil true\n", program.err)
  end)

  it("writes the report as a table, and as JSON where it is told to",
    function()
    local path = support.free_path()
    local program = support.launch("run", "--manual-clock", "--report", path,
      support.file [[
        local ptg = require "ptg"
        local app = ptg.group { name = "app", grace = "1s",
          cancel_wait = "2s" }
        app:group { name = "low" }
        app:spawn("mule", function()
          while true do pcall(ptg.sleep, "forever") end
        end)
        app:spawn("bad", function() error "x" end)
        app:after("1s", function() ptg.shutdown() end)
      ]]):wait()
    assert.are.equal(4, program.status, program.err)
    assert.matches("ptg: / closed in 3.000s\n", program.err)
    assert.matches("group%s+began%s+drain%s+cancel%s+closed%s+drained%s+"
      .. "cancelled%s+failed%s+refused%s+abandoned%s+killed%s+waited for\n",
      program.err)
    assert.matches("/app%s+0.000s%s+0.000s%s+1.000s%s+3.000s", program.err)

    local report = require "dkjson".decode(support.read(path))
    assert.are.equal(4, report.status)
    assert.are.equal(1, report.unhandled)
    assert.are.equal(3.0, report.seconds)
    assert.are.equal(1, report.totals.abandoned)
    local rows = {}
    for _, row in ipairs(report.groups) do rows[row.path] = row end
    assert.are.equal("/app/low", report.groups[1].path)
    assert.are.equal("/", report.groups[3].path)
    assert.are.same({ "mule" }, rows["/app"].abandoned_tasks)
    assert.are.equal("/app/low", rows["/app"].waited_for)
    assert.are.equal(1.0, rows["/app"].cancel)
    assert.is_nil(rows["/app/low"].cancel)
    assert.matches('"cancel":null', support.read(path))
  end)

  it("refuses a report that it cannot write, before anything runs", function()
    local program = support.launch("run", "--report", "/nonexistent/r.json",
      support.file "print 'ran'"):wait()
    assert.are.equal(2, program.status)
    assert.are.equal("", program.out)
    assert.matches("ptg: %-%-report: /nonexistent/r.json: ", program.err)
  end)

  it("keeps a script within the memory it may have: a failed task, no crash",
    function()
    local program = support.launch("run", "--lua-memory=20000000",
      support.file [[
        local ptg = require "ptg"
        ptg.root:on_error(function(err) print(err.name, err.message) end)
        ptg.root:spawn("hog", function()
          local t = {}
          while true do t[#t + 1] = ("x"):rep(1000) .. #t end
        end)
        ptg.root:spawn("other", function()
          ptg.sleep "1ms"
          print "lives"
          ptg.shutdown()
        end)
      ]]):wait()
    assert.are.equal(0, program.status, program.err)
    assert.are.equal("hog\tnot enough memory\nlives\n", program.out)
  end)
end)
