//! A task that is a future: one allocation, which libptg has as user data, the join handle and the wakers as an `Arc`.
//!
//! The future is polled from inside a callback of its own task (start, wake, drain, cancel, kill), so that libptg
//! knows on whose behalf code runs; a waker asks for a wake by a sleep of no time. With a pool it is polled there, and
//! callbacks only wake it. It is dropped at the end of the task at the latest, by whoever may poll it.

use std::cell::Cell as StdCell;
use std::ffi::c_void;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, TryLockError};
use std::task::{Context as Polling, Poll, Waker};

use ptg_sys as sys;

use crate::context::{Cancellation, Signal, Signals, Told};
use crate::join::{End, Join, JoinError, Joinable};
use crate::outcome::{BoxError, Cause, Outcome, TaskOutput, outcome_of, text};
#[cfg(feature = "tokio")]
use crate::pool::Run;
use crate::shared::{Pool, Shared, discard, guard, lock, until_room};
use crate::status::Status;

thread_local! {
    /// The task whose future this thread is polling.
    static POLLED: StdCell<*const Core> = const { StdCell::new(ptr::null()) };
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
    is_woken: AtomicBool,
    /// The future is to be dropped as soon as nobody polls it.
    is_to_drop: AtomicBool,
    /// A spawn that is refused is to be tried again: nothing is released.
    pub is_kept: AtomicBool,
    /// A cause is kept for it.
    has_cause: AtomicBool,
    pub signals: Told,
}

impl Core {
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

    fn take_poller(&self) -> Option<Waker> {
        self.signals.peek(|signals| signals.take_poller()).flatten()
    }

    /// To be done when the future is gone.
    fn forget_wakers(&self) {
        drop(self.signals.peek(Signals::take_wakers));
    }

    fn finish(&self, outcome: Option<&Outcome>) {
        let finish = |raw: *const sys::ptg_outcome| match self.shared.here() {
            // SAFETY: on the runtime's thread; that the task has ended already is an answer.
            Ok(runtime) => drop(unsafe { sys::ptg_task_finish(runtime, self.id(), raw) }),
            Err(_) if self.shared.is_here() => {}
            // Once the runtime is over the task has been told as abandoned. An end must not be lost.
            Err(_) => drop(until_room(None, || {
                // SAFETY: a way in is for any thread.
                unsafe { sys::ptg_remote_finish(self.shared.remote(), self.id(), raw) }
            })),
        };
        match outcome {
            Some(outcome) => outcome.with_raw(|raw| finish(raw)),
            None => finish(ptr::null()),
        }
    }

