#!/usr/bin/env python3
"""adapter.py - the reference behind the adapter protocol (../adapter.md)."""
import json
import sys

sys.dont_write_bytecode = True
import looking  # noqa: E402
from deadline import Plan, FOREVER  # noqa: E402
from group import Group  # noqa: E402
from runtime import Refused, Runtime  # noqa: E402
from task import Task, Watch  # noqa: E402

FEATURES = ["handles", "release", "deadline", "owner", "watch", "kill", "cleanup", "spawner", "policy", "observed",
            "limits", "edges", "parallel", "nesting", "names", "attribution", "wake", "extend_grace", "history",
            "failures", "count_names", "info", "report", "blame", "plan", "snapshot", "current", "remote", "stderr"]
KINDS = {Group: 1, Task: 2, Watch: 3}
DURATIONS = {"begin", "cancel", "closed"}


class Host:
    """What the runtime calls: each call becomes a line, and requests are served until it returns."""

    issued = 0  # handles, in the life of the process [PTG-HAND-02]

    def __init__(self):
        self.things, self.handles, self.names, self.runtime = {}, {}, {}, None

    # Lines.

    def write(self, message):
        sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def say(self, value, key=None):
        """A value as the protocol has it: things by their names."""
        if isinstance(value, dict):
            return {name: self.say(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.say(item) for item in value]
        if isinstance(value, (Group, Task, Watch)):
            return self.names[value]
        return "forever" if key in DURATIONS and isinstance(value, int) and value >= FOREVER else value

    def serve(self):
        for line in sys.stdin:
            request = json.loads(line)
            if request["op"] == "return":
                return request.get("status", "ok")
            self.write(self.answer(request))
        sys.exit(0)

    def answer(self, request):
        handler = getattr(self, "on_" + request["op"], None)
        if handler is None:
            return {"status": "unsupported", "why": "no such operation"}
        if (self.runtime is None or self.runtime.is_destroyed and not request.get("remote")
                and request["op"] != "post") and request["op"] not in ("hello", "reset"):
            return {"status": "invalid"}
        try:
            return {"status": "ok", **self.say(handler(request) or {})}
        except Refused as refused:
            if "as" in request:
                self.things[request["as"]] = None
                self.write({"note": "release", "of": request["as"]})
            return {"status": refused.status}

    # What the runtime calls.

    def call(self, what, fields):
        self.write({"call": what, "at": self.runtime.now, **self.say(fields)})
        return self.serve()

    def release(self, thing):
        self.write({"note": "release", "of": self.names[thing]})

    def default_handler(self, group, task, outcome):
        path, at = "", group
        while at.parent:
            path, at = "/" + at.name + path, at.parent
        name = 'task "%s"' % task.name if task else "a hook"
        print(f"error: {name} of {path or '/'} failed: {outcome['status']}: {outcome.get('message') or ''}",
              file=sys.stderr, flush=True)

    # Handles.

    def keep(self, name, thing):
        Host.issued += 1
        handle = KINDS[type(thing)] << 40 | Host.issued
        self.things[name], self.names[thing], self.handles[handle] = thing, name, thing
        return {"handle": handle}

    def find(self, reference, *kinds):
        """The thing that a name or a handle stands for [PTG-HAND-03] to [PTG-HAND-06]."""
        thing = self.things.get(reference) if isinstance(reference, str) else self.handles.get(reference)
        if thing is None:
            raise Refused("invalid")
        if type(thing) not in kinds:
            raise Refused("kind")
        if thing.is_gone or (isinstance(thing, Task) and thing.is_abandoned and thing.has_ended()
                             and thing.group.is_gone):
            raise Refused("stale")
        if isinstance(thing, Task) and thing.state == "sent":
            raise Refused("busy")
        return thing

    def group(self, request, key="group", is_root_else=False):
        reference = request.get(key, "root")
        return self.find("root" if is_root_else and not self.is_something(reference) else reference, Group)

    def task(self, request, key="task"):
        task = self.find(request[key], Task)
        if task.has_ended():
            raise Refused("stale")  # [PTG-HAND-08]
        return task

    def is_something(self, reference):
        """Where nobody may be meant: nothing, zero, and the name of what was refused mean that."""
        return bool(reference) and self.things.get(reference, self) is not None

    def maybe_task(self, request, key):
        reference = request.get(key)
        return self.find(reference, Task) if self.is_something(reference) else None

    def originator(self, request):  # [PTG-CANC-07] [PTG-SHUT-44]
        named = request.get("originator")
        if isinstance(named, str):
            named = self.things.get(named)
        return named or self.runtime.current[0] or self.runtime.current[1]

    # Operations.

    def on_hello(self, request):
        return {"protocol": 1, "name": "reference", "version": "0.1", "clock": "virtual", "features": FEATURES}

    def on_reset(self, request):
        self.__init__()
        self.runtime = Runtime(self, request)
        return self.keep("root", self.runtime.root)

    def on_group(self, request):
        parent = self.group(request, "in", is_root_else=True)
        owner = self.maybe_task(request, "owner")
        return self.keep(request["as"], self.runtime.add_group(parent, request, owner))

    def on_edge(self, request):
        self.runtime.add_edge(self.group(request, "first"), self.group(request, "later"))

    def on_spawn(self, request):
        task = Task(self.runtime, None, request)
        if request.get("remote"):
            self.check_names(request)
            self.runtime.send(lambda: self.arrive(task, request))
            task.state = "sent"
            return self.keep(request["as"], task)
        group = self.group(request, "in")
        self.check_names(request)
        self.runtime.spawn(task, group, self.maybe_task(request, "spawner"))
        return self.keep(request["as"], task)

    def check_names(self, request):
        self.runtime.check_name(request.get("name"))
        self.runtime.check_name(request.get("place"))

    def arrive(self, task, request):  # [PTG-THRD-35]
        task.state = "pending"
        try:
            self.runtime.spawn(task, self.group(request, "in"), self.maybe_task(request, "spawner"))
        except Refused as refused:
            task.group, task.state, task.never_ran = None, "ended", True
            task.result = {"status": refused.status, "code": 0, "message": None, "value": 0}
            self.runtime.put(task, "done")

    def sent(self, request, operation):
        """Does it now, or sends it: then nobody hears of a refusal."""
        if not request.get("remote"):
            return operation()

        def letter():
            try:
                operation()
            except Refused:
                pass
        return self.runtime.send(letter)

    def on_finish(self, request):
        outcome = {"status": "ok", **request, **request.get("outcome", {})}
        self.sent(request, lambda: self.task(request).end(
            outcome["status"], outcome.get("code") or 0, outcome.get("message"), outcome.get("value") or 0))

    def on_cancel(self, request):
        reason = request.get("reason")
        if request.get("remote"):
            self.runtime.check_name(reason)

        def cancel():
            task = self.task(request)
            self.runtime.check_name(reason)
            task.ask_from_queue(reason if reason is not None else "cancelled", self.originator(request))
        self.sent(request, cancel)

    def on_sleep(self, request):
        task, duration = self.task(request), request["for"]
        if isinstance(duration, int) and duration < 0:
            raise Refused("invalid")
        task.sleep(0 if duration == "at_once" else duration)

    def on_extend_grace(self, request):
        return {"left": self.runtime.extend_grace(self.task(request), request["for"])}

    def on_shutdown(self, request):
        if request.get("remote"):
            self.runtime.check_options(request)
        self.sent(request, lambda: self.runtime.shut_down(self.group(request), request, self.originator(request)))

    def on_request_shutdown(self, request):
        self.runtime.wanted = "force" if request.get("force") or self.runtime.wanted == "force" else "plain"

    def on_watch(self, request):
        watched = self.find(request["on"], Group, Task)
        if isinstance(watched, Task) and watched.is_told:
            raise Refused("stale")  # [PTG-GROUP-34], before the waiter's handle [PTG-HAND-12]
        return self.keep(request["as"], self.runtime.watch(watched, self.maybe_task(request, "waiter")))

    def on_unwatch(self, request):
        watch = self.find(request["watch"], Watch)
        watch.remove()
        self.release(watch)

    def on_post(self, request):
        self.runtime.send(lambda: self.post(request["as"]))

    def post(self, name):
        self.runtime.call("posted", None, None, **{"as": name})
        self.write({"note": "release", "of": name})

    def on_info(self, request):
        if "group" in request:
            return looking.group_info(self.group(request))
        task = self.find(request["task"], Task)
        if task.has_ended() and not task.is_abandoned:
            raise Refused("stale")
        return looking.task_info(task)

    def on_list(self, request):
        group = self.group(request)
        lists = {"groups": group.children, "tasks": looking.live_tasks(group),
                 "abandoned": [task for task in reversed(group.tasks) if task.is_abandoned]}
        return {"names": list(lists[request["what"]])}

    def on_count_names(self, request):
        return {"rows": looking.count_names(self.group(request), request["capacity"])}

    def on_failures(self, request):
        return {"rows": looking.failures(self.group(request))}

    def on_history(self, request):
        return {"rows": self.group(request).history}

    def on_plan(self, request):
        group = self.group(request)
        if group.is_ending:
            raise Refused("closed")  # [PTG-DEAD-21]
        return {"rows": Plan(group).rows}

    def on_report(self, request):
        return {"rows": looking.report(self.group(request))}

    def on_blame(self, request):
        return {"rows": looking.blame(self.group(request))}

    def on_snapshot(self, request):
        return looking.snapshot(self.group(request, is_root_else=True))

    def on_current(self, request):
        task, group = self.runtime.current
        return {"task": task, "group": group}

    def on_time(self, request):
        return {"at": self.runtime.now}

    def on_advance(self, request):
        self.runtime.advance(request["by"])

    def on_destroy(self, request):
        self.runtime.destroy()


Host().serve()
