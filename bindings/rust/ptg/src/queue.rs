//! Queues: tasks that handle messages, in order, a bounded number at once.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ops::Deref;

use ptg_sys as sys;

use crate::handle::or_current_away;
use crate::outcome::{BoxError, Outcome, TaskOutput};
use crate::shared::{Shared, guard};
use crate::status::{Error, Result};
use crate::timer::{KindDone, Started, answer};
use crate::{Group, Task};

/// A message on its way through a queue.
///
/// Take it out to keep it. One that is left in it is dropped once it has been handled, or given to
/// [`QueueOptions::on_drop`] if handling it failed.
#[derive(Debug)]
pub struct Message<M>(Option<M>);

impl<M> Message<M> {
    /// Takes it out. `None`: it has been taken.
    pub fn take(&mut self) -> Option<M> {
        self.0.take()
    }
}

impl<M> Deref for Message<M> {
    type Target = Option<M>;

    fn deref(&self) -> &Option<M> {
        &self.0
    }
}

type OnDrop<M> = Box<dyn FnMut(&Task, M) + Send>;
type HasRoom = Box<dyn FnMut(&Task) + Send>;
type Handle<M> = Box<dyn FnMut(&Task, &mut Message<M>) -> Result<Option<Task>, BoxError> + Send>;

/// What a queue is to be.
#[must_use]
pub struct QueueOptions<M> {
    name: Option<String>,
    capacity: u64,
    at_once: u64,
    spawner: u64,
    on_drop: Option<OnDrop<M>>,
    on_room: Option<HasRoom>,
    on_done: Option<KindDone>,
}

impl<M> std::fmt::Debug for QueueOptions<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueueOptions").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

impl<M> QueueOptions<M> {
    /// A queue in which so many messages may wait.
    pub fn new(capacity: u64) -> Self {
        Self { name: None, capacity, at_once: 0, spawner: 0, on_drop: None, on_room: None, on_done: None }
    }

    /// How many messages are handled at once; 1 without.
    pub fn at_once(mut self, at_once: u64) -> Self {
        self.at_once = at_once;
        self
    }

    /// A name; "queue" without.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// On whose behalf.
    pub fn spawner(mut self, spawner: &Task) -> Self {
        self.spawner = spawner.handle();
        self
    }

    /// Is given each message that will not be handled, in order, just before the queue's end is told.
    pub fn on_drop(mut self, on_drop: impl FnMut(&Task, M) + Send + 'static) -> Self {
        self.on_drop = Some(Box::new(on_drop));
        self
    }

    /// Called once after one or more pushes found the queue full: there is room, or nothing is accepted any more.
    pub fn on_room(mut self, on_room: impl FnMut(&Task) + Send + 'static) -> Self {
        self.on_room = Some(Box::new(on_room));
        self
    }

    /// Called once with its end.
    pub fn on_done(mut self, on_done: impl FnOnce(&Outcome) + Send + 'static) -> Self {
        self.on_done = Some(Box::new(on_done));
        self
    }
}

/// A queue as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the counts say what they count")]
pub struct QueueInfo {
    /// Nothing more is accepted from outside.
    pub is_closed: bool,
    /// Messages that wait.
    pub length: u64,
    pub capacity: u64,
    pub running: u64,
    pub at_once: u64,
    pub accepted: u64,
    pub handled: u64,
    pub refused: u64,
}

/// A push that was refused, with the message.
#[derive(Debug)]
pub struct PushError<M> {
    /// Why.
    pub error: Error,
    /// It stays the pusher's.
    pub message: M,
}

impl<M> std::fmt::Display for PushError<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl<M: std::fmt::Debug> std::error::Error for PushError<M> {}

/// A queue, from outside. Cheap to clone, and for every thread.
pub struct Queue<M> {
    task: Task,
    messages: PhantomData<fn(M)>,
}

impl<M> Clone for Queue<M> {
    fn clone(&self) -> Self {
        Self { task: self.task.clone(), messages: PhantomData }
    }
}

impl<M> std::fmt::Debug for Queue<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Queue").field(&self.task).finish()
    }
}

