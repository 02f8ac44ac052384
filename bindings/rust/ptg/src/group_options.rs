//! What a group is to be, and its hooks.

use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

use ptg_sys as sys;

use crate::group::GroupState;
use crate::outcome::{BoxError, ErrorReport, Outcome, TaskOutput, outcome_of, text};
use crate::process::ProcessError;
use crate::shared::{Shared, call_for_status, guard};
use crate::status::{Error, Result, Status};
use crate::{Group, Task};

/// A duration of an option: a [`Duration`], or one of the constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(i64);

impl Limit {
    /// No limit.
    pub const FOREVER: Self = Self(-1);
    /// A limit of no time at all.
    pub const AT_ONCE: Self = Self(-2);

    /// As libptg has it: nanoseconds; 0 stands for "as before". A malformed one is refused where it is used.
    pub const fn from_nanos(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// As libptg has it.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Refuses what no option can mean, in the name of that which it was given for.
    pub(crate) fn check(option: &str, nanoseconds: i64) -> Result<()> {
        if nanoseconds >= Self::AT_ONCE.0 {
            return Ok(());
        }
        Err(Error::invalid(format!("{option}: {nanoseconds} ns is not a duration")))
    }

    /// As `check`, where only a time that passes can be meant, or for ever.
    pub(crate) fn check_wait(self, argument: &str) -> Result<()> {
        if self == Self::FOREVER { Ok(()) } else { self.check_time(argument) }
    }

    /// As `check`, where only a time that passes can be meant.
    pub(crate) fn check_time(self, argument: &str) -> Result<()> {
        match self {
            Self::FOREVER => Err(Error::invalid(format!("{argument}: not for ever"))),
            Self::AT_ONCE => Err(Error::invalid(format!("{argument}: not AT_ONCE, but from_nanos(0)"))),
            Self(nanoseconds) if nanoseconds < 0 => Self::check(argument, nanoseconds),
            _ => Ok(()),
        }
    }
}

impl From<Duration> for Limit {
    fn from(duration: Duration) -> Self {
        if duration.is_zero() { Self::AT_ONCE } else { Self(nanoseconds(duration)) }
    }
}

pub(crate) fn nanoseconds(duration: Duration) -> i64 {
    duration.as_nanos().try_into().unwrap_or(i64::MAX)
}

/// What a spawn meets when a group has as many tasks as it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused: [`Status::Full`].
    #[default]
    Refuse,
    /// It waits; a freed place starts the oldest.
    Queue,
    /// It waits, and the oldest task not asked yet is asked to end.
    ReplaceOldest,
}

/// What the failure of a task does beyond being reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing.
    #[default]
    Report,
    /// Its group is shut down.
    ShutdownGroup,
    /// The root group is shut down.
    ShutdownRoot,
}

type ErrorHook = Box<dyn FnMut(&ErrorReport) -> Result<(), BoxError> + Send>;
type GroupHook = Box<dyn FnMut(&Group) -> Result<(), BoxError> + Send>;

/// What a group is to be. Everything that is left out is inherited, or libptg's default.
#[derive(Default)]
#[must_use]
pub struct GroupOptions {
    name: Option<String>,
    flags: u32,
    grace: i64,
    cancel_wait: i64,
    deadline: i64,
    max_tasks: u64,
    max_queued: u64,
    when_full: WhenFull,
    on_failure: OnFailure,
    history: u64,
    owner: u64,
    on_error: Option<ErrorHook>,
    on_drain: Option<GroupHook>,
    on_closed: Option<GroupHook>,
    kept: Vec<Box<dyn Send>>,
}

impl GroupOptions {
    /// Nothing but defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name for reports and pictures; need not be unique.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long its tasks have from drain to cancel.
    pub fn grace(mut self, limit: impl Into<Limit>) -> Self {
        self.grace = limit.into().as_nanos();
        self
    }

    /// How long its tasks have from cancel to being given up.
    pub fn cancel_wait(mut self, limit: impl Into<Limit>) -> Self {
        self.cancel_wait = limit.into().as_nanos();
        self
    }

    /// A limit for the whole shutdown of this group with all below it.
    pub fn deadline(mut self, limit: impl Into<Limit>) -> Self {
        self.deadline = limit.into().as_nanos();
        self
    }

