-- hang.lua - does not answer when it is to make bad, and has a child that would
-- outlive it.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  if request.as ~= "bad" then return end
  if arg[1] then os.execute("sleep 1000 & echo $! >" .. arg[1]) end
  fake.write { note = "hangs" }
  return false
end

fake.run {}
