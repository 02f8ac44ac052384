"""The requests of the suite, carried out."""

import asyncio
import threading

import calls
import looks
import requests
from wire import wire
from world import duration, length, word, world

import ptg

FEATURES = [
    "handles",
    "release",
    "deadline",
    "owner",
    "watch",
    "kill",
    "cleanup",
    "spawner",
    "policy",
    "observed",
    "limits",
    "edges",
    "parallel",
    "nesting",
    "names",
    "attribution",
    "wake",
    "extend_grace",
    "history",
    "failures",
    "count_names",
    "info",
    "report",
    "blame",
    "plan",
    "snapshot",
    "current",
    "remote",
    "timer",
    "queue",
    "stderr",
]


class Unsupported(Exception):
    """The binding has no such thing."""


def hello(_request):
    return {"protocol": 1, "name": "ptg-python", "version": "0.1.0", "clock": "virtual", "features": FEATURES}


# ---------------------------------------------------------------------- runtime


def group_options(request, name):
    tells = request.get("tells", ["drain", "closed"])
    return {
        "name": request.get("name"),
        "grace": duration(request.get("grace")),
        "cancel_wait": duration(request.get("cancel_wait")),
        "deadline": duration(request.get("deadline")),
        "max_tasks": request.get("max_tasks", 0),
        "when_full": request.get("when_full", "refuse"),
        "max_queued": request.get("max_queued", 0),
        "on_failure": request.get("on_failure", "report"),
        "parallel": request.get("parallel", False),
        "admits_anyone": request.get("admits_anyone", False),
        "owner": world.handle(request.get("owner")),
        "history": request.get("history", 0),
        **calls.group_hooks(name, tells),
    }


def discard():
    """What was before is thrown away, and nobody is told."""
    if world.runtime is None:
        return
    wire.is_discarding = True
    try:
        world.runtime.close()
    finally:
        wire.is_discarding = False
        world.runtime = None
    world.loop.close()


def close_remote():
    if world.remote is not None:
        world.remote.close()
        world.remote = None


def reset(request):
    discard()
    close_remote()
    world.forget()
    world.loop = asyncio.new_event_loop()
    world.loop.set_exception_handler(report_unhandled)
    world.keep("root", 0)
    world.runtime = ptg.Runtime(world.loop, manual_clock=True, **group_options(request, "root"))
    world.remote = ptg.Remote(world.runtime)
    world.begin_ns = world.runtime.time_ns()
    world.keep("root", world.runtime.root.handle)
    return {"handle": world.runtime.root.handle}


def report_unhandled(loop, context):
    if not wire.is_discarding:
        loop.default_exception_handler(context)


def advance(request):
    world.runtime.advance_ns(request["by"])


def destroy(_request):
    world.runtime.destroy()
    world.runtime = None
    world.loop.close()


def request_shutdown(request):
    world.runtime.request_shutdown(force=request.get("force", False))


def elsewhere(function):
    """Calls it on another thread."""
    raised = []

    def run():
        try:
            function()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


# ----------------------------------------------------------------------- groups


def group(request):
    name = request["as"]
    world.keep(name, 0)
    parent = world.group_or_root(request["in"])
    made = ptg.PersistentTaskGroup(parent=parent, **group_options(request, name))
    world.keep(name, made.handle)
    return {"handle": made.handle}


def edge(request):
    world.group(request["first"]).stops_before(world.group(request["later"]))


def limits(request):
    options = {name: duration(request.get(name)) for name in ("grace", "cancel_wait", "deadline")}
    return {**options, "force": request.get("force", False), "originator": world.handle(request.get("originator"))}


def shutdown(request):
    if request.get("remote"):
        handle, options = world.handle(request["group"]), limits(request)
        return elsewhere(lambda: world.remote.shutdown(handle, **options))
    return world.group(request["group"]).begin_shutdown(**limits(request))


# ------------------------------------------------------------------------ tasks


def spawn(request):
    name = request["as"]
    world.keep(name, 0)
    task = calls.scripted(frozenset(request.get("tells", ["drain", "cancel"])))(name)
    options = {
        "name": request.get("name"),
        "label": request.get("type"),
        "place": request.get("place"),
        "cleanup": request.get("cleanup", False),
        "observed": request.get("observed", False),
        "spawner": world.handle(request.get("spawner")),
    }
    group = world.group(request["in"])
    if request.get("remote"):
        elsewhere(lambda: world.remote.add_task(group, task, **options))
    else:
        group.add_task(task, **options)
    world.keep(name, task.handle, task)
    return {"handle": task.handle}