    /// Children that no order edge holds back close together.
    pub fn parallel(mut self) -> Self {
        self.flags |= sys::PTG_GROUP_PARALLEL;
        self
    }

    /// While it drains it accepts spawns from anyone, not only from inside.
    pub fn admits_anyone(mut self) -> Self {
        self.flags |= sys::PTG_GROUP_ADMITS_ANYONE;
        self
    }

    /// Its errors, its drain and its closing are told by [`Handle::take_events`](crate::Handle::take_events), and not
    /// by hooks, of which it must have none.
    pub fn events(mut self) -> Self {
        self.flags |= sys::PTG_GROUP_EVENTS;
        self
    }

    /// Keeps a value, which is dropped when the group is gone, or refused.
    pub fn keeping(mut self, value: impl Send + 'static) -> Self {
        self.kept.push(Box::new(value));
        self
    }

    /// How many tasks may be live at once, and what one too many meets.
    pub fn max_tasks(mut self, max_tasks: u64, when_full: WhenFull) -> Self {
        self.max_tasks = max_tasks;
        self.when_full = when_full;
        self
    }

    /// How many may wait for a place at once.
    pub fn max_queued(mut self, max_queued: u64) -> Self {
        self.max_queued = max_queued;
        self
    }

    /// What a failure does beyond being reported.
    pub fn on_failure(mut self, policy: OnFailure) -> Self {
        self.on_failure = policy;
        self
    }

    /// How many ended tasks are remembered.
    pub fn history(mut self, history: u64) -> Self {
        self.history = history;
        self
    }

    /// The task whose end shuts the group down, and which is done only when the group is closed.
    pub fn owner(mut self, owner: &Task) -> Self {
        self.owner = owner.handle();
        self
    }

    /// Handles the failures of its tasks, and of descendants without a handler. A handler that fails (it answers `()`, or
    /// a result), or panics, passes both errors to the next ancestor's. It runs on the runtime's thread and must not
    /// block.
    pub fn on_error<R: TaskOutput<Value = ()>>(
        mut self,
        mut handler: impl FnMut(&ErrorReport) -> R + Send + 'static,
    ) -> Self {
        self.on_error = Some(Box::new(move |report| handler(report).into_result()));
        self
    }

    /// Called once when the group is told to drain; not when it goes straight to cancel. It answers `()`, or a result;
    /// an error, or a panic, is one of the group.
    pub fn on_drain<R: TaskOutput<Value = ()>>(mut self, mut hook: impl FnMut(&Group) -> R + Send + 'static) -> Self {
        self.on_drain = Some(Box::new(move |group| hook(group).into_result()));
        self
    }

    /// Called once when the group is closed; the report of its shutdown can be read then. Errors as of `on_drain`.
    pub fn on_closed<R: TaskOutput<Value = ()>>(mut self, mut hook: impl FnMut(&Group) -> R + Send + 'static) -> Self {
        self.on_closed = Some(Box::new(move |group| hook(group).into_result()));
        self
    }

    pub(crate) fn check(&self) -> Result<()> {
        Limit::check("grace", self.grace)?;
        Limit::check("cancel_wait", self.cancel_wait)?;
        Limit::check("deadline", self.deadline)
    }

    /// Calls `use_it` with the options in C's form. It must give them to one call that releases the user data.
    pub(crate) fn with_raw<R>(self, use_it: impl FnOnce(&sys::ptg_group_options) -> R) -> R {
        let Self { name, on_error, on_drain, on_closed, kept, .. } = self;
        let (has_error, has_drain) = (on_error.is_some(), on_drain.is_some());
        let has_closed = on_closed.is_some();
        let hooks = Box::into_raw(Box::new(Hooks { on_error, on_drain, on_closed, failed: 0, _kept: kept }));
        use_it(&sys::ptg_group_options {
            size: size_of::<sys::ptg_group_options>() as u32,
            flags: self.flags,
            name: name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr().cast()),
            name_length: name.as_ref().map_or(0, String::len),
            grace_ns: self.grace,
            cancel_wait_ns: self.cancel_wait,
            deadline_ns: self.deadline,
            max_tasks: self.max_tasks,
            on_error: if has_error { Some(call_on_error) } else { None },
            on_drain: if has_drain { Some(call_on_drain) } else { None },
            on_closed: if has_closed { Some(call_on_closed) } else { None },
            release: Some(release_hooks),
            user_data: hooks.cast(),
            when_full: self.when_full as u32,
            on_failure: self.on_failure as u32,
            max_queued: self.max_queued,
            owner: self.owner,
            history: self.history,
        })
    }
}

