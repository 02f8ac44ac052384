# scripted.py - what both Python adapters share: tasks that do what the suite
# says, and scopes, which are a task each whose body is `async with GROUP()`.
#
# A group of the suite is such a scope, in a task of the parent's: that is how
# groups nest in asyncio. It stays open because its body waits to be told to
# leave; leaving waits for the tasks, and the task group's __aexit__ is all that
# there is of a shutdown. A limit on it is asyncio.timeout() around the scope,
# the library's own way, which cancels it when the time is over.
#
# An adapter says: NAME, VERSION, FEATURES; make_group(scope), the context
# manager; create(group, coroutine, name), which returns what can be awaited
# and the asyncio.Task; shut_down(scope), what an unlimited shutdown is.

import asyncio

import protocol
from protocol import Refused, accept
from virtual_loop import VirtualLoop

SPAWN = ("as", "in", "name", "tells")
OUTCOME = ("status", "code", "message", "value")
GROUP = ("as", "in", "name", "tells", "grace")


class Failure(Exception):
    def __init__(self, outcome):
        super().__init__(outcome.get("message") or outcome["status"])
        self.outcome = outcome


class Job:
    """A task: what it is told, and the end that it was told to take."""

    def __init__(self, request):
        self.name = request["as"]
        self.tells = request.get("tells", ("drain", "cancel"))
        self.ending = None
        self.is_awake = False
        self.alarm = None
        self.news = asyncio.Event()
        self.future = self.task = None

    def end(self, outcome):
        self.ending = outcome
        self.news.set()

    def sleep(self, loop, duration):
        if self.alarm is not None:
            self.alarm.cancel()
        if duration != "forever":
            seconds = 0 if duration == "at_once" else duration / 1e9
            self.alarm = loop.call_later(seconds, self.wake)

    def wake(self):
        self.is_awake = True
        self.news.set()


class Scope:
    """A group: the task that holds it open, and its limit."""

    def __init__(self, request):
        self.name = request.get("as", "root")
        self.label = request.get("name")
        self.tells = request.get("tells", ("drain", "closed"))
        self.grace = request.get("grace")
        self.leave = asyncio.Event()
        self.group = self.limit = self.future = self.task = None


class Watch:
    def __init__(self, future, callback):
        self.future = future
        self.callback = callback


def outcome_of(future):
    """How a task or future ended, as asyncio tells it."""
    try:
        error = future.exception()
    except asyncio.CancelledError as cancelled:
        outcome = {"status": "canceled"}
        if cancelled.args and cancelled.args[0]:
            outcome["reason"] = cancelled.args[0]
    else:
        if error is None:
            outcome = future.result() or {"status": "ok"}
        elif isinstance(error, Failure):
            outcome = error.outcome
        else:
            outcome = {"status": "failed", "message": repr(error)}
    if isinstance(future, asyncio.Task) and future.cancelling() > 0:
        outcome = {**outcome, "flags": ["cancel_requested"]}
    return outcome


