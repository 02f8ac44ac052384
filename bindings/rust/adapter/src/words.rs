//! The protocol's words for the values of `ptg`.

use ptg::{GroupState, Limit, Outcome, Status, TaskState};
use serde_json::{Value, json};

use crate::state;

const STATUSES: [(&str, Option<Status>); 20] = [
    ("ok", None),
    ("invalid", Some(Status::Invalid)),
    ("nomem", Some(Status::NoMemory)),
    ("stale", Some(Status::Stale)),
    ("kind", Some(Status::Kind)),
    ("closed", Some(Status::Closed)),
    ("busy", Some(Status::Busy)),
    ("reentrant", Some(Status::Reentrant)),
    ("thread", Some(Status::Thread)),
    ("range", Some(Status::Range)),
    ("canceled", Some(Status::Cancelled)),
    ("timeout", Some(Status::TimedOut)),
    ("version", Some(Status::Abi)),
    ("system", Some(Status::System)),
    ("cycle", Some(Status::Cycle)),
    ("full", Some(Status::Full)),
    ("failed", Some(Status::Failed)),
    ("exit", Some(Status::Exit)),
    ("signal", Some(Status::Signal)),
    ("deadlock", Some(Status::Deadlock)),
];

pub fn status_of(word: &str) -> Option<Option<Status>> {
    STATUSES.iter().find(|(text, _)| *text == word).map(|(_, status)| *status)
}

pub fn status(status: Option<Status>) -> Value {
    let word = STATUSES.iter().find(|(_, other)| *other == status).map(|(text, _)| *text);
    word.map_or_else(|| json!(format!("{status:?}")), |word| json!(word))
}

pub fn group_state(state: GroupState) -> &'static str {
    match state {
        GroupState::Open => "open",
        GroupState::Draining => "draining",
        GroupState::Cancelling => "cancelling",
        GroupState::Closed => "closed",
    }
}

pub fn task_state(state: TaskState) -> &'static str {
    match state {
        TaskState::Pending => "pending",
        TaskState::Running => "running",
        TaskState::Abandoned => "abandoned",
    }
}

pub fn limit(limit: Limit) -> Value {
    match limit {
        Limit::FOREVER => json!("forever"),
        Limit::AT_ONCE => json!("at_once"),
        limit => json!(limit.as_nanos()),
    }
}

/// The words of those flags that are set.
pub fn flags(flags: &[(bool, &str)]) -> Value {
    flags.iter().filter(|(is_set, _)| *is_set).map(|(_, word)| *word).collect()
}

pub fn outcome(outcome: &Outcome) -> Value {
    json!({
        "status": status(outcome.status),
        "code": outcome.code,
        "value": outcome.value as i64,
        "message": outcome.message,
        "flags": flags(&[
            (outcome.is_cancel_requested, "cancel_requested"),
            (outcome.never_ran, "never_ran"),
            (outcome.is_abandoned, "abandoned"),
            (outcome.is_killed, "killed"),
        ]),
        "reason": outcome.reason,
        "originator": state::reference(outcome.originator),
    })
}
