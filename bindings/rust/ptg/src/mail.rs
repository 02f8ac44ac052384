//! Functions on their way to a runtime's thread once its root group is closed, when libptg carries none any more: the
//! thread of a [`Runtime`](crate::Runtime) takes them from here, until its owner lets go.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use ptg_sys as sys;

use crate::shared::lock;

pub(crate) type Letter = Box<dyn FnOnce(*mut sys::ptg_runtime) + Send>;

#[derive(Default)]
pub(crate) struct Mail {
    state: Mutex<State>,
    changed: Condvar,
}

/// Invariant: without somebody who takes them there are no letters.
#[derive(Default)]
struct State {
    letters: VecDeque<Letter>,
    is_taken: bool,
    has_owner: bool,
}

/// What waiting for a letter came to.
pub(crate) enum Next {
    Letter(Letter),
    Nothing,
    /// The owner has let go, and there is no letter left: from now on none is accepted.
    Over,
}

impl Mail {
    /// From now on somebody takes letters, as long as there is an owner.
    pub fn open(&self) {
        let mut state = lock(&self.state);
        (state.is_taken, state.has_owner) = (true, true);
    }

    /// Gives the letter back if nobody takes it.
    pub fn add(&self, letter: Letter) -> Result<(), Letter> {
        let mut state = lock(&self.state);
        if !state.is_taken {
            return Err(letter);
        }
        state.letters.push_back(letter);
        self.changed.notify_one();
        Ok(())
    }

    /// The next letter; waits for it, at most this long if it says.
    pub fn wait(&self, limit: Option<Duration>) -> Next {
        let is_idle = |state: &mut State| state.letters.is_empty() && state.has_owner;
        let state = lock(&self.state);
        let waited = match limit {
            None => self.changed.wait_while(state, is_idle),
            Some(limit) => match self.changed.wait_timeout_while(state, limit, is_idle) {
                Ok((state, _)) => Ok(state),
                Err(poisoned) => Ok(poisoned.into_inner().0),
            },
        };
        let mut state = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        match state.letters.pop_front() {
            Some(letter) => Next::Letter(letter),
            None if state.has_owner => Next::Nothing,
            None => {
                state.is_taken = false;
                Next::Over
            }
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
            state.is_taken = false;
            std::mem::take(&mut state.letters)
        };
        drop(left);
    }
}
