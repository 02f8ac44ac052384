//! Child processes: tasks that are programs.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString, c_char, c_void};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::pin::Pin;
use std::ptr;
use std::sync::{Arc, Mutex};
use std::task::{Context as Polling, Poll, Waker};

use ptg_sys as sys;

use crate::handle::or_current_away;
use crate::join::{End, Join, JoinError, JoinHandle, Joinable};
use crate::outcome::{Cause, Outcome};
use crate::shared::{guard, lock};
use crate::status::{Error, Result, Status};
use crate::task_core::{Core, Owner};
use crate::timer::KindDone;
use crate::{Group, Task};

/// Which output a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// A line of a child's output. It is displayed as text, whatever the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Where it came from.
    pub stream: Stream,
    /// As the process wrote them, without the line's end.
    pub bytes: &'a [u8],
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.bytes).fmt(f)
    }
}

type OnLine = Box<dyn FnMut(Line<'_>) + Send>;

/// What a child process is to be.
#[must_use]
pub struct ProcessOptions {
    name: Option<String>,
    argv: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    is_env_cleared: bool,
    current_dir: Option<PathBuf>,
    stdout: Option<PathBuf>,
    stderr: Option<PathBuf>,
    drain_signal: i32,
    spawner: u64,
    on_line: Option<OnLine>,
    on_done: Option<KindDone>,
}

impl fmt::Debug for ProcessOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessOptions").field("name", &self.name).field("argv", &self.argv).finish_non_exhaustive()
    }
}

impl ProcessOptions {
    /// A program, which is looked up in `PATH`. What is not said is as of this process: the environment, the directory,
    /// where output goes.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            name: None,
            argv: vec![program.into()],
            env: BTreeMap::new(),
            is_env_cleared: false,
            current_dir: None,
            stdout: None,
            stderr: None,
            drain_signal: 0,
            spawner: 0,
            on_line: None,
            on_done: None,
        }
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.argv.push(arg.into());
        self
    }

    /// More arguments.
    pub fn args(mut self, args: impl IntoIterator<Item: Into<OsString>>) -> Self {
        self.argv.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.insert(key.into(), value.into());
        self
    }

    /// Of its environment there is nothing but what [`env`](Self::env) sets.
    pub fn env_clear(mut self) -> Self {
        self.is_env_cleared = true;
        self
    }

    /// Where it runs.
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(directory.into());
        self
    }

    /// A file to which its standard output is appended.
    pub fn stdout(mut self, path: impl Into<PathBuf>) -> Self {
        self.stdout = Some(path.into());
        self
    }

    /// A file to which its standard error is appended; may be the same.
    pub fn stderr(mut self, path: impl Into<PathBuf>) -> Self {
        self.stderr = Some(path.into());
        self
    }

    /// Is given each line of those outputs that go to no file, on the runtime's thread, and must not block. A line of
    /// more than 65,536 bytes comes in pieces.
    pub fn on_line(mut self, on_line: impl FnMut(Line<'_>) + Send + 'static) -> Self {
        self.on_line = Some(Box::new(on_line));
        self
    }

    /// The signal by which it is asked to finish, by its group's drain or by a cancel; `SIGTERM` without.
    pub fn drain_signal(mut self, signal: i32) -> Self {
        self.drain_signal = signal;
        self
    }

    /// A name; the program's without.
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

    /// What is to be said of its environment: `None`, nothing.
    fn environment(&self) -> Result<Option<Vec<CString>>> {
        if self.env.is_empty() && !self.is_env_cleared {
            return Ok(None);
        }
        if self.env.keys().any(|key| key.is_empty() || key.as_bytes().contains(&b'=')) {
            return Err(Error::invalid("env: a name that is empty, or has a `=` in it"));
        }
        let mut all = BTreeMap::new();
        if !self.is_env_cleared {
            all.extend(std::env::vars_os());
        }
        all.extend(self.env.clone());
        let entry = |(key, value): (OsString, OsString)| {
            let entry = [key.into_vec(), value.into_vec()].join(&b'=');
            CString::new(entry).map_err(|_| nul("env"))
        };
        all.into_iter().map(entry).collect::<Result<_>>().map(Some)
    }
}

