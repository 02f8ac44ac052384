-- settings.lua - how this run of the program was asked for.
return {
  args = {},               -- ARGS, and FILE at 0
  is_declaring = false,    -- check, plan: nothing is ever started
  is_manual_clock = false, -- time is virtual
  are_hooks_off = false,   -- the script failed: nothing of it is called again
  circles = {},            -- order edges that check refused
}
