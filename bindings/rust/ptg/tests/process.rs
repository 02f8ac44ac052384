//! Child processes: real ones, waited for by what they say and do.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ptg::{
    BoxError, Builder, ErrorReport, GroupOptions, JoinError, Limit, LocalRuntime, Process, ProcessError,
    ProcessOptions, Runtime, ShutdownOptions, Status, Stream, TaskOptions, current,
};

const MOMENT: Duration = Duration::from_millis(1);
const SIGTERM: i32 = 15;
const SIGUSR1: i32 = 10;
const SIGKILL: i32 = 9;

fn shell(script: &str) -> ProcessOptions {
    ProcessOptions::new("sh").args(["-c", script])
}

/// A runtime with a group whose handler sends what it is given.
fn reporting() -> (LocalRuntime, ptg::Group, Receiver<ErrorReport>) {
    let (sender, receiver) = mpsc::channel();
    let options = GroupOptions::new().name("children").on_error(move |report| sender.send(report.clone()).unwrap());
    let runtime = LocalRuntime::new().unwrap();
    let group = runtime.root().group(options).unwrap();
    (runtime, group, receiver)
}

/// As if its lines were a channel.
fn heard(options: ProcessOptions) -> (ProcessOptions, Receiver<String>) {
    let (sender, receiver) = mpsc::channel();
    (options.on_line(move |line| sender.send(line.to_string()).unwrap()), receiver)
}

/// Runs the loop until something comes.
fn next<T>(runtime: &LocalRuntime, receiver: &Receiver<T>) -> T {
    loop {
        if let Ok(value) = receiver.try_recv() {
            return value;
        }
        runtime.turn(Limit::FOREVER).unwrap();
    }
}

