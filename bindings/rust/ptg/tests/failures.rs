//! Errors and panics: whole when they arrive, harmless to everybody else, and never inside C.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use ptg::{
    BoxError, Builder, Cause, ErrorReport, Failure, GroupOptions, LocalRuntime, Outcome, Status, TaskOptions,
    TimerOptions,
};

#[derive(Debug)]
struct Odd(u32);

impl std::fmt::Display for Odd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "odd: {}", self.0)
    }
}

impl std::error::Error for Odd {}

fn manual(root: GroupOptions) -> LocalRuntime {
    Builder::new().manual_clock().root(root).build_local().unwrap()
}

fn now(runtime: &LocalRuntime) {
    runtime.advance(Duration::ZERO).unwrap();
}

/// Root options whose handler sends what it is given.
fn reporting() -> (GroupOptions, mpsc::Receiver<ErrorReport>) {
    let (sender, receiver) = mpsc::channel();
    let options = GroupOptions::new().on_error(move |report| {
        sender.send(report.clone()).unwrap();
    });
    (options, receiver)
}

/// What a future gives that needs nobody to wake it.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it is not ready"),
    }
}

#[test]
fn an_error_is_the_same_object_for_handler_and_waiter() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let task = runtime.root().spawn(async { Err::<(), _>(Odd(7)) }).unwrap();
    now(&runtime);

    let Some(Cause::Error(handled)) = told.recv().unwrap().cause else { panic!("no error") };
    let error = ready(task).unwrap_err();
    let Some(Cause::Error(joined)) = error.cause() else { panic!("no error") };
    assert!(Arc::ptr_eq(&handled, joined));
    assert_eq!(error.cause().unwrap().downcast_ref::<Odd>().unwrap().0, 7);
    assert_eq!(error.status(), Status::Failed);
    assert_eq!(error.to_string(), "odd: 7");
    assert!(told.try_recv().is_err(), "told once");
}

#[test]
fn an_error_with_an_outcome_of_its_own_gives_that() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let outcome = Outcome { code: -3, value: 1 << 60, ..Outcome::of(Status::Exit) };
    let failure = Failure::new(outcome);
    drop(runtime.root().spawn(async { Err::<(), _>(failure) }).unwrap());
    now(&runtime);
    let report = told.recv().unwrap();
    assert_eq!((report.outcome.status, report.outcome.code), (Some(Status::Exit), -3));
    assert_eq!(report.outcome.value, 1 << 60);
}

#[test]
fn a_panic_reaches_the_joiner_with_its_payload_and_no_sibling() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let sibling = runtime.root().spawn(async { Ok::<_, Odd>(1) }).unwrap();
    let task = runtime
        .root()
        .spawn(async {
            if true {
                std::panic::panic_any(Odd(9))
            }
        })
        .unwrap();
    let after = runtime.root().spawn(async { Ok::<_, Odd>(2) }).unwrap();
    now(&runtime);

    assert_eq!((ready(sibling).unwrap(), ready(after).unwrap()), (1, 2));
    let error = ready(task).unwrap_err();
    assert!(error.is_panic());
    assert_eq!(error.into_panic().unwrap().downcast::<Odd>().unwrap().0, 9);
    assert!(matches!(told.recv().unwrap().cause, Some(Cause::Panic(_))));
    assert_eq!(runtime.root().info().unwrap().failed, 1);
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn a_panic_of_a_drop_is_a_failure_or_ends_there() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let held = runtime.root().spawn({
        let bomb = PanicsOnDrop;
        async move {
            let _ = &bomb;
        }
    });
    now(&runtime);
    // The future's own drop after its end is part of its last poll.
    assert!(ready(held.unwrap()).unwrap_err().is_panic());
    assert!(told.recv().is_ok());

    let bomb = PanicsOnDrop;
    let parked = async move {
        let _bomb = bomb;
        std::future::pending::<()>().await;
    };
    let parked = runtime.root().spawn(parked).unwrap();
    now(&runtime);
    parked.cancel("enough");
    now(&runtime);
    assert!(ready(parked).unwrap_err().is_panic());
    assert!(told.recv().unwrap().is_during_cancel);
}

#[test]
fn a_handler_that_panics_passes_both_errors_up() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let inner = GroupOptions::new().on_error(|_| -> Result<(), BoxError> { panic!("the handler") });
    let inner = runtime.root().group(inner).unwrap();
    drop(inner.spawn(async { Err::<(), _>(Odd(1)) }).unwrap());
    now(&runtime);
    let report = told.recv().unwrap();
    assert_eq!(report.cause.unwrap().downcast_ref::<Odd>().unwrap().0, 1);
    assert_eq!(report.failed_handler, Some((inner, Status::Failed)));
}

#[test]
fn hooks_done_timers_and_watches_that_panic_stay_out_of_c() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let group = GroupOptions::new()
        .on_drain(|_| -> Result<(), BoxError> { panic!("drain") })
        .on_closed(|_| -> Result<(), BoxError> { panic!("closed") });
    let group = runtime.root().group(group).unwrap();
    let options = TaskOptions::new().on_done(|_| panic!("done"));
    let task = group.spawn_with(options, |_| async {}).unwrap();
    let timer = TimerOptions::new().after(Duration::from_secs(1));
    group.timer(timer, |_| -> Result<(), BoxError> { panic!("fire") }).unwrap();
    runtime.handle().watch(group.handle(), None, |_, _| panic!("over")).unwrap();
    now(&runtime);
    assert!(task.is_finished(), "the panic of its own hook has not lost its end");
    runtime.advance(Duration::from_secs(1)).unwrap();
    let report = told.recv().unwrap();
    assert_eq!(report.name, "timer");
    assert_eq!(report.cause.unwrap().take_panic().unwrap().downcast_ref(), Some(&"fire"));
    group.shutdown().unwrap();
    now(&runtime);
    for what in ["panicked: drain", "panicked: closed"] {
        let report = told.recv().unwrap();
        assert!(report.is_from_hook);
        assert_eq!(report.cause.unwrap().to_string(), what);
    }
    assert_eq!(runtime.root().info().unwrap().children, 0);
}

