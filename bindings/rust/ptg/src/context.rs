//! What a task is told by libptg: to drain, to end, that its time is over.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Polling, Poll, Waker};
use std::time::Duration;

use crate::group_options::nanoseconds;
use crate::outcome::Cancelled;
use crate::shared::lock;
use crate::task_core::{Core, Owner};
use crate::{Group, Task};

/// Why a task is asked to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// In words.
    pub reason: Arc<str>,
    /// The handle of the task or group that asked; 0: from outside.
    pub originator: u64,
}

/// Something that a task is told; each comes at most once but `Wake`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Its time of [`Task::wake_after`] has come.
    Wake,
    /// Finish soon: its group drains.
    Drain,
    /// Finish now.
    Cancel(Cancellation),
    /// The cancel wait is over; only for those who asked to be told: [`OnKill::Tell`](crate::OnKill::Tell).
    Kill,
}

/// Signals not yet taken, and who waits. Invariant: `waiting` is empty whenever something was told.
#[derive(Default)]
pub(crate) struct Signals {
    untaken: VecDeque<Signal>,
    waiting: Vec<Waker>,
    is_draining: bool,
    cancellation: Option<Cancellation>,
    sleeps: Vec<(i64, Waker)>,
    /// Whoever polls the task on a pool.
    poller: Option<Waker>,
}

impl Signals {
    /// Notes a signal; answers whom to wake.
    pub fn tell(&mut self, signal: Signal) -> Vec<Waker> {
        match &signal {
            Signal::Drain => self.is_draining = true,
            Signal::Cancel(cancellation) => self.cancellation = Some(cancellation.clone()),
            Signal::Wake | Signal::Kill => {}
        }
        self.untaken.push_back(signal);
        std::mem::take(&mut self.waiting)
    }

    pub fn wait(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|waiting| waiting.will_wake(waker)) {
            self.waiting.push(waker.clone());
        }
    }

    /// All wakers, to be dropped elsewhere: those of the task itself keep it.
    pub fn take_wakers(&mut self) -> impl Sized + use<> {
        (std::mem::take(&mut self.waiting), std::mem::take(&mut self.sleeps), self.poller.take())
    }

    pub fn first_sleep(&self) -> Option<i64> {
        self.sleeps.iter().map(|(end, _)| *end).min()
    }

    pub fn take_due(&mut self, now_ns: i64) -> Vec<Waker> {
        self.sleeps.extract_if(.., |(end, _)| *end <= now_ns).map(|(_, waker)| waker).collect()
    }

    /// For whoever polls on a pool.
    #[cfg(feature = "tokio")]
    pub fn set_poller(&mut self, waker: &Waker) {
        match &mut self.poller {
            Some(poller) => poller.clone_from(waker),
            None => self.poller = Some(waker.clone()),
        }
    }

    pub fn take_poller(&mut self) -> Option<Waker> {
        self.poller.take()
    }
}

/// The signals of one task; most never have any.
#[derive(Default)]
pub(crate) struct Told(Mutex<Option<Box<Signals>>>);

impl Told {
    pub fn with<R>(&self, use_it: impl FnOnce(&mut Signals) -> R) -> R {
        use_it(lock(&self.0).get_or_insert_default())
    }

    /// What there is, if there ever was anything.
    pub fn peek<R>(&self, use_it: impl FnOnce(&mut Signals) -> R) -> Option<R> {
        lock(&self.0).as_deref_mut().map(use_it)
    }
}

/// A task's own view of itself: its cancellation token, its group, its clock. Cheap to clone; may be sent anywhere.
///
/// Keeping one keeps nothing alive but a few bytes.
#[derive(Clone)]
pub struct Context(Arc<dyn Owner>);

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Context").field(&self.task()).finish()
    }
}

impl Context {
    pub(crate) fn new(owner: Arc<dyn Owner>) -> Self {
        Self(owner)
    }

    fn core(&self) -> &Core {
        self.0.core()
    }

    /// The task itself. Its handle is known from its first run on.
    pub fn task(&self) -> Task {
        Task::new(self.core().shared.clone(), self.core().id())
    }

    /// The group that the task was put into.
    pub fn group(&self) -> Group {
        Group::new(self.core().shared.clone(), self.core().group)
    }

    /// Has the task been told to finish soon?
    pub fn is_draining(&self) -> bool {
        self.core().signals.peek(|signals| signals.is_draining).unwrap_or(false)
    }

    /// Has the task been asked to end?
    pub fn is_cancelled(&self) -> bool {
        self.core().signals.peek(|signals| signals.cancellation.is_some()).unwrap_or(false)
    }

    /// For `?` in a task that looks now and then: fails with [`Cancelled`] once it has been asked to end.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Completes when the task has been told to finish soon, or has been asked to end.
    pub async fn draining(&self) {
        poll_fn(|polling| self.ready(polling, |s| (s.is_draining || s.cancellation.is_some()).then_some(()))).await
    }

    /// Completes when the task has been asked to end, with the reason.
    pub async fn cancelled(&self) -> Cancellation {
        poll_fn(|polling| self.ready(polling, |signals| signals.cancellation.clone())).await
    }

    /// The next thing that the task is told, in order. Nothing is lost between two calls.
    pub async fn signal(&self) -> Signal {
        poll_fn(|polling| self.ready(polling, |signals| signals.untaken.pop_front())).await
    }

    fn ready<R>(&self, polling: &mut Polling<'_>, look: impl FnOnce(&mut Signals) -> Option<R>) -> Poll<R> {
        self.core().signals.with(|signals| match look(signals) {
            Some(result) => Poll::Ready(result),
            None => {
                signals.wait(polling.waker());
                Poll::Pending
            }
        })
    }

    /// Completes after `duration`, never early: on the runtime's clock, a manual one too, or, for a task that is
    /// polled by tokio's workers, on tokio's.
    ///
    /// Only inside the task itself.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        let core = self.core();
        let timer = if core.is_on_pool() {
            Timer::Pool(pool_sleep(duration))
        } else {
            Timer::Runtime { end_ns: core.now_ns().saturating_add(nanoseconds(duration)) }
        };
        Sleep { context: self.clone(), timer }
    }
}

#[cfg(feature = "tokio")]
type PoolSleep = Pin<Box<tokio::time::Sleep>>;
#[cfg(not(feature = "tokio"))]
type PoolSleep = std::future::Pending<()>;

#[cfg(feature = "tokio")]
fn pool_sleep(duration: Duration) -> PoolSleep {
    Box::pin(tokio::time::sleep(duration))
}

#[cfg(not(feature = "tokio"))]
fn pool_sleep(_: Duration) -> PoolSleep {
    unreachable!("there is no pool")
}

enum Timer {
    Runtime { end_ns: i64 },
    Pool(PoolSleep),
}

/// What [`Context::sleep`] gives.
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    context: Context,
    timer: Timer,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<()> {
        let Self { context, timer } = &mut *self;
        match timer {
            Timer::Pool(sleep) => Pin::new(sleep).poll(polling),
            Timer::Runtime { end_ns } => {
                let core = context.core();
                if core.now_ns() >= *end_ns {
                    return Poll::Ready(());
                }
                // Asked for when the poll of the task is over.
                core.signals.with(|signals| signals.sleeps.push((*end_ns, polling.waker().clone())));
                Poll::Pending
            }
        }
    }
}
