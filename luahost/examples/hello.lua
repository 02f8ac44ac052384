-- hello.lua - a group with two tasks, one of which fails and harms nobody.
local ptg = require "ptg"

local app = ptg.group { name = "app", grace = "2s" }

app:on_error(function(err) ptg.log("handled:", err.name, err.message) end)
app:on_drain(function() ptg.log("the app is told to finish soon") end)

app:spawn("greeter", function(task)
  while not task.draining do
    print("hello")
    ptg.sleep("100ms")
  end
  print("goodbye")
end)

app:spawn("clumsy", function()
  ptg.sleep("150ms")
  error("I dropped it")
end)

app:after("350ms", function() ptg.shutdown() end)
