-- luajit_reader.lua - the layout of ptg.h's structs as LuaJIT's ffi sees it.
--
--   luajit_reader.lua DECLARATIONS LIBRARY <STRUCT-AND-FIELDS
local ffi = require("ffi")

local file = assert(io.open(arg[1]))
ffi.cdef(file:read("*a"))
file:close()

local library = ffi.load(arg[2])
print("version " .. library.ptg_abi_version())
print("name " .. ffi.string(library.ptg_status_name(library.PTG_ESTALE)))
for line in io.lines() do
  local struct, fields = line:match("^(%S+)(.*)$")
  print(struct .. " " .. ffi.sizeof(struct))
  for field in fields:gmatch("%S+") do
    print(struct .. "." .. field .. " " .. ffi.offsetof(struct, field))
  end
end
