-- places.lua - where the program's own parts are, by their place relative to
-- it: in an installation, wherever that was moved, and in a build tree.
local uv = require "luv"

local places = {}

-- The path of a part: from one of the folders, which are relative to that of
-- the program. Nil and what was tried.
local function find(folders, rest)
  local bin = uv.exepath():match "^(.*)/"
  local tried = {}
  for _, folder in ipairs(folders) do
    local path = ("%s/%s/%s"):format(bin, folder, rest)
    if uv.fs_stat(path) then return uv.fs_realpath(path) end
    if tried[#tried] ~= path then tried[#tried + 1] = path end
  end
  return nil, ("no %s; tried %s"):format(rest:match "[^/]*$",
    table.concat(tried, ", "))
end

-- The second of each is that of a build tree. options: what main.c says of the
-- installation.
function places.scenarios(options)
  return find({ options.data_from_bin, "../share" }, "ptg/scenarios")
end

function places.reference(options)
  return find({ options.data_from_bin, "../share" },
    "ptg/reference/adapter.py")
end

function places.helper(options)
  return find({ options.libexec_from_bin, "../libexec" }, "ptg/ptg-conform")
end

function places.library(options)
  return find({ options.lib_from_bin, "../lib" },
    "libptg.so." .. options.abi_major)
end

return places
