-- flood_bytes.lua - writes a line without end when it is to make bad.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  while request.as == "bad" do io.stdout:write(("x"):rep(65536)) end
end

fake.run {}
