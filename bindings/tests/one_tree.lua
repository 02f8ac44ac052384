-- one_tree.lua - what one_tree.c runs in Lua: its root is a group in C's.
local ptg = require "ptg"

ptg.root:on_closed(function() note "lua" end)
ptg.root:spawn("lua-task", function(task)
  ptg.await(function(done) task:on_drain(done) end)
end)