def finish(request):
    outcome = {
        "status": world.codes[request.get("status", "ok")],
        "code": request.get("code", 0),
        "message": request.get("message"),
        "value": request.get("value", 0),
    }
    task = world.task(request["task"])
    if request.get("remote"):
        return elsewhere(lambda: world.remote.finish(task, **outcome))
    return task.finish(**outcome)


def cancel(request):
    task, reason = world.task(request["task"]), request.get("reason")
    originator = world.handle(request.get("originator"))
    if request.get("remote"):
        return elsewhere(lambda: world.remote.cancel(task, reason, originator))
    return task.request_cancel(reason, originator=originator)


def sleep(request):
    world.task(request["task"]).sleep(length(request["for"]))


def extend_grace(request):
    return {"left": world.task(request["task"]).extend_grace(length(request["for"]))}


def watch(request):
    name, on = request["as"], world.handle(request["on"])
    world.keep(name, 0)
    made = ptg.watch(
        world.runtime,
        on,
        calls.over(name, on),
        waiter=world.handle(request.get("waiter")),
        released=lambda: wire.note_release(name),
    )
    world.keep(name, made.handle)
    return {"handle": made.handle}


def unwatch(request):
    watch = ptg.Watch(world.runtime, None, None)
    watch.handle = world.handle(request["watch"])
    watch.remove()


def post(request):
    name = request["as"]
    world.keep(name, 0)
    elsewhere(
        lambda: world.remote.call(
            lambda: calls.call("posted", **{"as": name}), released=lambda: wire.note_release(name)
        )
    )


# ------------------------------------------------------------ timers and queues


def timer(request):
    name = request["as"]
    world.keep(name, 0)
    made = ptg.Timer(
        world.group(request["in"]),
        lambda: calls.started_by("fire", name),
        after=duration(request.get("after")),
        every=duration(request.get("every")),
        overlap=request.get("overlap", "skip"),
        name=request.get("name"),
        spawner=world.handle(request.get("spawner")),
        on_done=calls.done(name),
        released=lambda: wire.note_release(name),
    )
    world.keep(name, made.handle)
    return {"handle": made.handle}


def queue(request):
    name = request["as"]
    world.keep(name, 0)
    made = ptg.Queue(
        world.group(request["in"]),
        lambda message: calls.started_by("handle", name, message=message),
        request["capacity"],
        at_once=request.get("at_once", 0),
        drop=lambda message: calls.call("drop", task=name, message=message),
        has_room=lambda: calls.call("has_room", task=name),
        name=request.get("name"),
        spawner=world.handle(request.get("spawner")),
        on_done=calls.done(name),
        released=lambda: wire.note_release(name),
    )
    world.keep(name, made.handle)
    return {"handle": made.handle}


def queue_of(request):
    return world.runtime.queue(world.handle(request["queue"]))


def push(request):
    queue_of(request).push(request["message"], pusher=world.handle(request.get("pusher")))


def queue_close(request):
    queue_of(request).close()


# -------------------------------------------------------------------------- all

OPERATIONS = {
    function.__name__: function
    for function in (
        hello, reset, advance, destroy, request_shutdown, group, edge, shutdown, spawn, finish, cancel, sleep,
        extend_grace, watch, unwatch, post, timer, queue, push, queue_close,
    )
}  # fmt: skip
OPERATIONS.update(looks.OPERATIONS)
WITHOUT_RUNTIME = ("hello", "reset")


def why_not(request):
    """Why it is not carried out: it is malformed, or the binding has no word for it."""
    op = request["op"]
    if "wrong" in request or op not in OPERATIONS:
        return request.get("wrong", f"{op}: there is no such operation")
    if op == "reset" and wire.depth > 0:
        return "reset: inside a call"
    for field in ("events", "killable"):
        if request.get(field) is True:
            return f"{field}: a binding has its own events"
    return None


def is_too_early(request):
    if world.runtime is not None or request["op"] in WITHOUT_RUNTIME:
        return False
    if "as" in request:
        world.keep(request["as"], 0)
    # The way in for other threads outlives the runtime, and says so itself.
    return not (world.remote is not None and (request.get("remote") or request["op"] == "post"))


def carry_out(request):
    """The answer to a request."""
    why = why_not(request)
    if why is None and is_too_early(request):
        return {"status": "invalid"}
    if why is None and request["op"] == "reset":
        world.forget()
    why = why or requests.wrong(request)
    if why is not None:
        return {"status": "unsupported", "why": why}
    try:
        return {"status": "ok", **(OPERATIONS[request["op"]](request) or {})}
    except ptg.PtgError as error:
        return {"status": word(error.status)}
    except MemoryError:
        return {"status": "nomem"}
