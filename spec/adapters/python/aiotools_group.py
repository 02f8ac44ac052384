# aiotools_group.py - adapter of aiotools.PersistentTaskGroup.
#
# How the laws map onto it:
#   groups    a task group in a task of its parent's group; see scripted.py
#   errors    the group's exception_handler, a coroutine that runs in the failed
#             task; without one a traceback on stderr. Ancestors are not asked
#   done      the future that create_task() gives
#   cancel    Task.cancel() of the task, looked up in asyncio.all_tasks(): the
#             group has no call for it, and gives no task away
#   drain     nobody is told. shutdown() cancels at once and waits for ever;
#             leaving the block waits for the tasks, for ever or for the grace,
#             by asyncio.timeout()
#   force     Task.cancel() of the task that holds the group open
#   order     all tasks at once, those that hold a child group among them
#   cancel_wait, abandoning, deadline: none; it waits for ever
#   watch     Future.add_done_callback()
#   looking   names; current_ptaskgroup

import asyncio
import importlib.metadata
import warnings

import scripted
from protocol import accept
from scripted import Failure, Job, Scope

warnings.simplefilter("ignore", DeprecationWarning)
from aiotools import PersistentTaskGroup, current_ptaskgroup


class Adapter(scripted.Adapter):
    NAME = "aiotools.PersistentTaskGroup"
    VERSION = importlib.metadata.version("aiotools")
    FEATURES = ["nesting", "parallel", "watch", "wake", "names", "current"]
    FIXED = {"cancel_wait": ("forever",), "parallel": (True,),
             "on_failure": ("report",), "admits_anyone": (True,)}

    def make_group(self, scope):
        if "error" not in scope.tells:
            return PersistentTaskGroup(name=scope.label)

        async def handle(kind, error, traceback):
            self.tell_error(scope, error)

        return PersistentTaskGroup(name=scope.label, exception_handler=handle)

    def tell_error(self, scope, error):
        task = asyncio.current_task()
        failed = self.owner_of(task)
        is_task = isinstance(failed, Job)
        outcome = (error.outcome if isinstance(error, Failure)
                   else {"status": "failed", "message": repr(error)})
        told = self.call(
            "error", group=scope.name, name=task.get_name(), outcome=outcome,
            **{"from": scope.name if is_task else failed.name},
            task=failed.name if is_task else None)
        if told.get("status", "ok") != "ok":
            raise Failure({"status": told["status"]})

    def owner_of(self, task):
        """The task or group of the suite that runs in an asyncio task."""
        for thing in self.names.values():
            if isinstance(thing, (Job, Scope)) and thing.task is task:
                return thing
        return None

    def create(self, group, coroutine, name):
        before = asyncio.all_tasks()
        future = group.create_task(coroutine, name=name)
        (task,) = asyncio.all_tasks() - before
        return future, task

    def shut_down(self, scope, grace):
        if grace == "forever":
            scope.leave.set()
            return

        async def shut_down():
            await scope.group.shutdown()
            scope.leave.set()

        scope.ending = self.loop.create_task(shut_down())

    def request_info(self, request):
        accept(request, "group", "task")
        if "group" in request:
            return {"name": self.find(request["group"], Scope).group.get_name()}
        task = self.find(request["task"], Job).task
        if task.done():
            raise scripted.Refused("stale")
        return {"name": task.get_name(),
                "is_cancel_requested": task.cancelling() > 0}

    def request_current(self, request):
        job = self.owner_of(asyncio.current_task())
        group = current_ptaskgroup.get(None)
        scopes = [thing.name for thing in self.names.values()
                  if isinstance(thing, Scope) and thing.group is group]
        return {"task": job.name if isinstance(job, Job) else None,
                "group": scopes[0] if scopes else None}


scripted.run(Adapter)
