//! Functions on their way to a runtime's thread.
//!
//! libptg carries nothing but the number of each. Once the root group is closed it carries none; the thread of a
//! [`Runtime`](crate::Runtime) then takes them from here, until its owner lets go.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};

use ptg_sys as sys;

use crate::shared::lock;

pub(crate) type Letter<'a> = Box<dyn FnOnce(*mut sys::ptg_runtime) + Send + 'a>;

#[derive(Default)]
pub(crate) struct Mail {
    state: Mutex<State>,
    changed: Condvar,
}

/// Invariant: the numbers of the letters rise.
#[derive(Default)]
struct State {
    letters: VecDeque<(usize, Letter<'static>)>,
    next: usize,
    /// Somebody takes what libptg does not.
    is_kept: bool,
    has_owner: bool,
}

impl State {
    fn take(&mut self, number: usize) -> Option<Letter<'static>> {
        let at = self.letters.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        self.letters.remove(at).map(|(_, letter)| letter)
    }
}

impl Mail {
    /// Answers the number under which the letter can be taken.
    pub fn add(&self, letter: Letter<'static>) -> usize {
        let mut state = lock(&self.state);
        let number = state.next;
        state.next += 1;
        state.letters.push_back((number, letter));
        self.changed.notify_one();
        number
    }

    /// `None`: it has been taken.
    pub fn take(&self, number: usize) -> Option<Letter<'static>> {
        lock(&self.state).take(number)
    }

    /// Gives a letter back that libptg does not carry; `None`: it is taken all the same.
    pub fn take_back(&self, number: usize) -> Option<Letter<'static>> {
        let mut state = lock(&self.state);
        if state.is_kept { None } else { state.take(number) }
    }

    /// From now on somebody waits for letters, as long as there is an owner.
    pub fn keep(&self) {
        let mut state = lock(&self.state);
        (state.is_kept, state.has_owner) = (true, true);
    }

    /// The next letter; `None`: the owner has let go, and there is none left.
    pub fn wait(&self) -> Option<Letter<'static>> {
        let mut state = lock(&self.state);
        loop {
            if let Some((_, letter)) = state.letters.pop_front() {
                return Some(letter);
            }
            if !state.has_owner {
                state.is_kept = false;
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// The owner lets go.
    pub fn leave(&self) {
        lock(&self.state).has_owner = false;
        self.changed.notify_one();
    }

    /// Nobody takes letters any more: those that are left are dropped.
    pub fn close(&self) {
        let left = {
            let mut state = lock(&self.state);
            state.is_kept = false;
            std::mem::take(&mut state.letters)
        };
        drop(left);
    }
}
