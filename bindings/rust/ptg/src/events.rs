//! Events: for a scheduler of one's own, which fetches in batches what callbacks would say.

use std::sync::Arc;

use ptg_sys as sys;

use crate::outcome::{Outcome, text};
use crate::shared::Shared;
use crate::status::{Error, Result, Status};
use crate::task::submit;
use crate::task_options::{TaskOptions, event_table};
use crate::{Group, Handle, OnKill, Task};

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// A task starts; it is over with [`Task::finish`].
    Start,
    /// Its time of [`Task::wake_after`] has come.
    Wake,
    /// Finish soon.
    Drain,
    /// Finish now.
    Cancel {
        /// Why.
        reason: String,
        /// The handle of who asked; 0: from outside.
        originator: u64,
    },
    /// The cancel wait is over.
    Kill,
    /// The task has ended; its handle is stale.
    Done(Outcome),
    /// A task failed: for the error handler of the event's group.
    Error {
        /// How.
        outcome: Outcome,
        /// Where.
        from: Group,
    },
    /// A group is told to drain.
    GroupDrain,
    /// A group is closed.
    GroupClosed,
}

/// Something that has happened to a task or group which is told by events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// The task's group, the group that it is about, or that whose handler is asked.
    pub group: Group,
    /// The task; `None`: it is about the group.
    pub task: Option<Task>,
    /// What a task was spawned with; 0 for a group, and for an error.
    pub key: u64,
}

impl Event {
    /// # Safety
    /// `raw` was just taken.
    unsafe fn from_raw(shared: &Arc<Shared>, raw: &sys::ptg_event) -> Option<Self> {
        // SAFETY: as the caller says.
        let text = unsafe { text(raw.text, raw.text_length) };
        let has = |flag: u32| raw.flags & flag != 0;
        let outcome = |message| Outcome {
            status: (raw.status != sys::PTG_OK).then(|| Status::from_raw(raw.status)),
            code: raw.code,
            value: raw.value,
            message,
            is_cancel_requested: has(sys::PTG_OUTCOME_CANCEL_REQUESTED),
            never_ran: has(sys::PTG_OUTCOME_NEVER_RAN),
            is_abandoned: has(sys::PTG_OUTCOME_ABANDONED),
            is_killed: has(sys::PTG_OUTCOME_KILLED),
            ..Outcome::default()
        };
        let kind = match raw.kind {
            sys::PTG_EVENT_START => EventKind::Start,
            sys::PTG_EVENT_WAKE => EventKind::Wake,
            sys::PTG_EVENT_DRAIN => EventKind::Drain,
            sys::PTG_EVENT_CANCEL => EventKind::Cancel { reason: text.unwrap_or_default(), originator: raw.originator },
            sys::PTG_EVENT_KILL => EventKind::Kill,
            sys::PTG_EVENT_DONE => EventKind::Done(outcome(text)),
            sys::PTG_EVENT_ERROR => {
                EventKind::Error { outcome: outcome(text), from: Group::new(shared.clone(), raw.originator) }
            }
            sys::PTG_EVENT_GROUP_DRAIN => EventKind::GroupDrain,
            sys::PTG_EVENT_GROUP_CLOSED => EventKind::GroupClosed,
            _ => return None,
        };
        let is_of_task = raw.task != 0 && raw.kind != sys::PTG_EVENT_ERROR;
        Some(Self {
            kind,
            group: Group::new(shared.clone(), raw.group),
            task: (raw.task != 0).then(|| Task::new(shared.clone(), raw.task)),
            key: if is_of_task { raw.user_data } else { 0 },
        })
    }
}

impl Handle {
    /// Takes up to `capacity` events; as many as that: there may be more. One that is not taken holds up nothing
    /// but the task or group that it is about. Those of a kind that this crate does not know are left out.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ptg::{Builder, EventKind, Outcome, TaskOptions};
    /// let runtime = Builder::new().manual_clock().build_local()?;
    /// let task = runtime.root().spawn_events(TaskOptions::new(), 7)?;
    /// runtime.advance(Duration::ZERO)?;
    /// let events = runtime.handle().take_events(16)?;
    /// assert_eq!((&events[0].kind, events[0].key), (&EventKind::Start, 7));
    /// task.finish(&Outcome::default())?;
    /// runtime.advance(Duration::ZERO)?;
    /// assert!(matches!(runtime.handle().take_events(16)?[0].kind, EventKind::Done(_)));
    /// # Ok::<(), ptg::Error>(())
    /// ```
    pub fn take_events(&self, capacity: usize) -> Result<Vec<Event>> {
        self.shared.call(|runtime| {
            // SAFETY: a struct of numbers and pointers.
            let mut raw: Vec<sys::ptg_event> = vec![unsafe { std::mem::zeroed() }; capacity];
            let (mut count, size) = (0, size_of::<sys::ptg_event>());
            // SAFETY: on the runtime's thread; there is room for as many as is said.
            self.shared
                .check(unsafe { sys::ptg_events_take(runtime, raw.as_mut_ptr(), size, capacity, &mut count) })?;
            // SAFETY: copied before the next take.
            Ok(raw[..count].iter().filter_map(|raw| unsafe { Event::from_raw(&self.shared, raw) }).collect())
        })
    }
}

impl Group {
    /// Spawns a task that is told by events, with this key. [`OnKill::Tell`]: it can be hurried by force; `on_done` is
    /// not for such a task: [`Status::Invalid`].
    pub fn spawn_events(&self, options: TaskOptions, key: u64) -> Result<Task> {
        if options.has_on_done() {
            return Err(Error::invalid("on_done: the task is told by events"));
        }
        let table = event_table(options.kill() == OnKill::Tell, &options)?;
        let status = |task: &mut u64| submit(self, table, &options, || key as usize as *mut _, task);
        let mut task = 0;
        let answer = status(&mut task);
        if answer != sys::PTG_OK {
            return Err(self.shared.error(answer));
        }
        self.shared.nudge();
        Ok(Task::new(self.shared.clone(), task))
    }
}
