//! The life of groups and tasks on a manual clock, and what stale, closed and misused handles answer.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ptg::{
    BoxError, Builder, GroupOptions, JoinHandle, Limit, LocalRuntime, OnKill, Overlap, QueueOptions, Scope,
    ShutdownOptions, Signal, Snapshot, Status, TaskOptions, TimerOptions, current,
};

const SECOND: Duration = Duration::from_secs(1);

fn manual() -> LocalRuntime {
    Builder::new().manual_clock().build_local().unwrap()
}

fn now(runtime: &LocalRuntime) {
    runtime.advance(Duration::ZERO).unwrap();
}

fn status<T: std::fmt::Debug>(result: ptg::Result<T>) -> Status {
    result.unwrap_err().status()
}

#[test]
fn threads_are_honest() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<ptg::Group>();
    is_send_and_sync::<ptg::Task>();
    is_send_and_sync::<ptg::Handle>();
    is_send_and_sync::<ptg::Runtime>();
    is_send_and_sync::<ptg::Context>();
    is_send_and_sync::<ptg::Queue<u8>>();
    is_send_and_sync::<ptg::Watch>();
    is_send_and_sync::<ptg::Process>();
    is_send_and_sync::<ptg::Error>();
    is_send_and_sync::<ptg::JoinError>();
    is_send_and_sync::<ptg::Report>();
    is_send_and_sync::<Snapshot>();
    is_send_and_sync::<JoinHandle<u8>>();
}

#[test]
fn a_spawn_runs_nothing_before_it_returns() {
    let runtime = manual();
    let has_run = Rc::new(RefCell::new(false));
    let seen = has_run.clone();
    let task = runtime.root().spawn_local(async move { *seen.borrow_mut() = true }).unwrap();
    assert!(!*has_run.borrow());
    now(&runtime);
    assert!(*has_run.borrow() && task.is_finished());
}

#[test]
fn stale_closed_and_wrong_handles_say_so() {
    let runtime = manual();
    let group = runtime.root().group(GroupOptions::new()).unwrap();
    let task = group.spawn(async {}).unwrap().task();
    assert_eq!(status(runtime.handle().task(group.handle()).cancel("x")), Status::Kind);
    assert_eq!(status(runtime.handle().group(task.handle()).info()), Status::Kind);
    now(&runtime);
    assert_eq!(status(task.cancel("late")), Status::Stale);
    assert_eq!(status(task.info()), Status::Stale);
    group.shutdown().unwrap();
    assert_eq!(status(group.spawn(async {})), Status::Closed);
    now(&runtime);
    assert_eq!(status(group.info()), Status::Stale);

    let (a, b) =
        (runtime.root().group(GroupOptions::new()).unwrap(), runtime.root().group(GroupOptions::new()).unwrap());
    a.stops_before(&b).unwrap();
    let error = b.stops_before(&a).unwrap_err();
    assert_eq!(error.status(), Status::Cycle);
    assert!(error.message().contains("group-"), "{error}");
    assert_eq!(status(runtime.run()), Status::Invalid, "a manual clock is not run");
}

#[test]
fn a_runtime_that_is_over_says_so_from_every_thread() {
    let runtime = LocalRuntime::new().unwrap();
    let (handle, root) = (runtime.handle().clone(), runtime.root());
    let (runtime, error) = runtime.destroy().unwrap_err();
    assert_eq!(error.status(), Status::Busy);
    runtime.shutdown().unwrap();
    runtime.run().unwrap();
    runtime.destroy().unwrap();
    assert_eq!(status(root.info()), Status::Invalid);
    let elsewhere = move || (status(root.spawn(async {})), status(handle.time()));
    assert_eq!(std::thread::spawn(elsewhere).join().unwrap(), (Status::Closed, Status::Closed));
}

#[test]
fn a_local_future_is_refused_elsewhere() {
    let runtime = manual();
    let root = runtime.root();
    let elsewhere = move || assert_eq!(status(root.spawn_local(async {})), Status::Thread);
    std::thread::spawn(elsewhere).join().unwrap();
}

