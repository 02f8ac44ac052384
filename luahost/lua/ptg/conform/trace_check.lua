-- trace_check.lua - holds a file with traces against the laws.
--
-- A file may hold several traces, one after the other: the first line of each
-- begins a new one.
local laws = require "ptg.conform.laws"
local trace_line = require "ptg.conform.trace_line"

local trace_check = {}

local KEPT, BROKEN, UNREADABLE = 0, 1, 2

local Check = {}
Check.__index = Check

-- Checks what has been read of a trace.
function Check:finish_trace()
  for _, found in ipairs(laws.check(self.records)) do
    self.violations = self.violations + 1
    self.say(("%s:%d: %s: %s"):format(self.file, self.lines_of[found.line],
      found.law, found.text))
  end
  self.records, self.lines_of = {}, {}
end

function Check:take(text)
  self.lines = self.lines + 1
  if not text:find "%S" then return end
  local record, wrong = trace_line.decode(text)
  if not record then
    self.malformed = self.malformed + 1
    self.say(("%s:%d: malformed: %s"):format(self.file, self.lines, wrong))
    return
  end
  if record.trace ~= nil and #self.records > 0 then self:finish_trace() end
  self.records[#self.records + 1] = record
  self.lines_of[#self.records] = self.lines
end

-- Reads file, a line at a time, and says each complaint in a line, through say
-- or on stdout. Returns the exit status: 0, all laws are kept; 1, some are
-- not; 2, the file cannot be read, or not all of it.
function trace_check.main(file, say)
  say = say or function(line) io.stdout:write(line, "\n") end
  local handle, wrong = io.open(file, "r")
  local is_readable = handle and (handle:read(0) or handle:seek "end" == 0)
  if not is_readable then
    if handle then handle:close() end
    say(("%s: %s"):format(file, handle and "cannot be read as a file"
      or wrong:gsub("^" .. file:gsub("%p", "%%%0") .. ": ", "")))
    return UNREADABLE
  end
  local check = setmetatable({ file = file, say = say, records = {},
    lines_of = {}, lines = 0, violations = 0, malformed = 0 }, Check)
  for text in handle:lines() do check:take(text) end
  handle:close()
  if #check.records > 0 then check:finish_trace() end
  say(("%d line%s, %d violation%s"):format(check.lines,
    check.lines == 1 and "" or "s", check.violations,
    check.violations == 1 and "" or "s"))
  if check.malformed > 0 then return UNREADABLE end
  return check.violations > 0 and BROKEN or KEPT
end

return trace_check
