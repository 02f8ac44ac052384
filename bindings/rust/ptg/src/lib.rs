//! Persistent task groups: long-lived, nested scopes that own the tasks of a program and know how to end them, in
//! order, in bounded time.
#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

mod cell;
mod context;
#[cfg(feature = "tokio")]
mod drive;
mod events;
mod group;
mod handle;
mod join;
mod local;
mod look;
mod outcome;
#[cfg(feature = "tokio")]
mod pool;
mod queue;
mod scope;
mod shared;
mod snapshot;
mod status;
mod task;
mod thread;
mod timer;
mod watch;

pub use context::{Cancellation, Context, Signal, Sleep};
pub use events::{Event, EventKind};
pub use group::{Group, GroupOptions, GroupState, Limit, OnFailure, ShutdownOptions, WhenFull};
pub use handle::{Handle, current};
pub use join::{JoinError, JoinHandle};
pub use local::{Builder, LocalRuntime};
pub use look::{
    BlameRow, FailureRow, GroupInfo, HistoryRow, NameRow, PlanStep, Report, ReportRow, TaskInfo, TaskState,
};
pub use outcome::{BoxError, Cancelled, Cause, ErrorReport, Failure, Outcome, PanicPayload, TaskOutput};
pub use queue::{Message, PushError, Queue, QueueInfo, QueueOptions};
pub use scope::{Scope, scope};
pub use snapshot::{Snapshot, SnapshotGroup, SnapshotTask};
pub use status::{Error, Result, Status};
pub use task::{OnKill, Task, TaskOptions};
pub use thread::{Runtime, abi_version};
pub use timer::{Overlap, Timer, TimerInfo, TimerOptions};
pub use watch::Watch;
