//! Timers: tasks that call a function at times.

use std::ffi::c_void;
use std::sync::Arc;

use ptg_sys as sys;

use crate::handle::or_current_away;
use crate::outcome::{BoxError, Outcome, TaskOutput};
use crate::shared::{Shared, call_for_status, guard};
use crate::status::{Error, Result};
use crate::{Group, JoinHandle, Limit, Task};

/// What a periodic timer does when its last firing's task has not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// This firing is left out, and counted.
    #[default]
    Skip,
    /// Both run.
    Allow,
    /// The last one is cancelled, the new one runs.
    Replace,
}

pub(crate) type KindDone = Box<dyn FnOnce(&Outcome) + Send>;

/// When a timer fires.
#[derive(Default)]
#[must_use]
pub struct TimerOptions {
    name: Option<String>,
    after: i64,
    every: i64,
    overlap: Overlap,
    spawner: u64,
    on_done: Option<KindDone>,
}

impl std::fmt::Debug for TimerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TimerOptions").field("name", &self.name).finish_non_exhaustive()
    }
}

impl TimerOptions {
    /// To be given a time.
    pub fn new() -> Self {
        Self::default()
    }

    /// Fires once, after this time.
    pub fn after(mut self, limit: impl Into<Limit>) -> Self {
        self.after = limit.into().as_nanos();
        self
    }

    /// Fires on every multiple of this time from the first firing on; one that comes too late is left out, and counted.
    pub fn every(mut self, limit: impl Into<Limit>) -> Self {
        self.every = limit.into().as_nanos();
        self
    }

    /// What to do when the task of the last firing has not ended.
    pub fn overlap(mut self, overlap: Overlap) -> Self {
        self.overlap = overlap;
        self
    }

    /// A name; "timer" without.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// On whose behalf.
    pub fn spawner(mut self, spawner: &Task) -> Self {
        self.spawner = spawner.handle();
        self
    }

    /// Called once with its end.
    pub fn on_done(mut self, on_done: impl FnOnce(&Outcome) + Send + 'static) -> Self {
        self.on_done = Some(Box::new(on_done));
        self
    }

    fn check(&self) -> Result<()> {
        let mistake = if self.after < 0 && self.after != Limit::AT_ONCE.as_nanos() {
            "after: not a duration that ends"
        } else if self.every < 0 {
            "every: not a duration that ends, and is longer than none"
        } else if self.after == 0 && self.every == 0 {
            "a timer needs `after` or `every`"
        } else {
            return Ok(());
        };
        Err(Error::invalid(mistake))
    }
}

/// How often a timer has fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerInfo {
    /// Firings.
    pub fired: u64,
    /// Left out by the overlap policy.
    pub skipped: u64,
    /// Left out because the loop was too busy.
    pub missed: u64,
}

/// A timer, from outside: a task with a count.
#[derive(Clone, Debug)]
pub struct Timer(Task);

impl Timer {
    /// The timer that is this task.
    pub fn of(task: Task) -> Self {
        Self(task)
    }

    /// As a task.
    pub fn task(&self) -> &Task {
        &self.0
    }

    /// How often it has fired.
    pub fn info(&self) -> Result<TimerInfo> {
        let shared = &self.0.shared;
        shared.call(|runtime| {
            let size = size_of::<sys::ptg_timer_info>() as u32;
            let mut raw = sys::ptg_timer_info { size, reserved0: 0, fired: 0, skipped: 0, missed: 0 };
            // SAFETY: on the runtime's thread.
            shared.check(unsafe { sys::ptg_timer_get_info(runtime, self.0.handle(), &mut raw) })?;
            Ok(TimerInfo { fired: raw.fired, skipped: raw.skipped, missed: raw.missed })
        })
    }
}

/// What a firing of a timer, or the handling of a message, may have started: a task, or nothing.
pub trait Started {
    /// The task.
    fn task(self) -> Option<Task>;
}

impl Started for () {
    fn task(self) -> Option<Task> {
        None
    }
}

impl Started for Task {
    fn task(self) -> Option<Task> {
        Some(self)
    }
}

/// The task is detached.
impl<T> Started for JoinHandle<T> {
    fn task(self) -> Option<Task> {
        Some(JoinHandle::task(&self))
    }
}

impl<S: Started> Started for Option<S> {
    fn task(self) -> Option<Task> {
        self.and_then(S::task)
    }
}

