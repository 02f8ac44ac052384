//! Pictures of groups and tasks.

use std::ptr;
use std::time::Duration;

use ptg_sys as sys;

use crate::group::GroupState;
use crate::group_options::nanoseconds;
use crate::rows::TaskState;
use crate::status::{Result, check};
use crate::{Group, Limit};

/// A picture: it belongs to whoever took it, and to no runtime. Groups of every language are in it.
#[derive(Debug)]
pub struct Snapshot {
    raw: *mut sys::ptg_snapshot,
    view: sys::ptg_snapshot_view,
}

// SAFETY: never written to once it is taken, and for any thread.
unsafe impl Send for Snapshot {}
// SAFETY: as above.
unsafe impl Sync for Snapshot {}

/// A group in a picture. Handles are numbers: the group may be another runtime's.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as of GroupInfo")]
pub struct SnapshotGroup<'a> {
    pub group: u64,
    /// 0: it is a root.
    pub parent: u64,
    /// 0: it has none.
    pub owner: u64,
    pub name: &'a str,
    pub state: GroupState,
    pub is_ending: bool,
    pub age: Duration,
    pub phase_left: Limit,
    pub spawned: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub abandoned: u64,
    pub refused: u64,
    /// A number for the runtime, from 1.
    pub runtime: u64,
}

/// A task in a picture that has not ended.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "as of TaskInfo")]
pub struct SnapshotTask<'a> {
    pub task: u64,
    pub group: u64,
    /// 0: not known.
    pub spawner: u64,
    pub name: &'a str,
    pub state: TaskState,
    pub age: Duration,
    pub is_cancel_requested: bool,
}

impl Snapshot {
    /// A picture of every runtime of the process, from any thread. One that does not come round to its loop within
    /// `timeout` is left out, and counted by [`unanswered`](Self::unanswered).
    pub fn take_all(timeout: Duration) -> Result<Self> {
        let mut raw = ptr::null_mut();
        // SAFETY: for any thread.
        check(unsafe { sys::ptg_snapshot_take_all(nanoseconds(timeout), &mut raw) })?;
        Self::new(raw)
    }

    fn new(raw: *mut sys::ptg_snapshot) -> Result<Self> {
        // SAFETY: a struct of numbers and pointers.
        let view = sys::ptg_snapshot_view {
            size: size_of::<sys::ptg_snapshot_view>() as u32,
            ..unsafe { std::mem::zeroed() }
        };
        let mut snapshot = Self { raw, view };
        // SAFETY: a picture that was just taken; the arrays are good as long as it.
        check(unsafe { sys::ptg_snapshot_get_view(raw, &mut snapshot.view) })?;
        Ok(snapshot)
    }

    /// How many runtimes did not answer in time.
    pub fn unanswered(&self) -> u64 {
        self.view.unanswered
    }

    fn text(&self, place: u64, length: u32) -> &str {
        let (place, length) = (place as usize, length as usize);
        // SAFETY: the strings are as long as the view says, and as old as the picture.
        let strings =
            unsafe { std::slice::from_raw_parts(self.view.strings.cast::<u8>(), self.view.strings_size as usize) };
        strings.get(place..place + length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("(not UTF-8)")
    }

    fn raw_group(&self, index: u64) -> &sys::ptg_snapshot_group {
        assert!(index < self.view.group_count);
        // SAFETY: within the array, whose elements are that far apart.
        unsafe { &*self.view.groups.byte_add((index * self.view.group_size) as usize) }
    }

    /// The groups, parents before children.
    pub fn groups(&self) -> impl Iterator<Item = SnapshotGroup<'_>> {
        (0..self.view.group_count).map(|index| {
            let raw = self.raw_group(index);
            SnapshotGroup {
                group: raw.group,
                parent: raw.parent,
                owner: raw.owner,
                name: self.text(raw.name, raw.name_length),
                state: GroupState::from_raw(raw.state),
                is_ending: raw.is_ending != 0,
                age: Duration::from_nanos(raw.age_ns.max(0) as u64),
                phase_left: Limit::from_nanos(raw.phase_left_ns),
                spawned: raw.spawned,
                succeeded: raw.succeeded,
                failed: raw.failed,
                cancelled: raw.cancelled,
                abandoned: raw.abandoned,
                refused: raw.refused,
                runtime: raw.runtime,
            }
        })
    }

    /// The tasks.
    pub fn tasks(&self) -> impl Iterator<Item = SnapshotTask<'_>> {
        (0..self.view.task_count).map(|index| {
            // SAFETY: within the array, whose elements are that far apart.
            let raw = unsafe { &*self.view.tasks.byte_add((index * self.view.task_size) as usize) };
            SnapshotTask {
                task: raw.task,
                group: self.raw_group(raw.group.into()).group,
                spawner: raw.spawner,
                name: self.text(raw.name, raw.name_length),
                state: TaskState::from_raw(raw.state),
                age: Duration::from_nanos(raw.age_ns.max(0) as u64),
                is_cancel_requested: raw.is_cancel_requested != 0,
            }
        })
    }

    /// The picture as JSON.
    pub fn to_json(&self) -> Result<String> {
        let mut text = vec![0_u8; 4096];
        loop {
            let mut length = 0;
            // SAFETY: there is room for as much as is said.
            match unsafe { sys::ptg_snapshot_write_json(self.raw, text.as_mut_ptr().cast(), text.len(), &mut length) } {
                sys::PTG_ERANGE => text.resize(length + 1, 0),
                status => {
                    check(status)?;
                    text.truncate(length);
                    return Ok(String::from_utf8_lossy(&text).into_owned());
                }
            }
        }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // SAFETY: nobody borrows from it any more.
        unsafe { sys::ptg_snapshot_destroy(self.raw) }
    }
}

impl Group {
    /// A picture of this group with all below it.
    pub fn snapshot(&self) -> Result<Snapshot> {
        self.shared.call(|runtime| {
            let mut raw = ptr::null_mut();
            // SAFETY: on the runtime's thread.
            self.shared.check(unsafe { sys::ptg_snapshot_take(runtime, self.handle(), &mut raw) })?;
            Snapshot::new(raw)
        })
    }
}
