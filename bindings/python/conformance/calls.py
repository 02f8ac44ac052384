"""What the binding calls, passed on to the suite."""

import functools

from wire import wire
from world import word, world

import ptg


class Told(Exception):
    """A hook is to fail with this status."""


def call(what, **fields):
    if wire.is_discarding:
        return {}
    return wire.call(call=what, at=world.now(), **fields)


def raise_unless_ok(returned):
    said = returned.get("status", "ok")
    if said != "ok":
        raise ptg.TaskFailed(said, world.codes[said])


class Scripted(ptg.CallbackTask):
    """A task that does what the suite says."""

    def __init__(self, name):
        self.name = name

    def start(self):
        raise_unless_ok(call("start", task=self.name))

    def wake(self):
        call("wake", task=self.name)

    def done(self, outcome):
        call("done", task=self.name, outcome=world.outcome(outcome))

    def released(self):
        wire.note_release(self.name)

    def _drain(self):
        call("drain", task=self.name)

    def _cancel(self, reason, originator):
        call("cancel", task=self.name, reason=reason, originator=world.reference(originator))

    def _kill(self):
        call("kill", task=self.name)


@functools.cache
def scripted(tells):
    """The class of those that are told this."""
    methods = {tell: getattr(Scripted, "_" + tell) for tell in ("drain", "cancel", "kill") if tell in tells}
    return type("Scripted", (Scripted,), methods)


def error_handler(name):
    def tell(_kind, _exception, _traceback):
        error = ptg.current_error()
        flags = [flag for flag in ("during_cancel", "from_hook") if getattr(error, flag)]
        failed = error.failed_handler
        raise_unless_ok(
            call(
                "error",
                group=name,
                **{"from": world.reference(error.group.handle)},
                task=world.reference(error.handle),
                name=error.name,
                age=error.age_ns,
                flags=flags,
                state=error.group_state,
                outcome=world.outcome(error.outcome),
                failed_handler=world.reference(failed.handle) if failed else None,
                handler_status=word(error.handler_status) if failed else None,
            )
        )

    return tell


def group_hooks(name, tells):
    """The options of a group that make the calls."""

    def hook(what):
        return lambda _group: raise_unless_ok(call(what, group=name))

    return {
        "exception_handler": error_handler(name) if "error" in tells else None,
        "on_drain": hook("group_drain") if "drain" in tells else None,
        "on_closed": hook("group_closed") if "closed" in tells else None,
        "released": lambda: wire.note_release(name),
    }


def over(name, on):
    return lambda outcome: call("over", watch=name, on=world.reference(on), outcome=world.outcome(outcome))


def done(name):
    return lambda outcome: call("done", task=name, outcome=world.outcome(outcome))


def started_by(what, name, **fields):
    """What a firing or a message starts."""
    returned = call(what, task=name, **fields)
    raise_unless_ok(returned)
    return world.handle(returned.get("started")) or None
