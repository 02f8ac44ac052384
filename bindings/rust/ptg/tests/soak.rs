//! Ten million short tasks, and no memory left behind. Run alone, and built with optimizations.

use std::time::Duration;

use ptg::{GroupOptions, LocalRuntime, Runtime, ShutdownOptions, TaskOptions};

const TASKS: u32 = 10_000_000;
const BATCH: u32 = 10_000;
const WAITING: u32 = 100;

/// Of this process, in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a Linux");
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn assert_flat(name: &str, after_warm_up: u64) {
    let now = resident();
    println!("soak: {name}: {TASKS} tasks, resident {after_warm_up} bytes after a tenth, {now} at the end");
    assert!(now < after_warm_up + after_warm_up / 5 + (4 << 20), "memory has grown");
}

async fn fail_now_and_then(number: u32) -> Result<u32, std::fmt::Error> {
    if number.is_multiple_of(1000) { Err(std::fmt::Error) } else { Ok(number) }
}

fn silent() -> GroupOptions {
    GroupOptions::new().on_error(|_| ())
}

#[test]
#[ignore = "long: `check soak` runs it"]
fn ten_million_tasks_on_its_own_loop_leave_nothing() {
    let runtime = LocalRuntime::new().unwrap();
    let group = runtime.root().group(silent()).unwrap();
    let mut after_warm_up = 0;
    for batch in 0..TASKS / BATCH {
        for number in 1..BATCH {
            drop(group.spawn(fail_now_and_then(number)).unwrap());
        }
        // Some wait, and are ended while they do.
        let mut waiting = Vec::new();
        for _ in 0..WAITING {
            let parked = group.spawn_with(TaskOptions::new(), |task| async move {
                let mut nap = std::pin::pin!(task.sleep(Duration::from_secs(60)));
                let mut told = std::pin::pin!(task.draining());
                std::future::poll_fn(|polling| match nap.as_mut().poll(polling) {
                    std::task::Poll::Pending => told.as_mut().poll(polling),
                    ready => ready,
                })
                .await;
            });
            waiting.push(parked.unwrap());
        }
        let last = group.spawn(fail_now_and_then(0)).unwrap();
        assert!(runtime.block_on(last).unwrap().is_err());
        for parked in waiting {
            parked.cancel("enough");
            runtime.block_on(parked).unwrap().unwrap();
        }
        if batch == TASKS / BATCH / 10 {
            after_warm_up = resident();
        }
    }
    assert_eq!(group.info().unwrap().failed, u64::from(TASKS / 1000));
    assert_flat("its own loop", after_warm_up);
}

#[cfg(feature = "tokio")]
#[test]
#[ignore = "long: `check soak` runs it"]
fn ten_million_tasks_on_workers_leave_nothing() {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    workers.block_on(async {
        let runtime = Runtime::start().unwrap();
        let group = runtime.root().group(silent()).unwrap();
        let mut after_warm_up = 0;
        for batch in 0..TASKS / BATCH {
            let tasks: Vec<_> = (0..BATCH).map(|number| group.spawn(fail_now_and_then(number)).unwrap()).collect();
            for task in tasks {
                let _ = task.await;
            }
            if batch == TASKS / BATCH / 10 {
                after_warm_up = resident();
            }
        }
        assert_eq!(group.info().unwrap().failed, u64::from(TASKS / 1000));
        assert_flat("workers", after_warm_up);
        runtime.shutdown(ShutdownOptions::new()).await.unwrap();
    });
}
