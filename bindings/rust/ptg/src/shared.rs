//! What every handle of a runtime holds: the way to it, from its own thread and from others.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::task::Waker;
use std::time::{Duration, Instant};

use ptg_sys as sys;

use crate::mail::{Letter, Mail};
use crate::outcome::{BoxError, Cause, PanicPayload, outcome_of, text};
use crate::status::{Error, Result, Status, check};
use crate::task_core::Wake;

thread_local! {
    /// Its address is the thread's name here.
    static MARK: u8 = const { 0 };
    /// The runtime whose loop, or whose end, this thread is in.
    static INSIDE: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

fn this_thread() -> usize {
    MARK.with(|mark| ptr::from_ref(mark) as usize)
}

/// Locks what no panic can leave half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Where the futures of a runtime are polled that may change threads.
#[derive(Clone)]
pub(crate) enum Pool {
    /// On the runtime's thread.
    None,
    #[cfg(feature = "tokio")]
    Tokio(Arc<crate::pool::Workers>),
}

impl Pool {
    /// Refuses a wait on the only thread that could bring about its end.
    pub fn may_block(&self) -> Result<()> {
        match self {
            Self::None => Ok(()),
            #[cfg(feature = "tokio")]
            Self::Tokio(workers) => workers.may_block(),
        }
    }
}

pub(crate) struct Shared {
    /// Null once it is destroyed; used on its own thread only.
    raw: AtomicPtr<sys::ptg_runtime>,
    remote: *mut sys::ptg_remote,
    thread: usize,
    pub pool: Pool,
    pub mail: Mail,
    /// Tasks that were woken on other threads. Invariant: not empty only while a post is on its way.
    inbox: Mutex<VecDeque<Arc<dyn Wake>>>,
    /// What tasks failed with, from their finish to their done.
    causes: Mutex<HashMap<u64, Cause>>,
    /// While it is destroyed: what its groups held, to be dropped afterwards.
    left: Mutex<Option<Vec<Box<dyn Send>>>>,
    /// Whoever drives the runtime as a guest, to be told of calls from outside of a turn.
    pub driver: Mutex<Option<Waker>>,
}

// SAFETY: `raw` is dereferenced on its thread only, which `here` checks; a ptg_remote is for any thread.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: nobody else has it any more.
        unsafe { sys::ptg_remote_close(self.remote) }
    }
}

/// Restores what this thread was in before.
pub(crate) struct Inside(*const Shared);

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(self.0);
    }
}

impl Shared {
    pub fn new(raw: *mut sys::ptg_runtime, remote: *mut sys::ptg_remote, pool: Pool) -> Self {
        Self {
            raw: AtomicPtr::new(raw),
            remote,
            thread: this_thread(),
            pool,
            mail: Mail::default(),
            inbox: Mutex::default(),
            causes: Mutex::default(),
            left: Mutex::default(),
            driver: Mutex::default(),
        }
    }

    pub fn enter(&self) -> Inside {
        Inside(INSIDE.replace(self))
    }

    /// The runtime whose loop this thread is in.
    pub fn inside() -> Option<Arc<Shared>> {
        let shared = INSIDE.get();
        if shared.is_null() {
            return None;
        }
        // SAFETY: whoever entered holds an Arc until it leaves.
        unsafe {
            Arc::increment_strong_count(shared);
            Some(Arc::from_raw(shared))
        }
    }

    pub fn remote(&self) -> *mut sys::ptg_remote {
        self.remote
    }

    pub fn is_here(&self) -> bool {
        self.thread == this_thread()
    }

    /// The runtime, on its own thread.
    pub fn here(&self) -> Result<*mut sys::ptg_runtime> {
        if !self.is_here() {
            return Err(Status::Thread.into());
        }
        let raw = self.raw.load(Ordering::Relaxed);
        if raw.is_null() {
            return Err(Error::invalid("the runtime is over"));
        }
        Ok(raw)
    }

    pub fn is_over(&self) -> bool {
        self.raw.load(Ordering::Relaxed).is_null()
    }

    pub fn set_over(&self) {
        self.raw.store(ptr::null_mut(), Ordering::Relaxed);
        self.mail.close();
        // Those in it keep what keeps them.
        self.empty_inbox();
    }

    fn empty_inbox(&self) {
        let woken = std::mem::take(&mut *lock(&self.inbox));
        drop(woken);
    }