#[test]
fn a_call_from_inside_that_would_run_the_loop_is_refused() {
    let runtime = Rc::new(manual());
    let inner = runtime.clone();
    let task = async move { assert_eq!(status(inner.advance(SECOND)), Status::Reentrant) };
    drop(runtime.root().spawn_local(task).unwrap());
    now(&runtime);
    assert_eq!(runtime.root().info().unwrap().succeeded, 1);
}

#[test]
fn who_runs_is_known_in_tasks_handlers_hooks_and_watches() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = {
        let told = told.clone();
        move |what| {
            let (task, group) = current();
            told.lock().unwrap().push((what, task.map(|t| t.handle()), group.map(|g| g.handle())));
        }
    };
    let runtime = manual();
    let (on_error, on_drain, in_task) = (tell.clone(), tell.clone(), tell.clone());
    let options = GroupOptions::new().on_error(move |_| on_error("error")).on_drain(move |_| on_drain("drain"));
    let group = runtime.root().group(options).unwrap();
    let task = group.spawn_with(TaskOptions::new(), |task| async move {
        in_task("start");
        task.sleep(SECOND).await;
        in_task("later");
        Err::<(), _>("over")
    });
    let task = task.unwrap().task().handle();
    runtime.advance(SECOND).unwrap();
    group.shutdown().unwrap();
    now(&runtime);
    let own = (Some(task), Some(group.handle()));
    let hook = (None, Some(group.handle()));
    let told = told.lock().unwrap();
    let expected = [("start", own), ("later", own), ("error", hook), ("drain", hook)];
    assert_eq!(*told, expected.map(|(what, (task, group))| (what, task, group)));
    assert_eq!(current(), (None, None));
}

#[test]
fn a_plain_future_is_dropped_when_it_is_cancelled() {
    let runtime = manual();
    let held = Rc::new(());
    let kept = held.clone();
    let task = runtime.root().spawn_local(async move {
        let _kept = kept;
        std::future::pending::<()>().await;
    });
    let task = task.unwrap();
    now(&runtime);
    task.cancel("enough");
    now(&runtime);
    assert_eq!(Rc::strong_count(&held), 1);
    let error = runtime_result(task);
    assert!(error.is_cancelled());
    assert_eq!(error.outcome().reason.as_deref(), Some("enough"));
}

fn runtime_result<T: std::fmt::Debug>(task: JoinHandle<T>) -> ptg::JoinError {
    let mut task = std::pin::pin!(task);
    match task.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(result) => result.unwrap_err(),
        std::task::Poll::Pending => panic!("it has not ended"),
    }
}

#[test]
fn a_task_hears_drain_then_cancel_and_is_dropped_at_last() {
    let runtime = manual();
    let options = GroupOptions::new().grace(SECOND).cancel_wait(SECOND);
    let group = runtime.root().group(options).unwrap();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let hears = heard.clone();
    let task = group.spawn_local_with(TaskOptions::new(), |task| async move {
        while Rc::strong_count(&hears) > 0 {
            let signal = task.signal().await;
            hears.borrow_mut().push(signal);
        }
    });
    let task: JoinHandle<()> = task.unwrap();
    now(&runtime);
    group.shutdown().unwrap();
    now(&runtime);
    assert_eq!(*heard.borrow(), [Signal::Drain]);
    runtime.advance(SECOND).unwrap();
    assert!(matches!(heard.borrow()[1], Signal::Cancel(_)));
    runtime.advance(SECOND).unwrap();
    assert_eq!(Rc::strong_count(&heard), 1, "its future is gone");
    let error = runtime_result(task);
    assert!(error.outcome().is_killed && error.is_cancelled());
}

#[test]
fn one_that_is_not_to_be_killed_is_abandoned_and_named() {
    let runtime = manual();
    let group = runtime.root().group(GroupOptions::new().grace(SECOND).cancel_wait(SECOND)).unwrap();
    let options = TaskOptions::new().name("stuck").on_kill(OnKill::Abandon);
    let _stuck: JoinHandle<()> = group.spawn_with(options, |_| std::future::pending::<()>()).unwrap();
    now(&runtime);
    runtime.shutdown().unwrap();
    runtime.advance(SECOND * 2).unwrap();
    let report = runtime.root().report().unwrap();
    assert_eq!(report.rows[0].abandoned, 1);
    assert!(!report.is_clean());
    let abandoned = group.abandoned().unwrap();
    assert_eq!(abandoned[0].info().unwrap().name, "stuck");
}

