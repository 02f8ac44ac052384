//! A runtime on a thread of its own.

use std::sync::mpsc;
use std::thread::JoinHandle;

use ptg_sys as sys;

use crate::local::Builder;
use crate::shared::Pool;
use crate::status::{Error, Result, Status};
use crate::{Group, Handle, Limit, Report, ShutdownOptions};

/// A runtime that lives on a thread of its own, which runs it until its root group is closed. `Send` and `Sync`.
///
/// Made inside a tokio runtime of several threads, its tasks are polled by tokio's workers; elsewhere by its own
/// thread. Hooks, handlers, timers and queues always run on its own thread.
///
/// # Drop
///
/// Dropping it ends everything by force: the root is shut down with no grace and no cancel wait, and the thread is
/// waited for, which takes as long as one poll of a future on it; on that thread itself nothing is waited for. For an
/// orderly end, [`shutdown`](Self::shutdown).
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    root: Group,
    thread: Option<JoinHandle<Result<()>>>,
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
    /// on.
    pub async fn shutdown(&self, options: ShutdownOptions) -> Result<Report> {
        let closed = self.root.closed();
        self.root.shutdown_with(options)?;
        closed.await
    }

    /// As [`shutdown`](Self::shutdown), for a thread that may block: waits for the runtime's thread too.
    pub fn shutdown_and_wait(mut self, options: ShutdownOptions) -> Result<()> {
        self.root.shutdown_with(options)?;
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(Error::new(Status::Failed, "the runtime's thread panicked")),
            None => Ok(()),
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let at_once = ShutdownOptions::new().force().grace(Limit::AT_ONCE).cancel_wait(Limit::AT_ONCE);
        // It may be over already.
        let _ = self.root.shutdown_with(at_once.deadline(Limit::AT_ONCE));
        if self.handle.shared.is_here() {
            return;
        }
        if let Err(error) = self.join() {
            eprintln!("ptg: a runtime's thread ended badly: {error}");
        }
    }
}

impl Builder {
    /// Starts a runtime on a thread of its own.
    pub fn start(self) -> Result<Runtime> {
        let pool = pool_here();
        let (sender, receiver) = mpsc::sync_channel(1);
        let body = move || {
            let runtime = match self.build_with(pool) {
                Ok(runtime) => runtime,
                Err(error) => return sender.send(Err(error)).map_err(|_| Status::Closed.into()),
            };
            let _ = sender.send(Ok((runtime.handle().clone(), runtime.root())));
            runtime.run()?;
            // What is left ends with the drop of one that is given back.
            let _ = runtime.destroy();
            Ok(())
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
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            Pool::Tokio(crate::pool::Workers::new(handle))
        }
        _ => Pool::None,
    }
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
