//! A task that is a future: one allocation, which libptg has as user data, the join handle and the wakers as an `Arc`.
//!
//! The future is polled from inside a callback of its own task (start, wake, drain, cancel, kill), so that libptg
//! knows on whose behalf code runs; a waker asks for a wake by a sleep of no time. With a pool it is polled there, and
//! callbacks only wake it. It is dropped at the end of the task at the latest, by whoever may poll it.

use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, TryLockError};
use std::task::{Context as Polling, Poll, Waker};

use ptg_sys as sys;

use crate::context::Signal;
use crate::join::{End, Join, JoinError, Joinable};
use crate::outcome::{Cause, Outcome, TaskOutput, outcome_of};
#[cfg(feature = "tokio")]
use crate::pool::{FirstPoll, Run};
use crate::shared::{Pool, Shared, discard, guard, lock};
use crate::status::Status;
use crate::task_core::{Core, OnDone, Owner, Polled, Wake};

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
            core: Core::new(shared, group, is_on_pool),
            future: Mutex::new(None),
            join: Mutex::new(Join::default()),
            on_done: Mutex::new(on_done),
        })
    }

    pub fn set_future(&self, future: F) {
        *lock(&self.future) = Some(future);
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
            is_well = match (result, dropped) {
                (Ok(Poll::Ready(output)), Ok(())) => self.complete(output),
                (Err(payload), _) | (_, Err(payload)) => self.fail(panicked(payload)),
                (Ok(Poll::Pending), Ok(())) => unreachable!("it is over"),
            };
        }
        drop(polled);
        is_well
    }

    /// Ends the task with what its future gave. True: well, which is to be told.
    fn complete(&self, output: F::Output) -> bool {
        // What it gave is foreign code: making an error of it, and dropping what nobody wants.
        let completed = catch_unwind(AssertUnwindSafe(|| match output.into_result() {
            Ok(value) => {
                let unwanted = lock(&self.join).set_value(value);
                drop(unwanted);
                None
            }
            Err(error) => Some((outcome_of(&*error), Cause::Error(error.into()))),
        }));
        match completed {
            Ok(None) => true,
            Ok(Some((outcome, cause))) => self.fail((cause, outcome)),
            Err(payload) => self.fail(panicked(payload)),
        }
    }

    /// Ends the task badly; false, as this is told.
    fn fail(&self, (cause, outcome): (Cause, Outcome)) -> bool {
        if outcome.status != Some(Status::Cancelled) {
            self.core.has_cause.store(true, Ordering::SeqCst);
            self.core.shared.keep_cause(self.core.id(), cause);
            // Somebody else may have ended it: then nobody comes for the cause.
            if self.core.is_over.load(Ordering::SeqCst) {
                guard((), || drop(self.core.shared.take_cause(self.core.id())));
            }
        }
        self.core.finish(Some(&outcome));
        false
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
            Err(payload) => _ = self.fail(panicked(payload)),
        }
    }

    fn cancel_by_drop(&self) {
        self.end_as(&Outcome::of(Status::Cancelled));
    }

    /// As `cancel_by_drop`, and has the pool's poller look that it is gone.
    pub fn end_by_drop(&self) {
        self.cancel_by_drop();
        if let Some(poller) = self.core.take_poller() {
            poller.wake();
        }
    }

    /// The end of a sleep: of one inside of the task, or of one that was asked for from outside.
    pub fn wake_up(self: &Arc<Self>) {
        let core = &self.core;
        let due = core.signals.peek(|signals| signals.take_armed().then(|| signals.take_due(core.now_ns()))).flatten();
        if due.is_none() && !core.is_woken.load(Ordering::Acquire) {
            return self.signal(Signal::Wake);
        }
        core.is_woken.store(true, Ordering::Release);
        due.into_iter().flatten().for_each(Waker::wake);
        self.poll_here();
    }

    /// All that its end brings.
    ///
    /// # Safety
    /// `outcome` is libptg's, valid during the call.
    pub unsafe fn end(&self, task: u64, outcome: &sys::ptg_outcome) {
        self.core.set_id(task);
        if let Err(payload) = self.drop_future() {
            discard(payload);
        }
        // The pool's poller keeps the task until it has looked.
        if self.core.is_on_pool()
            && let Some(poller) = self.core.take_poller()
        {
            poller.wake();
        }
        self.core.forget_wakers();
        self.core.is_over.store(true, Ordering::SeqCst);
        let has_cause = self.core.has_cause.load(Ordering::SeqCst);
        let cause = if has_cause { self.core.shared.take_cause(task) } else { None };
        let on_done = lock(&self.on_done).take();
        let is_well = outcome.status == sys::PTG_OK;
        if is_well && on_done.is_none() {
            return Join::end(&self.join, End::Well);
        }
        // SAFETY: as the caller says.
        let outcome = unsafe { Outcome::from_raw(outcome) };
        if let Some(on_done) = on_done {
            guard((), || on_done(&outcome));
        }
        Join::end(&self.join, if is_well { End::Well } else { End::Badly(Box::new(JoinError::new(cause, outcome))) });
    }

    /// Passes on what libptg tells the task, and polls it if it waits for that.
    pub fn signal(self: &Arc<Self>, signal: Signal) {
        let waiting = self.core.signals.with(|signals| signals.tell(signal));
        self.wake_all(waiting);
    }

    /// Wakes who waits inside of the task, and polls it in this callback.
    fn wake_all(self: &Arc<Self>, waiting: Vec<Waker>) {
        if waiting.is_empty() {
            return;
        }
        if !self.core.is_on_pool() {
            self.core.is_woken.store(true, Ordering::Release);
        }
        waiting.into_iter().for_each(Waker::wake);
        if !self.core.is_on_pool() {
            self.poll_here();
        }
    }

    pub fn poll_here(self: &Arc<Self>) {
        // SAFETY: a waker for the time of the poll, which does not count.
        let waker = ManuallyDrop::new(Waker::from(unsafe { Arc::from_raw(Arc::as_ptr(self)) }));
        if self.poll(&waker) {
            return self.core.finish(None);
        }
        self.core.arm();
    }

    pub fn start(self: &Arc<Self>) {
        match &self.core.shared.pool {
            #[cfg(feature = "tokio")]
            Pool::Tokio(workers) if self.core.is_on_pool() => workers.add(&self.core.shared, self.clone()),
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
    fn run(self: Arc<Self>, tokio: &tokio::runtime::Handle) -> FirstPoll {
        if self.poll(Waker::noop()) {
            return FirstPoll::EndedWell(self.core.id());
        }
        if !self.has_future() {
            return FirstPoll::Ended;
        }
        drop(tokio.spawn(OnPool(self)));
        FirstPoll::Waits
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