    fn sleep(&self, duration_ns: i64) {
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
    fn arm(&self) {
        let Some(first) = self.signals.peek(|signals| signals.first_sleep()).flatten() else { return };
        if !self.is_woken.load(Ordering::Acquire) {
            self.sleep((first - self.now_ns()).max(0));
        }
    }
}

struct Polled(*const Core);

impl Polled {
    fn enter(core: &Core) -> Self {
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

/// Invariant: `future` is touched by its poller only, or on the runtime's thread while nobody polls.
pub(crate) struct Cell<F: Future<Output: TaskOutput>> {
    core: Core,
    future: Mutex<Option<F>>,
    join: Mutex<Join<<F::Output as TaskOutput>::Value>>,
    on_done: Mutex<Option<OnDone>>,
}

// SAFETY: a future that is not Send is made, polled and dropped on the runtime's thread: see `spawn_local`, and the
// invariant. All else is Send.
unsafe impl<F: Future<Output: TaskOutput>> Send for Cell<F> {}
// SAFETY: as above; everything is behind locks.
unsafe impl<F: Future<Output: TaskOutput>> Sync for Cell<F> {}

impl<F: Future<Output: TaskOutput> + 'static> Cell<F> {
    pub fn new(shared: Arc<Shared>, group: u64, is_local: bool, on_done: Option<OnDone>) -> Arc<Self> {
        let is_on_pool = !is_local && !matches!(shared.pool, Pool::None);
        Arc::new(Self {
            core: Core {
                shared,
                group,
                id: AtomicU64::new(0),
                is_on_pool,
                is_woken: AtomicBool::new(false),
                is_to_drop: AtomicBool::new(false),
                is_kept: AtomicBool::new(false),
                has_cause: AtomicBool::new(false),
                signals: Told::default(),
            },
            future: Mutex::new(None),
            join: Mutex::new(Join::default()),
            on_done: Mutex::new(on_done),
        })
    }

    pub fn set_future(&self, future: F) {
        *lock(&self.future) = Some(future);
    }

    /// The table of callbacks for tasks of this sort of future.
    pub const fn table(tells: Tells, name: *const std::ffi::c_char) -> sys::ptg_task_type {
        let drain: sys::ptg_task_fn = if tells.drain { Some(on_drain::<F>) } else { None };
        let cancel: sys::ptg_cancel_fn = match (tells.cancel, tells.is_plain) {
            (false, _) => None,
            (true, false) => Some(on_cancel::<F>),
            (true, true) => Some(on_plain_cancel::<F>),
        };
        let kill: sys::ptg_task_fn = match (tells.kill, tells.is_kill_told) {
            (false, _) => None,
            (true, true) => Some(on_told_kill::<F>),
            (true, false) => Some(on_kill::<F>),
        };
        sys::ptg_task_type {
            size: size_of::<sys::ptg_task_type>() as u32,
            flags: 0,
            name,
            start: Some(on_start::<F>),
            drain,
            cancel,
            kill,
            wake: Some(on_wake::<F>),
            done: Some(on_done::<F>),
            release: Some(on_release::<F>),
        }
    }

    /// Polls the future once, unless it is being polled or gone. True: the task has ended well, which is to be told.
    #[must_use]
    fn poll(self: &Arc<Self>, waker: &Waker) -> bool {
        self.core.is_woken.store(false, Ordering::Release);
        let mut place = match self.future.try_lock() {
            Ok(place) => place,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        let Some(future) = place.as_mut() else { return false };
        let polled = Polled::enter(&self.core);
        // SAFETY: the future stays in its allocation until it is dropped there.
        let future = unsafe { Pin::new_unchecked(future) };
        let result = catch_unwind(AssertUnwindSafe(|| future.poll(&mut Polling::from_waker(waker))));
        let mut is_well = false;
        if matches!(result, Ok(Poll::Pending)) {
            drop(place);
            // Who sets it either finds the place free, or is seen here.
            fence(Ordering::SeqCst);
            if self.core.is_to_drop.load(Ordering::Relaxed) {
                self.cancel_by_drop();
                self.core.forget_wakers();
            }
        } else {
            let dropped = catch_unwind(AssertUnwindSafe(|| *place = None));
            drop(place);
            is_well = self.complete(match (result, dropped) {
                (Ok(Poll::Ready(output)), Ok(())) => output.into_result().map_err(|e| self.cause(e)),
                (Err(payload), _) | (_, Err(payload)) => Err(panicked(payload)),
                (Ok(Poll::Pending), Ok(())) => unreachable!("it is over"),
            });
        }
        drop(polled);
        is_well
    }

    fn cause(&self, error: BoxError) -> (Cause, Outcome) {
        let outcome = outcome_of(&*error);
        (Cause::Error(error.into()), outcome)
    }

    fn complete(&self, result: Result<<F::Output as TaskOutput>::Value, (Cause, Outcome)>) -> bool {
        match result {
            Ok(value) => {
                lock(&self.join).set_value(value);
                true
            }
            Err((cause, outcome)) => {
                if outcome.status != Some(Status::Cancelled) {
                    self.core.has_cause.store(true, Ordering::Release);
                    self.core.shared.keep_cause(self.core.id(), cause);
                }
                self.core.finish(Some(&outcome));
                false
            }
        }
    }

    /// Is there something left to poll?
    #[cfg(feature = "tokio")]
    fn has_future(&self) -> bool {
        !self.future.try_lock().is_ok_and(|place| place.is_none())
    }

    /// Drops the future, if nobody polls it; whoever does will. Answers whether it was there, or what its drop panicked
    /// with.
    fn drop_future(&self) -> std::thread::Result<bool> {
        self.core.is_to_drop.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let mut place = match self.future.try_lock() {
            Ok(place) => place,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(false),
        };
        if place.is_none() {
            return Ok(false);
        }
        let _polled = Polled::enter(&self.core);
        catch_unwind(AssertUnwindSafe(|| *place = None)).map(|()| true)
    }

    /// Drops all that was given along: the future may hold what holds it.
    pub fn throw_away(&self) {
        if let Err(payload) = self.drop_future() {
            discard(payload);
        }
        let on_done = lock(&self.on_done).take();
        guard((), || drop(on_done));
    }

    /// Ends the task by dropping its future, at once or as soon as its poll returns.
    fn end_as(&self, outcome: &Outcome) {
        match self.drop_future() {
            Ok(false) => {}
            Ok(true) => self.core.finish(Some(outcome)),
            Err(payload) => drop(self.complete(Err(panicked(payload)))),
        }
    }

    fn cancel_by_drop(&self) {
        self.end_as(&Outcome::of(Status::Cancelled));
    }

    /// Passes on what libptg tells the task, and polls it if it waits for that.
    fn signal(self: &Arc<Self>, signal: Signal) {
        let waiting = self.core.signals.with(|signals| signals.tell(signal));
        self.wake_all(waiting);
    }

    /// Wakes who waits inside of the task, and polls it in this callback.
    fn wake_all(self: &Arc<Self>, waiting: Vec<Waker>) {
        if waiting.is_empty() {
            return;
        }
        if !self.core.is_on_pool {
            self.core.is_woken.store(true, Ordering::Release);
        }
        waiting.into_iter().for_each(Waker::wake);
        if !self.core.is_on_pool {
            self.poll_here();
        }
    }

    fn poll_here(self: &Arc<Self>) {
        // SAFETY: a waker for the time of the poll, which does not count.
        let waker = ManuallyDrop::new(Waker::from(unsafe { Arc::from_raw(Arc::as_ptr(self)) }));
        if self.poll(&waker) {
            return self.core.finish(None);
        }
        self.core.arm();
    }

    fn start(self: &Arc<Self>) {
        match &self.core.shared.pool {
            #[cfg(feature = "tokio")]
            Pool::Tokio(workers) if self.core.is_on_pool => workers.add(&self.core.shared, self.clone()),
            _ => self.poll_here(),
        }
    }
}

fn panicked(payload: Box<dyn std::any::Any + Send>) -> (Cause, Outcome) {
    let cause = Cause::Panic(Arc::new(Mutex::new(Some(payload))));
    let outcome = Outcome { message: Some(cause.to_string()), ..Outcome::of(Status::Failed) };
    (cause, outcome)
}

impl<F: Future<Output: TaskOutput> + 'static> Owner for Cell<F> {
    fn core(&self) -> &Core {
        &self.core
    }
}

impl<F: Future<Output: TaskOutput> + 'static> Wake for Cell<F> {
    fn wake_here(&self) {
        self.core.sleep(0);
    }
}

impl<F: Future<Output: TaskOutput> + 'static> std::task::Wake for Cell<F> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.core.is_woken.swap(true, Ordering::AcqRel) {
            return;
        }
        if self.core.shared.is_here() {
            return self.wake_here();
        }
        self.core.shared.wake_remotely(self.clone());
    }
}