fn nul(option: &str) -> Error {
    Error::invalid(format!("{option}: a NUL in it"))
}

fn not_empty(option: &str, text: &OsStr) -> Result<CString> {
    if text.is_empty() {
        return Err(Error::invalid(format!("{option}: empty")));
    }
    CString::new(text.as_bytes()).map_err(|_| nul(option))
}

fn path(option: &str, path: &Option<PathBuf>) -> Result<Option<CString>> {
    path.as_ref().map(|path| not_empty(option, path.as_os_str())).transpose()
}

/// The strings of the options as C has them.
struct Strings {
    argv: Vec<CString>,
    env: Option<Vec<CString>>,
    current_dir: Option<CString>,
    stdout: Option<CString>,
    stderr: Option<CString>,
}

impl Strings {
    fn of(options: &ProcessOptions) -> Result<Self> {
        let (program, args) = options.argv.split_first().expect("`new` has put it there");
        let mut argv = vec![not_empty("program", program)?];
        for arg in args {
            argv.push(CString::new(arg.as_bytes()).map_err(|_| nul("arg"))?);
        }
        Ok(Self {
            argv,
            env: options.environment()?,
            current_dir: path("current_dir", &options.current_dir)?,
            stdout: path("stdout", &options.stdout)?,
            stderr: path("stderr", &options.stderr)?,
        })
    }
}

/// An array of strings that ends with a null, good as long as they are.
fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

fn pointer(string: &Option<CString>) -> *const c_char {
    string.as_ref().map_or(ptr::null(), |string| string.as_ptr())
}

/// Why a child process failed: it exited with a status other than 0, was ended by a signal, or could not be started.
///
/// It is the cause of the failure, for the error handler as well as for whoever awaits the process:
/// `error.cause()?.downcast_ref::<ProcessError>()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessError(Outcome);

impl ProcessError {
    /// The exit status; `None`: it did not exit.
    pub fn code(&self) -> Option<i32> {
        (self.0.status == Some(Status::Exit)).then_some(self.0.code)
    }

    /// The signal that ended it; `None`: none did.
    pub fn signal(&self) -> Option<i32> {
        (self.0.status == Some(Status::Signal)).then_some(self.0.code)
    }

    /// Why it could not be started; `None`: it was.
    pub fn start_error(&self) -> Option<io::Error> {
        (self.0.status == Some(Status::System)).then(|| io::Error::from_raw_os_error(self.0.code))
    }

    /// The cause of a failure for which no task or hook of this crate has given one.
    pub(crate) fn cause(outcome: &Outcome) -> Option<Cause> {
        let is_of_process = matches!(outcome.status, Some(Status::Exit | Status::Signal | Status::System));
        is_of_process.then(|| Cause::Error(Arc::new(Self(outcome.clone()))))
    }
}

impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt_failure(f)
    }
}

impl std::error::Error for ProcessError {}

/// A child process: gives its end once it and all its descendants are gone, as a [`JoinHandle`] does. Dropping it
/// detaches the process, which goes on: its group owns it.
#[must_use = "dropping it detaches the process; `let _ =` says that this is meant"]
pub struct Process {
    child: Arc<Child>,
    end: JoinHandle<()>,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Process").field(&self.task()).finish()
    }
}

impl Process {
    /// As a task.
    pub fn task(&self) -> Task {
        self.end.task()
    }

    /// Completes when it runs, with its process id; with `None` when it has ended and never did.
    pub async fn started(&self) -> Option<u32> {
        poll_fn(|polling| lock(&self.child.start).poll(polling)).await
    }

    /// Its process id; `None`: it does not run yet. [`Status::Stale`]: it has ended.
    pub fn pid(&self) -> Result<Option<u32>> {
        let shared = &self.child.core.shared;
        shared.call(|runtime| {
            let mut pid = 0;
            // SAFETY: on the runtime's thread.
            shared.check(unsafe { sys::ptg_process_get_pid(runtime, self.child.core.id(), &mut pid) })?;
            Ok(u32::try_from(pid).ok().filter(|pid| *pid != 0))
        })
    }

