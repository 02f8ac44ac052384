//! What of a task does not depend on its future's type, and whose future this thread is polling.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Waker;

use ptg_sys as sys;

use crate::context::{Signals, Told};
use crate::outcome::Outcome;
use crate::shared::{Shared, until_room};

thread_local! {
    /// The task whose future this thread is polling.
    static POLLED: Cell<*const Core> = const { Cell::new(ptr::null()) };
}

/// Something that can be woken on the runtime's thread.
pub(crate) trait Wake: Send + Sync {
    fn wake_here(&self);
}

/// What its own handles may see of a task.
pub(crate) trait Owner: Send + Sync {
    fn core(&self) -> &Core;
}

pub(crate) type OnDone = Box<dyn FnOnce(&Outcome) + Send>;

/// All of a task that does not depend on its future's type.
pub(crate) struct Core {
    pub shared: Arc<Shared>,
    pub group: u64,
    id: AtomicU64,
    is_on_pool: bool,
    /// A wake of the task is on its way.
    pub is_woken: AtomicBool,
    /// The future is to be dropped as soon as nobody polls it.
    pub is_to_drop: AtomicBool,
    /// A spawn that is refused is to be tried again: nothing is released.
    pub is_kept: AtomicBool,
    /// A cause is kept for it.
    pub has_cause: AtomicBool,
    /// Its end has been told.
    pub is_over: AtomicBool,
    pub signals: Told,
}

impl Core {
    pub fn new(shared: Arc<Shared>, group: u64, is_on_pool: bool) -> Self {
        Self {
            shared,
            group,
            id: AtomicU64::new(0),
            is_on_pool,
            is_woken: AtomicBool::new(false),
            is_to_drop: AtomicBool::new(false),
            is_kept: AtomicBool::new(false),
            has_cause: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            signals: Told::default(),
        }
    }

    pub fn id(&self) -> u64 {
        self.id.load(Ordering::Relaxed)
    }

    pub fn set_id(&self, id: u64) {
        self.id.store(id, Ordering::Relaxed);
    }

    pub fn is_on_pool(&self) -> bool {
        self.is_on_pool
    }

    /// The task that this thread is polling, and its runtime and group.
    pub fn polled<R>(use_it: impl FnOnce(&Core) -> R) -> Option<R> {
        // SAFETY: whoever polls keeps the task, and takes the address back.
        unsafe { POLLED.get().as_ref() }.map(use_it)
    }

    pub fn take_poller(&self) -> Option<Waker> {
        self.signals.peek(|signals| signals.take_poller()).flatten()
    }

    /// To be done when the future is gone.
    pub fn forget_wakers(&self) {
        drop(self.signals.peek(Signals::take_wakers));
    }

    pub fn finish(&self, outcome: Option<&Outcome>) {
        let id = self.id();
        if let Ok(runtime) = self.shared.here() {
            return finish(runtime, id, outcome);
        }
        if self.shared.is_here() {
            return;
        }
        // An end must not be lost.
        let status = with_raw(outcome, |raw| {
            // SAFETY: a way in is for any thread.
            until_room(None, || unsafe { sys::ptg_remote_finish(self.shared.remote(), id, raw) })
        });
        if status == sys::PTG_ECLOSED {
            let outcome = outcome.cloned();
            // Once the runtime is over the task has been told as abandoned.
            let _ = self.shared.post(move |runtime| finish(runtime, id, outcome.as_ref()));
        }
    }

    pub fn sleep(&self, duration_ns: i64) {
        if let Ok(runtime) = self.shared.here() {
            // SAFETY: on the runtime's thread; a task that has ended is not to be woken.
            unsafe { sys::ptg_task_sleep(runtime, self.id(), duration_ns) };
            self.shared.nudge();
        }
    }

    pub fn now_ns(&self) -> i64 {
        let mut now = 0;
        if let Ok(runtime) = self.shared.here() {
            // SAFETY: on the runtime's thread.
            unsafe { sys::ptg_runtime_get_time(runtime, &mut now) };
        }
        now
    }

    /// Asks for a wake at the first end of a sleep, unless one is on its way.
    pub fn arm(&self) {
        if self.is_woken.load(Ordering::Acquire) {
            return;
        }
        if let Some(first) = self.signals.peek(Signals::arm).flatten() {
            self.sleep((first - self.now_ns()).max(0));
        }
    }
}

fn finish(runtime: *mut sys::ptg_runtime, task: u64, outcome: Option<&Outcome>) {
    // SAFETY: on the runtime's thread; that the task has ended already is an answer.
    with_raw(outcome, |raw| unsafe { sys::ptg_task_finish(runtime, task, raw) });
}

fn with_raw<R>(outcome: Option<&Outcome>, use_it: impl FnOnce(*const sys::ptg_outcome) -> R) -> R {
    match outcome {
        Some(outcome) => outcome.with_raw(|raw| use_it(raw)),
        None => use_it(ptr::null()),
    }
}

/// While it is there this thread polls a task.
pub(crate) struct Polled(*const Core);

impl Polled {
    pub fn enter(core: &Core) -> Self {
        Self(POLLED.replace(core))
    }
}

impl Drop for Polled {
    fn drop(&mut self) {
        POLLED.set(self.0);
    }
}

/// What of a spawn decides about its callbacks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tells {
    pub drain: bool,
    pub cancel: bool,
    pub kill: bool,
    /// A cancel drops the future.
    pub is_plain: bool,
    /// A kill is told as a signal, and does not drop the future.
    pub is_kill_told: bool,
}
