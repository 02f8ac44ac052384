//! tokio's workers, as those who poll the futures of a runtime on a thread of its own.
//!
//! A task that starts goes into one queue, from which a few tasks of tokio, the pumps, take it and poll it once. Most
//! end with that; one that does not becomes a task of tokio's own, whose first poll repeats the last one with a waker
//! that counts. Ends that were well are told in batches. A poll that blocks holds up neither the queue, nor an end, nor
//! a task that a pump has handed to tokio.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as Polling, Poll};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::shared::{Shared, lock};
use crate::status::{Error, Result, Status};

/// How many tasks a pump polls before tokio's other tasks are let in.
const AT_ONCE: usize = 64;

/// Pumps for each worker: some may be stuck in a long poll.
const PUMPS_PER_WORKER: usize = 4;

/// What a first poll came to.
pub(crate) enum FirstPoll {
    /// Its handle; that is still to be told.
    EndedWell(u64),
    Ended,
    /// It has become a task of tokio's own.
    Waits,
}

/// A task that has started.
pub(crate) trait Run: Send + Sync {
    /// Polls it for the first time.
    fn run(self: Arc<Self>, tokio: &Handle) -> FirstPoll;

    /// Ends it: there is nobody to poll it.
    fn abort(&self);
}

pub(crate) struct Workers {
    pub tokio: Handle,
    state: Mutex<State>,
    ended: Mutex<Vec<u64>>, // well, and not told yet
}

/// Invariant: while `queue` is not empty there is a pump that is not in a poll, unless there are as many as there may
/// be.
#[derive(Default)]
struct State {
    queue: VecDeque<Arc<dyn Run>>,
    pumps: usize,
    polling: usize, // of the pumps
}

impl Workers {
    pub fn new(tokio: Handle) -> Arc<Self> {
        Arc::new(Self { tokio, state: Mutex::default(), ended: Mutex::default() })
    }

    pub fn may_block(&self) -> Result<()> {
        let is_here = Handle::try_current().is_ok_and(|here| here.id() == self.tokio.id());
        if is_here && self.tokio.runtime_flavor() == RuntimeFlavor::CurrentThread {
            return Err(Error::new(
                Status::Deadlock,
                "it would block the only thread of the tokio runtime that polls the tasks: use shutdown().await",
            ));
        }
        Ok(())
    }

    pub fn add(self: &Arc<Self>, shared: &Arc<Shared>, task: Arc<dyn Run>) {
        let mut state = lock(&self.state);
        state.queue.push_back(task);
        let is_behind = state.polling == state.pumps || state.queue.len() > 1;
        if !is_behind || state.pumps >= PUMPS_PER_WORKER * self.tokio.metrics().num_workers() {
            return;
        }
        state.pumps += 1;
        drop(state);
        let pump = Pump { workers: self.clone(), shared: shared.clone(), is_over: false };
        drop(self.tokio.spawn(tokio::task::unconstrained(pump)));
    }

    /// The next task, to be polled; without one a pump is over.
    fn take(&self) -> Option<Arc<dyn Run>> {
        let mut state = lock(&self.state);
        let task = state.queue.pop_front();
        match task {
            Some(_) => state.polling += 1,
            None => state.pumps -= 1,
        }
        task
    }

    fn has_polled(&self) {
        lock(&self.state).polling -= 1;
    }

    /// Tells of a task that it has ended well, with those that end until the runtime looks.
    fn tell(self: &Arc<Self>, shared: &Shared, task: u64) {
        let is_first = {
            let mut ended = lock(&self.ended);
            ended.push(task);
            ended.len() == 1
        };
        if is_first {
            let workers = self.clone();
            shared.finish_well(move || std::mem::take(&mut *lock(&workers.ended)));
        }
    }
}

struct Pump {
    workers: Arc<Workers>,
    shared: Arc<Shared>,
    is_over: bool,
}

impl Future for Pump {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<()> {
        for _ in 0..AT_ONCE {
            let Some(task) = self.workers.take() else {
                self.is_over = true;
                return Poll::Ready(());
            };
            let polled = task.run(&self.workers.tokio);
            self.workers.has_polled();
            match polled {
                FirstPoll::EndedWell(task) => self.workers.tell(&self.shared, task),
                FirstPoll::Ended => {}
                // tokio has it next on this worker, where no other one could take it.
                FirstPoll::Waits => break,
            }
        }
        polling.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Dropped before it is over only by a tokio runtime that is shut down: its tasks end with it.
impl Drop for Pump {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        while let Some(task) = self.workers.take() {
            self.workers.has_polled();
            task.abort();
        }
    }
}