#[test]
fn a_failure_that_nobody_joins_keeps_nothing() {
    static ALIVE: AtomicU32 = AtomicU32::new(0);
    #[derive(Debug)]
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }
    impl std::fmt::Display for Counted {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("counted")
        }
    }
    impl std::error::Error for Counted {}

    let runtime = manual(GroupOptions::new().on_error(|_| ()));
    for _ in 0..100 {
        ALIVE.fetch_add(1, Ordering::Relaxed);
        drop(runtime.root().spawn(async { Err::<(), _>(Counted) }).unwrap());
    }
    now(&runtime);
    assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    assert_eq!(runtime.root().info().unwrap().failed, 100);
}

#[test]
fn a_task_may_await_its_own_end_only_to_be_cancelled() {
    let runtime = manual(GroupOptions::new());
    let own = Arc::new(Mutex::new(None));
    let kept = own.clone();
    let task = runtime.root().spawn(async move {
        let handle = kept.lock().unwrap().take().unwrap();
        let _: Result<(), _> = { handle }.await;
    });
    *own.lock().unwrap() = Some(task.unwrap());
    now(&runtime);
    assert_eq!(runtime.root().info().unwrap().live, 1);
    runtime.shutdown().unwrap();
    runtime.advance(Duration::from_secs(60)).unwrap();
    assert_eq!(runtime.root().info().unwrap().cancelled, 1);
}

/// Foreign code that fails where one does not expect it.
struct Rude;

impl std::fmt::Debug for Rude {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("rude")
    }
}

impl std::fmt::Display for Rude {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words")
    }
}

impl std::error::Error for Rude {}

#[test]
fn an_error_without_words_is_an_end_like_any_other() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let group = runtime.root().group(GroupOptions::new().on_drain(|_| Err::<(), _>(Rude))).unwrap();
    let task = group.spawn(async { Err::<(), _>(Rude) }).unwrap();
    now(&runtime);
    let error = ready(task).unwrap_err();
    assert!(error.cause().unwrap().downcast_ref::<Rude>().is_some());
    assert_eq!((error.status(), &error.outcome().message), (Status::Failed, &None));
    group.shutdown().unwrap();
    now(&runtime);
    for is_from_hook in [false, true] {
        let report = told.recv().unwrap();
        assert_eq!((report.is_from_hook, report.outcome.status), (is_from_hook, Some(Status::Failed)));
        assert!(report.cause.unwrap().downcast_ref::<Rude>().is_some());
    }
}

struct NotAnError;

impl From<NotAnError> for BoxError {
    fn from(_: NotAnError) -> Self {
        panic!("not an error")
    }
}

#[test]
fn what_a_task_gives_may_panic_and_is_its_failure() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let task = runtime.root().spawn(async { Err::<(), _>(NotAnError) }).unwrap();
    drop(runtime.root().spawn(async { Ok::<_, BoxError>(PanicsOnDrop) }).unwrap());
    now(&runtime);
    assert!(ready(task).unwrap_err().is_panic());
    for what in ["panicked: not an error", "panicked: dropped"] {
        assert_eq!(told.recv().unwrap().cause.unwrap().to_string(), what);
    }
    assert_eq!(runtime.root().info().unwrap().live, 0);
}

#[test]
fn a_status_that_is_none_is_a_failure() {
    let (options, told) = reporting();
    let runtime = manual(options);
    drop(runtime.root().spawn(async { Err::<(), _>(Failure::from(Status::Other(7))) }).unwrap());
    drop(runtime.root().spawn(async { Err::<(), _>(Failure::from(Status::Other(-7000))) }).unwrap());
    now(&runtime);
    assert_eq!(told.recv().unwrap().outcome.status, Some(Status::Failed));
    assert_eq!(told.recv().unwrap().outcome.status, Some(Status::Other(-7000)));
    assert_eq!(runtime.root().info().unwrap().failed, 2);
}

#[test]
fn the_error_of_a_hook_reaches_each_handler_and_is_kept_no_longer() {
    let (options, told) = reporting();
    let runtime = manual(options);
    let outer = GroupOptions::new().on_error(|report| {
        assert!(report.cause.is_some());
        Err::<(), _>("the handler")
    });
    let outer = runtime.root().group(outer).unwrap();
    let alive = Arc::new(());
    let held = alive.clone();
    let inner = GroupOptions::new().on_drain(move |_| {
        let held = held.clone();
        if Arc::strong_count(&held) > 0 {
            std::panic::panic_any(held)
        }
    });
    let inner = outer.group(inner).unwrap();
    inner.shutdown().unwrap();
    now(&runtime);
    let report = told.recv().unwrap();
    assert!(report.is_from_hook && report.failed_handler.is_some());
    drop(report.cause.expect("it comes this far"));
    drop(report.outcome);
    assert_eq!(Arc::strong_count(&alive), 1);
}
