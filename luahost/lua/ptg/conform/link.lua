-- link.lua - an adapter that has been started and has said hello.
local adapter = require "ptg.conform.adapter"
local clock = require "ptg.conform.clock"
local conversation = require "ptg.conform.conversation"
local failed = require "ptg.conform.failed"
local wire = require "ptg.conform.wire"

local link = {}

local function check_hello(hello)
  if hello.status ~= "ok" then
    failed.raise_line("the adapter answers hello with %s", hello.status)
  end
  if hello.protocol ~= 1 then
    failed.raise_line("the adapter speaks version %s of the protocol, not 1",
      wire.shorten(tostring(hello.protocol)))
  end
  for _, field in ipairs { "name", "version" } do
    if type(hello[field]) ~= "string" then
      failed.raise_line("the adapter's hello has no %s", field)
    end
  end
  if hello.clock ~= "virtual" and hello.clock ~= "real" then
    failed.raise_line("the adapter's clock is %s, not virtual or real",
      wire.shorten(tostring(hello.clock)))
  end
  if type(hello.features) ~= "table" then
    failed.raise_line "the adapter's hello has no features"
  end
end

local function greet(self)
  local hello = self.conversation:request { op = "hello" }
  check_hello(hello)
  self.hello = hello
  self.clock = clock.new(hello.clock == "real")
  for _, name in ipairs(hello.features) do self.features[name] = true end
end

-- Starts an adapter. Nil and why that could not be.
function link.open(command, options)
  local child, wrong = adapter.start(command, options)
  if not child then
    return nil, ("%s: %s"):format(command[1], wrong)
  end
  local self = {
    adapter = child, conversation = conversation.new(child),
    features = {}, -- a set
    handles = {}, -- by handle: what it was given out for
  }
  local ok, caught = pcall(greet, self)
  if ok then return self end
  child:kill()
  if not failed.is(caught) then error(caught, 0) end
  return nil, caught.line
end

return link
