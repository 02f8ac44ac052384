"""task.py - a task: from its spawn to its done, as tasks.md and cancellation.md say."""

FLAGS = ("cancel_requested", "never_ran", "abandoned", "killed")


class Task:
    def __init__(self, runtime, group, request):
        self.runtime, self.group, self.request = runtime, group, request
        self.type = request.get("type") or None
        self.name = request.get("name") or self.type or "task"  # [PTG-TASK-13]
        self.place = request.get("place") or None
        self.tells = set(request.get("tells", ("drain", "cancel")))
        self.is_cleanup, self.is_observed = bool(request.get("cleanup")), bool(request.get("observed"))
        self.spawner, self.spawned_at = None, runtime.now
        self.state = "pending"  # waiting, pending, running, ended
        self.is_asked = self.is_abandoned = self.is_killed = self.never_ran = self.is_told = self.is_gone = False
        self.reason = self.originator = None
        self.result = None
        self.wake_at, self.wake_order = None, 0
        self.todo, self.is_queued = set(), False
        self.watches, self.owned = [], []

    def has_started(self):
        return self.state == "running"

    def has_ended(self):
        return self.state == "ended"

    # ---------------------------------------------------------------- end --

    def end(self, status, code=0, message=None, value=0):
        """[PTG-TASK-18], in the order that threads.md gives."""
        group, runtime = self.group, self.runtime
        if not self.has_started():
            self.never_ran = True
            group.pending -= 1
        if self.is_abandoned:
            group.late += 1  # [PTG-SHUT-30]
        else:
            self.count_end(status)
        self.wake_at = None
        self.state = "ended"
        self.result = {"status": status, "code": code, "message": message, "value": value}
        runtime.remember_end(self)
        if not self.is_abandoned:
            group.tasks.remove(self)
        group.untold += 1
        self.todo.clear()  # [PTG-TASK-23]
        for owned in reversed(self.owned):  # [PTG-GROUP-26]
            owned.shut_down({}, self)
        if not self.owned:
            runtime.put(self, "done")
        runtime.fill_places(group)
        if status not in ("ok", "canceled"):
            self.fail(status, code, message)

    def count_end(self, status):
        group = self.group
        if status == "ok":
            group.succeeded += 1
        elif status == "canceled":
            group.cancelled += 1
        else:
            group.failed += 1
        self.leave()

    def leave(self):
        """It is not live any more."""
        group = self.group
        if group.is_own:
            group.last_task = (self, self.runtime.now)
        if self in group.queued:
            group.queued.remove(self)
        group.live -= 1
        group.exempt -= self.is_cleanup

    def fail(self, status, code, message):
        group, runtime = self.group, self.runtime
        runtime.remember_failure(group, self.name, status, code, message)
        if not (self.is_observed and self.watches):  # [PTG-ERR-13]
            runtime.put(self, "error")
        if self.is_abandoned:
            return  # [PTG-ERR-20]
        if group.options.get("on_failure") == "shutdown_group":  # [PTG-ERR-18]
            group.shut_down({}, self)
        if group.options.get("on_failure") == "shutdown_root":
            runtime.root.shut_down({}, self)

    def abandon(self):  # [PTG-SHUT-29]
        self.is_abandoned = True
        self.group.abandoned += 1
        self.leave()

    def flags(self):  # [PTG-TASK-22]
        held = (self.is_asked, self.never_ran, self.is_abandoned, self.is_killed)
        return [flag for flag, holds in zip(FLAGS, held) if holds]

    def outcome(self):
        return {**self.result, "flags": self.flags(), "reason": self.reason, "originator": self.originator}

    # ---------------------------------------------------------------- ask --

    def ask(self, reason, originator):
        """Returns True if the request is to be told."""
        if self.is_asked:
            return False  # [PTG-CANC-03]
        self.is_asked, self.reason, self.originator = True, reason, originator
        if not self.has_started():
            self.end("canceled")  # [PTG-CANC-05]
            return False
        self.todo.discard("drain")  # [PTG-CANC-14]
        return True

    def ask_from_queue(self, reason, originator):
        if self.ask(reason, originator):
            self.runtime.put(self, "cancel")

    def sleep(self, duration):  # [PTG-TASK-27]
        self.todo.discard("wake")
        self.wake_at = None if duration == "forever" else self.runtime.now + duration
        self.wake_order = self.runtime.next_order()

    # --------------------------------------------------------------- tell --

    def tell(self, what, **fields):
        if what in ("drain", "cancel", "kill") and what not in self.tells:
            return "ok"  # [PTG-CANC-15]
        if what == "cancel":
            fields = {"reason": self.reason, "originator": self.originator}
        return self.runtime.call(what, self, self.group, task=self, **fields)

    def work_off(self):
        """Tells all there is to tell, in the order of [PTG-THRD-09]."""
        runtime = self.runtime
        while True:
            what = next((what for what in ("start", "wake", "drain", "cancel", "error", "done", "over")
                         if what in self.todo), None)
            if what is None:
                self.is_queued = False
                return
            self.todo.discard(what)
            if what == "start":
                self.state = "running"
                self.group.pending -= 1
                status = self.tell("start")
                if status != "ok" and not self.has_ended():  # [PTG-TASK-16]
                    self.end(status)
            elif what == "drain":
                if self.group.state == "draining":
                    self.tell("drain")
            elif what == "error":
                runtime.tell_error(self.group, self, None)
            elif what == "done":
                self.tell("done", outcome=self.outcome())
                runtime.host.release(self)
                self.is_told = True
                self.over_or_gone()
            elif what == "over":
                self.watches.pop(0).tell(self.outcome())
                self.over_or_gone()
            else:
                self.tell(what)

    def over_or_gone(self):
        if self.watches:
            self.todo.add("over")
            return
        self.is_gone = not self.is_abandoned
        if self.group:
            self.group.untold -= 1
            self.group.look()  # [PTG-THRD-14]


class Watch:
    def __init__(self, runtime, watched):
        self.runtime, self.watched, self.is_gone = runtime, watched, False

    def tell(self, outcome):
        self.is_gone = True
        self.runtime.call("over", None, None, watch=self, on=self.watched, outcome=outcome)
        self.runtime.host.release(self)

    def remove(self):
        self.is_gone = True
        self.watched.watches.remove(self)