class Adapter:
    def __init__(self, loop):
        self.loop = loop
        self.names = {}
        self.is_silent = False
        self.is_ending = False

    # ------------------------------------------------- from the tasks --

    def call(self, what, **fields):
        if self.is_silent:
            return {}
        at = self.loop.nanoseconds()
        return protocol.call(self, what, at=at, **fields)

    async def body(self, job):
        told = self.call("start", task=job.name)
        if job.ending is None and told.get("status", "ok") != "ok":
            job.ending = {"status": told["status"]}
        while job.ending is None:
            try:
                await job.news.wait()
            except asyncio.CancelledError as cancelled:
                if self.is_ending:
                    raise
                if "cancel" in job.tells:
                    reason = cancelled.args[0] if cancelled.args else None
                    self.call("cancel", task=job.name, reason=reason)
                continue
            job.news.clear()
            if job.is_awake and job.ending is None:
                job.is_awake = False
                self.call("wake", task=job.name)
        if job.ending["status"] == "canceled":
            raise asyncio.CancelledError
        if job.ending["status"] != "ok":
            raise Failure(job.ending)
        return job.ending

    def tell_end(self, job, future):
        self.call("done", task=job.name, outcome=outcome_of(future))

    async def hold(self, scope):
        try:
            async with asyncio.timeout(None) as scope.limit:
                async with self.make_group(scope) as scope.group:
                    await scope.leave.wait()
        except TimeoutError:
            pass
        finally:
            self.close(scope)

    def close(self, scope):
        if "closed" not in scope.tells:
            return
        told = self.call("group_closed", group=scope.name)
        if told.get("status", "ok") != "ok":
            raise Failure({"status": told["status"]})

    # ------------------------------------------------ from the suite --

    def find(self, name, kind):
        if isinstance(name, int):
            raise Refused("unsupported")
        found = self.names.get(name)
        if found is None:
            raise Refused("invalid")
        if not isinstance(found, kind):
            raise Refused("unsupported")
        return found

    def request_hello(self, request):
        return {"protocol": 1, "name": self.NAME, "version": self.VERSION,
                "clock": "virtual", "features": self.FEATURES}

    def open_root(self, request):
        accept(request, *GROUP, **self.FIXED)
        scope = Scope(request)
        scope.future = scope.task = self.loop.create_task(self.hold(scope))
        self.loop.step_first(scope.task)
        self.names["root"] = scope

    def request_group(self, request):
        accept(request, *GROUP, **self.FIXED)
        parent = self.find(request["in"], Scope)
        scope = Scope(request)
        scope.future, scope.task = self.start(parent, self.hold(scope), scope)
        self.loop.step_first(scope.task)

    def request_spawn(self, request):
        accept(request, *SPAWN)
        scope = self.find(request["in"], Scope)
        job = Job(request)
        name = request.get("name")
        job.future, job.task = self.start(scope, self.body(job), job, name)
        job.future.add_done_callback(lambda future: self.tell_end(job, future))

    def start(self, scope, coroutine, thing, name=None):
        try:
            made = self.create(scope.group, coroutine, name)
        except RuntimeError:
            coroutine.close()
            raise Refused("closed")
        self.names[thing.name] = thing
        return made

    def request_finish(self, request):
        accept(request, "task", *OUTCOME)
        job = self.find(request["task"], Job)
        if job.ending is not None or job.task.done():
            raise Refused("stale")
        outcome = {field: request[field] for field in OUTCOME if field in request}
        job.end({"status": "ok", **outcome})

    def request_sleep(self, request):
        accept(request, "task", "for")
        job = self.find(request["task"], Job)
        if job.task.done():
            raise Refused("stale")
        job.sleep(self.loop, request["for"])

    def request_cancel(self, request):
        accept(request, "task", "reason")
        task = self.find(request["task"], Job).task
        if not task.cancel(msg=request.get("reason")):
            raise Refused("stale")

    def request_shutdown(self, request):
        accept(request, "group", "force", "grace", cancel_wait=("forever",))
        scope = self.find(request["group"], Scope)
        if scope.task.done():
            raise Refused("stale")
        if request.get("force"):
            scope.task.cancel()
            return
        grace = request.get("grace", scope.grace)
        if grace is None or grace == "forever":
            self.shut_down(scope, grace)
            return
        scope.leave.set()
        seconds = 0 if grace == "at_once" else grace / 1e9
        try:
            scope.limit.reschedule(self.loop.time() + seconds)
        except RuntimeError:
            raise Refused("busy")

    def request_request_shutdown(self, request):
        accept(request, "force")
        shutdown = {"group": "root", "force": request.get("force")}
        self.loop.call_soon(lambda: self.request_shutdown(shutdown))

    def request_watch(self, request):
        accept(request, "as", "on")
        name, on = request["as"], request["on"]
        future = self.find(on, (Job, Scope)).future

        def tell(future):
            self.call("over", watch=name, on=on, outcome=outcome_of(future))

        future.add_done_callback(tell)
        self.names[name] = Watch(future, tell)

    def request_unwatch(self, request):
        accept(request, "watch")
        watch = self.find(request["watch"], Watch)
        if not watch.future.remove_done_callback(watch.callback):
            raise Refused("stale")

    def request_post(self, request):
        accept(request, "as")
        self.loop.call_soon(lambda: self.call("posted", **{"as": request["as"]}))

    def request_time(self, request):
        return {"at": self.loop.nanoseconds()}

    async def request_advance(self, request):
        await self.loop.advance(request["by"])

    async def request_destroy(self, request):
        await self.end()

    async def end(self):
        """Cancels all that is left, as asyncio.run() does at its end; whatever
        the suite said, it gives in now."""
        self.is_ending = True
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task._log_destroy_pending = False
            task.cancel()
        await self.loop.advance(0)
        self.names = {}

    async def converse(self, reset):
        if reset is not None:
            try:
                self.open_root(reset)
                protocol.write(status="ok")
            except Refused as refused:
                protocol.write(status=str(refused))
        reset = await protocol.serve(self)
        self.is_silent = True
        await self.end()
        return reset


def run(adapter):
    reset = None
    while True:
        loop = VirtualLoop()
        asyncio.set_event_loop(loop)
        reset = loop.run_until_complete(adapter(loop).converse(reset))
        loop.close()