    /// Makes the call that destroys the runtime.
    pub fn destroy<R>(&self, destroy: impl FnOnce() -> R) -> R {
        let before = lock(&self.left).replace(Vec::new());
        let result = destroy();
        let left = std::mem::replace(&mut *lock(&self.left), before);
        left.into_iter().flatten().for_each(|held| guard((), || drop(held)));
        result
    }

    /// Drops what a group held; not while the runtime falls apart, as it may be foreign code that would use it.
    pub fn drop_held(held: Box<dyn Send>) {
        let shared = Self::inside();
        let mut left = shared.as_ref().map(|shared| lock(&shared.left));
        match left.as_mut().and_then(|left| left.as_mut()) {
            Some(left) => left.push(held),
            None => {
                drop(left);
                drop(held);
            }
        }
    }

    /// The error of a call that answered `raw` on the runtime's thread.
    pub fn error(&self, raw: sys::ptg_status) -> Error {
        let status = Status::from_raw(raw);
        let Ok(runtime) = self.here() else { return status.into() };
        let mut info = sys::ptg_error_info {
            size: size_of::<sys::ptg_error_info>() as u32,
            status: 0,
            uv_status: 0,
            reserved0: 0,
            message: ptr::null(),
            message_length: 0,
        };
        // SAFETY: on the runtime's thread; the message is copied before the next call.
        let message = unsafe {
            match sys::ptg_runtime_get_error(runtime, &mut info) {
                sys::PTG_OK if info.status == raw => text(info.message, info.message_length),
                _ => None,
            }
        };
        Error::new(status, message.unwrap_or_default())
    }

    pub fn check(&self, raw: sys::ptg_status) -> Result<()> {
        if raw == sys::PTG_OK { Ok(()) } else { Err(self.error(raw)) }
    }

    /// Tells a guest's driver that there may be something to do, when called from outside of a turn.
    pub fn nudge(&self) {
        if ptr::eq(INSIDE.get(), self) {
            return;
        }
        if let Some(driver) = lock(&self.driver).as_ref() {
            driver.wake_by_ref();
        }
    }

    /// Makes a call that is for the runtime's thread: at once if this is it, else by way of it, and waits.
    pub fn call<R: Send>(&self, function: impl FnOnce(*mut sys::ptg_runtime) -> Result<R> + Send) -> Result<R> {
        if self.is_here() {
            let result = function(self.here()?);
            self.nudge();
            return result;
        }
        let (sender, receiver) = mpsc::sync_channel(1);
        let parts = (function, sender);
        let letter: Box<dyn FnOnce(*mut sys::ptg_runtime) + Send + '_> = Box::new(move |runtime| {
            // Dropped unopened, the function goes before the sender, for which this waits.
            let (function, sender) = parts;
            drop(sender.send(function(runtime)));
        });
        // SAFETY: only the lifetime changes, and what is borrowed outlives the letter: this waits until that is used up
        // or dropped.
        let letter =
            unsafe { std::mem::transmute::<Box<dyn FnOnce(*mut sys::ptg_runtime) + Send + '_>, Letter>(letter) };
        self.send(letter)?;
        receiver.recv().unwrap_or_else(|_| Err(over()))
    }

    /// Has a letter opened on the runtime's thread: libptg carries it there until the root is closed.
    fn send(&self, letter: Letter) -> Result<()> {
        let post = Arc::new(Post(Mutex::new(Some(letter))));
        // The runtime's thread would wait for itself.
        let patience = self.is_here().then_some(Duration::ZERO);
        let status = until_room(patience, || {
            let post = Arc::into_raw(post.clone()).cast_mut().cast();
            // SAFETY: a way in is for any thread; the call takes over what is given, which the two know.
            unsafe { sys::ptg_remote_post(self.remote, Some(open_post), Some(release_post), post) }
        });
        if status != sys::PTG_ECLOSED {
            return check(status);
        }
        let letter = lock(&post.0).take().expect("a post that was refused is not opened");
        self.mail.add(letter).map_err(|_| over())
    }

    /// Has `function` called on the runtime's thread.
    pub fn post(&self, function: impl FnOnce(*mut sys::ptg_runtime) + Send + 'static) -> Result<()> {
        self.send(Box::new(function))
    }

    /// Lets a task that was woken on another thread be polled on the runtime's.
    pub fn wake_remotely(self: &Arc<Self>, task: Arc<dyn Wake>) {
        let mut inbox = lock(&self.inbox);
        inbox.push_back(task);
        if inbox.len() > 1 {
            return;
        }
        drop(inbox);
        let shared = self.clone();
        // Once the runtime is over there is nobody left to be woken.
        if self.post(move |_| shared.take_inbox()).is_err() {
            self.empty_inbox();
        }
    }

    fn take_inbox(&self) {
        let woken = std::mem::take(&mut *lock(&self.inbox));
        for task in woken {
            task.wake_here();
        }
    }

    /// Tells of tasks, on another thread, that they have ended well; which they are is asked on the runtime's.
    #[cfg(feature = "tokio")]
    pub fn finish_well(&self, tasks: impl FnOnce() -> Vec<u64> + Send + 'static) {
        // Once the runtime is over they have been told as abandoned.
        let _ = self.post(move |runtime| {
            for task in tasks() {
                // SAFETY: on the runtime's thread; that a task has ended already is an answer.
                unsafe { sys::ptg_task_finish(runtime, task, ptr::null()) };
            }
        });
    }

    pub fn keep_cause(&self, task: u64, cause: Cause) {
        lock(&self.causes).insert(task, cause);
    }

    pub fn cause_of(&self, task: u64) -> Option<Cause> {
        lock(&self.causes).get(&task).cloned()
    }

    /// For the end of a timer, a queue or a group, of which most keep none.
    pub fn forget_cause_here(task: u64) {
        if let Some(shared) = Shared::inside() {
            drop(shared.take_cause(task));
        }
    }

    pub fn take_cause(&self, task: u64) -> Option<Cause> {
        lock(&self.causes).remove(&task)
    }
}

