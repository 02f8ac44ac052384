//! One JSON object a line.

use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

/// Nothing is told any more: what there was is being thrown away, or nobody listens.
pub static IS_SILENT: AtomicBool = AtomicBool::new(false);

pub fn is_silent() -> bool {
    IS_SILENT.load(Ordering::Relaxed)
}

/// The next line; `None`: the end. What is no JSON object is `Value::Null`.
pub fn read() -> Option<Value> {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(serde_json::from_str(&line).unwrap_or(Value::Null)),
    }
}

pub fn write(value: &Value) {
    let mut out = std::io::stdout().lock();
    // Nobody is left to be told of a pipe that is closed: the input ends too.
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}

/// What is given along with a thing that the suite makes: tells when it is dropped.
pub struct Given(pub String);

impl Drop for Given {
    fn drop(&mut self) {
        if !is_silent() {
            write(&json!({"note": "release", "of": self.0}));
        }
    }
}
