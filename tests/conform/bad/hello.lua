-- hello.lua - answers hello with its first argument.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  if request.op ~= "hello" then return end
  io.stdout:write(arg[1], "\n")
  io.stdout:flush()
  return false
end

fake.run {}
