"""Is a request well-formed? Nothing is done of one that is not."""

from world import world


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_duration(value):
    return value in ("forever", "at_once") or is_integer(value)


def is_reference(value):
    return is_integer(value) or (isinstance(value, str) and world.is_known(value))


def is_text(value):
    return isinstance(value, str)


def is_flag(value):
    return isinstance(value, bool)


def one_of(*words):
    return lambda value: isinstance(value, str) and value in words


def is_tells(value):
    known = ("drain", "cancel", "kill", "error", "closed")
    return isinstance(value, list) and all(tell in known for tell in value)


SORTS = {
    is_text: "as name type place reason",
    is_flag: "cleanup observed remote events killable force parallel admits_anyone",
    is_reference: "in group task queue watch first later on waiter owner spawner pusher originator started",
    is_duration: "grace cancel_wait deadline for by after every",
    is_integer: "max_tasks max_queued history capacity at_once code value",
    one_of("refuse", "queue", "replace_oldest"): "when_full",
    one_of("report", "shutdown_group", "shutdown_root"): "on_failure",
    one_of("skip", "allow", "replace"): "overlap",
    one_of("groups", "tasks", "abandoned"): "what",
    is_tells: "tells",
}
FIELDS = {field: sort for sort, fields in SORTS.items() for field in fields.split()}
NEEDED = {
    "group": "as in",
    "edge": "first later",
    "shutdown": "group",
    "watch": "as on",
    "unwatch": "watch",
    "spawn": "as in",
    "finish": "task",
    "cancel": "task",
    "sleep": "task for",
    "extend_grace": "task for",
    "list": "what group",
    "count_names": "group capacity",
    "failures": "group",
    "history": "group",
    "plan": "group",
    "report": "group",
    "blame": "group",
    "snapshot": "group",
    "advance": "by",
    "post": "as",
    "timer": "as in",
    "timer_info": "task",
    "queue": "as in capacity",
    "push": "queue message",
    "queue_close": "queue",
    "queue_info": "queue",
}


def wrong(request):
    """What is wrong with it; None: nothing."""
    op = request["op"]
    for field in NEEDED.get(op, "").split():
        if field not in request:
            return f"{field}: left out"
    if op == "info" and ("group" in request) == ("task" in request):
        return "info: of one group or of one task"
    for field, value in request.items():
        sort = FIELDS.get(field)
        if field == "message" and op in ("push", "finish"):
            sort = is_integer if op == "push" else is_text
        if field == "status" and op == "finish":
            sort = one_of(*world.codes)
        if sort is not None and not sort(value):
            return f"{field}: {value!r}"
    return None
