"""group.py - a group: its options, its phases, its place among its siblings.

How it is shut down is here, in the words of shutdown.md and order.md; what a
deadline makes of its limits is in deadline.py.
"""
from deadline import FOREVER, KILL_WAIT, Share, cancel_at, duration, give_up_at, share_out


class Group:
    def __init__(self, runtime, parent, options):
        self.runtime, self.parent, self.options = runtime, parent, options
        self.name = options.get("name") or ("group-%d" % runtime.groups_made if parent else "root")  # [PTG-GROUP-16]
        above = parent or runtime.defaults
        self.grace = options.get("grace") or above.grace  # [PTG-GROUP-18]
        self.cancel_wait = options.get("cancel_wait") or above.cancel_wait
        self.deadline = options.get("deadline") or None
        self.tells = set(options.get("tells", ("drain", "closed")))
        self.is_parallel = bool(options.get("parallel"))
        self.max_tasks = options.get("max_tasks", 0)
        self.serial = runtime.groups_made
        self.created_at = runtime.now
        self.owner = None
        self.children, self.tasks = [], []  # by age; not gone; not ended, or abandoned
        self.edges_in, self.edges_out = [], []  # in the order of their declaration
        self.spawned = self.live = self.pending = self.peak = self.exempt = 0
        self.succeeded = self.failed = self.cancelled = self.refused = 0
        self.abandoned = self.late = self.killed = 0
        self.queued = []  # tasks that wait for a place
        self.untold = 0  # tasks that have ended and not told it yet
        self.open_children = self.children_begun = 0
        self.todo, self.is_queued, self.watches = set(), False, []
        self.state = "open"
        self.is_ending = self.has_begun = self.is_own = self.is_killing = False
        self.is_forced = self.is_told = self.is_out = self.is_gone = False
        self.awaits_edges = self.has_news = False
        self.held_back = 0
        self.share, self.has_deadline, self.given = Share(), False, 0
        self.grace_cap = self.cancel_wait_cap = FOREVER
        self.limit_at, self.limit_order = None, 0
        self.phase_at = self.phase_turn = 0
        self.cursor = []
        self.hook_status = "ok"
        self.begun_at = self.drain_at = self.cancel_at = self.closed_at = None
        self.let_begin_by = self.waited_for = self.originator = None
        self.before, self.last_task = None, None
        self.failures, self.history = [], []
        if parent:
            self.join_shutdown_of(parent)

    # ------------------------------------------------------------ the tree --

    def is_within(self, top):
        group = self
        while group is not None and group is not top:
            group = group.parent
        return group is top

    def walk(self):
        """It and all below, parents first, siblings by age."""
        yield self
        for child in list(self.children):
            yield from child.walk()

    def join_shutdown_of(self, parent):  # [PTG-GROUP-10]
        parent.children.append(self)
        parent.open_children += 1
        if not parent.is_ending:
            return
        parent.has_news = True
        self.is_ending, self.is_forced = True, parent.is_forced
        self.grace_cap, self.cancel_wait_cap = parent.grace_cap, parent.cancel_wait_cap
        self.share = Share(parent.share.close_by, 0)  # [PTG-DEAD-07]
        self.begun_at, self.originator, self.before = self.runtime.now, parent.originator, self.counts()

    def counts(self):
        return {"drained": self.succeeded, "cancelled": self.cancelled, "failed": self.failed, "refused": self.refused}

    def turns(self):
        """Its children that are not closed, in the order of their turns [PTG-ORDER-03]."""
        order = [child for child in reversed(self.children) if child.has_begun and child.state != "closed"]
        waiting = [child for child in reversed(self.children) if not child.has_begun]
        while waiting:
            free = next(child for child in waiting if not any(first in waiting for first in child.edges_in))
            waiting.remove(free)
            order.append(free)
        return order

    def was_worked_off(self):
        return self.has_begun and "begin" not in self.todo

    # ------------------------------------------------------------- asking --

    def shut_down(self, options, originator):
        """A call, a policy, or the end of an owner [PTG-SHUT-01]."""
        limits = {name: options.get(name) for name in ("grace", "cancel_wait", "deadline")}
        is_news = not self.is_ending
        if self.state == "closed" or not (is_news or options.get("force") or any(limits.values())):
            return  # [PTG-SHUT-03] [PTG-SHUT-04]
        for group in self.walk():
            group.join(options.get("force"), limits, originator)
        self.tighten(limits["deadline"])
        self.hurry_all()
        if is_news:
            self.begin_unless_held_back(None)

    def join(self, force, limits, originator):
        if not self.is_ending:
            for later in self.edges_out:
                later.held_back += 1
            self.is_ending, self.begun_at = True, self.runtime.now
            self.before, self.originator = self.counts(), originator
        self.is_forced = self.is_forced or bool(force)
        if limits["grace"]:  # [PTG-SHUT-05] [PTG-DEAD-16]
            self.grace_cap = min(self.grace_cap, duration(limits["grace"]))
            self.given = min(self.given, min(FOREVER, self.phase_at + duration(limits["grace"])))
        if limits["cancel_wait"]:
            self.cancel_wait_cap = min(self.cancel_wait_cap, duration(limits["cancel_wait"]))

    def tighten(self, deadline):  # [PTG-DEAD-02] [PTG-DEAD-04]
        if not deadline:
            return
        by = min(FOREVER, self.runtime.now + duration(deadline))
        if by >= self.share.close_by:
            return
        self.share.close_by = by
        self.has_deadline = True
        self.share_out()

    def share_out(self):
        share_out(self, self.runtime.now)
        self.hurry_all()  # [PTG-DEAD-12]

    def hurry_all(self):
        for group in self.walk():
            if not group.is_own or group.state == "closed":
                continue
            if group.state == "draining" and group.is_forced:
                group.begin_cancel()  # [PTG-SHUT-07]
            else:
                group.arm()

    # -------------------------------------------------------------- turns --

    def begin_unless_held_back(self, by):
        self.awaits_edges = True
        if self.held_back == 0:
            self.let_begin(by)

    def let_begin(self, by):
        self.has_begun, self.awaits_edges, self.let_begin_by = True, False, by
        self.state = "draining"  # [PTG-GROUP-07]
        if self.parent:
            self.parent.children_begun += 1
        self.runtime.put(self, "begin")

    def begin_next_child(self, by):  # [PTG-ORDER-02] [PTG-ORDER-06]
        if self.children_begun == 0:
            child = next((child for child in self.turns() if not child.has_begun), None)
            if child:
                child.let_begin(by)

    def begin(self):
        """Its turn is worked off [PTG-THRD-12]."""
        if self.has_news:  # [PTG-DEAD-06]
            self.forget_shares()
        self.tighten(self.deadline)  # [PTG-DEAD-03]
        if self.has_news and self.share.close_by < FOREVER:
            self.share_out()
        if self.open_children == 0:
            self.begin_own()
        elif self.is_parallel:  # [PTG-ORDER-04]
            for child in self.turns():
                if not child.has_begun:
                    child.begin_unless_held_back(self.let_begin_by)
        else:
            self.begin_next_child(self.let_begin_by)

    def forget_shares(self):
        keeps = {self: False}
        for group in list(self.walk())[1:]:
            keeps[group] = keeps[group.parent] or group.has_deadline
            if not keeps[group]:
                group.share = Share()

    # ------------------------------------------------------------- phases --

    def begin_phase(self):
        self.phase_at, self.phase_turn = self.runtime.now, self.runtime.turns

    def arm(self):
        """Sets the limit of the phase it is in."""
        if self.state == "draining":
            end = cancel_at(self, self.share, self.phase_at, self.given)
        elif not self.is_killing:
            end = give_up_at(self, self.share, self.phase_at)
        else:
            end = min(self.phase_at + KILL_WAIT, self.share.close_by)  # [PTG-DEAD-10]
        self.set_limit(None if end >= FOREVER else max(end, self.runtime.now))  # [PTG-THRD-20]

    def set_limit(self, at):
        self.limit_at, self.limit_order = at, self.runtime.next_order()

    def tell_tasks(self):
        self.cursor = list(self.tasks)
        self.runtime.put(self, "tell")

    def begin_own(self):
        """Its children are out: its own tasks' phase begins [PTG-SHUT-12]."""
        self.begin_phase()
        self.is_own, self.drain_at = True, self.runtime.now
        self.waited_for = self.waited_for or self.let_begin_by
        if cancel_at(self, self.share, self.runtime.now) <= self.runtime.now:  # [PTG-SHUT-13]
            self.begin_cancel()
            return
        self.arm()
        if "drain" in self.tells:
            self.runtime.put(self, "on_drain")
        self.tell_tasks()

    def begin_cancel(self):
        self.begin_phase()
        self.state, self.cancel_at = "cancelling", self.runtime.now
        self.todo.discard("on_drain")  # [PTG-SHUT-18]
        self.arm()
        self.tell_tasks()

    def begin_killing(self):  # [PTG-SHUT-26]
        self.begin_phase()
        self.is_killing = True
        if self.kill():
            self.arm()
        self.tell_tasks()

    def limit_falls(self):
        if self.state == "draining":
            self.begin_cancel()
        elif not self.is_killing:
            self.begin_killing()
        else:
            for task in reversed(list(self.tasks)):
                if not task.is_abandoned:
                    self.give_up(task)
            self.look()

    def kill(self):
        """Does it have live tasks that can be killed?"""
        return any("kill" in task.tells and not task.is_abandoned for task in self.tasks)

    def give_up(self, task):
        if not task.has_started():
            task.ask("shutdown", self)
        else:
            task.abandon()

    def look(self):
        """Is it to close now [PTG-SHUT-32]?"""
        if self.state == "closed":
            self.let_go_tree()
        elif (self.is_own and self.live == 0 and self.untold == 0
              and "on_drain" not in self.todo and self.hook_status == "ok"):
            self.state, self.closed_at = "closed", self.runtime.now
            self.runtime.closed += 1
            self.closed_order = self.runtime.closed
            self.todo -= {"tell", "on_drain"}
            self.limit_at = None
            self.runtime.put(self, "on_closed")

    def goes_on(self):
        return not self.is_out or self.untold or self.abandoned > self.late or self.watches or self.is_queued

    def let_go_tree(self):
        """The tree that ended is gone, unless something in it goes on [PTG-GROUP-12] to [PTG-GROUP-14]."""
        top = self
        while top.parent and top.parent.is_ending:
            top = top.parent
        tree = list(top.walk())
        if top.parent and not any(group.goes_on() for group in tree):
            for group in reversed(tree):
                group.go()

    def go(self):
        self.is_gone = True
        self.parent.children.remove(self)
        for later in self.edges_out:
            later.edges_in.remove(self)
        for first in self.edges_in:
            first.edges_out.remove(self)
        self.runtime.host.release(self)

    # --------------------------------------------------------------- tell --

    def work_off(self):
        """Tells all there is to tell, in the order of [PTG-THRD-10]."""
        runtime = self.runtime
        while True:
            if self.hook_status != "ok":
                status, self.hook_status = self.hook_status, "ok"
                runtime.tell_error(self, None, status)  # [PTG-ERR-15]
            elif "begin" in self.todo:
                self.todo.discard("begin")
                self.begin()
            elif "on_drain" in self.todo:
                self.todo.discard("on_drain")
                self.run_hook("group_drain")
            elif "tell" in self.todo:
                self.tell_next()
            elif "on_closed" in self.todo:
                self.todo.discard("on_closed")
                if "closed" in self.tells:
                    self.run_hook("group_closed")
                self.is_told = True
                self.todo.add("out")
            elif self.is_told and self.watches:
                self.watches.pop(0).tell(self.outcome())
            elif "out" in self.todo:
                self.todo.discard("out")
                self.is_queued = False
                self.go_out()
                return
            else:
                self.todo.discard("over")
                self.is_queued = False
                self.let_go_tree()
                return

    def run_hook(self, call):
        self.hook_status = self.runtime.call(call, None, self, group=self)
        if self.hook_status != "ok":
            self.runtime.remember_failure(self, "", self.hook_status, 0, None)

    def tell_next(self):  # [PTG-THRD-11]
        if not self.cursor:
            self.todo.discard("tell")
            self.look()
            return
        task = self.cursor.pop()
        if task.is_abandoned or task.has_ended():
            return
        if self.state == "draining":
            if task.is_asked:
                return  # [PTG-SHUT-15]
            if task.state == "pending":
                self.runtime.put(task, "drain")  # [PTG-SHUT-16]
            elif task.state == "running":
                task.tell("drain")
        elif not self.is_killing:
            if task.ask("shutdown", self):
                task.tell("cancel")  # [PTG-SHUT-21]
        elif not task.has_started() or "kill" not in task.tells:
            self.give_up(task)
        else:
            task.is_killed = True
            self.killed += 1
            task.tell("kill")

    def outcome(self):  # [PTG-GROUP-32]
        left = sum(group.abandoned for group in self.walk() if group.is_ending)
        return {"status": "timeout" if left else "ok", "value": left}

    def go_out(self):
        """All has been told: others go on, in that same moment [PTG-THRD-13]."""
        self.is_out = True
        if self.owner:
            self.owner.owned.remove(self)
            if not self.owner.owned and self.owner.has_ended():
                self.runtime.put(self.owner, "done")
            self.owner = None
        parent = self.parent
        if parent is None:
            return
        parent.open_children -= 1
        parent.children_begun -= 1
        may_go_on = not parent.is_ending or (parent.was_worked_off() and parent.is_parallel)
        for later in reversed(self.edges_out):  # [PTG-ORDER-05]
            later.held_back -= 1
            if later.held_back == 0 and later.awaits_edges and may_go_on:
                later.let_begin(self)
        if parent.has_begun and parent.open_children == 0:
            parent.waited_for = self
        if parent.was_worked_off():
            if parent.open_children == 0:
                parent.begin_own()
            elif not parent.is_parallel:
                parent.begin_next_child(self)
        if not parent.is_ending:
            self.let_go_tree()
