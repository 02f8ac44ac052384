-- orders-verdict.lua - decides whether a run of the orders demo lost nothing.
--
--   lua5.4 orders-verdict.lua FOLDER
--
-- FOLDER holds what each side wrote down by itself:
--   acknowledged-*      the ids that the clients got a 201 for
--   ledger, receipts    the lists as Redis had them when it was opened again
--   keys                the names of all keys in Redis
--   before              how many were acknowledged when SIGTERM was sent
--   report.json         ptg's report;  service.log  what the service said
--   data/redis.log      what Redis said
-- Prints the timetable and the counts; exit status 0 only if all is well.

local json = require "dkjson"

local folder = arg[1]
local complaints = {}

local function complain(...)
  complaints[#complaints + 1] = string.format(...)
end

local function read(name)
  local file = assert(io.open(folder .. "/" .. name))
  local text = file:read "a"
  file:close()
  return text
end

-- Counts each line of a text; returns the counts, and how many lines.
local function tally(text, counts)
  counts = counts or {}
  local lines = 0
  for line in text:gmatch "[^\n]+" do
    counts[line] = (counts[line] or 0) + 1
    lines = lines + 1
  end
  return counts, lines
end

-- The order of the shutdown ---------------------------------------------------

local ORDER = { "http", "events", "writers", "store" }

local function show_timetable(groups)
  local function ms(seconds)
    return type(seconds) == "number" and ("%.1f"):format(seconds * 1000) or "-"
  end
  local form = "  %-18s %9s %9s %9s %8s %7s\n"
  io.write("timetable of the shutdown, in ms after SIGTERM:\n",
    form:format("group", "drain", "cancel", "closed", "drained", "killed"))
  table.sort(groups, function(a, b) return a.drain < b.drain end)
  for _, row in ipairs(groups) do
    io.write(form:format(row.path, ms(row.drain), ms(row.cancel),
      ms(row.closed), row.drained, row.killed))
  end
end

local function check_order(rows)
  for index = 2, #ORDER do
    local first, later = rows[ORDER[index - 1]], rows[ORDER[index]]
    if not (first.closed and later.drain and first.closed <= later.drain) then
      complain("%s began to stop before %s was closed", later.name, first.name)
    end
  end
end

local function check_report()
  local report = assert(json.decode(read "report.json", 1, nil))
  local rows = {}
  for _, row in ipairs(report.groups) do rows[row.name] = row end
  show_timetable(report.groups)
  check_order(rows)
  for _, what in ipairs { "abandoned", "killed" } do
    if report.totals[what] ~= 0 then
      complain("%d tasks were %s", report.totals[what], what)
    end
  end
  if report.status ~= 0 then complain("ptg's status is %d", report.status) end
  if rows.http.drained < 2 then
    complain("no connection was open when SIGTERM came")
  end
  if not read("data/redis.log"):find("Redis is now ready to exit", 1, true) then
    complain("Redis was not stopped in order: its log does not end so")
  end
end

-- The orders ------------------------------------------------------------------

local function acknowledged_ids()
  local counts, total = {}, 0
  for number = 1, math.huge do
    local file = io.open(("%s/acknowledged-%d"):format(folder, number))
    if not file then break end
    local _, lines = tally(file:read "a", counts)
    file:close()
    total = total + lines
  end
  return counts, total
end

-- Complains if a line is in list more than once; returns the counts.
local function check_unique(what, list)
  for id, times in pairs(list) do
    if times > 1 then complain("%s has %s %d times", what, id, times) end
  end
end

local function check_orders()
  local acknowledged, promised = acknowledged_ids()
  local ledger, stored = tally(read "ledger")
  local keys = tally(read "keys")
  check_unique("the record of 201s", acknowledged)
  check_unique("the ledger", ledger)
  local missing = 0
  for id in pairs(acknowledged) do
    if not (ledger[id] and keys["order:" .. id]) then
      missing = missing + 1
      complain("%s got a 201 and is not there", id)
    end
  end
  local before = tonumber(read "before")
  if promised <= before then
    complain("no order was acknowledged after SIGTERM: was there a load?")
  end
  io.write(("orders: %d got a 201, %d of them after SIGTERM\n"):format(
    promised, promised - before))
  io.write(("redis:  %d orders, %d of those missing\n"):format(stored, missing))
  return ledger
end

-- Every order was an event, although http and the writers went on while they
-- were stopped; and the queue was emptied: each receipt in it was written.
local function check_receipts(ledger)
  local said = {}
  for name, number in read("service.log"):gmatch "(%l+)=(%d+)" do
    said[name] = tonumber(number)
  end
  local receipts, written = tally(read "receipts")
  check_unique("the list of receipts", receipts)
  for id in pairs(receipts) do
    if not ledger[id] then complain("%s has a receipt and no order", id) end
  end
  if written ~= said.receipts then
    complain("%d receipts were queued, %d written", said.receipts, written)
  end
  if said.events ~= said.stored then
    complain("%d orders were stored, %d events came", said.stored, said.events)
  end
  if said.failed == 0 then complain("no event failed on purpose") end
  io.write(("events: %d, %d failed on purpose, %d receipts in Redis\n"):format(
    said.events, said.failed, written))
end

check_report()
check_receipts(check_orders())

for index, complaint in ipairs(complaints) do
  if index > 10 then
    print(("... and %d complaints more"):format(#complaints - 10))
    break
  end
  print("FAILED: " .. complaint)
end
if #complaints > 0 then os.exit(1) end
print("passed: every order that got a 201 is there, none twice, in order")
