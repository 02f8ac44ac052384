//! Persistent task groups: long-lived, nested scopes that own the futures of a program and know how to end them, in
//! order, in bounded time.
//!
//! A [`Group`] stays open when it is empty; a task that fails harms no sibling, and its error goes to its group's
//! handler; a shutdown first tells all to finish soon, then asks them to end, and then names what would not, child
//! groups before their parents and siblings in a declared order. Everything can be looked at at any time.
//!
//! A runtime lives on one thread: on a thread of its own ([`Runtime`]), or on that which made it ([`LocalRuntime`]),
//! which runs it or lets it be a guest of tokio. Handles are for every thread.
//!
//! ```
//! use std::time::Duration;
//! use ptg::{GroupOptions, LocalRuntime, TaskOptions};
//!
//! let runtime = LocalRuntime::new()?;
//! let (http, db) = (
//!     runtime.root().group(GroupOptions::new().name("http").grace(Duration::from_secs(10)))?,
//!     runtime.root().group(GroupOptions::new().name("db"))?,
//! );
//! http.stops_before(&db)?;
//! let _listener = http.spawn_with(TaskOptions::new().name("listener"), |task| async move {
//!     task.draining().await;
//! })?;
//! runtime.shutdown()?;
//! runtime.run()?;
//! let report = runtime.root().report()?;
//! assert_eq!(report.path(&report.rows[0]), "/http");
//! # Ok::<(), ptg::Error>(())
//! ```
//!
//! What each thing does when it is dropped stands with it: [`LocalRuntime`], [`Runtime`], [`Scope`], [`JoinHandle`],
//! [`Process`]; all others are numbers, whose drop does nothing.
//!
//! A runtime of this thread is not for another:
//!
//! ```compile_fail,E0277
//! let runtime = ptg::LocalRuntime::new().unwrap();
//! std::thread::spawn(move || drop(runtime));
//! ```
#![warn(missing_docs)]
#![deny(unsafe_op_in_unsafe_fn)]

mod callbacks;
mod cell;
mod context;

#[cfg(feature = "tokio")]
mod drive;
mod events;
mod group;
mod group_options;
mod handle;
mod join;
mod local;
mod look;
mod mail;
mod outcome;
#[cfg(feature = "tokio")]
mod pool;
mod process;
mod queue;
mod rows;
mod scope;
mod shared;
mod snapshot;
mod status;
mod task;
mod task_core;
mod task_options;
#[cfg(test)]
mod tests;
mod thread;
mod timer;
mod watch;

pub use context::{Cancellation, Context, Signal, Sleep};
pub use events::{Event, EventKind};
pub use group::{Group, GroupState, ShutdownOptions};
pub use group_options::{GroupOptions, Limit, OnFailure, WhenFull};
pub use handle::{Handle, current};
pub use join::{JoinError, JoinHandle};
pub use local::{Builder, LocalRuntime};
pub use outcome::{BoxError, Cancelled, Cause, ErrorReport, Failure, Outcome, PanicPayload, TaskOutput};
pub use process::{Line, Process, ProcessError, ProcessOptions, Stream};
pub use queue::{Message, PushError, Queue, QueueInfo, QueueOptions};
pub use rows::{
    BlameRow, FailureRow, GroupInfo, HistoryRow, NameRow, PlanStep, Report, ReportRow, TaskInfo, TaskState,
};
pub use scope::{Scope, scope};
pub use snapshot::{Snapshot, SnapshotGroup, SnapshotTask};
pub use status::{Error, Result, Status};
pub use task::Task;
pub use task_options::{OnKill, TaskOptions};
pub use thread::{Runtime, abi_version};
pub use timer::{Overlap, Started, Timer, TimerInfo, TimerOptions};
pub use watch::Watch;
