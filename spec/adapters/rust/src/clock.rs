// clock.rs - tokio's paused clock, turned by the suite.
//
// A paused clock moves to the next timer by itself when the runtime has nothing
// to do. To know when that is, the runtime's hook for parking wakes whoever
// waits to be told; the clock does not move then.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

#[derive(Default)]
pub struct Idle {
    waiting: Mutex<Option<Waker>>,
}

impl Idle {
    fn parks(&self) {
        if let Some(waker) = self.waiting.lock().unwrap().take() {
            waker.wake();
        }
    }

    /// Returns when the runtime has nothing left to do at this instant.
    pub async fn wait(&self) {
        let mut is_asked = false;
        poll_fn(|context| {
            let mut waiting = self.waiting.lock().unwrap();
            if is_asked && waiting.is_none() {
                return Poll::Ready(());
            }
            is_asked = true;
            *waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Moves the clock on, and does all that falls due. Tokio's timers have a
    /// grain of a millisecond; what is asked for beyond that is a jump.
    pub async fn advance(&self, began: Instant, by: Duration) {
        let target = Instant::now() + by;
        let whole = Duration::from_millis((target - began).as_millis() as u64);
        if began + whole > Instant::now() {
            tokio::time::sleep_until(began + whole).await;
        }
        self.wait().await;
        if target > Instant::now() {
            tokio::time::advance(target - Instant::now()).await;
            self.wait().await;
        }
    }
}

pub fn runtime(idle: &Arc<Idle>) -> Runtime {
    let idle = idle.clone();
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .on_thread_park(move || idle.parks())
        .build()
        .expect("a runtime")
}