#[test]
fn sleeps_of_one_task_end_each_at_its_time() {
    let runtime = manual();
    let ends = Rc::new(RefCell::new(Vec::new()));
    let seen = ends.clone();
    let handle = runtime.handle().clone();
    let begin = handle.time().unwrap();
    let sleeper = runtime.root().spawn_local_with(TaskOptions::new(), |task| async move {
        let mut naps: Vec<_> = [3, 1, 2].map(|n| Some(Box::pin(task.sleep(SECOND * n)))).into();
        while naps.iter().any(Option::is_some) {
            std::future::poll_fn(|polling| {
                let mut is_any = false;
                for nap in &mut naps {
                    if nap.as_mut().is_some_and(|nap| nap.as_mut().poll(polling).is_ready()) {
                        *nap = None;
                        is_any = true;
                    }
                }
                if is_any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
            seen.borrow_mut().push(handle.time().unwrap() - begin);
        }
    });
    let sleeper = sleeper.unwrap();
    runtime.advance(SECOND * 5).unwrap();
    assert_eq!(*ends.borrow(), [SECOND, SECOND * 2, SECOND * 3]);
    assert!(sleeper.is_finished());
}

#[test]
fn a_wake_from_another_thread_arrives() {
    let runtime = LocalRuntime::new().unwrap();
    let waker: Arc<Mutex<Option<std::task::Waker>>> = Arc::default();
    let given = waker.clone();
    let mut polls = 0;
    let task = runtime.root().spawn(std::future::poll_fn(move |polling| {
        polls += 1;
        *given.lock().unwrap() = Some(polling.waker().clone());
        if polls == 3 { std::task::Poll::Ready(Ok::<_, BoxError>(polls)) } else { std::task::Poll::Pending }
    }));
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                if let Some(waker) = waker.lock().unwrap().take() {
                    waker.wake();
                }
                std::thread::yield_now();
            }
        });
        assert_eq!(runtime.block_on(task.unwrap()).unwrap().unwrap(), 3);
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn children_close_in_order_and_the_report_says_so() {
    let runtime = manual();
    let [a, b, c] = ["a", "b", "c"].map(|name| runtime.root().group(GroupOptions::new().name(name)).unwrap());
    a.stops_before(&b).unwrap();
    a.stops_before(&c).unwrap();
    b.stops_before(&c).unwrap();
    runtime.shutdown().unwrap();
    now(&runtime);
    let report = runtime.root().report().unwrap();
    let paths: Vec<String> = report.rows.iter().map(|row| report.path(row)).collect();
    assert_eq!(paths, ["/a", "/b", "/c", "/"]);
}

#[test]
fn whoever_waits_for_a_group_gets_the_report_and_nobody_waits_for_himself() {
    let runtime = manual();
    let group = runtime.root().group(GroupOptions::new().name("g")).unwrap();
    let inner = group.clone();
    let inside = group.spawn(async move { inner.closed().await.map(drop) }).unwrap();
    let outer = group.clone();
    let outside = runtime.root().spawn(async move { outer.closed().await }).unwrap();
    now(&runtime);
    let error = runtime_result(inside);
    assert_eq!(error.cause().unwrap().downcast_ref::<ptg::Error>().unwrap().status(), Status::Deadlock);
    group.shutdown().unwrap();
    now(&runtime);
    let mut outside = std::pin::pin!(outside);
    let polling = &mut std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Ok(report)) = outside.as_mut().poll(polling) else { panic!("no report") };
    assert_eq!((report.rows.len(), report.rows[0].failed), (1, 0));
}

#[test]
fn a_scope_that_is_dropped_ends_its_group() {
    let runtime = manual();
    let scope = Scope::open(&runtime.root(), GroupOptions::new()).unwrap();
    let group = scope.group().clone();
    let task: JoinHandle<()> = group.spawn(std::future::pending::<()>()).unwrap();
    now(&runtime);
    drop(scope);
    now(&runtime);
    assert!(runtime_result(task).is_cancelled());
    assert_eq!(status(group.info()), Status::Stale);
}