    /// Sends a signal to it and to those of its descendants that have not left its process group. [`Status::Busy`]: it
    /// does not run yet. [`Status::Stale`]: it has ended.
    pub fn signal(&self, signal: i32) -> Result<()> {
        let shared = &self.child.core.shared;
        shared.call(|runtime| {
            // SAFETY: on the runtime's thread.
            shared.check(unsafe { sys::ptg_process_signal(runtime, self.child.core.id(), signal) })
        })
    }

    /// Asks it to end; see [`JoinHandle::cancel`].
    pub fn cancel(&self, reason: &str) {
        self.end.cancel(reason);
    }

    /// Has it ended, and has that been told?
    pub fn is_finished(&self) -> bool {
        self.end.is_finished()
    }
}

impl Future for Process {
    type Output = Result<(), JoinError>;

    fn poll(mut self: Pin<&mut Self>, polling: &mut Polling<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.end).poll(polling)
    }
}

/// The user data of a process.
struct Child {
    core: Core,
    join: Mutex<Join<()>>,
    start: Mutex<Start>,
    hooks: Mutex<Hooks>,
}

#[derive(Default)]
struct Start {
    pid: Option<u32>,
    is_over: bool,
    waiting: Vec<Waker>,
}

impl Start {
    fn poll(&mut self, polling: &mut Polling<'_>) -> Poll<Option<u32>> {
        if self.pid.is_some() || self.is_over {
            return Poll::Ready(self.pid);
        }
        if !self.waiting.iter().any(|waiting| waiting.will_wake(polling.waker())) {
            self.waiting.push(polling.waker().clone());
        }
        Poll::Pending
    }
}

struct Hooks {
    on_line: Option<OnLine>,
    on_done: Option<KindDone>,
}

impl Owner for Child {
    fn core(&self) -> &Core {
        &self.core
    }
}

impl Joinable<()> for Child {
    fn join(&self) -> &Mutex<Join<()>> {
        &self.join
    }
}

