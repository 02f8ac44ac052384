//! What libptg calls of a task that is a future. Each of these lets no panic through.

use std::ffi::c_void;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ptg_sys as sys;

use crate::cell::Cell;
use crate::context::{Cancellation, Signal};
use crate::outcome::{TaskOutput, text};
use crate::shared::guard;
use crate::task_core::{Owner, Tells};

/// The table of callbacks for tasks of this sort of future.
pub(crate) const fn table<F: Future<Output: TaskOutput> + 'static>(
    tells: Tells,
    name: *const std::ffi::c_char,
) -> sys::ptg_task_type {
    let drain: sys::ptg_task_fn = if tells.drain { Some(on_drain::<F>) } else { None };
    let cancel: sys::ptg_cancel_fn = match (tells.cancel, tells.is_plain) {
        (false, _) => None,
        (true, false) => Some(on_cancel::<F>),
        (true, true) => Some(on_plain_cancel::<F>),
    };
    let kill: sys::ptg_task_fn = match (tells.kill, tells.is_kill_told) {
        (false, _) => None,
        (true, true) => Some(on_told_kill::<F>),
        (true, false) => Some(on_kill::<F>),
    };
    sys::ptg_task_type {
        size: size_of::<sys::ptg_task_type>() as u32,
        flags: 0,
        name,
        start: Some(on_start::<F>),
        drain,
        cancel,
        kill,
        wake: Some(on_wake::<F>),
        done: Some(on_done::<F>),
        release: Some(on_release::<F>),
    }
}

/// # Safety
/// `user_data` is the task's, which holds an `Arc` until `on_release`.
unsafe fn cell_of<F: Future<Output: TaskOutput> + 'static>(user_data: *mut c_void) -> ManuallyDrop<Arc<Cell<F>>> {
    // SAFETY: as the caller says; the count is not touched.
    ManuallyDrop::new(unsafe { Arc::from_raw(user_data.cast::<Cell<F>>()) })
}

unsafe extern "C" fn on_start<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    task: sys::ptg_task,
    user_data: *mut c_void,
) -> sys::ptg_status {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    cell.core().set_id(task);
    guard(sys::PTG_EFAILED, || {
        cell.start();
        sys::PTG_OK
    })
}

unsafe extern "C" fn on_wake<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.wake_up());
}

unsafe extern "C" fn on_drain<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.signal(Signal::Drain));
}

unsafe extern "C" fn on_cancel<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    info: *const sys::ptg_cancel_info,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let (cell, info) = unsafe { (cell_of::<F>(user_data), &*info) };
    guard((), || {
        // SAFETY: valid during the call.
        let reason = unsafe { text(info.reason, info.reason_length) }.unwrap_or_default();
        cell.signal(Signal::Cancel(Cancellation { reason: reason.into(), originator: info.originator }));
    });
}

unsafe extern "C" fn on_plain_cancel<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    _: *const sys::ptg_cancel_info,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.end_by_drop());
}

unsafe extern "C" fn on_kill<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.end_by_drop());
}

unsafe extern "C" fn on_told_kill<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    _: sys::ptg_task,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let cell = unsafe { cell_of::<F>(user_data) };
    guard((), || cell.signal(Signal::Kill));
}

unsafe extern "C" fn on_done<F: Future<Output: TaskOutput> + 'static>(
    _: *mut sys::ptg_runtime,
    task: sys::ptg_task,
    outcome: *const sys::ptg_outcome,
    user_data: *mut c_void,
) {
    // SAFETY: from libptg.
    let (cell, outcome) = unsafe { (cell_of::<F>(user_data), &*outcome) };
    // SAFETY: as above.
    guard((), || unsafe { cell.end(task, outcome) });
}

unsafe extern "C" fn on_release<F: Future<Output: TaskOutput> + 'static>(user_data: *mut c_void) {
    // SAFETY: from libptg, once; the count that `spawn` gave.
    let cell = unsafe { Arc::from_raw(user_data.cast::<Cell<F>>()) };
    guard((), || {
        if !cell.core().is_kept.load(Ordering::Relaxed) {
            cell.throw_away();
        }
        drop(cell);
    });
}