#[test]
fn a_runtime_that_is_dropped_drops_its_futures_and_detached_handles_keep_nothing() {
    let held = Arc::new(());
    let waits: JoinHandle<()>;
    {
        let runtime = LocalRuntime::new().unwrap();
        let kept = held.clone();
        let task = async move {
            let _kept = kept;
            std::future::pending::<()>().await;
        };
        waits = runtime.root().spawn(task).unwrap();
        let kept = held.clone();
        let never_run = async move { drop(kept) };
        runtime.turn(Limit::from_nanos(0)).unwrap();
        drop(runtime.root().spawn(never_run).unwrap());
        assert_eq!(Arc::strong_count(&held), 3);
    }
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(runtime_result(waits).is_cancelled());
}

#[test]
fn a_refused_spawn_gives_nothing_and_drops_what_came_along() {
    let runtime = manual();
    let group = runtime.root().group(GroupOptions::new().max_tasks(1, Default::default())).unwrap();
    let held = Arc::new(());
    drop(group.spawn(std::future::pending::<()>()).unwrap());
    let (future, done) = (held.clone(), held.clone());
    let options = TaskOptions::new().on_done(move |_| drop(done));
    let refused = group.spawn_with(options, |task| async move {
        drop((future, task));
    });
    assert_eq!(status(refused), Status::Full);
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(group.info().unwrap().refused, 1);
}

#[test]
fn a_periodic_timer_skips_while_its_task_goes_on() {
    let runtime = manual();
    let root = runtime.root();
    let every = TimerOptions::new().every(SECOND).overlap(Overlap::Skip);
    let timer = root.timer(every, |timer| {
        let group = timer.task().info()?.group;
        group.spawn_with(TaskOptions::new(), |task| async move { task.sleep(SECOND * 3 / 2).await })
    });
    runtime.advance(SECOND * 4).unwrap();
    let info = timer.unwrap().info().unwrap();
    assert_eq!((info.fired, info.skipped), (2, 2));
}

#[test]
fn a_queue_gives_back_what_it_will_not_handle() {
    let runtime = manual();
    let (handled, dropped) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (handles, drops) = (handled.clone(), dropped.clone());
    let options = QueueOptions::new(2).on_drop(move |_, message: String| drops.lock().unwrap().push(message));
    let queue = runtime.root().queue(options, move |_, message| {
        handles.lock().unwrap().push(message.clone().unwrap());
        if message.as_deref() == Some("bad") { Err("bad") } else { Ok(()) }
    });
    let queue = queue.unwrap();
    queue.push("good".into()).unwrap();
    queue.push("bad".into()).unwrap();
    let full = queue.push("more".into()).unwrap_err();
    assert_eq!((full.error.status(), full.message.as_str()), (Status::Full, "more"));
    now(&runtime);
    assert_eq!(*handled.lock().unwrap(), ["good", "bad"]);
    assert_eq!(*dropped.lock().unwrap(), ["bad"]);
    assert_eq!(queue.push("late".into()).unwrap_err().error.status(), Status::Stale);
}

#[test]
fn one_picture_shows_the_groups_of_every_runtime() {
    let (one, two) = (manual(), manual());
    one.root().group(GroupOptions::new().name("of-one")).unwrap();
    let group = two.root().group(GroupOptions::new().name("of-two")).unwrap();
    drop(group.spawn_with(TaskOptions::new().name("parked"), |_| std::future::pending::<()>()).unwrap());
    let picture = Snapshot::take_all(Duration::ZERO).unwrap();
    let names: Vec<_> = picture.groups().map(|group| group.name.to_owned()).collect();
    assert!(names.iter().any(|name| name == "of-one") && names.iter().any(|name| name == "of-two"));
    assert!(picture.tasks().any(|task| task.name == "parked" && task.group == group.handle()));
    assert!(two.root().snapshot().unwrap().to_json().unwrap().contains("of-two"));
}

