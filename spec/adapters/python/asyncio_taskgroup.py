# asyncio_taskgroup.py - adapter of Python's asyncio.TaskGroup.
#
# How the laws map onto it:
#   groups    a task group in a task of its parent's group; see scripted.py
#   errors    no handler. The first failure cancels all siblings and the body,
#             and is raised where the group is left, into the parent's group:
#             the policy shutdown_group, always, and on to the root
#   cancel    Task.cancel(), with a text and no originator
#   drain     nobody is told; leaving the block waits for the tasks for ever, or
#             for the grace, by asyncio.timeout()
#   force     Task.cancel() of the task that holds the group open
#   order     all tasks at once, those that hold a child group among them
#   cancel_wait, abandoning, deadline: none; it waits for ever
#   watch     Task.add_done_callback()
#   looking   the names of tasks; nothing of groups

import asyncio
import platform

import scripted
from protocol import accept
from scripted import Job


class Adapter(scripted.Adapter):
    NAME = "asyncio.TaskGroup"
    VERSION = platform.python_version()
    FEATURES = ["nesting", "parallel", "policy", "watch", "wake"]
    FIXED = {"cancel_wait": ("forever",), "parallel": (True,),
             "on_failure": ("shutdown_group",), "admits_anyone": (True,)}

    def make_group(self, scope):
        return asyncio.TaskGroup()

    def create(self, group, coroutine, name):
        task = group.create_task(coroutine, name=name)
        return task, task

    def shut_down(self, scope, grace):
        scope.leave.set()

    def request_info(self, request):
        accept(request, "task")
        task = self.find(request["task"], Job).task
        if task.done():
            raise scripted.Refused("stale")
        return {"name": task.get_name(),
                "is_cancel_requested": task.cancelling() > 0}


scripted.run(Adapter)
