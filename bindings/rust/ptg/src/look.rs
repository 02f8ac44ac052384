//! Looking: what groups and tasks are, were, and would do.

use std::ffi::{CStr, c_char};
use std::time::Duration;

use ptg_sys as sys;

use crate::group::GroupState;
use crate::outcome::text;
use crate::rows::{
    BlameRow, FailureRow, GroupInfo, HistoryRow, NameRow, PlanStep, Report, ReportRow, TaskInfo, TaskState,
};
use crate::status::{Result, Status};
use crate::{Group, Limit, Task};

fn age(nanoseconds: i64) -> Duration {
    Duration::from_nanos(nanoseconds.max(0) as u64)
}

/// An instant of a report: 0 says that it did not happen.
fn instant(nanoseconds: i64) -> Option<Duration> {
    (nanoseconds != 0).then(|| age(nanoseconds))
}

/// # Safety
/// As of [`text`].
unsafe fn string(start: *const c_char, length: usize) -> String {
    // SAFETY: as the caller says.
    unsafe { text(start, length) }.unwrap_or_default()
}

/// # Safety
/// `start` is null or a string.
unsafe fn label(start: *const c_char) -> Option<String> {
    // SAFETY: as the caller says.
    (!start.is_null()).then(|| unsafe { CStr::from_ptr(start) }.to_string_lossy().into_owned())
}

/// All zero, which every struct of `ptg.h` may be.
fn zeroed<T: Copy>() -> T {
    // SAFETY: only for plain structs of numbers and pointers.
    unsafe { std::mem::zeroed() }
}

type ListFn<T> = unsafe extern "C" fn(*mut sys::ptg_runtime, u64, *mut T, usize, usize, *mut usize) -> sys::ptg_status;

impl Group {
    /// The group as it is now.
    pub fn info(&self) -> Result<GroupInfo> {
        self.shared.call(|runtime| {
            let mut raw: sys::ptg_group_info = zeroed();
            raw.size = size_of_val(&raw) as u32;
            // SAFETY: on the runtime's thread.
            self.shared.check(unsafe { sys::ptg_group_get_info(runtime, self.handle(), &mut raw) })?;
            let has_tasks = raw.live + raw.abandoned != raw.late;
            let limit = |nanoseconds| (nanoseconds != 0).then(|| Limit::from_nanos(nanoseconds));
            Ok(GroupInfo {
                // SAFETY: copied before the loop's next turn.
                name: unsafe { string(raw.name, raw.name_length) },
                parent: self.some_group(raw.parent),
                state: GroupState::from_raw(raw.state),
                is_ending: raw.is_ending != 0,
                children: raw.children,
                spawned: raw.spawned,
                live: raw.live,
                pending: raw.pending,
                queued: raw.queued,
                succeeded: raw.succeeded,
                failed: raw.failed,
                cancelled: raw.cancelled,
                abandoned: raw.abandoned,
                late: raw.late,
                killed: raw.killed,
                refused: raw.refused,
                peak: raw.peak,
                grace: Limit::from_nanos(raw.grace_ns),
                cancel_wait: Limit::from_nanos(raw.cancel_wait_ns),
                deadline: limit(raw.deadline_ns),
                phase_left: limit(raw.phase_left_ns),
                oldest_age: has_tasks.then(|| age(raw.oldest_age_ns)),
                created_at: age(raw.created_ns),
                owner: self.some_task(raw.owner),
            })
        })
    }

    fn some_group(&self, handle: u64) -> Option<Group> {
        (handle != 0).then(|| Group::new(self.shared.clone(), handle))
    }

    fn some_task(&self, handle: u64) -> Option<Task> {
        (handle != 0).then(|| Task::new(self.shared.clone(), handle))
    }

    /// All rows of a list of `ptg.h`, each turned into ours before anything else is called.
    fn rows<T: Copy, R: Send>(&self, list: ListFn<T>, turn: impl Fn(&T) -> R + Send) -> Result<Vec<R>> {
        self.shared.call(|runtime| {
            let mut rows: Vec<T> = Vec::new();
            loop {
                let mut count = 0;
                // SAFETY: on the runtime's thread; there is room for as many as is said.
                let status =
                    unsafe { list(runtime, self.handle(), rows.as_mut_ptr(), size_of::<T>(), rows.len(), &mut count) };
                if status != sys::PTG_ERANGE {
                    self.shared.check(status)?;
                    return Ok(rows[..count].iter().map(turn).collect());
                }
                rows.resize(count, zeroed());
            }
        })
    }

