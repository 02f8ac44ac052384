//! What the suite asks for, field by field.

use ptg::{Error, Limit, Outcome, Status};
use serde_json::{Map, Value};

use crate::{state, words};

/// Why there is no plain answer.
pub enum Stop {
    /// The request is malformed, or asks for what there is not.
    Bad(String),
    /// What the call said.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

pub type Answer<T> = Result<T, Stop>;

pub fn bad<T>(why: impl Into<String>) -> Answer<T> {
    Err(Stop::Bad(why.into()))
}

pub struct Request(pub Map<String, Value>);

impl Request {
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn typed<'a, T>(&'a self, name: &str, read: impl Fn(&'a Value) -> Option<T>) -> Answer<Option<T>> {
        match self.field(name).map(read) {
            None => Ok(None),
            Some(None) => bad(format!("{name}: of another type")),
            Some(value) => Ok(value),
        }
    }

    pub fn text(&self, name: &str) -> Answer<Option<&str>> {
        self.typed(name, Value::as_str)
    }

    pub fn needed<T>(&self, name: &str, value: Answer<Option<T>>) -> Answer<T> {
        value?.map_or_else(|| bad(format!("{name}: left out")), Ok)
    }

    pub fn name(&self) -> Answer<String> {
        Ok(self.needed("as", self.text("as"))?.to_owned())
    }

    pub fn integer(&self, name: &str) -> Answer<Option<i64>> {
        self.typed(name, Value::as_i64)
    }

    pub fn count(&self, name: &str) -> Answer<u64> {
        Ok(self.integer(name)?.unwrap_or(0) as u64)
    }

    pub fn flag(&self, name: &str) -> Answer<bool> {
        Ok(self.typed(name, Value::as_bool)?.unwrap_or(false))
    }

    pub fn limit(&self, name: &str) -> Answer<Limit> {
        let read = |value: &Value| match value.as_str() {
            Some("forever") => Some(Limit::FOREVER),
            Some("at_once") => Some(Limit::AT_ONCE),
            Some(_) => None,
            None => value.as_i64().map(Limit::from_nanos),
        };
        Ok(self.typed(name, read)?.unwrap_or(Limit::from_nanos(0)))
    }

    /// The value that stands beside a word.
    pub fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Answer<Option<T>> {
        let Some(word) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|(text, _)| *text == word) {
            Some((_, value)) => Ok(Some(*value)),
            None => bad(format!("{name}: no such word: {word}")),
        }
    }

    /// A handle by its name, or as it is; 0 without.
    pub fn handle(&self, name: &str) -> Answer<u64> {
        let Some(value) = self.field(name) else { return Ok(0) };
        if let Some(handle) = value.as_u64() {
            return Ok(handle);
        }
        let known = value.as_str().and_then(state::find);
        known.map_or_else(|| bad(format!("{name}: never given")), Ok)
    }

    pub fn needed_handle(&self, name: &str) -> Answer<u64> {
        if self.field(name).is_none() {
            return bad(format!("{name}: left out"));
        }
        self.handle(name)
    }

    pub fn status(&self) -> Answer<Option<Status>> {
        let Some(word) = self.text("status")? else { return Ok(None) };
        words::status_of(word).map_or_else(|| bad(format!("no such status: {word}")), Ok)
    }

    pub fn outcome(&self) -> Answer<Outcome> {
        let code = self.integer("code")?.unwrap_or(0);
        Ok(Outcome {
            status: self.status()?,
            code: i32::try_from(code).map_or_else(|_| bad("code: too large"), Ok)?,
            value: self.integer("value")?.unwrap_or(0) as u64,
            message: self.text("message")?.map(Into::into),
            ..Outcome::default()
        })
    }

    /// Which callbacks there are; `usual` without.
    pub fn tells(&self, known: &[&str], usual: &[&'static str]) -> Answer<Vec<String>> {
        let Some(list) = self.typed("tells", Value::as_array)? else {
            return Ok(usual.iter().map(|word| (*word).into()).collect());
        };
        let read = |word: &Value| {
            let word = word.as_str().filter(|word| known.contains(word));
            word.map_or_else(|| bad("tells: no such word"), |word| Ok(word.to_owned()))
        };
        list.iter().map(read).collect()
    }
}
