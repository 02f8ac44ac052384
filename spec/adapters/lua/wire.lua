-- wire.lua - lines of JSON: requests come in, answers and calls go out.
local json = require "dkjson"

local wire = { null = json.null }

local answer -- carries out a request and writes its answer

function wire.write(line)
  io.stdout:write(json.encode(line), "\n")
  io.stdout:flush()
end

-- A list, also when it is empty.
function wire.list(items)
  return setmetatable(items or {}, { __jsontype = "array" })
end

-- Absent and null are the same.
local function read()
  local text = io.stdin:read "L"
  if not text then return nil end
  local line, after, wrong = json.decode(text)
  local meta = type(line) == "table" and getmetatable(line)
  if not meta or meta.__jsontype ~= "object" or type(line.op) ~= "string"
    or text:find("%S", after) then
    return { op = "?", wrong = wrong or "not a request" }
  end
  return line
end

-- Answers requests until one of them is a return, which it returns, or there
-- are no more.
local depth = 0

local function serve()
  for request in read do
    if request.op == "return" and depth > 0 then return request end
    answer(request)
  end
  return nil
end

function wire.serve(fn)
  answer = fn
  serve()
end

-- A call: what is asked meanwhile is done inside of it. Returns what the suite
-- lets it return.
function wire.call(call)
  wire.write(call)
  depth = depth + 1
  local returned = serve()
  depth = depth - 1
  -- The suite went away in the middle of a call.
  if not returned then os.exit(0) end
  return returned
end

function wire.is_in_call()
  return depth > 0
end

return wire