    /// Its child groups, oldest first; closed ones are among them while the shutdown that closed them goes on.
    pub fn groups(&self) -> Result<Vec<Group>> {
        self.rows(list_groups, |handle| Group::new(self.shared.clone(), *handle))
    }

    /// Its tasks that have not ended, abandoned ones included, oldest first.
    pub fn tasks(&self) -> Result<Vec<Task>> {
        self.rows(list_tasks, |handle| Task::new(self.shared.clone(), *handle))
    }

    /// The tasks that it abandoned, newest first. While its report can be read, so can what each of them is, ended late
    /// or not.
    pub fn abandoned(&self) -> Result<Vec<Task>> {
        self.rows(list_abandoned, |handle| Task::new(self.shared.clone(), *handle))
    }

    /// What it remembers of its failures, the latest first.
    pub fn failures(&self) -> Result<Vec<FailureRow>> {
        self.rows(sys::ptg_group_list_failures, |raw: &sys::ptg_failure_row| FailureRow {
            status: Status::from_raw(raw.status),
            code: raw.code,
            count: raw.count,
            first_at: age(raw.first_ns),
            last_at: age(raw.last_ns),
            // SAFETY: copied at once; so below.
            name: unsafe { string(raw.name, raw.name_length) },
            message: unsafe { text(raw.message, raw.message_length) }.filter(|message| !message.is_empty()),
        })
    }

    /// What it remembers of its ended tasks, the latest first; see [`GroupOptions::history`](crate::GroupOptions).
    pub fn history(&self) -> Result<Vec<HistoryRow>> {
        self.rows(sys::ptg_group_list_history, |raw: &sys::ptg_history_row| HistoryRow {
            task: Task::new(self.shared.clone(), raw.task),
            // SAFETY: copied at once.
            name: unsafe { string(raw.name, raw.name_length) },
            status: (raw.status != sys::PTG_OK).then(|| Status::from_raw(raw.status)),
            code: raw.code,
            is_cancel_requested: raw.flags & sys::PTG_OUTCOME_CANCEL_REQUESTED != 0,
            never_ran: raw.flags & sys::PTG_OUTCOME_NEVER_RAN != 0,
            is_abandoned: raw.flags & sys::PTG_OUTCOME_ABANDONED != 0,
            is_killed: raw.flags & sys::PTG_OUTCOME_KILLED != 0,
            spawner: self.some_task(raw.spawner),
            originator: raw.originator,
            spawned_at: age(raw.spawned_ns),
            ended_at: age(raw.ended_ns),
        })
    }

    /// What its shutdown would do, without doing it. [`Status::Closed`]: it has begun.
    pub fn plan(&self) -> Result<Vec<PlanStep>> {
        self.rows(sys::ptg_group_get_plan, |raw: &sys::ptg_plan_step| PlanStep {
            group: Group::new(self.shared.clone(), raw.group),
            waits_for: self.some_group(raw.waits_for),
            begin: Limit::from_nanos(raw.begin_ns),
            cancel: Limit::from_nanos(raw.cancel_ns),
            closed: Limit::from_nanos(raw.closed_ns),
            is_critical: raw.is_critical != 0,
        })
    }

    /// What its shutdown has done so far. It can be read until the end of the `on_closed` of the group that the
    /// shutdown was asked for, and, as a whole, while a task that was abandoned there or below goes on; the root's
    /// until the runtime is over. [`Status::Busy`]: the group is not ending. [`Status::Stale`]: it is gone.
    pub fn report(&self) -> Result<Report> {
        let rows = self.rows(sys::ptg_group_get_report, |raw: &sys::ptg_report_row| ReportRow {
            group: Group::new(self.shared.clone(), raw.group),
            parent: self.some_group(raw.parent),
            // SAFETY: copied at once.
            name: unsafe { string(raw.name, raw.name_length) },
            state: GroupState::from_raw(raw.state),
            waited_for: self.some_group(raw.waited_for),
            begun_at: instant(raw.begun_ns),
            drain_at: instant(raw.drain_ns),
            cancel_at: instant(raw.cancel_ns),
            closed_at: instant(raw.closed_ns),
            drained: raw.drained,
            cancelled: raw.cancelled,
            failed: raw.failed,
            refused: raw.refused,
            abandoned: raw.abandoned,
            killed: raw.killed,
            originator: raw.originator,
        })?;
        Ok(Report { rows })
    }

