//! Spawn to finish, beside tokio-util's `TaskTracker`: rounds of both in turn, and the median of their ratios.
//!
//! Prints `name<TAB>ours<TAB>baseline<TAB>ratio<TAB>goal`, in ns a task.

use std::hint::black_box;
use std::time::Instant;

use ptg::{GroupOptions, LocalRuntime, Runtime, ShutdownOptions};
use tokio::runtime::Builder;
use tokio_util::task::TaskTracker;

const TASKS: u32 = 100_000;
const ROUNDS: usize = 9;
const GOAL: f64 = 2.0;

async fn work(number: u32) {
    black_box(number);
}

fn time(run: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    run();
    begin.elapsed().as_nanos() as f64 / f64::from(TASKS)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs both in turn; the first round is for warming up.
fn compare(name: &str, mut ours: impl FnMut() -> f64, mut baseline: impl FnMut() -> f64) {
    let mut rounds: Vec<(f64, f64)> = (0..=ROUNDS).map(|_| (ours(), baseline())).collect();
    rounds.remove(0);
    let ratio = median(rounds.iter().map(|(ours, baseline)| ours / baseline).collect());
    let (ours, baseline) = rounds.into_iter().unzip();
    println!("{name}\t{:.1}\t{:.1}\t{ratio:.2}\t{GOAL:.2}", median(ours), median(baseline));
}

async fn tracker() {
    let tracker = TaskTracker::new();
    for number in 0..TASKS {
        tracker.spawn(work(number));
    }
    tracker.close();
    tracker.wait().await;
}

fn guest() -> Result<(), ptg::Error> {
    let alone = Builder::new_current_thread().enable_all().build().expect("tokio starts");
    let ours = || {
        let runtime = LocalRuntime::new().expect("it starts");
        let time = time(|| {
            let tasks = async {
                let group = runtime.root();
                for number in 0..TASKS {
                    drop(group.spawn(work(number)).expect("it is open"));
                }
                group.shutdown()
            };
            let (driven, shut) = alone.block_on(async { tokio::join!(runtime.drive(), tasks) });
            driven.and(shut).expect("it ends");
        });
        runtime.destroy().map_err(|(_, error)| error).expect("it is closed");
        time
    };
    compare("guest of a current-thread runtime", ours, || time(|| alone.block_on(tracker())));

    let own = || {
        let runtime = LocalRuntime::new().expect("it starts");
        time(|| {
            let group = runtime.root();
            for number in 0..TASKS {
                drop(group.spawn(work(number)).expect("it is open"));
            }
            group.shutdown().and_then(|()| runtime.run()).expect("it ends");
        })
    };
    compare("its own loop, no tokio", own, || time(|| alone.block_on(tracker())));
    Ok(())
}

fn pool() {
    let workers = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("tokio starts");
    let ours = || {
        let runtime = {
            let _inside = workers.enter();
            Runtime::start().expect("it starts")
        };
        let time = time(|| {
            let group = runtime.root().group(GroupOptions::new()).expect("it is open");
            let tasks = async move {
                for number in 0..TASKS {
                    while let Err(error) = group.spawn(work(number)) {
                        assert_eq!(error.status(), ptg::Status::Full);
                        tokio::task::yield_now().await;
                    }
                }
                group.shutdown().expect("it is sent");
                group.closed().await
            };
            let spawned = workers.spawn(tasks);
            let _ = workers.block_on(spawned).expect("no panic");
        });
        runtime.shutdown_and_wait(ShutdownOptions::new()).expect("it ends");
        time
    };
    compare("workers of a multi-thread runtime", ours, || {
        time(|| workers.block_on(workers.spawn(tracker())).expect("no panic"))
    });
}

fn main() -> Result<(), ptg::Error> {
    guest()?;
    pool();
    Ok(())
}
