//! Groups: making them, and their end.

use std::future::Future;
use std::sync::Arc;

use ptg_sys as sys;

use crate::handle::or_current_away;
use crate::shared::{PATIENCE, Shared, until_room};
use crate::status::{Result, check};
use crate::{GroupOptions, Limit, Report};

/// A group's state; it never goes backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupState {
    /// It accepts tasks.
    Open = 1,
    /// It accepts tasks from inside only; all have been told to finish soon.
    Draining,
    /// All have been asked to end.
    Cancelling,
    /// It is over.
    Closed,
}

impl GroupState {
    pub(crate) fn from_raw(raw: u32) -> Self {
        match raw {
            sys::PTG_GROUP_OPEN => Self::Open,
            sys::PTG_GROUP_DRAINING => Self::Draining,
            sys::PTG_GROUP_CANCELLING => Self::Cancelling,
            _ => Self::Closed,
        }
    }
}

/// How a shutdown is to be done. Limits given here only ever shorten.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct ShutdownOptions {
    is_forced: bool,
    grace: i64,
    cancel_wait: i64,
    deadline: i64,
    originator: u64,
}

impl ShutdownOptions {
    /// By the groups' own limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Straight to the cancel phase; the order is kept.
    pub fn force(mut self) -> Self {
        self.is_forced = true;
        self
    }

    /// From drain to cancel.
    pub fn grace(mut self, limit: impl Into<Limit>) -> Self {
        self.grace = limit.into().as_nanos();
        self
    }

    /// From cancel to giving up.
    pub fn cancel_wait(mut self, limit: impl Into<Limit>) -> Self {
        self.cancel_wait = limit.into().as_nanos();
        self
    }

    /// From the call to all closed.
    pub fn deadline(mut self, limit: impl Into<Limit>) -> Self {
        self.deadline = limit.into().as_nanos();
        self
    }

    /// On whose behalf, for the report: the handle of a task or group. Without, whose code is running.
    pub fn originator(mut self, originator: u64) -> Self {
        self.originator = originator;
        self
    }

    fn check(self) -> Result<()> {
        Limit::check("grace", self.grace)?;
        Limit::check("cancel_wait", self.cancel_wait)?;
        Limit::check("deadline", self.deadline)
    }

    fn raw(self, shared: &Arc<Shared>) -> sys::ptg_shutdown_options {
        sys::ptg_shutdown_options {
            size: size_of::<sys::ptg_shutdown_options>() as u32,
            flags: if self.is_forced { sys::PTG_SHUTDOWN_FORCE } else { 0 },
            grace_ns: self.grace,
            cancel_wait_ns: self.cancel_wait,
            deadline_ns: self.deadline,
            originator: or_current_away(self.originator, shared),
        }
    }
}

/// A group: owns tasks and child groups, and ends them. This is a handle, cheap to clone and for every thread; keeping
/// or dropping it changes nothing about the group, and once that is gone its calls answer
/// [`Status::Stale`](crate::Status::Stale).
#[derive(Clone)]
pub struct Group {
    pub(crate) shared: Arc<Shared>,
    handle: u64,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Group").field(&self.handle).finish()
    }
}

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }
}

impl Eq for Group {}

impl Group {
    pub(crate) fn new(shared: Arc<Shared>, handle: u64) -> Self {
        Self { shared, handle }
    }

    /// Its number, never given out twice in a process.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// The way to its runtime.
    pub fn runtime(&self) -> crate::Handle {
        crate::Handle { shared: self.shared.clone() }
    }

    /// Makes a group below this one.
    pub fn group(&self, options: GroupOptions) -> Result<Group> {
        let checked = options.check();
        let handle = self.shared.call(|runtime| {
            let mut group = 0;
            let status = options.with_raw(|raw| {
                // SAFETY: on the runtime's thread; the call takes the hooks over in any case.
                unsafe { sys::ptg_group_create(runtime, self.handle, raw, &mut group) }
            });
            self.shared.check(status)?;
            Ok(group)
        });
        let handle = handle.map_err(|error| error.or_mistake(checked))?;
        Ok(Self::new(self.shared.clone(), handle))
    }

    /// When both are shut down, this group is closed before `later`, a sibling, begins to drain.
    /// [`Status::Cycle`](crate::Status::Cycle): the message names the circle.
    pub fn stops_before(&self, later: &Group) -> Result<()> {
        self.shared.call(|runtime| {
            // SAFETY: on the runtime's thread.
            self.shared.check(unsafe { sys::ptg_group_stops_before(runtime, self.handle, later.handle) })
        })
    }

    /// Begins the shutdown by the groups' own limits, and returns; see [`shutdown_with`](Self::shutdown_with).
    pub fn shutdown(&self) -> Result<()> {
        self.shutdown_with(ShutdownOptions::new())
    }

    /// Begins the shutdown of this group with all below it, and returns. Again on a group that is ending: limits can be
    /// shortened and the end forced, never put off. Wait for it with [`closed`](Self::closed).
    ///
    /// From another thread it is sent, and nobody is told of a handle that is stale.
    pub fn shutdown_with(&self, options: ShutdownOptions) -> Result<()> {
        let raw = options.raw(&self.shared);
        let begun = if self.shared.is_here() {
            self.shared.call(|runtime| {
                // SAFETY: on the runtime's thread.
                self.shared.check(unsafe { sys::ptg_group_shutdown(runtime, self.handle, &raw) })
            })
        } else {
            // SAFETY: a way in is for any thread.
            check(until_room(Some(PATIENCE), || unsafe {
                sys::ptg_remote_shutdown(self.shared.remote(), self.handle, &raw)
            }))
        };
        begun.map_err(|error| error.or_mistake(options.check()))
    }

    /// Completes when the group is closed, with what its shutdown did. It does not begin one, and giving it up changes
    /// nothing.
    ///
    /// [`Status::Deadlock`](crate::Status::Deadlock), at once: a task of this group, or below, waits here.
    /// [`Status::Stale`](crate::Status::Stale): it is gone.
    pub fn closed(&self) -> impl Future<Output = Result<Report>> + Send + 'static {
        crate::watch::Closed::new(self.clone())
    }
}
