-- procfile.lua - three programs, as in a Procfile, until Ctrl-C or SIGTERM.
--
-- web and worker do as SIGTERM tells them. stubborn ignores it, and so does
-- the child that it has; when its time is over SIGKILL ends both of them, the
-- report says so, and the exit status is 4.

local ptg = require "ptg"

local WEB = [[
trap 'echo "closing"; exit 0' TERM
echo "listening"
while :; do sleep 0.1; done
]]

local WORKER = [[
trap 'echo "the last job is done"; exit 0' TERM
echo "working"
while :; do sleep 0.1; done
]]

local STUBBORN = [[
trap '' TERM
sleep 1000 &
echo "staying, with child $!"
while :; do wait; done
]]

local app = ptg.group { name = "procfile", parallel = true }
local limits = { name = "jobs", grace = "300ms", cancel_wait = "300ms" }
local jobs = app:group(limits)
local front = app:group { name = "front", stops_before = jobs }

local worker = jobs:process {
  "sh", "-c", WORKER,
  name = "worker",
  ready = { line = "^working$" },
}
jobs:process { "sh", "-c", STUBBORN, name = "stubborn" }

front:process {
  "sh", "-c", WEB,
  name = "web",
  ready = { line = "^listening$" },
  needs = worker,
}
