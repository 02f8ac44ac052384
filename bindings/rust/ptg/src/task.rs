//! Tasks: spawning, asking them to end, and what can be said of them from outside.

use std::ffi::c_void;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ptg_sys as sys;

use crate::cell::Cell;
use crate::context::Context;
use crate::handle::or_current_away;
use crate::join::JoinHandle;
use crate::outcome::{Outcome, TaskOutput};
use crate::shared::{PATIENCE, Shared, until_room};
use crate::status::{Result, check};
use crate::task_core::Owner;
use crate::task_options::{Tables, TaskOptions};
use crate::{Group, Limit};

impl Group {
    /// Spawns a task that runs `future`: on a worker of tokio if the runtime lives beside one, else on the runtime's
    /// thread. It is never polled before this returns. A cancel drops it at its next await; for a task that is to be
    /// asked, see [`spawn_with`](Self::spawn_with).
    ///
    /// It ends well with `()` or `Ok`; an `Err`, or a panic, is its failure, and goes to its group's error handler as
    /// well as to whoever awaits the handle.
    ///
    /// [`Status::Closed`](crate::Status::Closed): the group accepts no more. From another thread the spawn is sent: a
    /// refusal is told by the
    /// handle.
    ///
    /// ```
    /// let runtime = ptg::LocalRuntime::new()?;
    /// let answer = runtime.root().spawn(async { Ok::<_, std::io::Error>(42) })?;
    /// assert_eq!(runtime.block_on(answer)?.unwrap(), 42);
    /// # Ok::<(), ptg::Error>(())
    /// ```
    pub fn spawn<F>(&self, future: F) -> Result<JoinHandle<<F::Output as TaskOutput>::Value>>
    where
        F: Future<Output: TaskOutput> + Send + 'static,
    {
        let cell = Cell::new(self.shared.clone(), self.handle(), false, None);
        cell.set_future(future);
        spawn(self, cell, Tables::<F>::PLAIN, &TaskOptions::default())
    }

    /// Spawns a task that is given its [`Context`], and so is told when to finish and asked to end. If it does not end
    /// within its group's cancel wait its future is dropped, unless the options say otherwise.
    ///
    /// ```
    /// use ptg::{LocalRuntime, TaskOptions};
    /// let runtime = LocalRuntime::new()?;
    /// let polite = runtime.root().spawn_with(TaskOptions::new().name("polite"), |task| async move {
    ///     task.draining().await;
    ///     // there is time to say goodbye
    /// })?;
    /// runtime.root().shutdown()?;
    /// runtime.run()?;
    /// # Ok::<(), ptg::Error>(())
    /// ```
    pub fn spawn_with<F>(
        &self,
        options: TaskOptions,
        make: impl FnOnce(Context) -> F,
    ) -> Result<JoinHandle<<F::Output as TaskOutput>::Value>>
    where
        F: Future<Output: TaskOutput> + Send + 'static,
    {
        self.spawn_made(options, make, false)
    }

    /// As [`spawn`](Self::spawn), for a future that is not `Send`: it is polled on the runtime's thread, where this
    /// call has to be made ([`Status::Thread`](crate::Status::Thread)).
    pub fn spawn_local<F>(&self, future: F) -> Result<JoinHandle<<F::Output as TaskOutput>::Value>>
    where
        F: Future<Output: TaskOutput> + 'static,
    {
        self.shared.here()?;
        let cell = Cell::new(self.shared.clone(), self.handle(), true, None);
        cell.set_future(future);
        spawn(self, cell, Tables::<F>::PLAIN, &TaskOptions::default())
    }

    /// As [`spawn_with`](Self::spawn_with), for a future that is not `Send`, likewise.
    pub fn spawn_local_with<F>(
        &self,
        options: TaskOptions,
        make: impl FnOnce(Context) -> F,
    ) -> Result<JoinHandle<<F::Output as TaskOutput>::Value>>
    where
        F: Future<Output: TaskOutput> + 'static,
    {
        self.shared.here()?;
        self.spawn_made(options, make, true)
    }

    fn spawn_made<F>(
        &self,
        mut options: TaskOptions,
        make: impl FnOnce(Context) -> F,
        is_local: bool,
    ) -> Result<JoinHandle<<F::Output as TaskOutput>::Value>>
    where
        F: Future<Output: TaskOutput> + 'static,
    {
        let table = Tables::<F>::find(options.tells(), &options.label)?;
        let cell = Cell::new(self.shared.clone(), self.handle(), is_local, options.on_done.take());
        cell.set_future(make(Context::new(cell.clone())));
        spawn(self, cell, table, &options)
    }
}

fn spawn<F>(
    group: &Group,
    cell: Arc<Cell<F>>,
    table: &'static sys::ptg_task_type,
    options: &TaskOptions,
) -> Result<JoinHandle<<F::Output as TaskOutput>::Value>>
where
    F: Future<Output: TaskOutput> + 'static,
{
    let shared = &group.shared;
    let mut task = 0;
    // Refused by mail that is full it is tried again: nothing is thrown away by an attempt.
    cell.core().is_kept.store(!shared.is_here(), Ordering::Relaxed);
    let status = submit(group, table, options, || Arc::into_raw(cell.clone()).cast_mut().cast(), &mut task);
    cell.core().is_kept.store(false, Ordering::Relaxed);
    if status != sys::PTG_OK {
        cell.throw_away();
        return Err(shared.error(status));
    }
    cell.core().set_id(task);
    shared.nudge();
    Ok(JoinHandle::new(cell))
}

