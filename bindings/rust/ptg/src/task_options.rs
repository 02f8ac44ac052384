//! What a task is to be, and the tables of callbacks by which libptg knows its sort.

use std::collections::HashMap;
use std::ffi::CString;
use std::future::Future;
use std::sync::{Arc, Mutex};

use ptg_sys as sys;

use crate::Task;
use crate::callbacks;
use crate::handle::or_current_away;
use crate::outcome::{Outcome, TaskOutput};
use crate::shared::{Shared, lock};
use crate::status::{Error, Result};
use crate::task_core::{OnDone, Tells};

/// What happens to a task that does not end within its group's cancel wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnKill {
    /// Its future is dropped.
    #[default]
    Drop,
    /// It is told: [`Signal::Kill`](crate::Signal::Kill).
    Tell,
    /// Nothing: it is abandoned.
    Abandon,
}

/// Under what monitors count a task.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    #[default]
    Usual,
    None,
    Own(String),
}

/// What a task is to be.
#[derive(Default)]
#[must_use]
pub struct TaskOptions {
    name: Option<String>,
    pub(crate) label: Label,
    place: Option<String>,
    flags: u32,
    spawner: u64,
    on_kill: OnKill,
    is_deaf_to_drain: bool,
    is_deaf_to_cancel: bool,
    pub(crate) on_done: Option<OnDone>,
}

impl TaskOptions {
    /// Nothing but defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name for reports and pictures.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The label under which monitors count it; "future" without. Labels are kept for ever: use few.
    pub fn type_name(mut self, name: impl Into<String>) -> Self {
        self.label = Label::Own(name.into());
        self
    }

    /// Without a label.
    pub fn no_type_name(mut self) -> Self {
        self.label = Label::None;
        self
    }

    /// Where in the source it is spawned.
    pub fn place(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Clean-up: accepted by a group that is cancelling, from inside.
    pub fn cleanup(mut self) -> Self {
        self.flags |= sys::PTG_SPAWN_CLEANUP;
        self
    }

    /// Somebody watches it: its failure is counted, but not given to a handler.
    pub fn observed(mut self) -> Self {
        self.flags |= sys::PTG_SPAWN_OBSERVED;
        self
    }

    /// On whose behalf; without, whose code is running.
    pub fn spawner(mut self, spawner: &Task) -> Self {
        self.spawner = spawner.handle();
        self
    }

    /// What happens when the cancel wait is over.
    pub fn on_kill(mut self, on_kill: OnKill) -> Self {
        self.on_kill = on_kill;
        self
    }

    /// It is not told when its group drains.
    pub fn ignores_drain(mut self) -> Self {
        self.is_deaf_to_drain = true;
        self
    }

    /// It is not told that it was asked to end.
    pub fn ignores_cancel(mut self) -> Self {
        self.is_deaf_to_cancel = true;
        self
    }

    /// Called once with its end, on the runtime's thread; dropped uncalled when the spawn is refused.
    pub fn on_done(mut self, on_done: impl FnOnce(&Outcome) + Send + 'static) -> Self {
        self.on_done = Some(Box::new(on_done));
        self
    }

    pub(crate) fn has_on_done(&self) -> bool {
        self.on_done.is_some()
    }

    pub(crate) fn kill(&self) -> OnKill {
        self.on_kill
    }

    pub(crate) fn tells(&self) -> Tells {
        Tells {
            drain: !self.is_deaf_to_drain,
            cancel: !self.is_deaf_to_cancel,
            kill: self.on_kill != OnKill::Abandon,
            is_plain: false,
            is_kill_told: self.on_kill == OnKill::Tell,
        }
    }

    pub(crate) fn with_raw<R>(&self, shared: &Arc<Shared>, use_it: impl FnOnce(&sys::ptg_task_options) -> R) -> R {
        let start = |text: &Option<String>| text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr().cast());
        use_it(&sys::ptg_task_options {
            size: size_of::<sys::ptg_task_options>() as u32,
            flags: self.flags,
            name: start(&self.name),
            name_length: self.name.as_ref().map_or(0, String::len),
            spawner: or_current_away(self.spawner, shared),
            place: start(&self.place),
            place_length: self.place.as_ref().map_or(0, String::len),
        })
    }
}

impl std::fmt::Debug for TaskOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskOptions").field("name", &self.name).finish_non_exhaustive()
    }
}

const PLAIN: Tells = Tells { drain: false, cancel: true, kill: false, is_plain: true, is_kill_told: false };
const USUAL: Tells = Tells { drain: true, cancel: true, kill: true, is_plain: false, is_kill_told: false };
const LABEL: *const std::ffi::c_char = c"future".as_ptr();

pub(crate) struct Tables<F>(std::marker::PhantomData<F>);

impl<F: Future<Output: TaskOutput> + 'static> Tables<F> {
    pub(crate) const PLAIN: &'static sys::ptg_task_type = &callbacks::table::<F>(PLAIN, LABEL);
    const USUAL: &'static sys::ptg_task_type = &callbacks::table::<F>(USUAL, LABEL);

    /// The table for these wishes; made once for each sort of future and label.
    pub(crate) fn find(tells: Tells, label: &Label) -> Result<&'static sys::ptg_task_type> {
        if *label == Label::Usual && tells == USUAL {
            return Ok(Self::USUAL);
        }
        intern(callbacks::table::<F>(tells, std::ptr::null()), label)
    }
}

/// Keeps a table for ever, under this label; one that is the same only once.
fn intern(wanted: sys::ptg_task_type, label: &Label) -> Result<&'static sys::ptg_task_type> {
    let key = (addresses(&wanted), label.clone());
    let mut made = lock(&MADE);
    if let Some(Table(table)) = made.get_or_insert_default().get(&key) {
        return Ok(table);
    }
    let name = match label {
        Label::Usual => LABEL,
        Label::None => std::ptr::null(),
        Label::Own(label) => {
            CString::new(label.as_str()).map_err(|_| Error::invalid("type_name: a NUL in it"))?.into_raw().cast_const()
        }
    };
    let table: &'static sys::ptg_task_type = Box::leak(Box::new(sys::ptg_task_type { name, ..wanted }));
    made.get_or_insert_default().insert(key, Table(table));
    Ok(table)
}

/// What tables that may stand for each other have in common.
fn addresses(table: &sys::ptg_task_type) -> [usize; 8] {
    [
        table.flags as usize,
        table.start.map_or(0, |f| f as usize),
        table.drain.map_or(0, |f| f as usize),
        table.cancel.map_or(0, |f| f as usize),
        table.kill.map_or(0, |f| f as usize),
        table.wake.map_or(0, |f| f as usize),
        table.done.map_or(0, |f| f as usize),
        table.release.map_or(0, |f| f as usize),
    ]
}

struct Table(&'static sys::ptg_task_type);

// SAFETY: never written to once it is made.
unsafe impl Send for Table {}

type TableKey = ([usize; 8], Label);

static MADE: Mutex<Option<HashMap<TableKey, Table>>> = Mutex::new(None);

/// The table for tasks that are told by events.
pub(crate) fn event_table(is_killable: bool, options: &TaskOptions) -> Result<&'static sys::ptg_task_type> {
    let kill = if is_killable { sys::PTG_TASK_TYPE_KILLABLE } else { 0 };
    intern(
        sys::ptg_task_type {
            size: size_of::<sys::ptg_task_type>() as u32,
            flags: sys::PTG_TASK_TYPE_EVENTS | kill,
            name: std::ptr::null(),
            start: None,
            drain: None,
            cancel: None,
            kill: None,
            wake: None,
            done: None,
            release: None,
        },
        &options.label,
    )
}
