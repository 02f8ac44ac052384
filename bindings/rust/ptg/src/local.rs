//! A runtime on the thread that made it.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::pin;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Polling, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use ptg_sys as sys;

use crate::group_options::nanoseconds;
use crate::mail::Next;
use crate::shared::{Pool, Shared, guard};
use crate::status::{Error, Result, Status};
use crate::{Group, GroupOptions, GroupState, Handle, Limit, ShutdownOptions};

/// Once the root is closed a turn does not wait: so often the loop is looked at for what ends late.
const LATE: Duration = Duration::from_millis(10);

/// How a runtime is to be made.
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    pub(crate) is_clock_manual: bool,
    root: GroupOptions,
}

impl Builder {
    /// Nothing but defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time stands still until [`LocalRuntime::advance`] moves it: for tests.
    pub fn manual_clock(mut self) -> Self {
        self.is_clock_manual = true;
        self
    }

    /// The options of the root group.
    pub fn root(mut self, options: GroupOptions) -> Self {
        self.root = options;
        self
    }

    /// Makes a runtime on this thread.
    pub fn build_local(self) -> Result<LocalRuntime> {
        self.build_with(Pool::None)
    }

    pub(crate) fn build_with(self, pool: Pool) -> Result<LocalRuntime> {
        let checked = self.root.check();
        let mut raw = ptr::null_mut();
        let flags = if self.is_clock_manual { sys::PTG_RUNTIME_MANUAL_CLOCK } else { 0 };
        let status = self.root.with_raw(|root| {
            let options = sys::ptg_runtime_options {
                size: size_of::<sys::ptg_runtime_options>() as u32,
                flags,
                loop_: ptr::null_mut(),
                loop_size: 0,
                alloc: None,
                alloc_data: ptr::null_mut(),
                root,
            };
            // SAFETY: the options are good during the call, which takes the hooks over in any case.
            unsafe { sys::ptg_runtime_create(&options, &mut raw) }
        });
        crate::status::check(status).map_err(|error| error.or_mistake(checked))?;
        let (mut remote, mut root) = (ptr::null_mut(), 0);
        // SAFETY: on the runtime's thread.
        let status = unsafe {
            sys::ptg_runtime_get_root(raw, &mut root);
            sys::ptg_remote_open(raw, &mut remote)
        };
        let shared = Arc::new(Shared::new(raw, remote, pool));
        let runtime = LocalRuntime { handle: Handle { shared }, root, here: PhantomData };
        crate::status::check(status)?;
        Ok(runtime)
    }
}

/// A runtime that lives on the thread which made it; that thread runs it: [`run`](Self::run),
/// [`block_on`](Self::block_on), or, with tokio, [`drive`](Self::drive) as a guest. It can not be sent; its
/// [`Handle`], groups and tasks can.
///
/// # Drop
///
/// Dropping it ends everything by force and without waiting: the root is shut down with no grace and no cancel wait,
/// futures are dropped in order, what is stuck elsewhere is abandoned, and handles answer [`Status::Closed`] or
/// [`Status::Invalid`] from then on. For an orderly end shut the root down and run the runtime until it is over.
/// It must not be dropped inside a callback of its own: that aborts the process.
#[derive(Debug)]
pub struct LocalRuntime {
    handle: Handle,
    root: u64,
    here: PhantomData<*const ()>,
}

impl LocalRuntime {
    /// A runtime with defaults.
    pub fn new() -> Result<Self> {
        Builder::new().build_local()
    }

    /// The way to it from elsewhere.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The root group.
    pub fn root(&self) -> Group {
        Group::new(self.handle.shared.clone(), self.root)
    }

    /// Makes a call that runs the loop.
    fn inside(&self, call: impl FnOnce(*mut sys::ptg_runtime) -> sys::ptg_status) -> Result<()> {
        let shared = &self.handle.shared;
        let runtime = shared.here()?;
        let inside = shared.enter();
        let status = call(runtime);
        drop(inside);
        shared.check(status)
    }