/// Spawns, on the runtime's thread or by mail, with what `give` gives anew for each attempt. The table is for tasks of
/// just that user data.
pub(crate) fn submit(
    group: &Group,
    table: &'static sys::ptg_task_type,
    options: &TaskOptions,
    give: impl Fn() -> *mut c_void,
    task: &mut u64,
) -> sys::ptg_status {
    let shared = &group.shared;
    options.with_raw(shared, |raw| match shared.here() {
        // SAFETY: on the runtime's thread; the table is static, the user data of the type it is for and released by
        // the call if it fails.
        Ok(runtime) => unsafe { sys::ptg_task_spawn(runtime, group.handle(), table, raw, give(), task) },
        // SAFETY: as above; a way in is for any thread. An over runtime answers PTG_ECLOSED.
        Err(_) => until_room(Some(PATIENCE), || unsafe {
            sys::ptg_remote_spawn(shared.remote(), group.handle(), table, raw, give(), task)
        }),
    })
}

/// A task, from outside. This is a handle, cheap to clone and for every thread; keeping or dropping it changes nothing
/// about the task, and once that has ended its calls answer [`Status::Stale`](crate::Status::Stale).
#[derive(Clone)]
pub struct Task {
    pub(crate) shared: Arc<Shared>,
    handle: u64,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Task").field(&self.handle).finish()
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        self.handle == other.handle
    }
}

impl Eq for Task {}

impl Task {
    pub(crate) fn new(shared: Arc<Shared>, handle: u64) -> Self {
        Self { shared, handle }
    }

    /// Its number, never given out twice in a process.
    pub fn handle(&self) -> u64 {
        self.handle
    }

    /// Asks the task to end, for this reason. Asking again does nothing: the first request counts. One that has not
    /// run yet never will.
    pub fn cancel(&self, reason: &str) -> Result<()> {
        self.cancel_as(Some(reason), 0)
    }

    /// As [`cancel`](Self::cancel), with the handle of the task or group on whose behalf (0: whose code is running);
    /// without a reason it is "cancelled".
    pub fn cancel_as(&self, reason: Option<&str>, originator: u64) -> Result<()> {
        let shared = &self.shared;
        let is_here = shared.is_here();
        let raw = sys::ptg_cancel_options {
            size: size_of::<sys::ptg_cancel_options>() as u32,
            flags: 0,
            reason: reason.map_or(std::ptr::null(), |reason| reason.as_ptr().cast()),
            reason_length: reason.map_or(0, str::len),
            originator: or_current_away(originator, shared),
        };
        if !is_here {
            // SAFETY: a way in is for any thread.
            return check(until_room(Some(PATIENCE), || unsafe {
                sys::ptg_remote_cancel(shared.remote(), self.handle, &raw)
            }));
        }
        let runtime = shared.here()?;
        // SAFETY: on the runtime's thread.
        shared.check(unsafe { sys::ptg_task_cancel(runtime, self.handle, &raw) })?;
        shared.nudge();
        Ok(())
    }

    /// Ends the task from outside, with this outcome: its future is dropped, and its handle has no value to give.
    pub fn finish(&self, outcome: &Outcome) -> Result<()> {
        let shared = &self.shared;
        outcome.with_raw(|raw| {
            if !shared.is_here() {
                // SAFETY: a way in is for any thread.
                return check(until_room(Some(PATIENCE), || unsafe {
                    sys::ptg_remote_finish(shared.remote(), self.handle, raw)
                }));
            }
            let runtime = shared.here()?;
            // SAFETY: on the runtime's thread.
            shared.check(unsafe { sys::ptg_task_finish(runtime, self.handle, raw) })?;
            shared.nudge();
            Ok(())
        })
    }

    /// Tells the task [`Signal::Wake`](crate::Signal::Wake) after a time; one asked for before is forgotten, and
    /// [`Limit::FOREVER`] asks for none. For tasks that wait for nothing but their signals: what else they wait for
    /// takes its place.
    pub fn wake_after(&self, limit: Limit) -> Result<()> {
        let begun = self.shared.call(|runtime| {
            // SAFETY: on the runtime's thread.
            self.shared.check(unsafe { sys::ptg_task_sleep(runtime, self.handle, limit.as_nanos()) })
        });
        begun.map_err(|error| error.or_mistake(limit.check_wait("limit")))
    }

    /// Asks for the drain phase of the task's group to last this long from now; how long it does last is answered. Only
    /// a group with a deadline has time to give.
    pub fn extend_grace(&self, wanted: Limit) -> Result<Limit> {
        let extended = self.shared.call(|runtime| {
            let mut left = 0;
            // SAFETY: on the runtime's thread.
            let status = unsafe { sys::ptg_task_extend_grace(runtime, self.handle, wanted.as_nanos(), &mut left) };
            self.shared.check(status)?;
            Ok(Limit::from_nanos(left))
        });
        extended.map_err(|error| error.or_mistake(wanted.check_time("wanted")))
    }
}
