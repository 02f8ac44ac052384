-- nonsense.lua - answers with something else when it is to make bad.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  if request.as ~= "bad" then return end
  io.stdout:write(arg[1] or "let me see", "\n")
  io.stdout:flush()
  return false
end

fake.run {}
