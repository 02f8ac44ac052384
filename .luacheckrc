-- .luacheckrc - how luacheck looks at the Lua sources.
std = "lua54"
self = false -- a method may have no use for it
max_line_length = 100
files["tests/**/*_spec.lua"] = { std = "+busted" }
