//! What a task is told by libptg: to drain, to end, that its time is over.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Polling, Poll, Waker};
use std::time::Duration;

use crate::group_options::nanoseconds;
use crate::outcome::Cancelled;
use crate::shared::{Pool, lock};
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

/// Signals not yet taken, and who waits.
#[derive(Default)]
pub(crate) struct Signals {
    untaken: VecDeque<Signal>,
    is_draining: bool,
    cancellation: Option<Cancellation>,
    waits: Vec<Wait>,
    next_wait: u64,
    /// A wake has been asked for, for the first end of a sleep.
    is_armed: bool,
    /// Whoever polls the task on a pool.
    poller: Option<Waker>,
}

/// A future that waits. Invariant: it is there until it is woken or the future is dropped, and once.
struct Wait {
    number: u64,
    /// On the runtime's clock; `None`: for whatever is told.
    end_ns: Option<i64>,
    waker: Waker,
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
        self.take_if(|wait| wait.end_ns.is_none())
    }

    fn take_if(&mut self, is_over: impl Fn(&Wait) -> bool) -> Vec<Waker> {
        self.waits.extract_if(.., |wait| is_over(wait)).map(|wait| wait.waker).collect()
    }

    /// Has a future woken, whose number is answered, and given again when it waits again.
    pub fn wait(&mut self, number: Option<u64>, end_ns: Option<i64>, waker: &Waker) -> u64 {
        if let Some(wait) = self.waits.iter_mut().find(|wait| Some(wait.number) == number) {
            wait.waker.clone_from(waker);
            return wait.number;
        }
        self.next_wait += 1;
        self.waits.push(Wait { number: self.next_wait, end_ns, waker: waker.clone() });
        self.next_wait
    }

    /// The waker of a future that waits no more, to be dropped elsewhere.
    #[must_use]
    pub fn forget(&mut self, number: u64) -> Option<Waker> {
        let at = self.waits.iter().position(|wait| wait.number == number)?;
        Some(self.waits.swap_remove(at).waker)
    }

    /// All wakers, to be dropped elsewhere: those of the task itself keep it.
    pub fn take_wakers(&mut self) -> impl Sized + use<> {
        (std::mem::take(&mut self.waits), self.poller.take())
    }

    /// The first end of a sleep, for which a wake is asked for then.
    pub fn arm(&mut self) -> Option<i64> {
        let first = self.waits.iter().filter_map(|wait| wait.end_ns).min()?;
        self.is_armed = true;
        Some(first)
    }

    /// Was a wake asked for? It has come.
    pub fn take_armed(&mut self) -> bool {
        std::mem::take(&mut self.is_armed)
    }

    pub fn take_due(&mut self, now_ns: i64) -> Vec<Waker> {
        self.take_if(|wait| wait.end_ns.is_some_and(|end| end <= now_ns))
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
        self.told(|signals| (signals.is_draining || signals.cancellation.is_some()).then_some(())).await
    }

    /// Completes when the task has been asked to end, with the reason.
    pub async fn cancelled(&self) -> Cancellation {
        self.told(|signals| signals.cancellation.clone()).await
    }

    /// The next thing that the task is told, in order. Nothing is lost between two calls.
    pub async fn signal(&self) -> Signal {
        self.told(|signals| signals.untaken.pop_front()).await
    }

    /// Waits until there is what `look` looks for.
    async fn told<R>(&self, look: impl Fn(&mut Signals) -> Option<R>) -> R {
        let mut waiting = Waiting { told: &self.core().signals, number: None };
        poll_fn(|polling| {
            waiting.told.with(|signals| match look(signals) {
                Some(result) => Poll::Ready(result),
                None => {
                    waiting.number = Some(signals.wait(waiting.number, None, polling.waker()));
                    Poll::Pending
                }
            })
        })
        .await
    }

    /// Completes after `duration`, never early: on the runtime's clock, a manual one too, or, for a task that is
    /// polled by tokio's workers, on tokio's. It counts from this call, or, if that is made on another thread than the
    /// task is polled on, from the first poll.
    ///
    /// Only for the task itself: polled by anybody else it panics.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        let core = self.core();
        let timer = if core.is_on_pool() {
            Timer::Pool(pool_sleep(&core.shared.pool, duration))
        } else {
            let end_ns = core.shared.here().is_ok().then(|| core.now_ns().saturating_add(nanoseconds(duration)));
            Timer::Runtime { duration, end_ns, number: None }
        };
        Sleep { context: self.clone(), timer }
    }
}

#[cfg(feature = "tokio")]
type PoolSleep = Pin<Box<tokio::time::Sleep>>;
#[cfg(not(feature = "tokio"))]
type PoolSleep = std::future::Pending<()>;

#[cfg(feature = "tokio")]
fn pool_sleep(pool: &Pool, duration: Duration) -> PoolSleep {
    let Pool::Tokio(workers) = pool else { unreachable!("there is no pool") };
    let _inside = workers.tokio.enter();
    Box::pin(tokio::time::sleep(duration))
}

#[cfg(not(feature = "tokio"))]
fn pool_sleep(_: &Pool, _: Duration) -> PoolSleep {
    unreachable!("there is no pool")
}

/// The place in the list of those who wait, of a future that goes away.
struct Waiting<'a> {
    told: &'a Told,
    number: Option<u64>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        forget(self.told, self.number);
    }
}

/// Most have been woken before.
fn forget(told: &Told, number: Option<u64>) {
    let waker = number.and_then(|number| told.peek(|signals| signals.forget(number)).flatten());
    drop(waker);
}

enum Timer {
    Runtime { duration: Duration, end_ns: Option<i64>, number: Option<u64> },
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
            Timer::Runtime { duration, end_ns, number } => {
                let core = context.core();
                let is_own = Core::polled(|polled| std::ptr::eq(polled, core));
                assert!(is_own == Some(true), "only the task itself can wait for the end of its Context::sleep()");
                let now_ns = core.now_ns();
                let end_ns = *end_ns.get_or_insert_with(|| now_ns.saturating_add(nanoseconds(*duration)));
                if now_ns >= end_ns {
                    return Poll::Ready(());
                }
                // Asked for when the poll of the task is over.
                *number = Some(core.signals.with(|signals| signals.wait(*number, Some(end_ns), polling.waker())));
                Poll::Pending
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Timer::Runtime { number, .. } = self.timer {
            forget(&self.context.core().signals, number);
        }
    }
}
