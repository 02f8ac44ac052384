"""The requests that ask what there is."""

import dataclasses

from world import flags, limit, word, world

import ptg


def rows_of(rows, **described):
    """Rows of the protocol: each field is one of the row, or made of it by a function."""
    return {"rows": [{field: make(row) for field, make in described.items()} for row in rows]}


def same(*names):
    return {name: (lambda row, name=name: getattr(row, name)) for name in names}


def reference(name):
    return lambda row: world.reference(getattr(row, name))


def info(request):
    if "group" in request:
        return group_info(world.group(request["group"]).statistics())
    return task_info(world.task(request["task"]).info())


def group_info(info):
    answer = dataclasses.asdict(info)
    has_tasks = info.live + info.abandoned != info.late
    answer.update(
        parent=world.reference(info.parent),
        owner=world.reference(info.owner),
        grace=limit(info.grace_ns),
        cancel_wait=limit(info.cancel_wait_ns),
        deadline=limit(info.deadline_ns),
        phase_left=limit(info.phase_left_ns),
        oldest_age=info.oldest_age_ns if has_tasks else None,
        created_at=world.instant(info.created_ns),
    )
    return {key: value for key, value in answer.items() if key != "group" and not key.endswith("_ns")}


def task_info(info):
    return {
        "name": info.name,
        "type": info.type_name,
        "group": world.reference(info.group),
        "state": info.state,
        "age": info.age_ns,
        "is_cancel_requested": info.is_cancel_requested,
        "is_killed": info.is_killed,
        "reason": info.reason,
        "originator": world.reference(info.originator),
        "spawner": world.reference(info.spawner),
        "place": info.place,
    }


def timer_info(request):
    return dataclasses.asdict(world.runtime.timer(world.handle(request["task"])).timer_info())


def queue_info(request):
    return dataclasses.asdict(world.runtime.queue(world.handle(request["queue"])).queue_info())


def list_(request):
    group = world.group(request["group"])
    handles = {
        "groups": lambda: group.group_handles(),
        "tasks": lambda: group.task_handles(),
        "abandoned": lambda: group.abandoned(),
    }[request["what"]]()
    return {"names": [world.reference(handle) for handle in handles]}


def count_names(request):
    rows = world.group(request["group"]).count_names(request["capacity"])
    return rows_of(rows, type=lambda row: row.type_name, **same("name", "count"))


def failures(request):
    return rows_of(
        world.group(request["group"]).failures(),
        failed=lambda row: word(row.status),
        first_at=lambda row: world.instant(row.first_ns),
        last_at=lambda row: world.instant(row.last_ns),
        **same("name", "code", "message", "count"),
    )


def history(request):
    return rows_of(
        world.group(request["group"]).history(),
        task=reference("task"),
        ended=lambda row: word(row.status),
        flags=lambda row: flags(row.flags),
        spawner=reference("spawner"),
        originator=reference("originator"),
        spawned_at=lambda row: world.instant(row.spawned_ns),
        ended_at=lambda row: world.instant(row.ended_ns),
        **same("name", "code"),
    )


def plan(request):
    return rows_of(
        world.group(request["group"]).plan(),
        group=reference("group"),
        waits_for=reference("waits_for"),
        begin=lambda row: limit(row.begin_ns, 0),
        cancel=lambda row: limit(row.cancel_ns, 0),
        closed=lambda row: limit(row.closed_ns, 0),
        **same("is_critical"),
    )


def report(request):
    instants = {
        field: (lambda row, field=field: world.eventual(getattr(row, field.replace("_at", "_ns"))))
        for field in ("begun_at", "drain_at", "cancel_at", "closed_at")
    }
    return rows_of(
        world.group(request["group"]).report(),
        group=reference("group"),
        parent=reference("parent"),
        waited_for=reference("waited_for"),
        originator=reference("originator"),
        **instants,
        **same("state", "drained", "cancelled", "failed", "refused", "abandoned", "killed"),
    )


def blame(request):
    return rows_of(
        world.group(request["group"]).blame(),
        group=reference("group"),
        held=lambda row: row.held_ns,
        task=reference("task"),
        task_held=lambda row: row.task_held_ns,
        **same("abandoned", "task_name"),
    )


def snapshot(request):
    picture = ptg.snapshot(world.group_or_root(request["group"]))
    groups = rows_of(
        picture.groups,
        group=reference("group"),
        parent=reference("parent"),
        owner=reference("owner"),
        age=lambda row: row.age_ns,
        **same("name", "state", "is_ending", "spawned", "succeeded", "failed", "cancelled", "abandoned", "refused"),
    )
    tasks = rows_of(
        picture.tasks,
        task=reference("task"),
        group=reference("group"),
        spawner=reference("spawner"),
        age=lambda row: row.age_ns,
        **same("name", "state", "is_cancel_requested"),
    )
    return {"groups": groups["rows"], "tasks": tasks["rows"]}


def current(_request):
    task, group = world.runtime.current()
    return {"task": world.reference(task), "group": world.reference(group)}


def time(_request):
    return {"at": world.now()}


OPERATIONS = {
    "list": list_,
    **{
        function.__name__: function
        for function in (
            info, timer_info, queue_info, count_names, failures, history, plan, report, blame, snapshot, current, time,
        )
    },
}  # fmt: skip
