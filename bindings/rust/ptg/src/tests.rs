//! What needs no C, and so can be run by miri.

use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::Limit;
use crate::context::{Signal, Told};
use crate::join::{End, Join};
use crate::mail::{Mail, Next};

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
        let number = signals.wait(None, None, &waker);
        assert_eq!(signals.wait(Some(number), None, &waker), number);
        let gone = signals.wait(None, None, &waker);
        assert!(signals.forget(gone).is_some() && signals.forget(gone).is_none());
        signals.wait(None, Some(7), &waker);
    });
    let waiting = told.with(|signals| signals.tell(Signal::Drain));
    waiting.into_iter().for_each(Waker::wake);
    assert!(told.with(|signals| signals.tell(Signal::Wake)).is_empty());
    assert_eq!(*counts.0.lock().unwrap(), 1);

    assert_eq!(
        told.with(|signals| (signals.arm(), signals.take_armed(), signals.take_armed())),
        (Some(7), true, false)
    );
    assert_eq!(
        told.with(|signals| (signals.take_due(6).len(), signals.take_due(7).len(), signals.arm())),
        (0, 1, None)
    );
    drop(waker);
    drop(told);
    assert_eq!(Arc::strong_count(&counts), 1);
}

#[test]
fn a_value_that_nobody_takes_is_dropped() {
    let value = Arc::new(());
    let join = Mutex::new(Join::default());
    assert!(join.lock().unwrap().set_value(value.clone()).is_none());
    Join::end(&join, End::Well);
    assert_eq!(Arc::strong_count(&value), 2);
    drop(join);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn a_letter_is_opened_once_in_order_or_given_back() {
    let mail = Mail::default();
    let opened = Arc::new(Mutex::new(Vec::new()));
    let add = |what| {
        let opened = opened.clone();
        mail.add(Box::new(move |_| opened.lock().unwrap().push(what)))
    };
    assert!(add(0).is_err(), "nobody would take it");

    mail.open();
    assert!(matches!(mail.wait(Some(Duration::ZERO)), Next::Nothing));
    assert!(add(1).is_ok() && add(2).is_ok());
    mail.leave();
    for _ in 0..2 {
        let Next::Letter(letter) = mail.wait(None) else { panic!("there is one") };
        letter(std::ptr::null_mut());
    }
    assert_eq!(*opened.lock().unwrap(), [1, 2]);
    assert!(matches!(mail.wait(None), Next::Over));
    assert!(add(3).is_err(), "the owner has let go");

    mail.open();
    assert!(add(4).is_ok());
    mail.close();
    assert!(add(5).is_err());
    assert_eq!(Arc::strong_count(&opened), 1);
}

#[test]
fn limits_are_nanoseconds_with_two_names() {
    assert_eq!(Limit::from(Duration::ZERO), Limit::AT_ONCE);
    assert_eq!(Limit::from(Duration::from_millis(2)).as_nanos(), 2_000_000);
    assert_eq!(Limit::from(Duration::MAX).as_nanos(), i64::MAX);
}
