-- late.lua - answers a second late when it is to make bad.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

local uv = require "luv"

function fake.mischief(request)
  if request.as == "bad" then uv.sleep(1000) end
end

fake.run {}
