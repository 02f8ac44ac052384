//! What calls answer when they fail.

use std::ffi::CStr;
use std::fmt;

use ptg_sys as sys;

macro_rules! statuses {
    ($($name:ident = $value:ident, $words:literal;)*) => {
        /// Why a call failed, or how a task ended when it did not end well.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Status {
            $(#[doc = $words] $name,)*
            /// A status of a newer libptg than this crate knows.
            Other(i32),
        }

        impl Status {
            pub(crate) fn from_raw(raw: sys::ptg_status) -> Self {
                match raw {
                    $(sys::$value => Self::$name,)*
                    other => Self::Other(other),
                }
            }

            pub(crate) fn raw(self) -> sys::ptg_status {
                match self {
                    $(Self::$name => sys::$value,)*
                    Self::Other(other) if other < 0 => other,
                    // It is none, and libptg would not take it.
                    Self::Other(_) => sys::PTG_EFAILED,
                }
            }
        }

        /// In words.
        impl fmt::Display for Status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name => f.write_str($words),)*
                    Self::Other(other) => write!(f, "unknown status {other}"),
                }
            }
        }
    };
}

statuses! {
    Invalid = PTG_EINVAL, "an argument is malformed";
    NoMemory = PTG_ENOMEM, "there is no memory";
    Stale = PTG_ESTALE, "it is gone";
    Kind = PTG_EKIND, "the handle is of another kind";
    Closed = PTG_ECLOSED, "the group accepts no new tasks or groups, or the runtime is over";
    Busy = PTG_EBUSY, "it is still in use, or not yet there";
    Reentrant = PTG_EREENTRANT, "not allowed inside a callback";
    Thread = PTG_ETHREAD, "only allowed on the runtime's thread";
    Range = PTG_ERANGE, "too small";
    Cancelled = PTG_ECANCELED, "cancelled";
    TimedOut = PTG_ETIMEDOUT, "a limit ran out";
    Abi = PTG_EABI, "the library is older than this crate, or another libuv";
    System = PTG_EUV, "the system failed";
    Cycle = PTG_ECYCLE, "the order edge would close a circle";
    Full = PTG_EFULL, "a bound is reached";
    Failed = PTG_EFAILED, "it failed";
    Exit = PTG_EEXIT, "a child process exited with a status other than 0";
    Signal = PTG_ESIGNAL, "a child process was ended by a signal";
    Deadlock = PTG_EDEADLK, "who waits is part of what is waited for";
}

impl Status {
    /// The name that the C header has for it, as `"PTG_ESTALE"`.
    pub fn name(self) -> &'static str {
        // SAFETY: the string is static and ASCII.
        unsafe { CStr::from_ptr(sys::ptg_status_name(self.raw())) }.to_str().unwrap_or("PTG_E?")
    }
}

/// A call that failed; it has changed nothing. It is displayed as its message, or else as its status in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    status: Status,
    message: String,
}

/// What the calls of this crate answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// An option or argument that is malformed.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Status::Invalid, message)
    }

    /// What is wrong first is libptg's to say; a mistake in the options is told in their own words.
    pub(crate) fn or_mistake(self, options: Result<()>) -> Self {
        match options {
            Err(mistake) if mistake.status == self.status => mistake,
            _ => self,
        }
    }

    /// Why.
    pub fn status(&self) -> Status {
        self.status
    }

    /// What is known beyond the status, in English; may be empty.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::new(status, "")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() { self.status.fmt(f) } else { f.write_str(&self.message) }
    }
}

/// What a `main` that answers it prints: `Closed: the group "app" accepts no new tasks`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.status)
    }
}

impl std::error::Error for Error {}

/// Turns the status of a call that knows no more than that into a result.
pub(crate) fn check(raw: sys::ptg_status) -> Result<()> {
    if raw == sys::PTG_OK { Ok(()) } else { Err(Status::from_raw(raw).into()) }
}
