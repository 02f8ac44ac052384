//! How a task ends, and what is told of one that failed.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ptg_sys as sys;

use crate::shared::guard;
use crate::status::Status;
use crate::{Group, Task};

/// Any error, as the standard library has it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How a task ended, as libptg tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// `None`: well. [`Status::Cancelled`]: because it was asked to. Anything else: it failed.
    pub status: Option<Status>,
    /// The task's own: an exit status, an errno.
    pub code: i32,
    /// The task's own: carried untouched.
    pub value: u64,
    /// In words.
    pub message: Option<String>,
    /// It had been asked to end.
    pub is_cancel_requested: bool,
    /// It was cancelled before its first run, or refused.
    pub never_ran: bool,
    /// It ended late: its group had given it up.
    pub is_abandoned: bool,
    /// It was told that its time was over for good.
    pub is_killed: bool,
    /// Why it was asked to end.
    pub reason: Option<String>,
    /// The handle of the task or group that asked; 0: from outside.
    pub originator: u64,
}

impl Outcome {
    /// An outcome that is nothing but its status.
    pub fn of(status: Status) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// # Safety
    /// `raw` is an outcome that libptg gave, valid during the call.
    pub(crate) unsafe fn from_raw(raw: &sys::ptg_outcome) -> Self {
        let has = |flag: u32| raw.flags & flag != 0;
        Self {
            status: (raw.status != sys::PTG_OK).then(|| Status::from_raw(raw.status)),
            code: raw.code,
            value: raw.value,
            // SAFETY: as the caller says.
            message: unsafe { text(raw.message, raw.message_length) },
            is_cancel_requested: has(sys::PTG_OUTCOME_CANCEL_REQUESTED),
            never_ran: has(sys::PTG_OUTCOME_NEVER_RAN),
            is_abandoned: has(sys::PTG_OUTCOME_ABANDONED),
            is_killed: has(sys::PTG_OUTCOME_KILLED),
            // SAFETY: as the caller says.
            reason: unsafe { text(raw.reason, raw.reason_length) },
            originator: raw.originator,
        }
    }

    /// Calls `use_it` with this outcome in C's form: what the task itself may say.
    pub(crate) fn with_raw<R>(&self, use_it: impl FnOnce(&sys::ptg_outcome) -> R) -> R {
        let message = self.message.as_deref();
        use_it(&sys::ptg_outcome {
            size: size_of::<sys::ptg_outcome>() as u32,
            status: self.status.map_or(sys::PTG_OK, Status::raw),
            flags: 0,
            code: self.code,
            message: message.map_or(std::ptr::null(), |text| text.as_ptr().cast()),
            message_length: message.map_or(0, str::len),
            value: self.value,
            reason: std::ptr::null(),
            reason_length: 0,
            originator: 0,
        })
    }

    /// Of a failure: its message, or else what its status means.
    pub(crate) fn fmt_failure(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => f.write_str(message),
            None => fmt::Display::fmt(&self.status.unwrap_or(Status::Failed), f),
        }
    }
}

/// # Safety
/// `start` is null or points to `length` bytes.
pub(crate) unsafe fn text(start: *const std::ffi::c_char, length: usize) -> Option<String> {
    if start.is_null() {
        return None;
    }
    // SAFETY: as the caller says.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) };
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// What a panic carried.
pub type PanicPayload = Box<dyn Any + Send>;

/// Why a task failed: the very object that it ended with.
#[derive(Clone)]
#[non_exhaustive]
pub enum Cause {
    /// What it returned as `Err`.
    Error(Arc<dyn std::error::Error + Send + Sync>),
    /// What it panicked with. The first who takes it has it.
    Panic(Arc<Mutex<Option<PanicPayload>>>),
}

impl Cause {
    /// The error that the task returned, if it is an `E`.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Error(error) => error.downcast_ref(),
            Self::Panic(_) => None,
        }
    }

    /// What the task panicked with; `None` if it did not, or somebody has taken it.
    pub fn take_panic(&self) -> Option<PanicPayload> {
        match self {
            Self::Error(_) => None,
            Self::Panic(payload) => payload.lock().unwrap_or_else(|e| e.into_inner()).take(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Panic(payload) => {
                let payload = payload.lock().unwrap_or_else(|e| e.into_inner());
                let text = payload.as_deref().and_then(panic_text).unwrap_or("of another type than text");
                write!(f, "panicked: {text}")
            }
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Panic(_) => write!(f, "{self}"),
        }
    }
}

fn panic_text(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// An error that says itself how its task is to be told to have ended: status, code and value beside the message.
///
/// ```
/// use ptg::{Failure, Outcome, Status};
/// let error = Failure::new(Outcome { code: 7, ..Outcome::of(Status::Exit) });
/// assert_eq!(error.outcome().code, 7);
/// ```
#[derive(Clone, Debug)]
pub struct Failure(Outcome);

impl Failure {
    /// Fails with this outcome; one without a status counts as [`Status::Failed`].
    pub fn new(outcome: Outcome) -> Self {
        let status = outcome.status.unwrap_or(Status::Failed);
        Self(Outcome { status: Some(status), ..outcome })
    }

    /// What it was made from.
    pub fn outcome(&self) -> &Outcome {
        &self.0
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self(Outcome::of(status))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_failure(f)
    }
}

impl std::error::Error for Failure {}

/// The error with which a task says that it ended because it was asked to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}

/// A failure on its way to an error handler.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErrorReport {
    /// Where it happened.
    pub group: Group,
    /// Who failed; `None`: a hook of the group.
    pub task: Option<Task>,
    /// The task's name.
    pub name: String,
    /// For how long the task had been there.
    pub age: Duration,
    /// The object that a task, timer, queue or hook of this crate failed with, or the
    /// [`ProcessError`](crate::ProcessError) of a child process; `None`: it was ended from outside.
    pub cause: Option<Cause>,
    /// How it failed.
    pub outcome: Outcome,
    /// It had been asked to end before.
    pub is_during_cancel: bool,
    /// A hook of the group failed, and no task.
    pub is_from_hook: bool,
    /// The state of the group.
    pub group_state: crate::GroupState,
    /// Whose handler failed on this error before, and how.
    pub failed_handler: Option<(Group, Status)>,
}

/// What a task, or a function that the runtime calls, may return: nothing, or a result whose error makes it a failure.
pub trait TaskOutput: Send + 'static {
    /// What comes of it if it is well: what whoever joins the task gets.
    type Value: Send + 'static;
    /// Splits it.
    fn into_result(self) -> Result<Self::Value, BoxError>;
}

impl TaskOutput for () {
    type Value = ();
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<T: Send + 'static, E: Into<BoxError> + Send + 'static> TaskOutput for Result<T, E> {
    type Value = T;
    fn into_result(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

/// What a task's error means to libptg.
pub(crate) fn outcome_of(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Outcome {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return failure.0.clone();
    }
    if error.is::<Cancelled>() {
        return Outcome::of(Status::Cancelled);
    }
    // Its words are foreign code, too.
    Outcome { message: guard(None, || Some(error.to_string())), ..Outcome::of(Status::Failed) }
}
