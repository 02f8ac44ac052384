//! A runtime as the guest of tokio.

use std::future::Future;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::{Pin, pin};
use std::task::{Context as Polling, Poll, ready};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::shared::lock;
use crate::status::{Error, Result, Status};
use crate::{GroupState, Limit, LocalRuntime};

/// How many turns in a row before tokio's other tasks are let in.
const TURNS: u32 = 8;

struct Descriptor(RawFd);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

/// Who drives is to be told of nothing once it has stopped.
struct Driving<'a>(&'a LocalRuntime);

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        let driver = lock(&self.0.handle().shared.driver).take();
        drop(driver);
    }
}

impl LocalRuntime {
    /// Runs this runtime as a guest of the tokio runtime whose thread this is, until its root group is closed: beside
    /// whatever else that thread does, so that its tasks can use all of tokio. Dropped before, it stands still.
    ///
    /// Not for a manual clock.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ptg::Error> {
    /// let runtime = ptg::LocalRuntime::new()?;
    /// let root = runtime.root();
    /// let program = async {
    ///     let nap = root.spawn(async { tokio::time::sleep(std::time::Duration::from_millis(1)).await })?;
    ///     nap.await.unwrap();
    ///     root.shutdown()
    /// };
    /// let (driven, result) = tokio::join!(runtime.drive(), program);
    /// driven.and(result)
    /// # }
    /// ```
    pub async fn drive(&self) -> Result<()> {
        let (descriptor, _) = self.descriptor()?;
        // SAFETY: the descriptor is the runtime's, which is borrowed for as long as this is.
        let descriptor = unsafe { AsyncFd::register_with_interest(Descriptor(descriptor), Interest::READABLE) }
            .map_err(|error| Error::new(Status::System, error.to_string()))?;
        let _driving = Driving(self);
        let mut timer = pin!(sleep_until(Instant::now()));
        let driven = std::future::poll_fn(|polling| self.poll_drive(&descriptor, timer.as_mut(), polling));
        // The budget of a task of tokio is for one task; here are many.
        tokio::task::unconstrained(driven).await
    }

    fn poll_drive(
        &self,
        descriptor: &AsyncFd<Descriptor>,
        mut timer: Pin<&mut Sleep>,
        polling: &mut Polling<'_>,
    ) -> Poll<Result<()>> {
        let system = |error: std::io::Error| Error::new(Status::System, error.to_string());
        *lock(&self.handle().shared.driver) = Some(polling.waker().clone());
        for _ in 0..TURNS {
            self.turn(Limit::from_nanos(0))?;
            if self.root().info()?.state == GroupState::Closed {
                return Poll::Ready(self.take_last_mail());
            }
            match self.descriptor()?.1 {
                Some(Duration::ZERO) => continue,
                Some(timeout) => timer.as_mut().reset(Instant::now() + timeout),
                None => timer.as_mut().reset(Instant::now() + Duration::from_secs(3600)),
            }
            if timer.as_mut().poll(polling).is_ready() {
                continue;
            }
            // Cleared before the turn that takes what there is.
            ready!(descriptor.poll_read_ready(polling)).map_err(system)?.clear_ready();
        }
        polling.waker().wake_by_ref();
        Poll::Pending
    }
}
