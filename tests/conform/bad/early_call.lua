-- early_call.lua - calls when it is to make bad, where there are no calls.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  if request.as == "bad" then
    fake.write { call = "start", task = "bad", at = 0 }
  end
end

fake.run {}
