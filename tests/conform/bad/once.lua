-- once.lua - dies when it is to make bad, and cannot be started again: there is
-- a file then.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

local handle = io.open(arg[1])
if handle then os.exit(4) end

function fake.mischief(request)
  if request.as ~= "bad" then return end
  io.open(arg[1], "w"):close()
  os.exit(3)
end

fake.run {}
