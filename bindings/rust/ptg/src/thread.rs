//! A runtime on a thread of its own.

use std::sync::mpsc;
use std::thread::JoinHandle;

use ptg_sys as sys;

use crate::local::Builder;
use crate::shared::Pool;
use crate::status::{Error, Result, Status};
use crate::{Group, Handle, Limit, Report, ShutdownOptions};

/// A runtime that lives on a thread of its own, and is there until this is dropped. `Send` and `Sync`.
///
/// After a shutdown of the root it takes nothing new, but what has been can still be asked for: the root's report,
/// blame, failures, history, counts and abandoned tasks; and the late ends of those are told.
///
/// Made inside a tokio runtime, its tasks are polled by that, and can use all of it; elsewhere by its own thread.
/// Hooks, handlers, timers, queues and lines of output always run on its own thread.
///
/// # Drop
///
/// Dropping it ends everything by force: the root, if it is not closed, is shut down with no grace and no cancel wait,
/// and the thread is waited for, which takes as long as one poll of a future on it; on that thread itself nothing is
/// waited for. From then on handles answer [`Status::Closed`]. For an orderly end, [`shutdown`](Self::shutdown) before.
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    root: Group,
    thread: Option<JoinHandle<Result<Report>>>,
}

impl Runtime {
    /// Starts a runtime with defaults.
    ///
    /// ```
    /// let runtime = ptg::Runtime::start()?;
    /// let _ = runtime.root().spawn(async { println!("hello") })?;
    /// runtime.shutdown_and_wait(ptg::ShutdownOptions::new())?;
    /// # Ok::<(), ptg::Error>(())
    /// ```
    pub fn start() -> Result<Self> {
        Builder::new().start()
    }

    /// The way to it.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The root group.
    pub fn root(&self) -> &Group {
        &self.root
    }

    /// Shuts the root down, and completes with the report when all is closed. Dropped before that, the shutdown goes
    /// on. Again it gives the same report.
    pub async fn shutdown(&self, options: ShutdownOptions) -> Result<Report> {
        self.begin(options)?;
        self.root.closed().await
    }

    /// As [`shutdown`](Self::shutdown), for a thread that may block; then the runtime is over. Its own thread would
    /// wait for itself, and so would the only one of the tokio runtime that polls its tasks: [`Status::Deadlock`], and
    /// the runtime is dropped.
    pub fn shutdown_and_wait(mut self, options: ShutdownOptions) -> Result<Report> {
        if self.handle.shared.is_here() {
            return Err(Error::new(Status::Deadlock, "the runtime's thread can not wait for its own end"));
        }
        self.handle.shared.pool.may_block()?;
        self.begin(options)?;
        self.handle.shared.mail.leave();
        join(self.thread.take().expect("only this and the drop take it"))
    }

    fn begin(&self, options: ShutdownOptions) -> Result<()> {
        match self.root.shutdown_with(options) {
            // It is closed already.
            Err(error) if error.status() == Status::Closed => Ok(()),
            begun => begun,
        }
    }
}

fn join(thread: JoinHandle<Result<Report>>) -> Result<Report> {
    thread.join().unwrap_or_else(|_| Err(Error::new(Status::Failed, "the runtime's thread panicked")))
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        let at_once = ShutdownOptions::new().force().grace(Limit::AT_ONCE).cancel_wait(Limit::AT_ONCE);
        let begun = self.begin(at_once.deadline(Limit::AT_ONCE));
        self.handle.shared.mail.leave();
        if self.handle.shared.is_here() {
            return;
        }
        if let Err(error) = begun.and_then(|()| join(thread)) {
            eprintln!("ptg: a runtime's thread ended badly: {error}");
        }
    }
}

impl Builder {
    /// Starts a runtime on a thread of its own. Not with a manual clock, which nobody there would move.
    pub fn start(self) -> Result<Runtime> {
        if self.is_clock_manual {
            return Err(Error::invalid("manual_clock: only with build_local(); here nobody could move it"));
        }
        let pool = pool_here();
        let (sender, receiver) = mpsc::sync_channel(1);
        let body = move || {
            let runtime = match self.build_with(pool) {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = sender.send(Err(error.clone()));
                    return Err(error);
                }
            };
            runtime.handle().shared.mail.open();
            let _ = sender.send(Ok((runtime.handle().clone(), runtime.root())));
            runtime.run()?;
            let report = runtime.root().report();
            runtime.serve()?;
            // What is left ends with the drop of one that is given back.
            let _ = runtime.destroy();
            report
        };
        let thread = std::thread::Builder::new()
            .name("ptg".into())
            .spawn(body)
            .map_err(|error| Error::new(Status::System, error.to_string()))?;
        let (handle, root) =
            receiver.recv().unwrap_or_else(|_| Err(Error::new(Status::Failed, "the runtime's thread ended")))?;
        Ok(Runtime { handle, root, thread: Some(thread) })
    }
}

#[cfg(feature = "tokio")]
fn pool_here() -> Pool {
    let tokio = tokio::runtime::Handle::try_current();
    tokio.map_or(Pool::None, |handle| Pool::Tokio(crate::pool::Workers::new(handle)))
}

#[cfg(not(feature = "tokio"))]
fn pool_here() -> Pool {
    Pool::None
}

/// The version of the library that is linked, as `(major, minor)` of its ABI.
pub fn abi_version() -> (u32, u32) {
    // SAFETY: for any thread.
    let version = unsafe { sys::ptg_abi_version() };
    (version >> 16, version & 0xffff)
}
