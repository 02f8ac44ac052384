//! What needs no C, and so can be run by miri.

use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::Limit;
use crate::context::{Signal, Told};
use crate::join::{End, Join};
use crate::mail::Mail;

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
fn a_letter_is_opened_once_by_whoever_takes_it_first() {
    let mail = Mail::default();
    let opened = Arc::new(Mutex::new(Vec::new()));
    let add = |what| {
        let opened = opened.clone();
        mail.add(Box::new(move |_| opened.lock().unwrap().push(what)))
    };
    let open = |letter: Option<crate::mail::Letter<'static>>| letter.expect("there is one")(std::ptr::null_mut());
    assert!(mail.take_back(add(0)).is_some(), "nobody else would take it");

    mail.keep();
    let numbers = [add(1), add(2), add(3)];
    open(mail.take(numbers[1]));
    assert!(mail.take(numbers[1]).is_none());
    open(mail.wait());
    assert!(mail.take_back(numbers[2]).is_none(), "it is kept for who waits");
    mail.leave();
    open(mail.wait());
    assert!(mail.wait().is_none());
    assert_eq!(*opened.lock().unwrap(), [2, 1, 3]);

    add(4);
    assert_eq!(Arc::strong_count(&opened), 2);
    mail.close();
    assert_eq!(Arc::strong_count(&opened), 1);
}

#[test]
fn limits_are_nanoseconds_with_two_names() {
    assert_eq!(Limit::from(Duration::ZERO), Limit::AT_ONCE);
    assert_eq!(Limit::from(Duration::from_millis(2)).as_nanos(), 2_000_000);
    assert_eq!(Limit::from(Duration::MAX).as_nanos(), i64::MAX);
}