#[test]
fn after_its_shutdown_a_runtime_tells_all_of_it_until_it_is_dropped() {
    let here = LocalRuntime::new().unwrap();
    let runtime = ptg::Runtime::start().unwrap();
    let root = runtime.root().clone();
    let stuck = TaskOptions::new().name("stuck").on_kill(OnKill::Abandon).ignores_cancel();
    let stuck: JoinHandle<()> = root.spawn_with(stuck, |_| std::future::pending::<()>()).unwrap();
    let failing = root.spawn(async { Err::<(), _>("broken") }).unwrap();
    here.block_on(failing).unwrap().unwrap_err();

    let at_once = ShutdownOptions::new().force().cancel_wait(Limit::AT_ONCE);
    let report = here.block_on(runtime.shutdown(at_once)).unwrap().unwrap();
    assert_eq!(report.rows[0].abandoned, 1);
    let again = here.block_on(runtime.shutdown(ShutdownOptions::new())).unwrap().unwrap();
    assert_eq!(again.rows[0].closed_at, report.rows[0].closed_at);
    assert_eq!(root.report().unwrap().rows[0].closed_at, report.rows[0].closed_at);
    assert_eq!(root.blame().unwrap()[0].task_name.as_deref(), Some("stuck"));
    assert_eq!(root.abandoned().unwrap()[0].info().unwrap().name, "stuck");
    assert_eq!(root.failures().unwrap()[0].message.as_deref(), Some("broken"));
    assert_eq!(root.info().unwrap().state, ptg::GroupState::Closed);
    assert_eq!(status(root.spawn(async {})), Status::Closed);
    let (sender, receiver) = std::sync::mpsc::channel();
    runtime.handle().post(move || sender.send(std::thread::current().name().map(String::from)).unwrap()).unwrap();
    assert_eq!(receiver.recv().unwrap().as_deref(), Some("ptg"));

    drop(runtime);
    assert_eq!(status(root.report()), Status::Closed);
    assert_eq!(runtime_result(stuck).status(), Status::TimedOut);
}

#[test]
fn a_runtime_that_somebody_else_shuts_down_waits_for_its_owner() {
    let runtime = ptg::Runtime::start().unwrap();
    let root = runtime.root().clone();
    let (closed, is_closed) = std::sync::mpsc::channel();
    let watch = runtime.handle().watch(root.handle(), None, move |_, _| closed.send(()).unwrap());
    watch.unwrap();
    root.shutdown().unwrap();
    is_closed.recv().unwrap();
    for _ in 0..100 {
        assert_eq!(root.blame().unwrap().len(), 1);
    }
    let report = runtime.shutdown_and_wait(ShutdownOptions::new()).unwrap();
    assert!(report.is_clean());
}

#[test]
fn errors_say_what_is_wrong_in_words_of_rust() {
    let runtime = manual();
    let root = runtime.root();
    let odd = Limit::from_nanos(-7);
    let seven = "-7 ns is not a duration";
    let said = |result: ptg::Result<()>| result.unwrap_err().to_string();
    assert_eq!(said(root.group(GroupOptions::new().grace(odd)).map(drop)), format!("grace: {seven}"));
    assert_eq!(said(root.shutdown_with(ShutdownOptions::new().cancel_wait(odd))), format!("cancel_wait: {seven}"));
    assert_eq!(
        said(Builder::new().root(GroupOptions::new().deadline(odd)).start().map(drop)),
        format!("deadline: {seven}")
    );
    let timer = |options: TimerOptions| root.timer(options, |_| ()).map(drop);
    assert_eq!(said(timer(TimerOptions::new())), "a timer needs `after` or `every`");
    assert!(said(timer(TimerOptions::new().after(Limit::FOREVER))).starts_with("after: "));
    assert!(said(timer(TimerOptions::new().every(Duration::ZERO))).starts_with("every: "));
    assert!(said(Builder::new().manual_clock().start().map(drop)).starts_with("manual_clock: "));

    let task = root.spawn(async {}).unwrap().task();
    assert_eq!(said(task.wake_after(Duration::ZERO.into())), "limit: not AT_ONCE, but from_nanos(0)");
    assert_eq!(said(task.wake_after(odd)), format!("limit: {seven}"));
    assert_eq!(said(task.extend_grace(Limit::FOREVER).map(drop)), "wanted: not for ever");
    now(&runtime);
    assert_eq!(format!("{:?}", task.info().unwrap_err()), "Stale: the task is gone");
    assert_eq!(format!("{:?}", ptg::Error::from(Status::Full)), "Full: a bound is reached");
}

