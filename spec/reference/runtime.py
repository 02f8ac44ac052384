"""runtime.py - the queue, the turns and the clock (threads.md), and the operations.

An operation that is refused raises Refused with the status; it has changed
nothing but the count of what was refused.
"""
from deadline import FOREVER, duration as as_duration
from group import Group
from task import Watch

OVERDUE_TURNS = 16  # [PTG-THRD-17]
PHASE_TURNS = 3  # [PTG-THRD-18]
LETTERS = 1024  # [PTG-THRD-36]


class Refused(Exception):
    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Defaults:  # [PTG-GROUP-18]
    grace, cancel_wait = 10_000_000_000, 5_000_000_000


class Runtime:
    def __init__(self, host, options):
        self.host, self.defaults = host, Defaults
        self.now = self.turns = self.overdue = self.orders = self.closed = self.groups_made = 0
        self.queue, self.letters = [], []
        self.wanted, self.is_working, self.is_shut, self.is_destroyed = None, False, False, False
        self.current = (None, None)  # the task and the group whose callback is running
        self.root = None
        self.check_options(options)
        self.root = self.add_group(None, options)

    def next_order(self):
        self.orders += 1
        return self.orders

    # ---------------------------------------------------------- the queue --

    def put(self, subject, what):  # [PTG-THRD-06]
        subject.todo.add(what)
        if not subject.is_queued:
            subject.is_queued = True
            self.queue.append(subject)

    def call(self, what, current_task, current_group, **fields):  # [PTG-THRD-24] [PTG-THRD-25]
        self.current = (current_task, current_group)
        status = self.host.call(what, fields)
        self.current = (None, None)
        return status

    def sleepers(self):
        tasks = (task for group in self.root.walk() for task in group.tasks)
        return sorted((task for task in tasks if task.wake_at is not None and not task.has_ended()),
                      key=lambda task: (task.wake_at, task.wake_order))

    def limits(self):
        return sorted((group for group in self.root.walk() if group.limit_at is not None),
                      key=lambda group: (group.limit_at, group.limit_order))

    def turn(self):
        """One turn; False if there is nothing to do at this instant."""
        for task in self.sleepers():  # [PTG-THRD-15]
            if task.wake_at > self.now:
                break
            task.wake_at = None
            if task.state == "waiting":
                task.todo.add("wake")  # [PTG-TASK-29]
            else:
                self.put(task, "wake")
        due = [group for group in self.limits() if group.limit_at <= self.now]
        if not due and not self.queue:
            return False
        self.turns += 1
        if due and self.queue and self.overdue < OVERDUE_TURNS:
            self.overdue += 1
        else:
            self.overdue = 0
            self.let_limits_fall(due)
        subjects, self.queue = self.queue, []  # [PTG-THRD-07]
        for subject in subjects:
            subject.work_off()
        self.is_shut = self.root.is_out  # [PTG-THRD-37]
        return True

    def let_limits_fall(self, due):  # [PTG-THRD-16] to [PTG-THRD-19]
        for group in due:
            group.limit_at = None
        for group in due:
            if self.turns - group.phase_turn < PHASE_TURNS:
                group.set_limit(self.now)
            else:
                group.limit_falls()

    def do_instant(self):
        while True:
            self.take_letters()
            while self.turn():
                pass
            if not self.letters and not self.wanted:
                return

    def advance(self, duration):  # [PTG-THRD-21]
        if duration < 0:
            raise Refused("invalid")
        if self.is_working:
            raise Refused("reentrant")
        self.is_working, end = True, self.now + duration
        while True:
            self.do_instant()
            instants = [task.wake_at for task in self.sleepers()[:1]] + [group.limit_at for group in self.limits()[:1]]
            if not instants or min(instants) > end:
                break
            self.now = max(self.now, min(instants))
        self.now, self.is_working = end, False

    def take_letters(self):
        wanted, self.wanted = self.wanted, None
        if wanted:
            self.root.shut_down({"force": wanted == "force"}, None)  # [PTG-THRD-30]
        letters, self.letters = self.letters, []
        for letter in letters:
            letter()

    def send(self, letter):  # [PTG-THRD-33] to [PTG-THRD-37]
        if self.is_destroyed or self.is_shut:
            raise Refused("closed")
        if len(self.letters) >= LETTERS:
            raise Refused("full")
        self.letters.append(letter)

    def destroy(self):
        if self.is_working:
            raise Refused("reentrant")
        if not self.root.is_out or self.queue:
            raise Refused("busy")  # [PTG-THRD-32]
        self.is_working = True
        for group in list(self.root.walk()):
            for task in list(group.tasks):
                if not task.has_ended():
                    self.drop(task)
        while self.turn():
            pass
        for group in reversed(list(self.root.walk())):
            self.host.release(group)
        self.is_working, self.is_destroyed = False, True

    def drop(self, task):  # [PTG-SHUT-31]
        task.wake_at, task.state = None, "ended"
        task.result = {"status": "timeout", "code": 0, "message": None, "value": 0}
        task.group.late += 1
        task.group.untold += 1
        self.remember_end(task)
        task.todo.clear()
        self.put(task, "done")

    # ------------------------------------------------------------- errors --

    def tell_error(self, group, task, hook_status):
        """[PTG-ERR-03], and up the tree as long as handlers fail [PTG-ERR-10]."""
        outcome = task.outcome() if task else {"status": hook_status}
        state = group.state  # [PTG-ERR-05]
        failed_handler, handler_status = None, None
        at = group
        while True:
            while at is not None and ("error" not in at.tells or at.is_out):  # [PTG-ERR-22]
                at = at.parent
            if at is None:
                self.host.default_handler(group, task, outcome)  # [PTG-ERR-09]
                return
            flags = ["during_cancel"] if task and task.is_asked else [] if task else ["from_hook"]
            status = self.call("error", None, at, group=at, **{"from": group}, task=task, name=task.name if task else "",
                               age=self.now - task.spawned_at if task else 0, outcome=outcome, flags=flags,
                               state=state, failed_handler=failed_handler, handler_status=handler_status)
            if status == "ok":
                return
            if failed_handler is None:
                failed_handler, handler_status = at, status  # [PTG-ERR-12]
            at = at.parent

    def remember_failure(self, group, name, status, code, message):  # [PTG-ENUM-16] to [PTG-ENUM-18]
        alike = (status, code, cut(name), cut(message or ""))
        rows = group.failures
        row = next((row for row in rows if row["alike"] == alike), None)
        if row is None:
            row = {"alike": alike, "count": 0, "first_at": self.now}
            del rows[7:]
        else:
            rows.remove(row)
        row["count"] += 1
        row["last_at"] = self.now
        rows.insert(0, row)

    def remember_end(self, task):  # [PTG-ENUM-19]
        group = task.group
        kept = group.options.get("history", 0)
        if kept:
            outcome = task.outcome()
            group.history.insert(0, {"task": task, "name": cut(task.name), "ended": outcome["status"],
                                     "code": outcome["code"], "flags": outcome["flags"], "spawner": task.spawner,
                                     "originator": outcome["originator"], "spawned_at": task.spawned_at,
                                     "ended_at": self.now})
            del group.history[kept:]

    # ------------------------------------------------------------- groups --

    def check_options(self, options):
        for name in ("grace", "cancel_wait", "deadline"):
            if isinstance(options.get(name), int) and options[name] < 0:
                raise Refused("invalid")  # [PTG-GROUP-20]

    def check_name(self, name):
        if name is not None and (len(name.encode()) > 255 or "\0" in name):
            raise Refused("invalid")  # [PTG-GROUP-17]

    def add_group(self, parent, options, owner=None):
        if parent is not None:  # [PTG-GROUP-09]
            if owner:
                if owner.has_ended():
                    raise Refused("stale")
                if not parent.is_within(owner.group):
                    raise Refused("invalid")  # [PTG-GROUP-25]
            self.check_options(options)
            if parent.state != "open":
                raise Refused("closed")  # [PTG-GROUP-08]
        self.check_name(options.get("name"))
        group = Group(self, parent, options)
        self.groups_made += 1
        if owner:
            group.owner = owner
            owner.owned.append(group)
        return group

    def add_edge(self, first, later):  # [PTG-ORDER-15]
        if first.parent is not later.parent or first.parent is None:
            raise Refused("invalid")
        if first.is_ending or later.is_ending:
            raise Refused("closed")
        if later in first.edges_out:
            return
        seen, todo = set(), [later]
        while todo:
            at = todo.pop()
            if at is first:
                raise Refused("cycle")
            if at not in seen:
                seen.add(at)
                todo.extend(at.edges_out)
        first.edges_out.append(later)
        later.edges_in.append(first)

    def shut_down(self, group, options, originator):
        self.check_options(options)
        group.shut_down(options, originator)

    # -------------------------------------------------------------- tasks --

    def spawn(self, task, group, spawner=None):
        """Accepts a task into a group, or refuses it [PTG-TASK-09]."""
        if spawner and spawner.has_ended():
            raise Refused("stale")  # [PTG-TASK-08]
        source = spawner.group if spawner else self.current[1]  # [PTG-TASK-06]
        if not self.may_spawn(group, source, task.is_cleanup):
            group.refused += 1
            raise Refused("closed")
        must_wait = False if task.is_cleanup else self.find_place(group)
        task.group, task.spawned_at, task.state = group, self.now, "pending"
        task.is_in_cancel = group.state == "cancelling"
        task.spawner = spawner or self.current[0]
        group.tasks.append(task)
        group.spawned += 1
        group.live += 1
        group.peak = max(group.peak, group.live)
        group.pending += 1
        group.exempt += task.is_cleanup
        if must_wait:
            task.state = "waiting"
            group.queued.append(task)
        else:
            self.start(task)

    def may_spawn(self, group, source, is_cleanup):
        if group.state == "open":
            return True
        if group.state == "draining" and group.options.get("admits_anyone"):
            return True
        if group.state == "cancelling" and (not is_cleanup or group.is_killing):  # [PTG-TASK-04] [PTG-TASK-05]
            return False
        return group.state != "closed" and source is not None and source.is_within(group)  # [PTG-TASK-07]

    def start(self, task):
        if task.group.is_own and task.group.state == "draining":
            self.put(task, "drain")  # [PTG-SHUT-17]
        self.put(task, "start")

    # ------------------------------------------------------------- limits --

    def is_full(self, group):
        return group.max_tasks and group.live - len(group.queued) - group.exempt >= group.max_tasks

    def find_place(self, group):
        """Must the task that is spawned wait for a place? limits.md"""
        if not self.is_full(group):
            return False
        policy, most = group.options.get("when_full", "refuse"), group.options.get("max_queued", 0)
        may_wait = not most or len(group.queued) < most
        if policy == "replace_oldest":  # [PTG-LIM-06]
            oldest = next((task for task in group.tasks if not task.is_asked and not task.is_cleanup), None)
            if oldest and (may_wait or not oldest.has_started()):  # [PTG-LIM-07]
                oldest.ask_from_queue("replaced", group)
                return self.is_full(group)  # [PTG-LIM-08]
        if policy == "queue" and may_wait:
            return True
        group.refused += 1
        raise Refused("full")

    def fill_places(self, group):  # [PTG-LIM-10]
        while group.queued and group.state in ("open", "draining") and not self.is_full(group):
            task = group.queued.pop(0)
            task.state = "pending"
            self.start(task)

    # ------------------------------------------------------------ watches --

    def watch(self, watched, waiter):
        if waiter:
            if waiter.has_ended():
                raise Refused("stale")
            if self.belongs(waiter, watched):
                raise Refused("deadlock")  # [PTG-GROUP-35]
        watch = Watch(self, watched)
        watched.watches.append(watch)
        if isinstance(watched, Group) and watched.is_told:
            self.put(watched, "over")  # [PTG-GROUP-33]
        return watch

    def belongs(self, waiter, watched):
        if isinstance(watched, Group):
            return waiter.group.is_within(watched)
        at = waiter.group
        while at is not None and at.owner is not watched:
            at = at.parent
        return waiter is watched or at is not None

    def extend_grace(self, task, wanted):  # [PTG-DEAD-13] to [PTG-DEAD-15]
        group = task.group
        if isinstance(wanted, int) and wanted < 0:
            raise Refused("invalid")
        if not group.is_own or group.state != "draining":
            raise Refused("busy")
        if group.share.close_by < FOREVER:
            group.given = max(group.given, min(FOREVER, self.now + as_duration(wanted)))
        group.arm()
        return "forever" if group.limit_at is None else max(0, group.limit_at - self.now)


def cut(text):
    """Its first 63 bytes, without a part of a character."""
    return text.encode()[:63].decode(errors="ignore")
