//! As a guest of tokio, and beside its workers.
#![cfg(feature = "tokio")]

use std::sync::Arc;
use std::time::Duration;

use ptg::{
    BoxError, GroupOptions, JoinHandle, Limit, LocalRuntime, OnKill, Runtime, ShutdownOptions, Status, TaskOptions,
    current,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

const MOMENT: Duration = Duration::from_millis(1);

#[tokio::test]
async fn tasks_of_a_guest_use_tokios_sockets_and_clock() {
    let runtime = LocalRuntime::new().unwrap();
    let root = runtime.root();
    let program = async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = root.spawn_local(async move {
            let (mut stream, _) = listener.accept().await?;
            tokio::time::sleep(MOMENT).await;
            stream.write_all(b"hello").await
        });
        let client = root.spawn(async move {
            let mut text = String::new();
            TcpStream::connect(address).await?.read_to_string(&mut text).await?;
            Ok::<_, std::io::Error>(text)
        });
        assert_eq!(client.unwrap().await.unwrap(), "hello");
        server.unwrap().await.unwrap();
        root.shutdown().unwrap();
    };
    let (driven, ()) = tokio::join!(runtime.drive(), program);
    driven.unwrap();
    runtime.destroy().map_err(|(_, error)| error).unwrap();
}

#[tokio::test]
async fn a_guest_shares_its_thread_with_others() {
    let runtime = LocalRuntime::new().unwrap();
    let root = runtime.root();
    let busy: JoinHandle<()> = root
        .spawn(async {
            while Arc::strong_count(&Arc::new(())) == 1 {
                let mut is_first = true;
                std::future::poll_fn(|polling| {
                    polling.waker().wake_by_ref();
                    if std::mem::replace(&mut is_first, false) {
                        std::task::Poll::Pending
                    } else {
                        std::task::Poll::Ready(())
                    }
                })
                .await;
            }
        })
        .unwrap();
    let other = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        busy.cancel("enough");
        assert!(busy.await.unwrap_err().is_cancelled());
        root.shutdown().unwrap();
    };
    let (driven, ()) = tokio::join!(runtime.drive(), other);
    driven.unwrap();
}

