//! Waiting for a task's result.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Polling, Poll, Waker};

use crate::Task;
use crate::outcome::{Cause, Outcome, PanicPayload};
use crate::shared::lock;
use crate::status::Status;
use crate::task_core::Owner;

/// How a task ended, for who joins it.
pub(crate) enum End {
    Well,
    Badly(Box<JoinError>),
}

pub(crate) struct Join<T> {
    value: Option<T>,
    end: Option<End>,
    waiting: Option<Waker>,
    is_detached: bool,
    is_ended: bool,
}

impl<T> Default for Join<T> {
    fn default() -> Self {
        Self { value: None, end: None, waiting: None, is_detached: false, is_ended: false }
    }
}

impl<T> Join<T> {
    /// Gives back what nobody wants, to be dropped elsewhere.
    #[must_use]
    pub fn set_value(&mut self, value: T) -> Option<T> {
        if self.is_detached {
            return Some(value);
        }
        self.value = Some(value);
        None
    }

    pub fn end(join: &Mutex<Self>, end: End) {
        let waiting = {
            let mut join = lock(join);
            join.end = Some(end);
            join.is_ended = true;
            join.waiting.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

pub(crate) trait Joinable<T>: Owner {
    fn join(&self) -> &Mutex<Join<T>>;
}

/// Why joining a task gave no value.
#[derive(Clone, Debug)]
pub struct JoinError {
    cause: Option<Cause>,
    outcome: Outcome,
}

impl JoinError {
    pub(crate) fn new(cause: Option<Cause>, outcome: Outcome) -> Self {
        Self { cause, outcome }
    }

    /// The object that the task failed with; `None`: it was cancelled or refused, or somebody else ended it.
    pub fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// How it ended, in a word.
    pub fn status(&self) -> Status {
        self.outcome.status.unwrap_or(Status::Stale)
    }

    /// It ended because it was asked to.
    pub fn is_cancelled(&self) -> bool {
        self.status() == Status::Cancelled
    }

    /// It panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.cause, Some(Cause::Panic(_)))
    }

    /// What it panicked with, for [`std::panic::resume_unwind`]; an error handler may have taken it before.
    pub fn into_panic(self) -> Option<PanicPayload> {
        self.cause?.take_panic()
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.cause, &self.outcome.message, &self.outcome.reason) {
            (Some(cause), _, _) => cause.fmt(f),
            (None, Some(message), _) => f.write_str(message),
            (None, None, Some(reason)) => write!(f, "{}: {reason}", self.status()),
            (None, None, None) => self.status().fmt(f),
        }
    }
}

impl std::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            Some(Cause::Error(error)) => Some(&**error),
            _ => None,
        }
    }
}

/// Gives the result of a task once it has ended and its failure, if it was one, has been handled.
///
/// Dropping it detaches the task, which goes on: its group owns it. So does cancelling whoever waits here. It may be
/// awaited by any executor, on any thread. It gives the result once: polled again it panics.
#[must_use = "dropping it detaches the task; `let _ =` says that this is meant"]
pub struct JoinHandle<T>(Arc<dyn Joinable<T>>);

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinHandle").field(&self.task()).finish()
    }
}

impl<T> JoinHandle<T> {
    pub(crate) fn new(task: Arc<dyn Joinable<T>>) -> Self {
        Self(task)
    }

    /// The task.
    pub fn task(&self) -> Task {
        let core = self.0.core();
        Task::new(core.shared.clone(), core.id())
    }

    /// Asks the task to end; see [`Task::cancel`]. That it has ended already is fine.
    pub fn cancel(&self, reason: &str) {
        let _ = self.task().cancel(reason);
    }

    /// Has it ended, and has that been told?
    pub fn is_finished(&self) -> bool {
        lock(self.0.join()).is_ended
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<Self::Output> {
        let mut join = lock(self.0.join());
        match join.end.take() {
            None if join.is_ended => {
                drop(join);
                panic!("the result of this task has been given already")
            }
            None => {
                join.waiting = Some(polling.waker().clone());
                Poll::Pending
            }
            Some(End::Well) => Poll::Ready(join.value.take().ok_or_else(|| JoinError {
                cause: None,
                outcome: Outcome {
                    message: Some("it was finished by somebody else, and has no value".into()),
                    ..Outcome::default()
                },
            })),
            Some(End::Badly(error)) => Poll::Ready(Err(*error)),
        }
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let value = {
            let mut join = lock(self.0.join());
            join.is_detached = true;
            join.value.take()
        };
        drop(value);
    }
}
