-- orders-load.lua - the client of the orders demo, as a script for wrk:
--
--   wrk -t2 -c64 -d30s -s orders-load.lua http://127.0.0.1:8080 -- FOLDER
--
-- Posts orders with ids of its own, each sent once, and writes the ids of
-- those that were answered 201 to FOLDER/acknowledged-N, one file a thread,
-- line by line: what is in there the service has promised to have.

-- luacheck: std luajit
-- luacheck: globals wrk setup init request response

local threads = 0
local number, sent, acknowledged

function setup(thread)
  threads = threads + 1
  thread:set("thread_number", threads)
end

function init(arguments)
  number, sent = wrk.thread:get("thread_number"), 0
  local path = arguments[1] .. "/acknowledged-" .. number
  acknowledged = assert(io.open(path, "w"))
  acknowledged:setvbuf("line")
end

function request()
  sent = sent + 1
  local body = ('{"id":"w%d-%07d","item":"tea","quantity":%d}')
    :format(number, sent, sent % 9 + 1)
  return wrk.format("POST", "/orders", nil, body)
end

function response(status, _, body)
  if status ~= 201 then return end
  acknowledged:write(body:match('"id":"([^"]*)"') or "an id is missing", "\n")
end
