-- endless.lua - has an event of a group g to be taken in every "takings", or once
-- in each of its "rounds".
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

local is_given = false

function fake.mischief(request)
  if request.op ~= "take" then return end
  is_given = arg[1] == "takings" or not is_given
  fake.write { status = "ok",
               events = is_given and { { call = "group_drain", group = "g" } }
                 or {} }
  return false
end

fake.run {}