type Fire = Box<dyn FnMut(&Timer) -> Result<Option<Task>, BoxError> + Send>;

struct Firing {
    fire: Fire,
    on_done: Option<KindDone>,
}

impl Group {
    /// Spawns a timer. Its function runs on the runtime's thread and must not block; it may spawn a task and answer
    /// it, to which the overlap policy then applies. An error, or a panic, is a failure of the timer, which ends it: it
    /// answers `()`, or a result.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ptg::{Builder, TimerOptions};
    /// let runtime = Builder::new().manual_clock().build_local()?;
    /// let group = runtime.root();
    /// let every = TimerOptions::new().every(Duration::from_secs(30));
    /// let timer = group.timer(every, move |timer| {
    ///     timer.task().info()?.group.spawn(async {})
    /// })?;
    /// runtime.advance(Duration::from_secs(60))?;
    /// assert_eq!(timer.info()?.fired, 2);
    /// # Ok::<(), ptg::Error>(())
    /// ```
    pub fn timer<R: TaskOutput<Value: Started>>(
        &self,
        options: TimerOptions,
        mut fire: impl FnMut(&Timer) -> R + Send + 'static,
    ) -> Result<Timer> {
        let checked = options.check();
        let fire: Fire = Box::new(move |timer| fire(timer).into_result().map(Started::task));
        let spawner = or_current_away(options.spawner, &self.shared);
        let task = self.shared.call(move |runtime| {
            let raw = sys::ptg_timer_options {
                size: size_of::<sys::ptg_timer_options>() as u32,
                flags: 0,
                name: options.name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr().cast()),
                name_length: options.name.as_ref().map_or(0, String::len),
                after_ns: options.after,
                every_ns: options.every,
                overlap: options.overlap as u32,
                reserved0: 0,
                fire: Some(on_fire),
                done: Some(on_done),
                release: Some(on_release),
                user_data: Box::into_raw(Box::new(Firing { fire, on_done: options.on_done })).cast(),
                spawner,
            };
            let mut task = 0;
            // SAFETY: on the runtime's thread; the call takes the user data over in any case.
            self.shared.check(unsafe { sys::ptg_timer_spawn(runtime, self.handle(), &raw, &mut task) })?;
            Ok(task)
        });
        let task = task.map_err(|error| error.or_mistake(checked))?;
        Ok(Timer(Task::new(self.shared.clone(), task)))
    }
}

/// Calls the function of a timer or a queue for libptg. What it fails with is kept for the error handler.
pub(crate) fn answer(
    task: &Task,
    started: *mut sys::ptg_task,
    function: impl FnOnce() -> Result<Option<Task>, BoxError>,
) -> sys::ptg_status {
    call_for_status(&task.shared, task.handle(), || {
        let answer = function()?;
        // SAFETY: libptg's, good during the call.
        unsafe { *started = answer.map_or(0, |task| task.handle()) };
        Ok(())
    })
}

unsafe extern "C" fn on_fire(
    _: *mut sys::ptg_runtime,
    timer: sys::ptg_task,
    user_data: *mut c_void,
    started: *mut sys::ptg_task,
) -> sys::ptg_status {
    let Some(shared): Option<Arc<Shared>> = Shared::inside() else { return sys::PTG_EFAILED };
    // SAFETY: from libptg.
    let firing = unsafe { &mut *user_data.cast::<Firing>() };
    let timer = Timer(Task::new(shared, timer));
    answer(&timer.0, started, || (firing.fire)(&timer))
}

unsafe extern "C" fn on_done(
    _: *mut sys::ptg_runtime,
    timer: sys::ptg_task,
    outcome: *const sys::ptg_outcome,
    user_data: *mut c_void,
) {
    guard((), || {
        // SAFETY: from libptg, valid during the call.
        let (firing, outcome) = unsafe { (&mut *user_data.cast::<Firing>(), &*outcome) };
        Shared::forget_cause_here(timer);
        if let Some(on_done) = firing.on_done.take() {
            // SAFETY: as above.
            on_done(&unsafe { Outcome::from_raw(outcome) });
        }
    });
}

unsafe extern "C" fn on_release(user_data: *mut c_void) {
    // SAFETY: from `timer`, once.
    guard((), || drop(unsafe { Box::from_raw(user_data.cast::<Firing>()) }));
}
