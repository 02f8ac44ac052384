-- die.lua - ends when it is to make bad, with a word on standard error, and
-- leaves a child that holds on to its output.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  if request.as ~= "bad" then return end
  io.stderr:write "out of luck\n"
  os.execute "sleep 1000 2>&- &"
  os.exit(3)
end

fake.run {}
