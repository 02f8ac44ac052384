//! What needs no C, and so can be run by miri.

use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::Limit;
use crate::context::{Signal, Told};
use crate::join::{End, Join};

#[derive(Default)]
struct Counts(Mutex<u32>);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap() += 1;
    }
}

#[test]
fn what_is_told_wakes_each_waker_once() {
    let counts = Arc::new(Counts::default());
    let told = Told::default();
    assert_eq!(told.peek(|_| ()), None, "nothing is made for who only looks");
    let waker = Waker::from(counts.clone());
    told.with(|signals| {
        signals.wait(&waker);
        signals.wait(&waker);
    });
    let waiting = told.with(|signals| signals.tell(Signal::Drain));
    waiting.into_iter().for_each(Waker::wake);
    assert!(told.with(|signals| signals.tell(Signal::Wake)).is_empty());
    assert_eq!(*counts.0.lock().unwrap(), 1);
    drop(waker);
    drop(told);
    assert_eq!(Arc::strong_count(&counts), 1);
}

#[test]
fn a_value_that_nobody_takes_is_dropped() {
    let value = Arc::new(());
    let join = Mutex::new(Join::default());
    join.lock().unwrap().set_value(value.clone());
    Join::end(&join, End::Well);
    assert_eq!(Arc::strong_count(&value), 2);
    drop(join);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn limits_are_nanoseconds_with_two_names() {
    assert_eq!(Limit::from(Duration::ZERO), Limit::AT_ONCE);
    assert_eq!(Limit::from(Duration::from_millis(2)).as_nanos(), 2_000_000);
    assert_eq!(Limit::from(Duration::MAX).as_nanos(), i64::MAX);
}