fn is_there(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

fn error_of(runtime: &LocalRuntime, process: Process) -> JoinError {
    runtime.block_on(process).unwrap().unwrap_err()
}

fn cause_of(error: &JoinError) -> &ProcessError {
    error.cause().unwrap().downcast_ref().unwrap()
}

#[test]
fn a_process_says_its_lines_and_ends_well() {
    let (runtime, group, told) = reporting();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (said, outcomes) = (lines.clone(), lines.clone());
    let folder = std::env::temp_dir().canonicalize().unwrap();
    let options = shell("pwd; echo $WORD >&2; printf unfinished")
        .env("WORD", "hello")
        .current_dir(&folder)
        .name("talker")
        .on_line(move |line| {
            let name = current().0.unwrap().info().unwrap().name;
            said.lock().unwrap().push((line.stream, format!("{name}: {line}")));
        })
        .on_done(move |outcome| assert_eq!((outcome.status, outcomes.lock().unwrap().len()), (None, 3)));
    let process = group.process(options).unwrap();
    assert_eq!(process.pid().unwrap(), None);
    runtime.block_on(process).unwrap().unwrap();

    let lines = Arc::into_inner(lines).expect("the closures are gone").into_inner().unwrap();
    let of = |stream| lines.iter().filter(move |(of, _)| *of == stream).map(|(_, text)| text.as_str());
    let out = [format!("talker: {}", folder.display()), "talker: unfinished".into()];
    assert!(of(Stream::Stdout).eq(out.iter()));
    assert!(of(Stream::Stderr).eq(["talker: hello"]));
    assert!(told.try_recv().is_err());
    assert_eq!(group.info().unwrap().succeeded, 1);
}

#[test]
fn an_exit_status_is_the_error_of_handler_and_waiter() {
    let (runtime, group, told) = reporting();
    let error = error_of(&runtime, group.process(shell("exit 3").name("three")).unwrap());
    assert_eq!((error.status(), error.outcome().code, error.to_string().as_str()), (Status::Exit, 3, "exit status 3"));
    assert_eq!((cause_of(&error).code(), cause_of(&error).signal()), (Some(3), None));
    let report = told.recv().unwrap();
    assert_eq!(report.name, "three");
    assert_eq!(report.cause.unwrap().downcast_ref(), Some(cause_of(&error)));
}

#[test]
fn a_signal_that_nobody_asked_for_is_a_failure() {
    let (runtime, group, told) = reporting();
    let process = group.process(ProcessOptions::new("sleep").arg("1000")).unwrap();
    assert_eq!(process.signal(SIGKILL).unwrap_err().status(), Status::Busy);
    let pid = runtime.block_on(process.started()).unwrap().unwrap();
    assert_eq!(process.pid().unwrap(), Some(pid));
    assert!(is_there(pid));
    assert_eq!(process.signal(1000).unwrap_err().to_string(), "not a signal");
    process.signal(SIGKILL).unwrap();
    let task = process.task();
    let error = error_of(&runtime, process);
    assert_eq!((error.status(), cause_of(&error).signal()), (Status::Signal, Some(SIGKILL)));
    assert!(error.to_string().contains("signal 9"), "{error}");
    assert_eq!(told.recv().unwrap().outcome.status, Some(Status::Signal));
    assert!(!is_there(pid));
    assert_eq!(task.info().unwrap_err().status(), Status::Stale);
}

#[test]
fn a_signal_is_for_the_process_to_handle() {
    let (runtime, group, _told) = reporting();
    let (options, lines) =
        heard(shell("trap 'echo got it; exit 0' USR1; echo ready; while :; do sleep 1000 & wait; done"));
    let process = group.process(options).unwrap();
    assert_eq!(next(&runtime, &lines), "ready");
    process.signal(SIGUSR1).unwrap();
    runtime.block_on(process).unwrap().unwrap();
    assert_eq!(lines.recv().unwrap(), "got it");
}

#[test]
fn a_program_that_is_not_there_says_so() {
    let (runtime, group, told) = reporting();
    let process = group.process(ProcessOptions::new("/no/such/program")).unwrap();
    assert_eq!(runtime.block_on(process.started()).unwrap(), None);
    let error = error_of(&runtime, process);
    assert_eq!(error.to_string(), "cannot run /no/such/program: no such file or directory");
    assert_eq!(cause_of(&error).start_error().unwrap().kind(), std::io::ErrorKind::NotFound);
    assert_eq!(told.recv().unwrap().cause.unwrap().to_string(), error.to_string());

    let process = group.process(shell("true").current_dir("/no/such/folder")).unwrap();
    assert!(error_of(&runtime, process).to_string().starts_with("cannot change to folder /no/such/folder"));
}

#[test]
fn what_can_not_be_is_refused_in_words() {
    let (_runtime, group, _told) = reporting();
    let refused = |options| {
        let error = group.process(options).unwrap_err();
        assert_eq!(error.status(), Status::Invalid);
        error.to_string()
    };
    assert_eq!(refused(ProcessOptions::new("")), "program: empty");
    assert_eq!(refused(ProcessOptions::new("a\0b")), "program: a NUL in it");
    assert_eq!(refused(shell("a\0b")), "arg: a NUL in it");
    assert_eq!(refused(shell("true").stdout("")), "stdout: empty");
    assert_eq!(refused(shell("true").current_dir("")), "current_dir: empty");
    assert_eq!(refused(shell("true").env("A=B", "c")), "env: a name that is empty, or has a `=` in it");
    assert_eq!(refused(shell("true").env("A", "\0")), "env: a NUL in it");
    assert_eq!(refused(shell("true").drain_signal(1000)), "drain_signal is not a signal");
    assert_eq!(refused(shell("true").name("x".repeat(256))), "a name is longer than 255 bytes");
}

#[test]
fn a_refused_process_drops_what_came_along() {
    let (_runtime, group, _told) = reporting();
    group.shutdown().unwrap();
    let held = Arc::new(());
    let (line, done) = (held.clone(), held.clone());
    let options = shell("true").on_line(move |_| drop(line.clone())).on_done(move |_| drop(done));
    assert_eq!(group.process(options).unwrap_err().status(), Status::Closed);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn output_is_appended_to_files() {
    let (runtime, group, _told) = reporting();
    let path = std::env::temp_dir().join(format!("ptg-rust-{}", std::process::id()));
    for word in ["one", "two"] {
        let options = ProcessOptions::new("sh").args(["-c", "echo $0; echo $0! >&2", word]);
        let process = group.process(options.stdout(&path).stderr(&path)).unwrap();
        runtime.block_on(process).unwrap().unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(text, "one\none!\ntwo\ntwo!\n");
}

#[test]
fn an_environment_is_added_to_or_made_anew() {
    let (runtime, group, _told) = reporting();
    let count = |options: ProcessOptions| {
        let (options, lines) = heard(options.env("WORD", "hello"));
        runtime.block_on(group.process(options).unwrap()).unwrap().unwrap();
        lines.try_iter().collect::<Vec<_>>()
    };
    let added = count(ProcessOptions::new("env"));
    assert!(added.iter().any(|line| line == "WORD=hello") && added.iter().any(|line| line.starts_with("PATH=")));
    let path = std::env::var_os("PATH").unwrap();
    assert_eq!(count(ProcessOptions::new("env").env_clear().env("PATH", path)).len(), 2);
}

#[test]
fn a_shutdown_asks_by_the_drain_signal_and_leaves_no_child() {
    let (runtime, group, told) = reporting();
    let (options, lines) = heard(shell("sleep 1000 & echo $! $$; wait"));
    let plain = group.process(options).unwrap();
    let (options, ready) = heard(shell("trap 'exit 0' USR1; echo ready; while :; do sleep 1000 & wait; done"));
    let polite = group.process(options.drain_signal(SIGUSR1)).unwrap();
    assert_eq!(next(&runtime, &ready), "ready");
    let pids: Vec<u32> = next(&runtime, &lines).split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert!(pids.iter().all(|pid| is_there(*pid)));

    runtime.shutdown().unwrap();
    runtime.run().unwrap();
    assert!(!pids.iter().any(|pid| is_there(*pid)));
    let error = error_of(&runtime, plain);
    assert!(error.is_cancelled() && error.cause().is_none());
    assert_eq!(error.outcome().code, SIGTERM);
    assert_eq!(runtime.block_on(polite).unwrap().map_err(|error| error.to_string()), Ok(()));
    assert!(told.try_recv().is_err());
}

#[test]
fn one_that_ignores_being_asked_is_killed_when_the_cancel_wait_is_over() {
    let (runtime, _, _) = reporting();
    let options = GroupOptions::new().grace(MOMENT).cancel_wait(MOMENT);
    let group = runtime.root().group(options).unwrap();
    let (options, lines) = heard(shell("trap '' TERM; echo $$; while :; do sleep 1000; done"));
    let stubborn = group.process(options).unwrap();
    let pid = next(&runtime, &lines).parse().unwrap();
    runtime.shutdown().unwrap();
    runtime.run().unwrap();
    assert!(!is_there(pid));
    let report = runtime.root().report().unwrap();
    assert_eq!((report.rows[0].killed, report.rows[0].abandoned), (1, 0));
    let error = error_of(&runtime, stubborn);
    assert!(error.is_cancelled() && error.outcome().is_killed);
    assert_eq!(error.outcome().code, SIGKILL);
}

#[test]
fn a_runtime_that_is_dropped_leaves_no_child() {
    let here = LocalRuntime::new().unwrap();
    let runtime = Runtime::start().unwrap();
    let options = shell("trap '' TERM; while :; do sleep 1000; done");
    let process = runtime.root().process(options).unwrap();
    let pid = here.block_on(process.started()).unwrap().unwrap();
    assert!(is_there(pid));
    drop(runtime);
    // It is killed; a busy machine may take longer to bury it than the drop waits.
    while is_there(pid) {
        std::thread::yield_now();
    }
    assert_eq!(error_of(&here, process).status(), Status::TimedOut, "given up at once");
}

#[test]
fn one_whose_handle_is_dropped_goes_on() {
    let (runtime, group, told) = reporting();
    let (sender, receiver) = mpsc::channel();
    let options = shell("exit 4").on_done(move |outcome| sender.send(outcome.code).unwrap());
    drop(group.process(options).unwrap());
    assert_eq!(next(&runtime, &receiver), 4);
    assert_eq!(told.recv().unwrap().outcome.code, 4);
}

#[test]
fn one_that_is_cancelled_before_it_runs_never_does() {
    let runtime = Builder::new().build_local().unwrap();
    let process = runtime.root().process(shell("exit 1")).unwrap();
    process.cancel("too late");
    assert_eq!(runtime.block_on(process.started()).unwrap(), None);
    let error = error_of(&runtime, process);
    assert!(error.is_cancelled() && error.outcome().never_ran);
    assert_eq!(error.outcome().reason.as_deref(), Some("too late"));
}

#[test]
fn a_line_that_makes_its_reader_panic_harms_nobody() {
    let (runtime, group, told) = reporting();
    let process = group.process(shell("echo one; echo two").on_line(|_| panic!("at a line"))).unwrap();
    runtime.block_on(process).unwrap().unwrap();
    assert!(told.try_recv().is_err());
}

#[cfg(feature = "tokio")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_on_a_worker_is_the_spawner_of_its_process() {
    let runtime = Runtime::start().unwrap();
    let group = runtime.root().group(GroupOptions::new()).unwrap();
    let inner = group.clone();
    let parent = group.spawn_with(TaskOptions::new(), |task| async move {
        task.draining().await;
        // From outside a group that drains accepts nothing.
        let child = inner.process(ProcessOptions::new("true"))?;
        Ok::<_, BoxError>((child.task().info()?.spawner, task.task()))
    });
    let report = runtime.shutdown(ShutdownOptions::new()).await.unwrap();
    let (spawner, parent) = parent.unwrap().await.unwrap();
    assert_eq!(spawner, Some(parent));
    assert!(report.is_clean());
}
