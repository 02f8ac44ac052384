//! What calls answer when they fail.

use std::ffi::CStr;
use std::fmt;

use ptg_sys as sys;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $value:ident,)*) => {
        /// Why a call failed, or how a task ended when it did not end well.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[$doc])* $name,)*
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
                    Self::Other(other) => other,
                }
            }
        }
    };
}

statuses! {
    /// An argument is malformed.
    Invalid = PTG_EINVAL,
    /// There is no memory; nothing changed.
    NoMemory = PTG_ENOMEM,
    /// The handle names something that is gone.
    Stale = PTG_ESTALE,
    /// The handle is of another kind.
    Kind = PTG_EKIND,
    /// The group accepts no new tasks or groups, or the runtime is over.
    Closed = PTG_ECLOSED,
    /// The object is still in use, or not yet there.
    Busy = PTG_EBUSY,
    /// Not allowed inside a callback.
    Reentrant = PTG_EREENTRANT,
    /// Only allowed on the runtime's thread.
    Thread = PTG_ETHREAD,
    /// Too small.
    Range = PTG_ERANGE,
    /// The task ended because it was asked to.
    Cancelled = PTG_ECANCELED,
    /// A limit ran out.
    TimedOut = PTG_ETIMEDOUT,
    /// The library is older than this crate, or another libuv.
    Abi = PTG_EABI,
    /// libuv failed.
    System = PTG_EUV,
    /// The order edge would close a circle.
    Cycle = PTG_ECYCLE,
    /// A bound is reached.
    Full = PTG_EFULL,
    /// A task failed.
    Failed = PTG_EFAILED,
    /// A child process exited with a status other than 0.
    Exit = PTG_EEXIT,
    /// A child process was ended by a signal.
    Signal = PTG_ESIGNAL,
    /// Who waits is part of what is waited for.
    Deadlock = PTG_EDEADLK,
}

impl Status {
    /// The name that the C header has for it, as `"PTG_ESTALE"`.
    pub fn name(self) -> &'static str {
        // SAFETY: the string is static and ASCII.
        unsafe { CStr::from_ptr(sys::ptg_status_name(self.raw())) }.to_str().unwrap_or("PTG_E?")
    }
}

/// A call that failed; it has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        if self.message.is_empty() {
            return f.write_str(self.status.name());
        }
        write!(f, "{}: {}", self.status.name(), self.message)
    }
}

impl std::error::Error for Error {}

/// Turns the status of a call that knows no more than that into a result.
pub(crate) fn check(raw: sys::ptg_status) -> Result<()> {
    if raw == sys::PTG_OK { Ok(()) } else { Err(Status::from_raw(raw).into()) }
}
