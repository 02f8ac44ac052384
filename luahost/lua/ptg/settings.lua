-- settings.lua - how this run of the program was asked for.
return {
  args = {},               -- ARGS, and FILE at 0
  is_declaring = false,    -- check, plan: nothing is ever started
  is_manual_clock = false, -- time is virtual
  are_hooks_off = false,   -- it failed, or is at its end: nothing of the script
                           -- is called any more
  circles = {},            -- order edges that check refused
}