    /// Runs until the root group is closed, and what was sent before that has been answered.
    ///
    /// Not inside a tokio runtime of one thread, whose clock and sockets would stand still as long:
    /// [`Status::Deadlock`]. [`drive`](Self::drive) is for there.
    pub fn run(&self) -> Result<()> {
        may_block()?;
        // SAFETY: on the runtime's thread, as in all calls here: a LocalRuntime is not Send.
        self.inside(|runtime| unsafe { sys::ptg_runtime_run(runtime) })?;
        self.take_last_mail()
    }

    /// Takes what was sent just before the root was closed, for which somebody may wait. After that a turn looks into
    /// the mail only if it has something to tell: so it is given that.
    pub(crate) fn take_last_mail(&self) -> Result<()> {
        self.handle.watch(self.root, None, |_, _| ())?;
        self.turn(Limit::from_nanos(0))
    }

    /// Runs the loop once, and waits for something to do at most this long ([`Limit::from_nanos`]`(0)`: not at all).
    /// A manual clock is moved by [`advance`](Self::advance) only.
    pub fn turn(&self, limit: Limit) -> Result<()> {
        // SAFETY: as above.
        self.inside(|runtime| unsafe { sys::ptg_runtime_turn(runtime, limit.as_nanos()) })
            .map_err(|error| error.or_mistake(limit.check_wait("limit")))
    }

    /// Moves a manual clock on and does all that falls due on the way, each thing at its own instant.
    pub fn advance(&self, duration: Duration) -> Result<()> {
        let nanoseconds = nanoseconds(duration);
        // SAFETY: as above.
        self.inside(|runtime| unsafe { sys::ptg_runtime_advance(runtime, nanoseconds) })
    }