#[test]
fn a_runtime_of_its_own_thread_needs_no_other_executor() {
    let runtime = ptg::Runtime::start().unwrap();
    let group = runtime.root().group(GroupOptions::new().name("here")).unwrap();
    assert_eq!(group.info().unwrap().name, "here");
    let (sender, receiver) = std::sync::mpsc::channel();
    let task = group.spawn_with(TaskOptions::new(), |task| async move {
        sender.send(std::thread::current().name().map(String::from)).unwrap();
        task.sleep(Duration::from_millis(1)).await;
    });
    drop(task.unwrap());
    assert_eq!(receiver.recv().unwrap().as_deref(), Some("ptg"));
    let held = Arc::new(());
    let kept = held.clone();
    let parked = async move {
        let _kept = kept;
        std::future::pending::<()>().await;
    };
    drop(group.spawn(parked).unwrap());
    drop(runtime);
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(status(group.spawn(async {})), Status::Closed);

    let runtime = ptg::Runtime::start().unwrap();
    drop(runtime.root().spawn(async {}).unwrap());
    runtime.shutdown_and_wait(ShutdownOptions::new()).unwrap();
}

#[test]
fn a_report_names_who_asked_for_the_shutdown() {
    let runtime = manual();
    let root = runtime.root();
    let group = || root.group(GroupOptions::new()).unwrap();
    let originator = |group: &ptg::Group| {
        let waits = root.spawn({
            let closed = group.closed();
            async move { closed.await.map(|report| report.rows[0].originator) }
        });
        now(&runtime);
        waits.unwrap()
    };
    let (asked_by_task, asked_for, asked_from_outside) = (group(), group(), group());
    let first = originator(&asked_by_task);
    let inner = asked_by_task.clone();
    let asks = root.spawn(async move { inner.shutdown() }).unwrap().task();
    now(&runtime);
    assert_eq!(value(first), asks.handle());

    let second = originator(&asked_for);
    asked_for.shutdown_with(ShutdownOptions::new().originator(root.handle())).unwrap();
    now(&runtime);
    assert_eq!(value(second), root.handle());

    let third = originator(&asked_from_outside);
    asked_from_outside.shutdown().unwrap();
    now(&runtime);
    assert_eq!(value(third), 0);
}

fn value<T>(task: JoinHandle<T>) -> T {
    let mut task = std::pin::pin!(task);
    match task.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(result) => result.unwrap(),
        std::task::Poll::Pending => panic!("it has not ended"),
    }
}

#[test]
fn a_group_is_kept_whole_while_a_task_that_it_gave_up_goes_on() {
    let runtime = manual();
    let parent = runtime.root().group(GroupOptions::new().name("parent")).unwrap();
    let child = parent.group(GroupOptions::new().name("child")).unwrap();
    let other = parent.group(GroupOptions::new().name("other")).unwrap();
    let stuck = TaskOptions::new().name("stuck").on_kill(OnKill::Abandon);
    let stuck: JoinHandle<()> = child.spawn_with(stuck, |_| std::future::pending::<()>()).unwrap();
    now(&runtime);
    parent.shutdown_with(ShutdownOptions::new().force().cancel_wait(Limit::AT_ONCE)).unwrap();
    now(&runtime);
    assert_eq!(parent.report().unwrap().rows.len(), 3);
    assert!(parent.blame().unwrap().iter().any(|row| row.task_name.as_deref() == Some("stuck")));
    assert_eq!(other.info().unwrap().state, ptg::GroupState::Closed);
    let mut again = std::pin::pin!(parent.closed());
    let polling = &mut std::task::Context::from_waker(std::task::Waker::noop());
    assert!(again.as_mut().poll(polling).is_pending());
    now(&runtime);
    let std::task::Poll::Ready(Ok(report)) = again.as_mut().poll(polling) else { panic!("no report") };
    assert_eq!(report.rows.iter().map(|row| row.abandoned).sum::<u64>(), 1);

    stuck.task().finish(&Default::default()).unwrap();
    now(&runtime);
    assert!(stuck.is_finished());
    assert_eq!((status(parent.report()), status(other.info())), (Status::Stale, Status::Stale));
}