impl Child {
    fn tell_start(&self, pid: Option<u32>) {
        let waiting = {
            let mut start = lock(&self.start);
            start.pid = start.pid.or(pid);
            start.is_over = pid.is_none();
            std::mem::take(&mut start.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    fn end(&self, outcome: &Outcome) {
        self.tell_start(None);
        let on_done = lock(&self.hooks).on_done.take();
        if let Some(on_done) = on_done {
            guard((), || on_done(outcome));
        }
        let end = if outcome.status.is_none() {
            _ = lock(&self.join).set_value(());
            End::Well
        } else {
            End::Badly(Box::new(JoinError::new(ProcessError::cause(outcome), outcome.clone())))
        };
        Join::end(&self.join, end);
    }
}

impl Group {
    /// Spawns a child process, with a process group of its own. It ends well when it exits with status 0; else it has
    /// failed, with a [`ProcessError`] as the cause.
    ///
    /// When its group drains, or when it is cancelled, it is sent its drain signal, and ending by that is ending
    /// cancelled; when the cancel wait is over it is killed with all its descendants. None of them outlives the task,
    /// or this process.
    ///
    /// ```
    /// use ptg::{LocalRuntime, ProcessError, ProcessOptions};
    /// let runtime = LocalRuntime::new()?;
    /// let child = ProcessOptions::new("sh").args(["-c", "echo $WORD; exit 3"]).env("WORD", "hello");
    /// let child = runtime.root().process(child.on_line(|line| println!("it says {line}")))?;
    /// let error = runtime.block_on(child)?.unwrap_err();
    /// assert_eq!(error.to_string(), "exit status 3");
    /// assert_eq!(error.cause().unwrap().downcast_ref::<ProcessError>().unwrap().code(), Some(3));
    /// # Ok::<(), ptg::Error>(())
    /// ```
    pub fn process(&self, options: ProcessOptions) -> Result<Process> {
        let strings = Strings::of(&options)?;
        let ProcessOptions { name, drain_signal, on_line, on_done, spawner, .. } = options;
        let spawner = or_current_away(spawner, &self.shared);
        let has_line = on_line.is_some();
        let child = Arc::new(Child {
            core: Core::new(self.shared.clone(), self.handle(), false),
            join: Mutex::default(),
            start: Mutex::default(),
            hooks: Mutex::new(Hooks { on_line, on_done }),
        });
        let task = self.shared.call(|runtime| {
            let argv = pointers(&strings.argv);
            let env = strings.env.as_deref().map(pointers);
            let raw = sys::ptg_process_options {
                size: size_of::<sys::ptg_process_options>() as u32,
                flags: 0,
                name: name.as_ref().map_or(ptr::null(), |name| name.as_ptr().cast()),
                name_length: name.as_ref().map_or(0, String::len),
                argv: argv.as_ptr(),
                env: env.as_ref().map_or(ptr::null(), |env| env.as_ptr()),
                cwd: pointer(&strings.current_dir),
                stdout_path: pointer(&strings.stdout),
                stderr_path: pointer(&strings.stderr),
                drain_signal,
                reserved0: 0,
                on_line: if has_line { Some(call_on_line) } else { None },
                started: Some(on_started),
                done: Some(on_process_done),
                release: Some(on_release),
                user_data: Arc::into_raw(child.clone()).cast_mut().cast(),
                spawner,
            };
            let mut task = 0;
            // SAFETY: on the runtime's thread; the strings are good during the call, which takes the user data over in
            // any case.
            self.shared.check(unsafe { sys::ptg_process_spawn(runtime, self.handle(), &raw, &mut task) })?;
            Ok(task)
        })?;
        child.core.set_id(task);
        Ok(Process { end: JoinHandle::new(child.clone()), child })
    }
}

/// # Safety
/// `user_data` is a process's, which holds an `Arc` until `on_release`.
unsafe fn child_of<'a>(user_data: *mut c_void) -> &'a Child {
    // SAFETY: as the caller says.
    unsafe { &*user_data.cast::<Child>() }
}

unsafe extern "C" fn call_on_line(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    stream: i32,
    line: *const c_char,
    length: usize,
    user_data: *mut c_void,
) {
    guard((), || {
        // SAFETY: from libptg, valid during the call.
        let (child, bytes) = unsafe { (child_of(user_data), std::slice::from_raw_parts(line.cast::<u8>(), length)) };
        let stream = if stream == sys::PTG_STDOUT as i32 { Stream::Stdout } else { Stream::Stderr };
        if let Some(on_line) = &mut lock(&child.hooks).on_line {
            on_line(Line { stream, bytes });
        }
    });
}

unsafe extern "C" fn on_started(runtime: *mut sys::ptg_runtime, task: sys::ptg_task, user_data: *mut c_void) {
    guard((), || {
        let mut pid = 0;
        // SAFETY: on the runtime's thread, from libptg; it runs.
        let child = unsafe {
            sys::ptg_process_get_pid(runtime, task, &mut pid);
            child_of(user_data)
        };
        child.tell_start(u32::try_from(pid).ok());
    });
}

unsafe extern "C" fn on_process_done(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    outcome: *const sys::ptg_outcome,
    user_data: *mut c_void,
) {
    guard((), || {
        // SAFETY: from libptg, valid during the call.
        let (child, outcome) = unsafe { (child_of(user_data), Outcome::from_raw(&*outcome)) };
        child.end(&outcome);
    });
}

unsafe extern "C" fn on_release(user_data: *mut c_void) {
    guard((), || {
        // SAFETY: from `process`, once.
        let child = unsafe { Arc::from_raw(user_data.cast::<Child>()) };
        let hooks = std::mem::replace(&mut *lock(&child.hooks), Hooks { on_line: None, on_done: None });
        drop(hooks);
    });
}