    /// Runs the loop until a future is ready. Not for a manual clock, nor where [`run`](Self::run) is not.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output> {
        may_block()?;
        let mut future = pin!(future);
        let thread = std::thread::current();
        let woken = Arc::new(Woken { is_woken: AtomicBool::new(true), thread, handle: self.handle.clone() });
        let waker = Waker::from(woken.clone());
        loop {
            while woken.is_woken.swap(false, Ordering::AcqRel) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut Polling::from_waker(&waker)) {
                    return Ok(output);
                }
            }
            self.turn(Limit::FOREVER)?;
            if !woken.is_woken.load(Ordering::Acquire) && self.root().info()?.state == GroupState::Closed {
                self.take_last_mail()?;
                std::thread::park_timeout(LATE);
            }
        }
    }

    /// Once the root is closed: opens letters until the runtime's owner lets go.
    pub(crate) fn serve(&self) -> Result<()> {
        let shared = &self.handle.shared;
        let rows = self.root().report()?.rows.into_iter();
        let mut late: Vec<Group> = rows.filter(|row| row.abandoned > 0).map(|row| row.group).collect();
        loop {
            // What letters have brought about, and what ends late.
            self.turn(Limit::from_nanos(0))?;
            late.retain(|group| group.info().is_ok_and(|info| info.late < info.abandoned));
            let letter = match shared.mail.wait((!late.is_empty()).then_some(LATE)) {
                Next::Letter(letter) => letter,
                Next::Nothing => continue,
                Next::Over => return Ok(()),
            };
            let runtime = shared.here()?;
            let _inside = shared.enter();
            guard((), || letter(runtime));
        }
    }

    /// Begins the shutdown of the root; see [`Group::shutdown`].
    pub fn shutdown(&self) -> Result<()> {
        self.root().shutdown()
    }

    /// Asks for the shutdown of the root, and by force if it says so, on the loop's next turn.
    pub fn request_shutdown(&self, is_forced: bool) -> Result<()> {
        let shared = &self.handle.shared;
        // SAFETY: as above.
        shared.check(unsafe { sys::ptg_runtime_request_shutdown(shared.here()?, is_forced.into()) })?;
        shared.nudge();
        Ok(())
    }

    /// Ends the runtime, once its root group is closed; else it is given back with [`Status::Busy`].
    pub fn destroy(self) -> Result<(), (Self, Error)> {
        match self.try_destroy() {
            Ok(()) => Ok(()),
            Err(error) => Err((self, error)),
        }
    }

    /// As [`destroy`](Self::destroy), for one that is kept: its calls then answer [`Status::Invalid`].
    pub fn try_destroy(&self) -> Result<()> {
        // SAFETY: as above; nobody uses the pointer afterwards.
        let destroy = |runtime| unsafe { sys::ptg_runtime_destroy(runtime) }.tap_ok(|| self.handle.shared.set_over());
        self.handle.shared.destroy(|| self.inside(destroy))
    }

    /// For a host with a loop of its own: what to poll, and the time after which [`turn`](Self::turn) is due in any
    /// case.
    pub fn descriptor(&self) -> Result<(std::os::fd::RawFd, Option<Duration>)> {
        let shared = &self.handle.shared;
        let runtime = shared.here()?;
        let (mut descriptor, mut timeout) = (0, 0);
        // SAFETY: as above.
        unsafe {
            shared.check(sys::ptg_runtime_get_descriptor(runtime, &mut descriptor))?;
            shared.check(sys::ptg_runtime_get_timeout(runtime, &mut timeout))?;
        }
        Ok((descriptor, (timeout >= 0).then(|| Duration::from_nanos(timeout as u64))))
    }

    fn end_by_force(&self) -> Result<()> {
        let at_once = ShutdownOptions::new().force().grace(Limit::AT_ONCE).cancel_wait(Limit::AT_ONCE);
        for attempt in 0..100 {
            self.root().shutdown_with(at_once.deadline(Limit::AT_ONCE))?;
            // A manual clock is moved past the wait for those that were killed, a real one waits it out.
            match self.advance(Duration::from_millis(100 * attempt)) {
                Err(error) if error.status() == Status::Invalid => self.turn(Limit::from_nanos(20_000_000))?,
                other => other?,
            }
            // What is told by events is over when that is taken.
            while !self.handle.take_events(64)?.is_empty() {}
            match self.try_destroy() {
                Err(error) if error.status() == Status::Busy => {}
                other => return other,
            }
        }
        Err(Status::Busy.into())
    }
}

#[cfg(feature = "tokio")]
fn may_block() -> Result<()> {
    use tokio::runtime::{Handle as Tokio, RuntimeFlavor};
    match Tokio::try_current() {
        Ok(tokio) if tokio.runtime_flavor() == RuntimeFlavor::CurrentThread => Err(Error::new(
            Status::Deadlock,
            "it would block the only thread of this tokio runtime, for which its tasks may wait: use drive()",
        )),
        _ => Ok(()),
    }
}

#[cfg(not(feature = "tokio"))]
fn may_block() -> Result<()> {
    Ok(())
}

trait TapOk {
    fn tap_ok(self, function: impl FnOnce()) -> Self;
}

impl TapOk for sys::ptg_status {
    fn tap_ok(self, function: impl FnOnce()) -> Self {
        if self == sys::PTG_OK {
            function();
        }
        self
    }
}

impl Drop for LocalRuntime {
    fn drop(&mut self) {
        if self.handle.shared.is_over() {
            return;
        }
        if let Err(error) = self.end_by_force() {
            eprintln!("ptg: a runtime can not be ended: {error}");
            std::process::abort();
        }
    }
}

struct Woken {
    is_woken: AtomicBool,
    thread: Thread,
    handle: Handle,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        // From inside of it a turn ends by itself; from another thread the loop has to be left, or, once the root is
        // closed, the wait beside it.
        if !self.handle.shared.is_here() && self.handle.post(|| {}).is_err() {
            self.thread.unpark();
        }
    }
}