struct Handling<M> {
    handle: Handle<M>,
    on_drop: Option<OnDrop<M>>,
    on_room: Option<HasRoom>,
    on_done: Option<KindDone>,
}

impl Group {
    /// Spawns a queue, which accepts messages from now on. `handle` runs on the runtime's thread and must not block; it
    /// may spawn a task for the message and answer it: then the message is handled when that task is over. An error, or
    /// a panic, is a failure of the queue, which ends it: it answers `()`, or a result.
    ///
    /// ```
    /// use ptg::{LocalRuntime, QueueOptions};
    /// let runtime = LocalRuntime::new()?;
    /// let queue = runtime.root().queue(QueueOptions::new(16), |_, message| {
    ///     println!("handled {:?}", message.take());
    /// })?;
    /// queue.push("one")?;
    /// queue.push("two")?;
    /// runtime.shutdown()?;
    /// runtime.run()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn queue<M: Send + 'static, R: TaskOutput<Value: Started>>(
        &self,
        options: QueueOptions<M>,
        mut handle: impl FnMut(&Task, &mut Message<M>) -> R + Send + 'static,
    ) -> Result<Queue<M>> {
        let handle: Handle<M> = Box::new(move |queue, message| handle(queue, message).into_result().map(Started::task));
        let spawner = or_current_away(options.spawner, &self.shared);
        let task = self.shared.call(move |runtime| {
            let QueueOptions { name, capacity, at_once, on_drop, on_room, on_done, .. } = options;
            let has_room = on_room.is_some();
            let raw = sys::ptg_queue_options {
                size: size_of::<sys::ptg_queue_options>() as u32,
                flags: 0,
                name: name.as_ref().map_or(std::ptr::null(), |name| name.as_ptr().cast()),
                name_length: name.as_ref().map_or(0, String::len),
                capacity,
                at_once,
                handle: Some(on_handle::<M>),
                drop: Some(on_message_drop::<M>),
                has_room: if has_room { Some(on_has_room::<M>) } else { None },
                done: Some(on_queue_done::<M>),
                release: Some(on_release::<M>),
                user_data: Box::into_raw(Box::new(Handling { handle, on_drop, on_room, on_done })).cast(),
                spawner,
            };
            let mut task = 0;
            // SAFETY: on the runtime's thread; the call takes the user data over in any case.
            self.shared.check(unsafe { sys::ptg_queue_spawn(runtime, self.handle(), &raw, &mut task) })?;
            Ok(task)
        })?;
        Ok(Queue { task: Task::new(self.shared.clone(), task), messages: PhantomData })
    }
}

impl<M: Send + 'static> Queue<M> {
    /// The queue that is this task.
    ///
    /// # Safety
    ///
    /// If it is a queue it is one of this crate, made in this process for messages of this type.
    pub unsafe fn of(task: Task) -> Self {
        Self { task, messages: PhantomData }
    }

    /// As a task.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Puts a message at the end of the queue. Refused: [`Status::Full`](crate::Status::Full),
    /// [`Status::Closed`](crate::Status::Closed) or [`Status::Stale`](crate::Status::Stale).
    pub fn push(&self, message: M) -> Result<(), PushError<M>> {
        self.push_as(message, 0)
    }

    /// As [`push`](Self::push), on behalf of a task (its handle; 0: whose code is running).
    pub fn push_as(&self, message: M, pusher: u64) -> Result<(), PushError<M>> {
        let shared = &self.task.shared;
        let pusher = or_current_away(pusher, shared);
        let mut boxed = Some(Box::new(Message(Some(message))));
        let result = shared.call(|runtime| {
            let message = std::ptr::from_mut(boxed.as_deref_mut().expect("it is there")).cast();
            // SAFETY: on the runtime's thread; what is accepted is the queue's.
            shared.check(unsafe { sys::ptg_queue_push(runtime, self.task.handle(), pusher, message) })?;
            std::mem::forget(boxed.take());
            Ok(())
        });
        match (result, boxed) {
            (Err(error), Some(message)) => Err(PushError { error, message: message.0.expect("nobody has taken it") }),
            _ => Ok(()),
        }
    }

    /// Closes the queue: nothing is accepted after this, everything before it is handled, and then it ends well.
    pub fn close(&self) -> Result<()> {
        let shared = &self.task.shared;
        shared.call(|runtime| {
            // SAFETY: on the runtime's thread.
            shared.check(unsafe { sys::ptg_queue_close(runtime, self.task.handle()) })
        })
    }

    /// The queue as it is now.
    pub fn info(&self) -> Result<QueueInfo> {
        let shared = &self.task.shared;
        shared.call(|runtime| {
            // SAFETY: a struct of numbers.
            let mut raw: sys::ptg_queue_info = unsafe { std::mem::zeroed() };
            raw.size = size_of_val(&raw) as u32;
            // SAFETY: on the runtime's thread.
            shared.check(unsafe { sys::ptg_queue_get_info(runtime, self.task.handle(), &mut raw) })?;
            Ok(QueueInfo {
                is_closed: raw.is_closed != 0,
                length: raw.length,
                capacity: raw.capacity,
                running: raw.running,
                at_once: raw.at_once,
                accepted: raw.accepted,
                handled: raw.handled,
                refused: raw.refused,
            })
        })
    }
}