fn over() -> Error {
    Error::new(Status::Closed, "the runtime is over")
}

/// A letter that libptg carries.
struct Post(Mutex<Option<Letter>>);

unsafe extern "C" fn open_post(runtime: *mut sys::ptg_runtime, post: *mut c_void) {
    guard((), || {
        // SAFETY: from `send`, which gave a count that is not touched here.
        let letter = lock(&unsafe { &*post.cast::<Post>() }.0).take();
        if let Some(letter) = letter {
            letter(runtime);
        }
    });
}

unsafe extern "C" fn release_post(post: *mut c_void) {
    // SAFETY: from `send`, once for each count.
    guard((), || drop(unsafe { Arc::from_raw(post.cast::<Post>()) }));
}

/// How long a call from another thread that may be refused waits for room in the mail.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// Makes a call on a way in again and again while too much is on its way: for ever, or as long as it says.
pub(crate) fn until_room(patience: Option<Duration>, mut call: impl FnMut() -> sys::ptg_status) -> sys::ptg_status {
    let mut begin = None;
    loop {
        let status = call();
        if status != sys::PTG_EFULL {
            return status;
        }
        let begin = begin.get_or_insert_with(Instant::now);
        if patience.is_some_and(|patience| begin.elapsed() > patience) {
            return status;
        }
        std::thread::yield_now();
    }
}

/// Calls foreign code for libptg, and keeps what it fails with, under the handle of the task or group whose it is.
pub(crate) fn call_for_status(
    shared: &Shared,
    whose: u64,
    function: impl FnOnce() -> Result<(), BoxError>,
) -> sys::ptg_status {
    let (cause, status) = match catch_unwind(AssertUnwindSafe(function)) {
        Ok(Ok(())) => return sys::PTG_OK,
        Ok(Err(error)) => {
            let status = outcome_of(&*error).status.map_or(sys::PTG_EFAILED, Status::raw);
            (Cause::Error(error.into()), status)
        }
        Err(payload) => (Cause::Panic(Arc::new(Mutex::new(Some(payload)))), sys::PTG_EFAILED),
    };
    shared.keep_cause(whose, cause);
    status
}

/// Drops what nobody wants to have; it may panic at that, and then that stays.
pub(crate) fn discard(payload: PanicPayload) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(payload);
    }
}

/// Calls foreign code from a callback of C: a panic, which the panic hook has told by then, ends here.
pub(crate) fn guard<R>(panicked: R, function: impl FnOnce() -> R) -> R {
    match catch_unwind(AssertUnwindSafe(function)) {
        Ok(result) => result,
        Err(payload) => {
            discard(payload);
            panicked
        }
    }
}