/// A waker that shows how often it is kept.
struct Kept;

impl std::task::Wake for Kept {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn what_gives_up_waiting_leaves_nothing() {
    let runtime = manual();
    let group = runtime.root().group(GroupOptions::new()).unwrap();
    let kept = Arc::new(Kept);
    let waker = std::task::Waker::from(kept.clone());
    let mut closed = Box::pin(group.closed());
    for _ in 0..3 {
        assert!(closed.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(Arc::strong_count(&kept), 3);
    drop(closed);
    assert_eq!(Arc::strong_count(&kept), 2, "its watch is gone");

    let waits = group.spawn_local_with(TaskOptions::new(), |task| async move {
        let polling = &mut std::task::Context::from_waker(&waker);
        for _ in 0..3 {
            let (mut nap, mut drain) = (Box::pin(task.sleep(SECOND)), Box::pin(task.draining()));
            let (mut cancel, mut signal) = (Box::pin(task.cancelled()), Box::pin(task.signal()));
            for _ in 0..3 {
                assert!(nap.as_mut().poll(polling).is_pending() && drain.as_mut().poll(polling).is_pending());
                assert!(cancel.as_mut().poll(polling).is_pending() && signal.as_mut().poll(polling).is_pending());
            }
            assert_eq!(Arc::strong_count(&kept), 6, "each once");
        }
        assert_eq!(Arc::strong_count(&kept), 2);
        // The wake that the sleeps would have had is not told as one.
        task.sleep(SECOND * 2).await;
        assert!(std::pin::pin!(task.signal()).poll(polling).is_pending());
    });
    runtime.advance(SECOND * 2).unwrap();
    value(waits.unwrap());
}

#[test]
fn a_sleep_that_is_made_elsewhere_is_not_early() {
    let runtime = manual();
    let root = runtime.root();
    let spawn = move || root.spawn_with(TaskOptions::new(), |task| task.sleep(SECOND)).unwrap();
    let sleeper = std::thread::spawn(spawn).join().unwrap();
    now(&runtime);
    runtime.advance(SECOND - Duration::from_nanos(1)).unwrap();
    assert!(!sleeper.is_finished());
    runtime.advance(Duration::from_nanos(1)).unwrap();
    value(sleeper);
}

#[test]
fn a_sleep_is_for_its_own_task_only() {
    let runtime = manual();
    let root = runtime.root();
    let lent = root.spawn_with(TaskOptions::new(), |task| async move {
        let nap = task.sleep(SECOND);
        task.group().spawn(nap).map(|other| (other, ()))
    });
    now(&runtime);
    let error = runtime_result(value(lent.unwrap()).0);
    assert!(error.is_panic() && error.to_string().contains("only the task itself"), "{error}");
}

#[test]
#[should_panic(expected = "the result of this task has been given already")]
fn a_result_is_given_once() {
    let runtime = manual();
    let mut task = runtime.root().spawn(async {}).unwrap();
    now(&runtime);
    let polling = &mut std::task::Context::from_waker(std::task::Waker::noop());
    assert!(std::pin::Pin::new(&mut task).poll(polling).is_ready());
    let _ = std::pin::Pin::new(&mut task).poll(polling);
}

#[test]
fn a_thread_does_not_wait_for_room_in_its_own_mail() {
    let runtime = LocalRuntime::new().unwrap();
    let called = Rc::new(std::cell::Cell::new(0));
    let (sender, receiver) = std::sync::mpsc::channel();
    let mut sent = 0;
    let full = loop {
        let sender = sender.clone();
        match runtime.handle().post(move || sender.send(()).unwrap()) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full.status(), Status::Full);
    runtime.turn(Limit::from_nanos(0)).unwrap();
    while receiver.try_recv().is_ok() {
        called.set(called.get() + 1);
    }
    assert_eq!(called.get(), sent);
    runtime.handle().post(|| ()).unwrap();
}

#[test]
fn what_was_sent_just_before_the_closing_is_answered() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let on_closed = move |root: &ptg::Group| {
        let (root, sender) = (root.clone(), sender.clone());
        let send = move || {
            sender.send(root.spawn(async {})?)?;
            root.runtime().post(move || drop(sender))?;
            Ok::<_, BoxError>(())
        };
        std::thread::spawn(send).join().unwrap()
    };
    let runtime = Builder::new().root(GroupOptions::new().on_closed(on_closed)).build_local().unwrap();
    runtime.shutdown().unwrap();
    runtime.run().unwrap();
    let late = runtime_result(receiver.recv().unwrap());
    assert_eq!(late.status(), Status::Closed);
    assert!(late.outcome().never_ran);
    assert_eq!(receiver.try_recv().map(drop), Err(std::sync::mpsc::TryRecvError::Empty), "the hook has a sender");
}

#[test]
fn one_may_block_on_others_after_the_closing() {
    let runtime = LocalRuntime::new().unwrap();
    runtime.shutdown().unwrap();
    runtime.run().unwrap();
    let other = ptg::Runtime::start().unwrap();
    let task = other.root().spawn_with(TaskOptions::new(), |task| async move {
        task.sleep(Duration::from_millis(1)).await;
        Ok::<_, BoxError>(7)
    });
    assert_eq!(runtime.block_on(task.unwrap()).unwrap().unwrap(), 7);
}

#[test]
fn a_task_that_was_given_up_ends_late_on_the_runtimes_own_thread() {
    let here = LocalRuntime::new().unwrap();
    let runtime = ptg::Runtime::start().unwrap();
    let (started, is_started) = std::sync::mpsc::channel();
    let late = runtime.root().spawn_with(TaskOptions::new().on_kill(OnKill::Abandon), |task| async move {
        started.send(())?;
        while task.task().info()?.state != ptg::TaskState::Abandoned {
            task.sleep(Duration::from_millis(1)).await;
        }
        task.sleep(Duration::from_millis(1)).await;
        Ok::<_, BoxError>("late")
    });
    is_started.recv().unwrap();
    let at_once = ShutdownOptions::new().force().cancel_wait(Limit::AT_ONCE);
    let report = here.block_on(runtime.shutdown(at_once)).unwrap().unwrap();
    assert_eq!(report.rows[0].abandoned, 1);
    assert_eq!(here.block_on(late.unwrap()).unwrap().unwrap(), "late");
}

#[test]
fn who_waits_for_a_group_that_is_told_by_events_gets_its_report() {
    let runtime = manual();
    let group = runtime.root().group(GroupOptions::new().events()).unwrap();
    let closed = group.closed();
    let waits = runtime.root().spawn(async move { closed.await.map(|report| report.rows.len()) }).unwrap();
    now(&runtime);
    group.shutdown().unwrap();
    now(&runtime);
    while !runtime.handle().take_events(8).unwrap().is_empty() {
        now(&runtime);
    }
    assert_eq!(value(waits), 1);
}

#[test]
fn what_a_group_holds_may_use_the_runtime_as_it_goes() {
    struct Looks(ptg::Group, std::sync::mpsc::Sender<Status>);
    impl Drop for Looks {
        fn drop(&mut self) {
            let watch = self.0.runtime().watch(self.0.handle(), None, |_, _| ());
            self.1.send(status(watch)).unwrap();
        }
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    for is_closed_before in [false, true] {
        let runtime = manual();
        let root = runtime.root();
        root.group(GroupOptions::new().keeping(Looks(root.clone(), sender.clone()))).unwrap();
        if is_closed_before {
            runtime.shutdown().unwrap();
            now(&runtime);
        }
        drop(runtime);
        assert_eq!(receiver.recv().unwrap(), Status::Invalid, "the runtime is over");
    }
}
