-- adapter.lua - the Lua host as an adapter of the conformance suite.
--
--   ptg run --manual-clock adapter.lua
--
-- It speaks as spec/adapter.md says, and goes through the module "ptg": a task
-- is a coroutine, a hook is a hook. What the module has no word for, and only
-- looks, is read from "ptg.core" (looks.lua, values.lua).
local ptg = require "ptg"
local operations = require "operations"
local wire = require "wire"

local function answer(request)
  local found, result = pcall(operations.carry_out, request)
  if not found then
    io.stderr:write(("adapter: %s: %s\n"):format(request.op, tostring(result)))
    result = { status = "unsupported", why = tostring(result) }
  end
  wire.write(result)
end

wire.serve(answer)

-- Nobody asks any more, and nobody wants the report of a shutdown.
ptg.reset { discard = true }
os.exit(0)