#[cfg(feature = "tokio")]
impl<F: Future<Output: TaskOutput> + 'static> Run for Cell<F> {
    fn run(self: Arc<Self>, tokio: &tokio::runtime::Handle) -> Option<u64> {
        if self.poll(Waker::noop()) {
            return Some(self.core.id());
        }
        if self.has_future() {
            drop(tokio.spawn(OnPool(self)));
        }
        None
    }

    fn abort(&self) {
        self.end_as(&Outcome { message: Some("its executor was shut down".into()), ..Outcome::of(Status::Cancelled) });
    }
}

/// The task of tokio that polls a task.
#[cfg(feature = "tokio")]
struct OnPool<F: Future<Output: TaskOutput> + 'static>(Arc<Cell<F>>);

#[cfg(feature = "tokio")]
impl<F: Future<Output: TaskOutput> + 'static> Future for OnPool<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<()> {
        let cell = &self.0;
        cell.core.signals.with(|signals| signals.set_poller(polling.waker()));
        if cell.poll(polling.waker()) {
            cell.core.finish(None);
        }
        if cell.has_future() {
            return Poll::Pending;
        }
        drop(cell.core.take_poller());
        Poll::Ready(())
    }
}

/// Dropped unfinished only by a pool that is shut down: the task ends with it.
#[cfg(feature = "tokio")]
impl<F: Future<Output: TaskOutput> + 'static> Drop for OnPool<F> {
    fn drop(&mut self) {
        if self.0.has_future() {
            self.0.abort();
        }
    }
}

