//! What the runtime calls, passed on to the suite.

use ptg::{Context, ErrorReport, Failure, Outcome, Signal, Status, Task};
use serde_json::{Value, json};

use crate::request::{Request, Stop};
use crate::wire::is_silent;
use crate::{operations, state, wire, words};

/// What the suite said at the end of a call.
#[derive(Default)]
pub struct Reply {
    pub status: Option<Status>,
    pub started: u64,
}

impl Reply {
    fn read(request: &Request) -> Result<Self, Stop> {
        Ok(Self { status: request.status()?, started: request.handle("started")? })
    }

    /// For hooks and handlers.
    pub fn result(self) -> Result<(), Failure> {
        self.status.map_or(Ok(()), |status| Err(status.into()))
    }

    /// For timers and queues.
    pub fn started(self) -> Result<Option<Task>, Failure> {
        let handle = state::handle().map_err(|error| error.status())?;
        let started = (self.started != 0).then(|| handle.task(self.started));
        self.result().map(|()| started)
    }
}

/// Makes a call: fields that are said, and the clock.
pub fn make(what: &str, mut fields: Value) -> Reply {
    if is_silent() {
        return Reply::default();
    }
    fields["call"] = json!(what);
    fields["at"] = json!(state::now());
    wire::write(&fields);
    state::CALLS.set(state::CALLS.get() + 1);
    let returned = operations::serve();
    state::CALLS.set(state::CALLS.get() - 1);
    match returned.as_ref().map(Reply::read) {
        None => Reply::default(),
        Some(Ok(reply)) => reply,
        Some(Err(_)) => {
            eprintln!("ptg-adapter: a malformed return");
            Reply::default()
        }
    }
}

/// Who it is about; the handle and what was given along must agree.
fn who(name: &str, handle: u64) -> Value {
    match state::reference(handle) {
        Value::String(other) if other != name => json!(format!("{other}, with what was given along with {name}")),
        reference => reference,
    }
}

/// A task: does nothing but to tell what it is told.
pub async fn behave(name: String, task: Context) -> Result<(), Failure> {
    let tell = |what: &str| make(what, json!({"task": who(&name, task.task().handle())}));
    tell("start").result()?;
    loop {
        match task.signal().await {
            // One that is thrown away is not worth being called abandoned.
            Signal::Cancel(_) if is_silent() => return Err(Status::Cancelled.into()),
            Signal::Cancel(cancellation) => {
                let fields = json!({
                    "task": who(&name, task.task().handle()),
                    "reason": &*cancellation.reason,
                    "originator": state::reference(cancellation.originator),
                });
                make("cancel", fields);
            }
            Signal::Wake => _ = tell("wake"),
            Signal::Drain => _ = tell("drain"),
            Signal::Kill => _ = tell("kill"),
            other => unreachable!("{other:?}"),
        }
    }
}

pub fn done(name: &str, outcome: &Outcome) {
    make("done", json!({"task": name, "outcome": words::outcome(outcome)}));
}

pub fn error(name: &str, report: &ErrorReport) -> Result<(), Failure> {
    let failed = report.failed_handler.as_ref();
    let fields = json!({
        "group": name,
        "from": state::reference(report.group.handle()),
        "task": state::reference(report.task.as_ref().map_or(0, Task::handle)),
        "name": report.name,
        "age": report.age.as_nanos() as i64,
        "outcome": words::outcome(&report.outcome),
        "flags": words::flags(&[
            (report.is_during_cancel, "during_cancel"),
            (report.is_from_hook, "from_hook"),
        ]),
        "state": words::group_state(report.group_state),
        "failed_handler": state::reference(failed.map_or(0, |(group, _)| group.handle())),
        "handler_status": failed.map_or(Value::Null, |(_, status)| words::status(Some(*status))),
    });
    make("error", fields).result()
}

pub fn group(what: &str, name: &str, handle: u64) -> Result<(), Failure> {
    make(what, json!({"group": who(name, handle)})).result()
}
