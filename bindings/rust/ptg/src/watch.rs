//! Watching tasks and groups until they are over.

use std::ffi::c_void;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use ptg_sys as sys;

use crate::outcome::Outcome;
use crate::shared::{Shared, guard, lock};
use crate::status::Result;
use crate::task_core::Core;
use crate::{Group, Handle, Report, Task};

type Over = Box<dyn FnOnce(u64, &Outcome) + Send>;

/// A watch on a task or a group. Dropping it changes nothing: see [`remove`](Self::remove).
#[derive(Clone)]
pub struct Watch {
    shared: Arc<Shared>,
    handle: u64,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watch").field(&self.handle).finish()
    }
}

impl Watch {
    /// Its number.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// Gives the watch up: what was to be called is dropped.
    pub fn remove(&self) -> Result<()> {
        self.shared.call(|runtime| {
            // SAFETY: on the runtime's thread.
            self.shared.check(unsafe { sys::ptg_watch_remove(runtime, self.handle) })
        })
    }
}

impl Handle {
    /// The watch with this handle.
    pub fn watch_of(&self, handle: u64) -> Watch {
        Watch { shared: self.shared.clone(), handle }
    }

    /// Has `over` called once, on the runtime's thread, when the task or group with the handle `watched` is done with:
    /// with that handle and the task's outcome, or a group's ([`Status::TimedOut`](crate::Status::TimedOut) with the
    /// number of abandoned tasks as value).
    ///
    /// A `waiter` that belongs to what it waits for would wait for ever:
    /// [`Status::Deadlock`](crate::Status::Deadlock).
    pub fn watch(
        &self,
        watched: u64,
        waiter: Option<&Task>,
        over: impl FnOnce(u64, &Outcome) + Send + 'static,
    ) -> Result<Watch> {
        add(&self.shared, watched, waiter.map_or(0, Task::handle), Box::new(over))
    }
}

fn add(shared: &Arc<Shared>, watched: u64, waiter: u64, over: Over) -> Result<Watch> {
    let handle = shared.call(|runtime| {
        let options = sys::ptg_watch_options {
            size: size_of::<sys::ptg_watch_options>() as u32,
            flags: 0,
            waiter,
            over: Some(call_over),
            release: Some(release_over),
            user_data: Box::into_raw(Box::new(Some(over))).cast(),
        };
        let mut watch = 0;
        // SAFETY: on the runtime's thread; the call takes the user data over in any case.
        shared.check(unsafe { sys::ptg_watch_add(runtime, watched, &options, &mut watch) })?;
        Ok(watch)
    })?;
    Ok(Watch { shared: shared.clone(), handle })
}

unsafe extern "C" fn call_over(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_watch,
    watched: u64,
    outcome: *const sys::ptg_outcome,
    user_data: *mut c_void,
) {
    guard((), || {
        // SAFETY: from libptg, valid during the call.
        let (over, outcome) = unsafe { (&mut *user_data.cast::<Option<Over>>(), Outcome::from_raw(&*outcome)) };
        if let Some(over) = over.take() {
            over(watched, &outcome);
        }
    });
}

unsafe extern "C" fn release_over(user_data: *mut c_void) {
    // SAFETY: from `add`, once.
    guard((), || drop(unsafe { Box::from_raw(user_data.cast::<Option<Over>>()) }));
}

/// What a group's end is told to, and who waits for that.
#[derive(Default)]
struct Closing {
    report: Option<Result<Report>>,
    waiting: Option<Waker>,
}

/// Tells, when it is used up or dropped: a watch that is not told goes with its runtime.
struct Promise {
    closing: Arc<Mutex<Closing>>,
    group: Group,
}

impl Drop for Promise {
    fn drop(&mut self) {
        let report = self.group.report();
        let waiting = {
            let mut closing = lock(&self.closing);
            closing.report = Some(report);
            closing.waiting.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

/// See [`Group::closed`].
pub(crate) struct Closed {
    group: Group,
    closing: Arc<Mutex<Closing>>,
    watch: Option<Watch>,
}

impl Closed {
    pub fn new(group: Group) -> Self {
        Self { group, closing: Arc::default(), watch: None }
    }

    fn begin(&self) -> Result<Watch> {
        let shared = &self.group.shared;
        let waiter = Core::polled(|core| if Arc::ptr_eq(&core.shared, shared) { core.id() } else { 0 });
        let promise = Promise { closing: self.closing.clone(), group: self.group.clone() };
        add(shared, self.group.handle(), waiter.unwrap_or(0), Box::new(move |_, _| drop(promise)))
    }
}

impl Future for Closed {
    type Output = Result<Report>;

    fn poll(mut self: Pin<&mut Self>, polling: &mut Context<'_>) -> Poll<Self::Output> {
        if self.watch.is_none() {
            self.watch = Some(self.begin()?);
        }
        let mut closing = lock(&self.closing);
        let Some(report) = closing.report.take() else {
            closing.waiting = Some(polling.waker().clone());
            return Poll::Pending;
        };
        drop(closing);
        self.watch = None;
        Poll::Ready(report)
    }
}

/// A group that lives long would collect the watches of those who have given up.
impl Drop for Closed {
    fn drop(&mut self) {
        let Some(watch) = self.watch.take() else { return };
        // One that is over is gone already.
        if watch.shared.is_here() {
            let _ = watch.remove();
        } else {
            let shared = watch.shared.clone();
            let _ = shared.post(move |_| drop(watch.remove()));
        }
    }
}
