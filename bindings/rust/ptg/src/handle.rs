//! The way to a runtime, from any thread.

use std::sync::Arc;
use std::time::Duration;

use ptg_sys as sys;

use crate::shared::Shared;
use crate::status::{Result, check};
use crate::task_core::Core;
use crate::{Group, Task};

/// The way to a runtime. Cheap to clone, and for every thread; keeps the runtime's root, but not its loop, reachable.
///
/// On the runtime's thread calls are made at once. From another one a spawn, a finish, a cancel and a shutdown are sent
/// and not waited for; every other call goes to the runtime's thread and back, and waits for that.
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("is_over", &self.shared.is_over()).finish()
    }
}

impl Handle {
    /// The handle of the runtime whose callback, or whose task, is running here.
    pub fn current() -> Option<Self> {
        let shared = Core::polled(|core| core.shared.clone()).or_else(Shared::inside)?;
        Some(Self { shared })
    }

    /// The root group.
    pub fn root(&self) -> Result<Group> {
        let root = self.shared.call(|runtime| {
            let mut root = 0;
            // SAFETY: on the runtime's thread.
            check(unsafe { sys::ptg_runtime_get_root(runtime, &mut root) })?;
            Ok(root)
        })?;
        Ok(self.group(root))
    }

    /// The group with this handle, as another language may have given it. Whether there is one shows in its calls.
    pub fn group(&self, handle: u64) -> Group {
        Group::new(self.shared.clone(), handle)
    }

    /// The task with this handle, likewise.
    pub fn task(&self, handle: u64) -> Task {
        Task::new(self.shared.clone(), handle)
    }

    /// The runtime's clock: monotonic, from an instant of its own.
    pub fn time(&self) -> Result<Duration> {
        self.shared.call(|runtime| {
            let mut now = 0;
            // SAFETY: on the runtime's thread.
            check(unsafe { sys::ptg_runtime_get_time(runtime, &mut now) })?;
            Ok(Duration::from_nanos(now.max(0) as u64))
        })
    }

    /// Has a function called on the runtime's thread, from the loop. It is dropped uncalled if the runtime ends first.
    pub fn post(&self, function: impl FnOnce() + Send + 'static) -> Result<()> {
        self.shared.post(move |_| function())?;
        self.shared.nudge();
        Ok(())
    }
}

/// Whose code is running here: a task and its group, or a group alone, for its handler or hook.
///
/// ```
/// # let runtime = ptg::LocalRuntime::new()?;
/// let root = runtime.root();
/// let _ = root.spawn(async {
///     let (task, group) = ptg::current();
///     assert_eq!(task.unwrap().info().unwrap().group, group.unwrap());
/// })?;
/// root.shutdown()?;
/// runtime.run()?;
/// # Ok::<(), ptg::Error>(())
/// ```
pub fn current() -> (Option<Task>, Option<Group>) {
    let polled = Core::polled(|core| {
        let task = Task::new(core.shared.clone(), core.id());
        (Some(task), Some(Group::new(core.shared.clone(), core.group)))
    });
    if let Some(polled) = polled {
        return polled;
    }
    let Some(shared) = Shared::inside() else { return (None, None) };
    let Ok(runtime) = shared.here() else { return (None, None) };
    let (mut task, mut group) = (0, 0);
    // SAFETY: on the runtime's thread.
    unsafe { sys::ptg_runtime_get_current(runtime, &mut task, &mut group) };
    let task = (task != 0).then(|| Task::new(shared.clone(), task));
    (task, (group != 0).then(|| Group::new(shared.clone(), group)))
}

/// A spawner or originator for a call: the one that is given, or else whose code is running here, as far as libptg can
/// not know it: on a pool's threads.
pub(crate) fn or_current_away(given: u64, shared: &Arc<Shared>) -> u64 {
    if given != 0 || shared.is_here() {
        return given;
    }
    let id = Core::polled(|core| if Arc::ptr_eq(&core.shared, shared) { core.id() } else { 0 });
    id.unwrap_or(0)
}
