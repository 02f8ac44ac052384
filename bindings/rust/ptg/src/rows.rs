//! What is told of groups and tasks.

use std::time::Duration;

use ptg_sys as sys;

use crate::{Group, GroupState, Limit, Status, Task};

/// A group as it is now. Counts are of its own tasks, without those below.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the counts say what they count")]
pub struct GroupInfo {
    pub name: String,
    /// `None`: it is the root.
    pub parent: Option<Group>,
    pub state: GroupState,
    /// A shutdown has been asked for, here or above.
    pub is_ending: bool,
    /// Child groups that are not closed.
    pub children: u64,
    pub spawned: u64,
    /// Not ended, not abandoned; pending ones too.
    pub live: u64,
    /// Of those live: not started yet.
    pub pending: u64,
    /// Of those pending: waiting for a place.
    pub queued: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub cancelled: u64,
    /// Given up on, whether or not ended since.
    pub abandoned: u64,
    /// Of those abandoned: ended since.
    pub late: u64,
    pub killed: u64,
    /// Spawns that were refused.
    pub refused: u64,
    /// The most that were live at once.
    pub peak: u64,
    /// As it applies: own or inherited; so is the cancel wait.
    pub grace: Limit,
    pub cancel_wait: Limit,
    /// Its own.
    pub deadline: Option<Limit>,
    /// To the end of the phase it is in.
    pub phase_left: Option<Limit>,
    /// Of the oldest task that has not ended.
    pub oldest_age: Option<Duration>,
    /// On the runtime's clock.
    pub created_at: Duration,
    pub owner: Option<Task>,
}

/// A task's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Accepted, not started.
    Pending,
    /// Started.
    Running,
    /// Running, and given up by its group.
    Abandoned,
}

impl TaskState {
    pub(crate) fn from_raw(raw: u32) -> Self {
        match raw {
            sys::PTG_TASK_PENDING => Self::Pending,
            sys::PTG_TASK_RUNNING => Self::Running,
            _ => Self::Abandoned,
        }
    }
}

/// A task as it is now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskInfo {
    /// Its own name, or its type's.
    pub name: String,
    /// The label under which monitors count it.
    pub type_name: Option<String>,
    /// The group that it belongs to.
    pub group: Group,
    /// What it does.
    pub state: TaskState,
    /// Since it was spawned.
    pub age: Duration,
    /// It has been asked to end.
    pub is_cancel_requested: bool,
    /// It was told that its time is over for good.
    pub is_killed: bool,
    /// Why it was asked to end.
    pub reason: Option<String>,
    /// The handle of who asked; 0: nobody, or from outside.
    pub originator: u64,
    /// On whose behalf it was spawned.
    pub spawner: Option<Task>,
    /// Where in the source.
    pub place: Option<String>,
}

/// Failures of a group that are alike.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as of an outcome")]
pub struct FailureRow {
    pub status: Status,
    pub code: i32,
    pub count: u64,
    /// On the runtime's clock.
    pub first_at: Duration,
    /// Likewise.
    pub last_at: Duration,
    /// The task's; empty for a hook.
    pub name: String,
    pub message: Option<String>,
}

/// A task that has ended and is remembered.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as of an outcome")]
pub struct HistoryRow {
    pub task: Task,
    pub name: String,
    /// `None`: well.
    pub status: Option<Status>,
    pub code: i32,
    pub is_cancel_requested: bool,
    pub never_ran: bool,
    pub is_abandoned: bool,
    pub is_killed: bool,
    pub spawner: Option<Task>,
    pub originator: u64,
    pub spawned_at: Duration,
    pub ended_at: Duration,
}

/// One group of a plan: what its shutdown would do in the worst case, counted from the shutdown's beginning.
#[derive(Clone, Debug)]
pub struct PlanStep {
    /// The group.
    pub group: Group,
    /// Whose closing lets its drain begin.
    pub waits_for: Option<Group>,
    /// When its drain begins, at the latest; so of the others.
    pub begin: Limit,
    /// When its cancel phase begins.
    pub cancel: Limit,
    /// When it is closed.
    pub closed: Limit,
    /// It is on the critical path.
    pub is_critical: bool,
}

/// One group of a report. Instants are the runtime's clock; `None`: it did not happen.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the counts say what they count")]
pub struct ReportRow {
    pub group: Group,
    pub parent: Option<Group>,
    pub name: String,
    pub state: GroupState,
    /// Whose closing let its drain begin.
    pub waited_for: Option<Group>,
    pub begun_at: Option<Duration>,
    pub drain_at: Option<Duration>,
    pub cancel_at: Option<Duration>,
    pub closed_at: Option<Duration>,
    /// Tasks that ended after the beginning, not cancelled.
    pub drained: u64,
    pub cancelled: u64,
    pub failed: u64,
    pub refused: u64,
    pub abandoned: u64,
    pub killed: u64,
    /// The handle of the task or group that asked for the shutdown; 0: from outside.
    pub originator: u64,
}

/// What a shutdown did: a row for the group and for each below it, in the order of their closing.
#[derive(Clone, Debug)]
pub struct Report {
    /// The rows.
    pub rows: Vec<ReportRow>,
}

impl Report {
    /// Nothing failed after the beginning, and nothing was abandoned.
    pub fn is_clean(&self) -> bool {
        self.rows.iter().all(|row| row.failed == 0 && row.abandoned == 0)
    }

    /// The path of a row's group, as `/app/http`; the root's is `/`.
    pub fn path(&self, row: &ReportRow) -> String {
        let mut names = Vec::new();
        let mut at = Some(row);
        while let Some(row) = at.filter(|row| row.parent.is_some()) {
            names.push(row.name.as_str());
            at = self.rows.iter().find(|other| Some(&other.group) == row.parent.as_ref());
        }
        names.reverse();
        format!("/{}", names.join("/"))
    }
}

/// One group of the chain that decided how long a shutdown took.
#[derive(Clone, Debug)]
pub struct BlameRow {
    /// The group.
    pub group: Group,
    /// Its name.
    pub name: String,
    /// For how long everything waited for it.
    pub held: Duration,
    /// How many tasks it gave up.
    pub abandoned: u64,
    /// Who ended last, or was given up.
    pub task: Option<Task>,
    /// That task's name.
    pub task_name: Option<String>,
    /// From the group's drain to that end.
    pub task_held: Duration,
}

/// How many tasks there are of a type and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameRow {
    /// The label; `None`: the type has none.
    pub type_name: Option<String>,
    /// The name.
    pub name: String,
    /// How many.
    pub count: u64,
}
