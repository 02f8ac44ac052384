-- scenario.lua - the scenarios in their files.
local checker = require "ptg.conform.checker"
local json = require "dkjson"
local uv = require "luv"

local scenario = {}

scenario.chapters = checker.chapters
scenario.expectation_of = checker.expectation_of

local function read_file(path)
  local handle, wrong = io.open(path, "r")
  local text = handle and handle:read "a"
  if handle then handle:close() end
  if not text then return nil, wrong or (path .. ": cannot be read") end
  return text
end

local function load_file(self, path)
  local text, wrong = read_file(path)
  if not text then
    self.complaints[#self.complaints + 1] = wrong
    return
  end
  local content, stop, problem = json.decode(text, 1, json.null)
  if problem or text:find("%S", stop) then
    self.complaints[#self.complaints + 1] = ("%s: no JSON%s"):format(path,
      problem and ": " .. problem or "")
    return
  end
  self:check_file(path, content)
end

-- The files of a folder, in order; the path of a file is itself.
local function list_files(path)
  local stat, wrong = uv.fs_stat(path)
  if not stat then return nil, wrong end
  if stat.type ~= "directory" then return { path } end
  local files = {}
  local scan = uv.fs_scandir(path)
  for name in function() return (uv.fs_scandir_next(scan)) end do
    if name:find "%.json$" and name ~= "schema.json" then
      files[#files + 1] = path .. "/" .. name
    end
  end
  table.sort(files)
  return files
end

-- All scenarios below path, chapter by chapter, and a list of what is wrong
-- with them.
function scenario.load(path)
  local all = checker.new()
  local files, wrong = list_files(path)
  if not files then return {}, { wrong } end
  for _, file in ipairs(files) do load_file(all, file) end
  local order = {}
  for place, chapter in ipairs(scenario.chapters) do order[chapter] = place end
  for place, one in ipairs(all.scenarios) do one.number = place end
  table.sort(all.scenarios, function(a, b)
    if a.chapter ~= b.chapter then return order[a.chapter] < order[b.chapter] end
    return a.number < b.number
  end)
  return all.scenarios, all.complaints
end

return scenario
