-- flood_lines.lua - writes notes without end when it is to make bad.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  while request.as == "bad" do fake.write { note = "flood" } end
end

fake.run {}
