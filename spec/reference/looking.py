"""looking.py - what can be seen from outside: enumeration.md, and the report and blame of shutdown.md."""
from runtime import Refused


def group_info(group):  # [PTG-ENUM-05] [PTG-ENUM-06]
    now = group.runtime.now
    ages = [now - task.spawned_at for task in group.tasks if not task.has_ended()]
    in_phase = group.is_own and group.state in ("draining", "cancelling")
    left = None
    if in_phase:
        left = "forever" if group.limit_at is None else max(0, group.limit_at - now) or None
    fields = ("name", "parent", "state", "is_ending", "spawned", "live", "pending", "succeeded", "failed", "cancelled",
              "abandoned", "late", "killed", "refused", "peak", "grace", "cancel_wait", "deadline", "created_at")
    owner = group.owner if group.owner and not group.owner.has_ended() else None  # [PTG-ENUM-08]
    return {**{name: getattr(group, name) for name in fields}, "children": group.open_children,
            "queued": len(group.queued), "phase_left": left, "oldest_age": max(ages, default=None), "owner": owner}


def task_info(task):  # [PTG-ENUM-09] [PTG-ENUM-10]
    state = "abandoned" if task.is_abandoned else "pending" if task.state == "waiting" else task.state
    return {"name": task.name, "type": task.type, "group": task.group, "state": state,
            "age": task.runtime.now - task.spawned_at, "is_cancel_requested": task.is_asked,
            "is_killed": task.is_killed, "reason": task.reason, "originator": task.originator,
            "spawner": task.spawner, "place": task.place}


def live_tasks(group):
    return [task for task in group.tasks if not task.has_ended()]


def count_names(group, capacity):  # [PTG-ENUM-12]
    counts = {}
    for below in group.walk():
        for task in live_tasks(below):
            key = (task.name.encode(), (task.type or "").encode())
            counts.setdefault(key, [0, task])[0] += 1
    order = sorted(counts.items(), key=lambda row: (-row[1][0], row[0]))
    return [{"type": task.type, "name": task.name, "count": count} for _, (count, task) in order[:capacity]]


def failures(group):  # [PTG-ENUM-18]
    return [{"name": row["alike"][2], "failed": row["alike"][0], "code": row["alike"][1],
             "message": row["alike"][3] or None, "count": row["count"], "first_at": row["first_at"],
             "last_at": row["last_at"]} for row in group.failures]


def report(top):  # [PTG-SHUT-37] [PTG-SHUT-38]
    if not top.is_ending:
        raise Refused("busy")
    groups = list(top.walk())
    closed = sorted((group for group in groups if group.state == "closed"), key=lambda group: group.closed_order)
    return [report_row(group) for group in closed + [group for group in groups if group.state != "closed"]]


def report_row(group):
    now = group.counts()
    since = {name: now[name] - (group.before or now)[name] for name in now}
    names = ("parent", "state", "waited_for", "begun_at", "drain_at", "cancel_at", "closed_at", "abandoned", "killed",
             "originator")
    return {"group": group, **{name: getattr(group, name) for name in names}, **since}


def blame(top):  # [PTG-SHUT-40] to [PTG-SHUT-43]
    if top.state != "closed":
        raise Refused("busy")
    chain, at = [], top
    while at is not None and not at.is_gone and at.is_within(top) and at.closed_at >= top.begun_at:
        chain.insert(0, at)
        at = at.waited_for
    rows, before = [], top.begun_at
    for group in chain:
        task, ended = group.last_task or (None, group.drain_at)
        rows.append({"group": group, "held": group.closed_at - before, "abandoned": group.abandoned, "task": task,
                     "task_name": task.name if task else None, "task_held": ended - group.drain_at})
        before = group.closed_at
    return rows


def snapshot(top):  # [PTG-ENUM-13]
    names = ("parent", "name", "state", "is_ending", "spawned", "succeeded", "failed", "cancelled", "abandoned",
             "refused", "owner")
    groups, tasks = [], []
    for group in top.walk():
        info = group_info(group)
        groups.append({"group": group, "age": group.runtime.now - group.created_at,
                       **{name: info[name] for name in names}})
        for task in live_tasks(group):
            info = task_info(task)
            tasks.append({"task": task, **{name: info[name] for name in (
                "group", "name", "state", "age", "is_cancel_requested", "spawner")}})
    return {"groups": groups, "tasks": tasks}
