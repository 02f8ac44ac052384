// protocol.rs - the adapter protocol (../../../adapter.md): lines, calls.
//
// Reading blocks, also inside a task while a call is open: it is the suite's
// turn to speak then, and nothing else may go on.

use serde_json::{json, Map, Value};
use std::io::{BufRead, Write};

/// What a request comes to: the fields of the answer, or its status.
pub type Answer = Result<Value, &'static str>;

pub fn write(message: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{message}").expect("the suite reads");
    out.flush().expect("the suite reads");
}

/// The suite's next line; the end of its lines ends the adapter.
pub fn read() -> Value {
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).unwrap_or(0) == 0 {
        std::process::exit(0);
    }
    serde_json::from_str(&line).expect("a line of the suite is JSON")
}

pub fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or("")
}

pub fn answer(answer: Answer) {
    let mut fields = Map::new();
    match answer {
        Ok(Value::Object(more)) => {
            fields.insert("status".into(), json!("ok"));
            fields.extend(more);
        }
        Ok(_) => {
            fields.insert("status".into(), json!("ok"));
        }
        Err(status) => {
            fields.insert("status".into(), json!(status));
        }
    }
    write(&Value::Object(fields));
}

/// Tells of a call of the implementation; returns what it is to return.
pub fn call(message: Value, carry_out: impl Fn(&Value) -> Answer) -> Value {
    write(&message);
    loop {
        let request = read();
        match text(&request, "op") {
            "return" => return request,
            "advance" | "destroy" => answer(Err("reentrant")),
            _ => answer(carry_out(&request)),
        }
    }
}

/// Refuses, as unsupported, every field but those named, and those that ask for
/// what is done anyway.
pub fn accept(request: &Value, fields: &[&str], fixed: &[(&str, Value)]) -> Result<(), &'static str> {
    for (field, value) in request.as_object().into_iter().flatten() {
        let is_known = field == "op" || fields.contains(&field.as_str());
        let is_fixed = fixed.iter().any(|(name, only)| name == field && only == value);
        if !(is_known || is_fixed || value.is_null() || *value == json!(false)) {
            return Err("unsupported");
        }
    }
    Ok(())
}