/// # Safety
/// `user_data` is of a queue of `M`.
unsafe fn handling<'a, M>(user_data: *mut c_void) -> &'a mut Handling<M> {
    // SAFETY: used on the runtime's thread, by one callback at a time.
    unsafe { &mut *user_data.cast::<Handling<M>>() }
}

fn task_of(queue: u64) -> Option<Task> {
    Some(Task::new(Shared::inside()?, queue))
}

unsafe extern "C" fn on_handle<M>(
    _: *mut sys::ptg_runtime,
    queue: sys::ptg_task,
    message: *mut c_void,
    user_data: *mut c_void,
    started: *mut sys::ptg_task,
) -> sys::ptg_status {
    let Some(task) = task_of(queue) else { return sys::PTG_EFAILED };
    // SAFETY: from `push`.
    let (handling, content) = unsafe { (handling::<M>(user_data), &mut *message.cast::<Message<M>>()) };
    let status = answer(&task, started, || (handling.handle)(&task, content));
    if status == sys::PTG_OK {
        // SAFETY: it has been handled: libptg has no more use for it. If it failed, it comes to be dropped.
        guard((), || drop(unsafe { Box::from_raw(message.cast::<Message<M>>()) }));
    }
    status
}

unsafe extern "C" fn on_message_drop<M>(
    _: *mut sys::ptg_runtime,
    queue: sys::ptg_task,
    message: *mut c_void,
    user_data: *mut c_void,
) {
    guard((), || {
        // SAFETY: from `push`; it is ours again.
        let (handling, message) = unsafe { (handling::<M>(user_data), Box::from_raw(message.cast::<Message<M>>())) };
        if let (Some(on_drop), Some(task), Some(message)) = (&mut handling.on_drop, task_of(queue), message.0) {
            on_drop(&task, message);
        }
    });
}

unsafe extern "C" fn on_has_room<M>(_: *mut sys::ptg_runtime, queue: sys::ptg_task, user_data: *mut c_void) {
    guard((), || {
        // SAFETY: from libptg.
        let handling = unsafe { handling::<M>(user_data) };
        if let (Some(on_room), Some(task)) = (&mut handling.on_room, task_of(queue)) {
            on_room(&task);
        }
    });
}

unsafe extern "C" fn on_queue_done<M>(
    _: *mut sys::ptg_runtime,
    queue: sys::ptg_task,
    outcome: *const sys::ptg_outcome,
    user_data: *mut c_void,
) {
    guard((), || {
        // SAFETY: from libptg, valid during the call.
        let (handling, outcome) = unsafe { (handling::<M>(user_data), Outcome::from_raw(&*outcome)) };
        Shared::forget_cause_here(queue);
        if let Some(on_done) = handling.on_done.take() {
            on_done(&outcome);
        }
    });
}

unsafe extern "C" fn on_release<M>(user_data: *mut c_void) {
    // SAFETY: from `queue`, once.
    guard((), || drop(unsafe { Box::from_raw(user_data.cast::<Handling<M>>()) }));
}
