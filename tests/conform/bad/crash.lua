-- crash.lua - is killed by a signal when it is to make bad.
package.path = arg[0]:match "^(.*)/bad/" .. "/?.lua;" .. package.path
local fake = require "fake_adapter"

function fake.mischief(request)
  if request.as == "bad" then os.execute "kill -SEGV $PPID" end
end

fake.run {}
