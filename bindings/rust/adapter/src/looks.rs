//! Requests that ask what there is.

use std::time::Duration;

use ptg::{Event, EventKind, Group, GroupInfo, Queue, Task, TaskInfo};
use serde_json::{Value, json};

use crate::request::{Answer, Request, bad};
use crate::{state, words};

pub fn carry_out(operation: &str, request: &Request) -> Answer<Value> {
    match operation {
        "info" => info(request),
        "list" => list(request),
        "count_names" => count_names(request),
        "failures" => failures(&of(request)?),
        "history" => history(&of(request)?),
        "plan" => plan(&of(request)?),
        "report" => report(&of(request)?),
        "blame" => blame(&of(request)?),
        "snapshot" => snapshot(&of(request)?),
        _ => bad(format!("no such operation: {operation}")),
    }
}

fn of(request: &Request) -> Answer<Group> {
    let group = request.needed_handle("group")?;
    Ok(state::runtime()?.handle().group(group))
}

fn task(task: &Option<Task>) -> Value {
    state::reference(task.as_ref().map_or(0, Task::handle))
}

fn group(group: &Option<Group>) -> Value {
    state::reference(group.as_ref().map_or(0, Group::handle))
}

fn eventual(at: Option<Duration>) -> Option<i64> {
    at.map(state::instant)
}

fn nanoseconds(duration: Duration) -> i64 {
    duration.as_nanos() as i64
}

pub fn current() -> Answer<Value> {
    state::runtime()?;
    let (of_task, of_group) = ptg::current();
    Ok(json!({"task": task(&of_task), "group": group(&of_group)}))
}

fn info(request: &Request) -> Answer<Value> {
    match (request.field("group").is_some(), request.field("task").is_some()) {
        (true, false) => Ok(group_info(&of(request)?.info()?)),
        (false, true) => {
            let task = request.handle("task")?;
            Ok(task_info(&state::runtime()?.handle().task(task).info()?))
        }
        _ => bad("info: of one group or of one task"),
    }
}

fn group_info(info: &GroupInfo) -> Value {
    json!({
        "name": info.name,
        "parent": group(&info.parent),
        "state": words::group_state(info.state),
        "is_ending": info.is_ending,
        "children": info.children,
        "spawned": info.spawned,
        "live": info.live,
        "pending": info.pending,
        "queued": info.queued,
        "succeeded": info.succeeded,
        "failed": info.failed,
        "cancelled": info.cancelled,
        "abandoned": info.abandoned,
        "late": info.late,
        "killed": info.killed,
        "refused": info.refused,
        "peak": info.peak,
        "grace": words::limit(info.grace),
        "cancel_wait": words::limit(info.cancel_wait),
        "deadline": info.deadline.map(words::limit),
        "phase_left": info.phase_left.map(words::limit),
        "oldest_age": info.oldest_age.map(nanoseconds),
        "created_at": state::instant(info.created_at),
        "owner": task(&info.owner),
    })
}

fn task_info(info: &TaskInfo) -> Value {
    json!({
        "name": info.name,
        "type": info.type_name,
        "group": state::reference(info.group.handle()),
        "state": words::task_state(info.state),
        "age": nanoseconds(info.age),
        "is_cancel_requested": info.is_cancel_requested,
        "is_killed": info.is_killed,
        "reason": info.reason,
        "originator": state::reference(info.originator),
        "spawner": task(&info.spawner),
        "place": info.place,
    })
}

fn list(request: &Request) -> Answer<Value> {
    let what = request.needed("what", request.text("what"))?.to_owned();
    let of = of(request)?;
    let names: Vec<Value> = match what.as_str() {
        "groups" => of.groups()?.iter().map(|group| state::reference(group.handle())).collect(),
        "tasks" => of.tasks()?.iter().map(|task| state::reference(task.handle())).collect(),
        "abandoned" => of.abandoned()?.iter().map(|task| state::reference(task.handle())).collect(),
        _ => return bad("what: no such list"),
    };
    Ok(json!({"names": names}))
}

fn rows(rows: impl Iterator<Item = Value>) -> Answer<Value> {
    Ok(json!({"rows": rows.collect::<Vec<_>>()}))
}

fn count_names(request: &Request) -> Answer<Value> {
    let capacity = request.needed("capacity", request.integer("capacity"))?;
    let Ok(capacity @ 0..=100_000) = usize::try_from(capacity) else { return bad("capacity: out of range") };
    let counted = of(request)?.count_names(capacity)?;
    rows(counted.iter().map(|row| json!({"type": row.type_name, "name": row.name, "count": row.count})))
}

fn failures(of: &Group) -> Answer<Value> {
    rows(of.failures()?.iter().map(|row| {
        json!({
            "name": row.name,
            "failed": words::status(Some(row.status)),
            "code": row.code,
            "message": row.message,
            "count": row.count,
            "first_at": state::instant(row.first_at),
            "last_at": state::instant(row.last_at),
        })
    }))
}