    /// Who held its shutdown up, in the order in which they did; for as long as its [`report`](Self::report).
    /// [`Status::Busy`]: it is not closed.
    pub fn blame(&self) -> Result<Vec<BlameRow>> {
        self.rows(sys::ptg_group_get_blame, |raw: &sys::ptg_blame_row| BlameRow {
            group: Group::new(self.shared.clone(), raw.group),
            // SAFETY: copied at once; so below.
            name: unsafe { string(raw.name, raw.name_length) },
            held: age(raw.held_ns),
            abandoned: raw.abandoned,
            task: self.some_task(raw.task),
            task_name: unsafe { text(raw.task_name, raw.task_name_length) }.filter(|name| !name.is_empty()),
            task_held: age(raw.task_held_ns),
        })
    }

    /// The most frequent types and names among its tasks and all below it, at most `capacity`.
    pub fn count_names(&self, capacity: usize) -> Result<Vec<NameRow>> {
        self.shared.call(|runtime| {
            let mut rows: Vec<sys::ptg_name_row> = vec![zeroed(); capacity];
            let (mut count, size) = (0, size_of::<sys::ptg_name_row>());
            // SAFETY: on the runtime's thread; there is room for as many as is said.
            self.shared.check(unsafe {
                sys::ptg_group_count_names(runtime, self.handle(), rows.as_mut_ptr(), size, capacity, &mut count)
            })?;
            let turn = |raw: &sys::ptg_name_row| NameRow {
                // SAFETY: copied at once; so below.
                type_name: unsafe { label(raw.type_name) },
                name: unsafe { string(raw.name, raw.name_length) },
                count: raw.count,
            };
            Ok(rows[..count].iter().map(turn).collect())
        })
    }
}

macro_rules! list_of_handles {
    ($name:ident, $function:ident) => {
        unsafe extern "C" fn $name(
            runtime: *mut sys::ptg_runtime,
            group: u64,
            handles: *mut u64,
            _: usize,
            capacity: usize,
            count: *mut usize,
        ) -> sys::ptg_status {
            // SAFETY: as the caller says.
            unsafe { sys::$function(runtime, group, handles, capacity, count) }
        }
    };
}

list_of_handles!(list_groups, ptg_group_list_groups);
list_of_handles!(list_tasks, ptg_group_list_tasks);
list_of_handles!(list_abandoned, ptg_group_list_abandoned);

impl Task {
    /// The task as it is now.
    pub fn info(&self) -> Result<TaskInfo> {
        self.shared.call(|runtime| {
            let mut raw: sys::ptg_task_info = zeroed();
            raw.size = size_of_val(&raw) as u32;
            // SAFETY: on the runtime's thread.
            self.shared.check(unsafe { sys::ptg_task_get_info(runtime, self.handle(), &mut raw) })?;
            Ok(TaskInfo {
                // SAFETY: copied before the loop's next turn; so below.
                name: unsafe { string(raw.name, raw.name_length) },
                type_name: unsafe { label(raw.type_name) },
                group: Group::new(self.shared.clone(), raw.group),
                state: TaskState::from_raw(raw.state),
                age: age(raw.age_ns),
                is_cancel_requested: raw.is_cancel_requested != 0,
                is_killed: raw.is_killed != 0,
                reason: unsafe { text(raw.reason, raw.reason_length) },
                originator: raw.originator,
                spawner: (raw.spawner != 0).then(|| Task::new(self.shared.clone(), raw.spawner)),
                place: unsafe { text(raw.place, raw.place_length) },
            })
        })
    }
}