impl std::fmt::Debug for GroupOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GroupOptions").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A group's user data; used on the runtime's thread, by one callback at a time.
struct Hooks {
    on_error: Option<ErrorHook>,
    on_drain: Option<GroupHook>,
    on_closed: Option<GroupHook>,
    /// The group, once a hook has failed: the cause is kept under it.
    failed: u64,
    _kept: Vec<Box<dyn Send>>,
}

fn status_of(result: Option<Result<(), BoxError>>) -> sys::ptg_status {
    match result {
        Some(Err(error)) => outcome_of(&*error).status.map_or(sys::PTG_EFAILED, Status::raw),
        _ => sys::PTG_OK,
    }
}

unsafe extern "C" fn call_on_error(
    _: *mut sys::ptg_runtime,
    error: *const sys::ptg_error,
    user_data: *mut c_void,
) -> sys::ptg_status {
    guard(sys::PTG_EFAILED, || {
        // SAFETY: from libptg, valid during the call.
        let (hooks, error) = unsafe { (&mut *user_data.cast::<Hooks>(), &*error) };
        let Some(shared) = Shared::inside() else { return sys::PTG_EFAILED };
        // SAFETY: as above.
        let report = unsafe { report_of(&shared, error) };
        status_of(hooks.on_error.as_mut().map(|handler| handler(&report)))
    })
}

/// # Safety
/// `error` is what libptg gave, during the call.
unsafe fn report_of(shared: &Arc<Shared>, error: &sys::ptg_error) -> ErrorReport {
    let is_from_hook = error.flags & sys::PTG_ERROR_FROM_HOOK != 0;
    // SAFETY: as the caller says.
    let outcome = unsafe { Outcome::from_raw(&*error.outcome) };
    let cause = shared.cause_of(if is_from_hook { error.group } else { error.task });
    let failed_handler = (error.failed_handler != 0)
        .then(|| (Group::new(shared.clone(), error.failed_handler), Status::from_raw(error.handler_status)));
    ErrorReport {
        group: Group::new(shared.clone(), error.group),
        task: (error.task != 0).then(|| Task::new(shared.clone(), error.task)),
        // SAFETY: as the caller says.
        name: unsafe { text(error.name, error.name_length) }.unwrap_or_default(),
        age: Duration::from_nanos(error.age_ns.max(0) as u64),
        cause: cause.or_else(|| ProcessError::cause(&outcome)),
        outcome,
        is_during_cancel: error.flags & sys::PTG_ERROR_DURING_CANCEL != 0,
        is_from_hook,
        group_state: GroupState::from_raw(error.group_state),
        failed_handler,
    }
}

unsafe extern "C" fn call_on_drain(_: *mut sys::ptg_runtime, group: u64, user_data: *mut c_void) -> sys::ptg_status {
    // SAFETY: from libptg.
    let hooks = unsafe { &mut *user_data.cast::<Hooks>() };
    call_hook(group, &mut hooks.on_drain, &mut hooks.failed)
}

unsafe extern "C" fn call_on_closed(_: *mut sys::ptg_runtime, group: u64, user_data: *mut c_void) -> sys::ptg_status {
    // SAFETY: from libptg.
    let hooks = unsafe { &mut *user_data.cast::<Hooks>() };
    call_hook(group, &mut hooks.on_closed, &mut hooks.failed)
}

fn call_hook(group: u64, hook: &mut Option<GroupHook>, failed: &mut u64) -> sys::ptg_status {
    let (Some(hook), Some(shared)) = (hook, Shared::inside()) else { return sys::PTG_EFAILED };
    let group = Group::new(shared, group);
    let status = call_for_status(&group.shared, group.handle(), || hook(&group));
    if status != sys::PTG_OK {
        *failed = group.handle();
    }
    status
}

unsafe extern "C" fn release_hooks(user_data: *mut c_void) {
    guard((), || {
        // SAFETY: from `with_raw`, once.
        let hooks = unsafe { Box::from_raw(user_data.cast::<Hooks>()) };
        if hooks.failed != 0 {
            Shared::forget_cause_here(hooks.failed);
        }
        Shared::drop_held(hooks);
    });
}
