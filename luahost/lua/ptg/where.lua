-- where.lua - the place in a script from which the module was called.

local where = {}

-- The host names the chunks of its own modules like this. A module that a test
-- loads from its file counts too.
local function is_own(source)
  return source:find("^=<ptg>/") ~= nil
    or source:find("luahost/lua/ptg", 1, true) ~= nil
end

-- "FILE:LINE" of the nearest caller that is neither C nor a module of ours;
-- nil if there is none.
function where.caller()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if info.what ~= "C" and not is_own(info.source) then
      return ("%s:%d"):format(info.short_src, info.currentline)
    end
    level = level + 1
  end
end

return where
