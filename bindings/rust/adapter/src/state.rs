//! The runtime that is driven, and the suite's names for handles.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ptg::{Builder, Error, GroupOptions, Handle, LocalRuntime, Status};
use serde_json::{Value, json};

use crate::wire::IS_SILENT;

thread_local! {
    static RUNTIME: RefCell<Option<Rc<LocalRuntime>>> = const { RefCell::new(None) };
    /// Outlives the runtime, as a way in does.
    static HANDLE: RefCell<Option<Handle>> = const { RefCell::new(None) };
    static NAMES: RefCell<(HashMap<String, u64>, HashMap<u64, String>)> = RefCell::default();
    static BEGIN: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    pub static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// The runtime; there is none before the first reset and after a destroy.
pub fn runtime() -> Result<Rc<LocalRuntime>, Error> {
    RUNTIME.with_borrow(Clone::clone).ok_or_else(|| Status::Invalid.into())
}

pub fn handle() -> Result<Handle, Error> {
    HANDLE.with_borrow(Clone::clone).ok_or_else(|| Status::Invalid.into())
}

pub fn begin(root: GroupOptions) -> Result<u64, Error> {
    let runtime = Builder::new().manual_clock().root(root).build_local()?;
    let root = runtime.root().handle();
    BEGIN.set(runtime.handle().time()?);
    HANDLE.set(Some(runtime.handle().clone()));
    RUNTIME.set(Some(Rc::new(runtime)));
    add("root", root);
    Ok(root)
}

pub fn destroy() -> Result<(), Error> {
    runtime()?.try_destroy()?;
    RUNTIME.set(None);
    Ok(())
}

/// Ends what there is, in silence.
pub fn throw_away() {
    IS_SILENT.store(true, Ordering::Relaxed);
    drop(RUNTIME.take());
    HANDLE.set(None);
    NAMES.take();
}

pub fn add(name: &str, handle: u64) {
    NAMES.with_borrow_mut(|(handles, names)| {
        handles.insert(name.into(), handle);
        if handle != 0 {
            names.insert(handle, name.into());
        }
    });
}

/// `None`: such a name was never given.
pub fn find(name: &str) -> Option<u64> {
    NAMES.with_borrow(|(handles, _)| handles.get(name).copied())
}

pub fn reference(handle: u64) -> Value {
    if handle == 0 {
        return Value::Null;
    }
    NAMES.with_borrow(|(_, names)| names.get(&handle).map_or_else(|| json!(handle), |name| json!(name)))
}

pub fn instant(at: Duration) -> i64 {
    at.as_nanos() as i64 - BEGIN.get().as_nanos() as i64
}

pub fn now() -> i64 {
    handle().and_then(|handle| handle.time()).map_or(0, instant)
}