impl<F: Future<Output: TaskOutput> + 'static> Joinable<<F::Output as TaskOutput>::Value> for Cell<F> {
    fn join(&self) -> &Mutex<Join<<F::Output as TaskOutput>::Value>> {
        &self.join
    }
}

/* ------------------------------------------------------------- callbacks -- */

/// # Safety
/// `user_data` is the task's, which holds an `Arc` until `on_release`.
unsafe fn cell_of<F: Future<Output: TaskOutput> + 'static>(user_data: *mut c_void) -> ManuallyDrop<Arc<Cell<F>>> {
    // SAFETY: as the caller says; the count is not touched.
    ManuallyDrop::new(unsafe { Arc::from_raw(user_data.cast::<Cell<F>>()) })
}

unsafe extern "C" fn on_start<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    task: sys::ptg_task,
    user_data: *mut c_void,
) -> sys::ptg_status {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    cell.core.set_id(task);
    guard(sys::PTG_EFAILED, || {
        cell.start();
        sys::PTG_OK
    })
}

unsafe extern "C" fn on_wake<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || {
        let core = &cell.core;
        let (due, has_sleeps) = core
            .signals
            .peek(|signals| match signals.first_sleep() {
                Some(_) => (signals.take_due(core.now_ns()), true),
                None => (Vec::new(), false),
            })
            .unwrap_or_default();
        let is_own = core.is_woken.load(Ordering::Acquire) || has_sleeps;
        if !is_own {
            return cell.signal(Signal::Wake);
        }
        core.is_woken.store(true, Ordering::Release);
        due.into_iter().for_each(Waker::wake);
        cell.poll_here();
    });
}

unsafe extern "C" fn on_drain<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.signal(Signal::Drain));
}

unsafe extern "C" fn on_cancel<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    info: *const sys::ptg_cancel_info,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let (cell, info) = unsafe { (cell_of::<F>(user_data), &*info) };
    guard((), || {
        // SAFETY: valid during the call.
        let reason = unsafe { text(info.reason, info.reason_length) }.unwrap_or_default();
        cell.signal(Signal::Cancel(Cancellation { reason: reason.into(), originator: info.originator }));
    });
}

unsafe extern "C" fn on_plain_cancel<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    _: *const sys::ptg_cancel_info,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.end_by_drop());
}

unsafe extern "C" fn on_kill<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.end_by_drop());
}

unsafe extern "C" fn on_told_kill<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.signal(Signal::Kill));
}

impl<F: Future<Output: TaskOutput> + 'static> Cell<F> {
    /// As `cancel_by_drop`, and has the pool's poller look that it is gone.
    fn end_by_drop(&self) {
        self.cancel_by_drop();
        if let Some(poller) = self.core.take_poller() {
            poller.wake();
        }
    }
}

unsafe extern "C" fn on_done<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    task: sys::ptg_task,
    outcome: *const sys::ptg_outcome,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let (cell, outcome) = unsafe { (cell_of::<F>(user_data), &*outcome) };
    guard((), || {
        cell.core.set_id(task);
        if let Err(payload) = cell.drop_future() {
            discard(payload);
        }
        // The pool's poller keeps the task until it has looked.
        if cell.core.is_on_pool
            && let Some(poller) = cell.core.take_poller()
        {
            poller.wake();
        }
        cell.core.forget_wakers();
        let has_cause = cell.core.has_cause.load(Ordering::Acquire);
        let cause = if has_cause { cell.core.shared.take_cause(task) } else { None };
        let on_done = lock(&cell.on_done).take();
        let is_well = outcome.status == sys::PTG_OK;
        if is_well && on_done.is_none() {
            return Join::end(&cell.join, End::Well);
        }
        // SAFETY: valid during the call.
        let outcome = unsafe { Outcome::from_raw(outcome) };
        if let Some(on_done) = on_done {
            guard((), || on_done(&outcome));
        }
        Join::end(&cell.join, if is_well { End::Well } else { End::Badly(Box::new(JoinError::new(cause, outcome))) });
    });
}

unsafe extern "C" fn on_release<F: Future<Output: TaskOutput> + 'static>(user_data: *mut c_void) {
    // SAFETY: from libptg, once; the count that `spawn` gave.
    let cell = unsafe { Arc::from_raw(user_data.cast::<Cell<F>>()) };
    guard((), || {
        if !cell.core.is_kept.load(Ordering::Relaxed) {
            cell.throw_away();
        }
        drop(cell);
    });
}
