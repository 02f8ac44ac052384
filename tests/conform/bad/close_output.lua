-- close_output.lua - closes its output when it is to make bad, and stays.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  if request.as ~= "bad" then return end
  require("luv").fs_close(1)
  return false
end

fake.run {}