#[tokio::test]
async fn a_guest_hears_of_calls_from_other_threads_and_of_limits() {
    let runtime = LocalRuntime::new().unwrap();
    let group = runtime.root().group(GroupOptions::new().grace(MOMENT).cancel_wait(MOMENT)).unwrap();
    let root = runtime.root();
    let away = std::thread::spawn(move || {
        let options = TaskOptions::new().on_kill(OnKill::Drop);
        let parked: JoinHandle<()> = group.spawn_with(options, |_| std::future::pending::<()>()).unwrap();
        assert_eq!(group.info().unwrap().live, 1);
        root.shutdown().unwrap();
        parked
    });
    runtime.drive().await.unwrap();
    let error = away.join().unwrap().await.unwrap_err();
    assert!(error.outcome().is_killed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_are_polled_by_workers_and_know_who_they_are() {
    let runtime = Runtime::start().unwrap();
    let group = runtime.root().group(GroupOptions::new().name("g")).unwrap();
    let of = group.clone();
    let task = group.spawn(async move {
        tokio::time::sleep(MOMENT).await;
        let (task, group) = current();
        assert_eq!(group, Some(of.clone()));
        let child = of.spawn_with(TaskOptions::new(), |task| async move {
            let spawner = task.task().info()?.spawner.map(|task| task.handle());
            Ok::<_, ptg::Error>(spawner)
        })?;
        let spawner = child.await.map_err(|error| error.to_string())?;
        assert_eq!(spawner, task.map(|task| task.handle()));
        Ok::<_, BoxError>(std::thread::current().name().map(String::from))
    });
    assert_ne!(task.unwrap().await.unwrap().as_deref(), Some("ptg"));
    let report = runtime.shutdown(ShutdownOptions::new()).await.unwrap();
    assert!(report.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_on_a_worker_is_told_dropped_or_abandoned() {
    let runtime = Runtime::start().unwrap();
    let options = GroupOptions::new().name("g").grace(MOMENT).cancel_wait(MOMENT);
    let group = runtime.root().group(options).unwrap();
    let held = Arc::new(());
    let kept = held.clone();
    let plain: JoinHandle<()> = group
        .spawn(async move {
            let _kept = kept;
            std::future::pending::<()>().await;
        })
        .unwrap();
    let patient = GroupOptions::new().name("patient").grace(MOMENT).cancel_wait(Limit::FOREVER);
    let polite = runtime.root().group(patient).unwrap().spawn_with(TaskOptions::new(), |task| async move {
        task.draining().await;
        Ok::<_, BoxError>(task.cancelled().await.reason.to_string())
    });
    let deaf: JoinHandle<()> = group.spawn_with(TaskOptions::new(), |_| std::future::pending::<()>()).unwrap();
    let (blocked, is_blocked) = oneshot::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let stuck: JoinHandle<()> = group
        .spawn(async move {
            blocked.send(()).unwrap();
            let _ = released.recv();
        })
        .unwrap();
    is_blocked.await.unwrap();
    let report = runtime.shutdown(ShutdownOptions::new()).await.unwrap();
    assert!(plain.await.unwrap_err().is_cancelled());
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(polite.unwrap().await.unwrap().contains("shut"));
    assert!(deaf.await.unwrap_err().outcome().is_killed);
    let row = report.rows.iter().find(|row| row.name == "g").unwrap();
    assert_eq!((row.abandoned, row.killed), (1, 1));
    drop(runtime);
    assert_eq!(stuck.await.unwrap_err().status(), Status::TimedOut);
    release.send(()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_late_end_of_an_abandoned_task_is_told_after_the_shutdown() {
    let runtime = Runtime::start().unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (blocked, is_blocked) = oneshot::channel();
    let stuck = runtime.root().spawn(async move {
        blocked.send(()).unwrap();
        released.recv().map(|()| "late")
    });
    is_blocked.await.unwrap();
    let at_once = ShutdownOptions::new().force().cancel_wait(Limit::AT_ONCE);
    let report = runtime.shutdown(at_once).await.unwrap();
    assert_eq!(report.rows[0].abandoned, 1);
    release.send(()).unwrap();
    assert_eq!(stuck.unwrap().await.unwrap(), "late");
    assert_eq!(runtime.root().info().unwrap().late, 1);
}

#[tokio::test]
async fn tokio_of_one_thread_polls_the_tasks_of_a_runtime_beside_it() {
    let runtime = Runtime::start().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = runtime.root().spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        tokio::time::sleep(MOMENT).await;
        stream.write_all(b"hello").await
    });
    let client = runtime.root().spawn(async move {
        let mut text = String::new();
        TcpStream::connect(address).await?.read_to_string(&mut text).await?;
        Ok::<_, std::io::Error>((text, std::thread::current().id()))
    });
    let (text, polled_on) = client.unwrap().await.unwrap();
    assert_eq!((text.as_str(), polled_on), ("hello", std::thread::current().id()));
    server.unwrap().await.unwrap();
    let told = runtime.root().spawn_with(TaskOptions::new(), |task| async move { task.draining().await });
    assert!(runtime.shutdown(ShutdownOptions::new()).await.unwrap().is_clean());
    told.unwrap().await.unwrap();
}

#[tokio::test]
async fn a_runtime_that_would_block_the_only_thread_of_tokio_says_so() {
    let runtime = LocalRuntime::new().unwrap();
    for error in [runtime.run().unwrap_err(), runtime.block_on(std::future::ready(())).unwrap_err()] {
        assert_eq!(error.status(), Status::Deadlock);
        assert!(error.message().contains("use drive()"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_spawns_from_many_places_each_end_once() {
    const EACH: u64 = 20_000;
    let runtime = Runtime::start().unwrap();
    let group = runtime.root().group(GroupOptions::new()).unwrap();
    let (sender, mut ends) = mpsc::unbounded_channel();
    let spawners = (0..4_u64).map(|place| {
        let (group, sender) = (group.clone(), sender.clone());
        tokio::spawn(async move {
            for number in 0..EACH {
                let sender = sender.clone();
                let ends = async move {
                    if number.is_multiple_of(3) {
                        tokio::task::yield_now().await;
                    }
                    sender.send(place * EACH + number)
                };
                drop(group.spawn(ends).unwrap());
            }
        })
    });
    for spawner in spawners.collect::<Vec<_>>() {
        spawner.await.unwrap();
    }
    drop(sender);
    let mut seen = vec![0_u8; 4 * EACH as usize];
    while let Some(number) = ends.recv().await {
        seen[number as usize] += 1;
    }
    assert!(seen.iter().all(|times| *times == 1));
    runtime.shutdown(ShutdownOptions::new()).await.unwrap();
}

#[test]
fn workers_that_are_shut_down_take_their_tasks_along() {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let runtime = workers.block_on(async { Runtime::start() }).unwrap();
    let parked: JoinHandle<()> = runtime.root().spawn(std::future::pending::<()>()).unwrap();
    workers.block_on(async { while runtime.root().info().unwrap().pending > 0 {} });
    workers.block_on(tokio::task::yield_now());
    drop(workers);
    let late: JoinHandle<()> = runtime.root().spawn(std::future::pending::<()>()).unwrap();
    runtime.shutdown_and_wait(ShutdownOptions::new()).unwrap();
    let alone = LocalRuntime::new().unwrap();
    assert!(alone.block_on(parked).unwrap().unwrap_err().is_cancelled());
    assert!(alone.block_on(late).unwrap().unwrap_err().is_cancelled());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_by_a_task_on_a_worker_is_on_its_behalf() {
    let runtime = Runtime::start().unwrap();
    let root = runtime.root().clone();
    let asks = runtime.root().spawn(async move { root.shutdown() }).unwrap();
    let handle = asks.task().handle();
    asks.await.unwrap();
    let report = runtime.shutdown(ShutdownOptions::new()).await.unwrap();
    assert_eq!(report.rows[0].originator, handle);
}

struct NotAnError;

impl From<NotAnError> for BoxError {
    fn from(_: NotAnError) -> Self {
        panic!("not an error")
    }
}

struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropped")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_task_that_panics_in_odd_places_takes_no_sibling_along() {
    let runtime = Runtime::start().unwrap();
    let root = runtime.root();
    let mut siblings = Vec::new();
    for _ in 0..100 {
        drop(root.spawn(async { Ok::<_, BoxError>(PanicsOnDrop) }).unwrap());
        drop(root.spawn(async { Err::<(), _>(NotAnError) }).unwrap());
        siblings.push(root.spawn(async { tokio::task::yield_now().await }).unwrap());
    }
    for sibling in siblings {
        sibling.await.unwrap();
    }
    let report = runtime.shutdown(ShutdownOptions::new()).await.unwrap();
    assert_eq!((root.info().unwrap().failed, report.rows[0].abandoned), (200, 0));
}

#[tokio::test]
async fn the_only_thread_of_tokio_does_not_wait_for_the_end_of_what_it_polls() {
    let runtime = Runtime::start().unwrap();
    let parked: JoinHandle<()> = runtime.root().spawn(std::future::pending::<()>()).unwrap();
    let error = runtime.shutdown_and_wait(ShutdownOptions::new()).unwrap_err();
    assert_eq!(error.status(), Status::Deadlock);
    assert!(error.message().contains("use shutdown().await"), "{error}");
    assert!(parked.await.unwrap_err().is_cancelled(), "the runtime is dropped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_may_be_dropped_by_a_task_of_its_own() {
    let runtime = Runtime::start().unwrap();
    let root = runtime.root().clone();
    let (give, given) = oneshot::channel::<Runtime>();
    let last = root.spawn(async move { given.await.map(drop) }).unwrap();
    assert!(give.send(runtime).is_ok());
    assert_eq!(last.await.unwrap_err().status(), Status::TimedOut, "it was given up meanwhile");
    assert_eq!(root.info().unwrap_err().status(), Status::Closed);
}

#[test]
fn a_sleep_for_a_task_on_a_worker_may_be_made_outside_of_tokio() {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let runtime = workers.block_on(async { Runtime::start() }).unwrap();
    let nap = runtime.root().spawn_with(TaskOptions::new(), |task| task.sleep(MOMENT)).unwrap();
    workers.block_on(nap).unwrap();
    runtime.shutdown_and_wait(ShutdownOptions::new()).unwrap();
}

/// An error that tells when it is dropped.
#[derive(Debug)]
struct Told(std::sync::mpsc::Sender<()>);

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("told")
    }
}

impl std::error::Error for Told {}

impl Drop for Told {
    fn drop(&mut self) {
        // Whoever wanted to know may have failed meanwhile.
        let _ = self.0.send(());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_error_of_a_task_that_was_ended_before_is_not_kept() {
    let runtime = Runtime::start().unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (blocked, is_blocked) = oneshot::channel();
    let (sender, dropped) = std::sync::mpsc::channel();
    let stuck = runtime.root().spawn(async move {
        blocked.send(()).unwrap();
        released.recv().unwrap();
        Err::<(), _>(Told(sender))
    });
    let stuck = stuck.unwrap();
    is_blocked.await.unwrap();
    stuck.task().finish(&Default::default()).unwrap();
    assert!(stuck.await.unwrap_err().cause().is_none());
    release.send(()).unwrap();
    dropped.recv_timeout(Duration::from_secs(60)).expect("nobody keeps it");
}

struct Kept;

impl std::task::Wake for Kept {
    fn wake(self: Arc<Self>) {}
}

#[tokio::test]
async fn a_guest_that_is_driven_no_more_keeps_no_waker() {
    let runtime = LocalRuntime::new().unwrap();
    let kept = Arc::new(Kept);
    {
        let waker = std::task::Waker::from(kept.clone());
        let mut driven = Box::pin(runtime.drive());
        assert!(driven.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
        assert!(Arc::strong_count(&kept) > 2);
    }
    assert_eq!(Arc::strong_count(&kept), 1);
    runtime.root().shutdown().unwrap();
    runtime.drive().await.unwrap();
}