fn history(of: &Group) -> Answer<Value> {
    rows(of.history()?.iter().map(|row| {
        json!({
            "task": state::reference(row.task.handle()),
            "name": row.name,
            "ended": words::status(row.status),
            "code": row.code,
            "flags": words::flags(&[
                (row.is_cancel_requested, "cancel_requested"),
                (row.never_ran, "never_ran"),
                (row.is_abandoned, "abandoned"),
                (row.is_killed, "killed"),
            ]),
            "spawner": task(&row.spawner),
            "originator": state::reference(row.originator),
            "spawned_at": state::instant(row.spawned_at),
            "ended_at": state::instant(row.ended_at),
        })
    }))
}

fn plan(of: &Group) -> Answer<Value> {
    rows(of.plan()?.iter().map(|step| {
        json!({
            "group": state::reference(step.group.handle()),
            "waits_for": group(&step.waits_for),
            "begin": words::limit(step.begin),
            "cancel": words::limit(step.cancel),
            "closed": words::limit(step.closed),
            "is_critical": step.is_critical,
        })
    }))
}

fn report(of: &Group) -> Answer<Value> {
    rows(of.report()?.rows.iter().map(|row| {
        json!({
            "group": state::reference(row.group.handle()),
            "parent": group(&row.parent),
            "state": words::group_state(row.state),
            "waited_for": group(&row.waited_for),
            "begun_at": eventual(row.begun_at),
            "drain_at": eventual(row.drain_at),
            "cancel_at": eventual(row.cancel_at),
            "closed_at": eventual(row.closed_at),
            "drained": row.drained,
            "cancelled": row.cancelled,
            "failed": row.failed,
            "refused": row.refused,
            "abandoned": row.abandoned,
            "killed": row.killed,
            "originator": state::reference(row.originator),
        })
    }))
}

fn blame(of: &Group) -> Answer<Value> {
    rows(of.blame()?.iter().map(|row| {
        json!({
            "group": state::reference(row.group.handle()),
            "held": nanoseconds(row.held),
            "abandoned": row.abandoned,
            "task": task(&row.task),
            "task_name": row.task_name,
            "task_held": nanoseconds(row.task_held),
        })
    }))
}

fn snapshot(of: &Group) -> Answer<Value> {
    let picture = of.snapshot()?;
    let groups: Vec<Value> = picture
        .groups()
        .map(|group| {
            json!({
                "group": state::reference(group.group),
                "parent": state::reference(group.parent),
                "owner": state::reference(group.owner),
                "name": group.name,
                "state": words::group_state(group.state),
                "is_ending": group.is_ending,
                "age": nanoseconds(group.age),
                "spawned": group.spawned,
                "succeeded": group.succeeded,
                "failed": group.failed,
                "cancelled": group.cancelled,
                "abandoned": group.abandoned,
                "refused": group.refused,
            })
        })
        .collect();
    let tasks: Vec<Value> = picture
        .tasks()
        .map(|task| {
            json!({
                "task": state::reference(task.task),
                "group": state::reference(task.group),
                "name": task.name,
                "state": words::task_state(task.state),
                "age": nanoseconds(task.age),
                "is_cancel_requested": task.is_cancel_requested,
                "spawner": state::reference(task.spawner),
            })
        })
        .collect();
    Ok(json!({"groups": groups, "tasks": tasks}))
}

pub fn take(request: &Request) -> Answer<Value> {
    let capacity = request.needed("capacity", request.integer("capacity"))?;
    let Ok(capacity @ 0..=100_000) = usize::try_from(capacity) else { return bad("capacity: out of range") };
    let events = state::runtime()?.handle().take_events(capacity)?;
    Ok(json!({"events": events.iter().map(event).collect::<Vec<_>>()}))
}

fn event(event: &Event) -> Value {
    let of_task = |call: &str| json!({"call": call, "task": task(&event.task)});
    let of_group = |call: &str| json!({"call": call, "group": state::reference(event.group.handle())});
    match &event.kind {
        EventKind::Start => of_task("start"),
        EventKind::Wake => of_task("wake"),
        EventKind::Drain => of_task("drain"),
        EventKind::Kill => of_task("kill"),
        EventKind::Cancel { reason, originator } => {
            let mut call = of_task("cancel");
            call["reason"] = json!(reason);
            call["originator"] = state::reference(*originator);
            call
        }
        EventKind::Done(outcome) => {
            let mut call = of_task("done");
            call["outcome"] = words::outcome(outcome);
            call
        }
        EventKind::Error { outcome, from } => {
            let mut call = of_group("error");
            call["from"] = state::reference(from.handle());
            call["task"] = task(&event.task);
            call["outcome"] = words::outcome(outcome);
            call
        }
        EventKind::GroupDrain => of_group("group_drain"),
        EventKind::GroupClosed => of_group("group_closed"),
        other => json!({"call": format!("{other:?}")}),
    }
}

pub fn queue(queue: &Queue<i64>) -> Answer<Value> {
    let info = queue.info()?;
    Ok(json!({
        "is_closed": info.is_closed,
        "length": info.length,
        "capacity": info.capacity,
        "running": info.running,
        "at_once": info.at_once,
        "accepted": info.accepted,
        "handled": info.handled,
        "refused": info.refused,
    }))
}
