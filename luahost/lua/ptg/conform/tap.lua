-- tap.lua - the results as TAP, version 13.
local results = require "ptg.conform.results"

local tap = {}

local function line_of(number, result, is_real)
  local is_ok = result.kind == "passed" or result.kind == "not offered"
  local line = ("%s %d - %s: %s"):format(is_ok and "ok" or "not ok", number,
    result.scenario.id, (result.scenario.title:gsub("#", "")))
  if is_real then line = line .. " (in scaled real time)" end
  if result.kind == "not offered" then
    return ("%s # SKIP not offered: %s"):format(line,
      table.concat(result.missing, ", "))
  end
  if result.kind == "failed as expected" then
    return ("%s # TODO %s"):format(line, result.reason)
  end
  return line
end

function tap.render(run)
  local lines = {
    "TAP version 13",
    ("# %s %s"):format(run.name, run.version),
    ("1..%d"):format(#run.list),
  }
  for number, result in ipairs(run.list) do
    lines[#lines + 1] = line_of(number, result, run.is_real)
    if result.failure then
      lines[#lines + 1] = "  ---"
      lines[#lines + 1] = "  message: |"
      for _, line in ipairs(results.explain(result)) do
        lines[#lines + 1] = "    " .. line
      end
      lines[#lines + 1] = "  ..."
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

return tap
