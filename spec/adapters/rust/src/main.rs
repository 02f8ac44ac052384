// main.rs - adapter of tokio-util's TaskTracker and CancellationToken.
//
// How the laws map onto them:
//   groups    a tracker with a token, and a future that the parent's tracker
//             tracks: when the token is cancelled, close the tracker and wait
//             for it, as tokio's page on graceful shutdown does. A child's token
//             is a child of its parent's
//   errors    none: a task's error is what its JoinHandle gives to who awaits it
//   done      that JoinHandle
//   cancel    the token of the task, a child of its group's; without a reason
//   drain     nobody is told. A shutdown cancels the token and waits for ever;
//             with grace "forever" it only closes the tracker
//   force     the same as without
//   order     all at once
//   closed    a closed tracker takes new tasks as before
//   grace of a length, cancel_wait, abandoning, deadline: none
//   watch     TaskTracker::wait(), on groups; a JoinHandle has one reader only
//   remote    the same calls: all are for any thread
//   looking   TaskTracker::len(), which counts child groups too

mod clock;
mod protocol;

use clock::Idle;
use protocol::{accept, text, Answer};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const FEATURES: [&str; 4] = ["nesting", "parallel", "wake", "remote"];

/// A task: what it is told, and the end that it was told to take.
struct Job {
    name: String,
    tells: Value,
    token: CancellationToken,
    ending: Mutex<Option<Value>>,
    alarm: Mutex<Option<Instant>>,
    abort: Mutex<Option<AbortHandle>>,
    news: Notify,
}

struct Group {
    name: String,
    tells: Value,
    is_patient: bool,
    tracker: TaskTracker,
    token: CancellationToken,
    leave: CancellationToken,
}

#[derive(Clone)]
enum Thing {
    Job(Arc<Job>),
    Group(Arc<Group>),
    Watch(AbortHandle),
}

struct World {
    handle: Handle,
    began: Instant,
    names: Mutex<HashMap<String, Thing>>,
}

fn is_told(tells: &Value, what: &str, by_default: bool) -> bool {
    match tells.as_array() {
        Some(list) => list.iter().any(|entry| entry == what),
        None => by_default,
    }
}

// ------------------------------------------------------ from the tasks --

impl World {
    fn now(&self) -> u64 {
        (Instant::now() - self.began).as_nanos() as u64
    }

    fn call(self: &Arc<Self>, mut message: Value) -> Value {
        message["at"] = json!(self.now());
        protocol::call(message, |request| self.carry_out(request))
    }

    async fn body(self: Arc<Self>, job: Arc<Job>) -> Result<Value, Value> {
        let told = self.call(json!({"call": "start", "task": job.name}));
        if !matches!(text(&told, "status"), "" | "ok") {
            let ending = json!({"status": told["status"]});
            job.ending.lock().unwrap().get_or_insert(ending);
        }
        let mut is_asked = false;
        loop {
            if let Some(ending) = job.ending.lock().unwrap().clone() {
                let is_well = text(&ending, "status") == "ok";
                return if is_well { Ok(ending) } else { Err(ending) };
            }
            let alarm = *job.alarm.lock().unwrap();
            let due = alarm.unwrap_or(self.began);
            tokio::select! {
                biased;
                _ = job.news.notified() => {}
                _ = job.token.cancelled(), if !is_asked => {
                    is_asked = true;
                    if is_told(&job.tells, "cancel", true) {
                        self.call(json!({"call": "cancel", "task": job.name}));
                    }
                }
                _ = tokio::time::sleep_until(due), if alarm.is_some() => {
                    *job.alarm.lock().unwrap() = None;
                    self.call(json!({"call": "wake", "task": job.name}));
                }
            }
        }
    }

    async fn tell_end(self: Arc<Self>, name: String, task: JoinHandle<Result<Value, Value>>) {
        let outcome = match task.await {
            Ok(Ok(outcome)) | Ok(Err(outcome)) => outcome,
            Err(error) if error.is_cancelled() => json!({"status": "canceled"}),
            Err(error) => json!({"status": "failed", "message": error.to_string()}),
        };
        self.call(json!({"call": "done", "task": name, "outcome": outcome}));
    }

    async fn hold(self: Arc<Self>, group: Arc<Group>) {
        tokio::select! {
            _ = group.token.cancelled() => {}
            _ = group.leave.cancelled() => {}
        }
        group.tracker.close();
        group.tracker.wait().await;
        if is_told(&group.tells, "closed", true) {
            self.call(json!({"call": "group_closed", "group": group.name}));
        }
    }
}

// ------------------------------------------------------ from the suite --

impl World {
    fn find(&self, name: &Value) -> Result<Thing, &'static str> {
        let name = name.as_str().ok_or("unsupported")?;
        self.names.lock().unwrap().get(name).cloned().ok_or("invalid")
    }

    fn job(&self, name: &Value) -> Result<Arc<Job>, &'static str> {
        match self.find(name)? {
            Thing::Job(job) => Ok(job),
            _ => Err("unsupported"),
        }
    }

    fn group(&self, name: &Value) -> Result<Arc<Group>, &'static str> {
        match self.find(name)? {
            Thing::Group(group) => Ok(group),
            _ => Err("unsupported"),
        }
    }

    fn keep(&self, name: &str, thing: Thing) {
        self.names.lock().unwrap().insert(name.into(), thing);
    }

    fn open(self: &Arc<Self>, request: &Value, parent: Option<Arc<Group>>) -> Answer {
        let grace = &request["grace"];
        if !(grace.is_null() || grace == "at_once" || grace == "forever") {
            return Err("unsupported");
        }
        let fixed = [
            ("cancel_wait", json!("forever")),
            ("parallel", json!(true)),
            ("on_failure", json!("report")),
            ("admits_anyone", json!(true)),
        ];
        accept(request, &["as", "in", "tells", "grace"], &fixed)?;
        let token = match &parent {
            Some(parent) => parent.token.child_token(),
            None => CancellationToken::new(),
        };
        let group = Arc::new(Group {
            name: request["as"].as_str().unwrap_or("root").into(),
            tells: request["tells"].clone(),
            is_patient: grace == "forever",
            tracker: TaskTracker::new(),
            token,
            leave: CancellationToken::new(),
        });
        let hold = self.clone().hold(group.clone());
        match parent {
            Some(parent) => parent.tracker.spawn_on(hold, &self.handle),
            None => self.handle.spawn(hold),
        };
        self.keep(&group.name, Thing::Group(group.clone()));
        Ok(Value::Null)
    }

    fn spawn(self: &Arc<Self>, request: &Value) -> Answer {
        accept(request, &["as", "in", "tells", "remote"], &[])?;
        let group = self.group(&request["in"])?;
        let job = Arc::new(Job {
            name: text(request, "as").into(),
            tells: request["tells"].clone(),
            token: group.token.child_token(),
            ending: Mutex::new(None),
            alarm: Mutex::new(None),
            abort: Mutex::new(None),
            news: Notify::new(),
        });
        let body = self.clone().body(job.clone());
        let task = group.tracker.spawn_on(body, &self.handle);
        *job.abort.lock().unwrap() = Some(task.abort_handle());
        self.handle.spawn(self.clone().tell_end(job.name.clone(), task));
        self.keep(&job.name, Thing::Job(job.clone()));
        Ok(Value::Null)
    }

    fn finish(&self, request: &Value) -> Answer {
        accept(request, &["task", "status", "code", "message", "value", "remote"], &[])?;
        let job = self.job(&request["task"])?;
        let mut ending = job.ending.lock().unwrap();
        if ending.is_some() {
            return Err("stale");
        }
        let mut outcome = json!({"status": "ok"});
        for field in ["status", "code", "message", "value"] {
            if !request[field].is_null() {
                outcome[field] = request[field].clone();
            }
        }
        *ending = Some(outcome);
        job.news.notify_one();
        Ok(Value::Null)
    }

    fn sleep(&self, request: &Value) -> Answer {
        accept(request, &["task", "for"], &[])?;
        let job = self.job(&request["task"])?;
        if job.ending.lock().unwrap().is_some() {
            return Err("stale");
        }
        *job.alarm.lock().unwrap() = match &request["for"] {
            Value::String(text) if text == "forever" => None,
            duration => {
                let duration = Duration::from_nanos(duration.as_u64().unwrap_or(0));
                Some(Instant::now() + duration)
            }
        };
        job.news.notify_one();
        Ok(Value::Null)
    }

    fn cancel(&self, request: &Value) -> Answer {
        accept(request, &["task", "remote"], &[])?;
        self.job(&request["task"])?.token.cancel();
        Ok(Value::Null)
    }

    fn shutdown(&self, request: &Value) -> Answer {
        let fixed = [("cancel_wait", json!("forever")), ("grace", json!("at_once")), ("grace", json!("forever"))];
        accept(request, &["group", "force", "remote"], &fixed)?;
        let group = self.group(&request["group"])?;
        let grace = &request["grace"];
        let is_patient = if grace.is_null() { group.is_patient } else { grace == "forever" };
        if is_patient && request["force"] != json!(true) {
            group.leave.cancel();
        } else {
            group.token.cancel();
        }
        Ok(Value::Null)
    }

    fn watch(self: &Arc<Self>, request: &Value) -> Answer {
        accept(request, &["as", "on"], &[])?;
        let group = self.group(&request["on"])?;
        let world = self.clone();
        let name = text(request, "as").to_string();
        let told = json!({"call": "over", "watch": name, "on": group.name, "outcome": {"status": "ok"}});
        let waiter = self.handle.spawn(async move {
            group.tracker.wait().await;
            world.call(told);
        });
        self.keep(&name, Thing::Watch(waiter.abort_handle()));
        Ok(Value::Null)
    }

    fn unwatch(&self, request: &Value) -> Answer {
        match self.find(&request["watch"])? {
            Thing::Watch(waiter) if waiter.is_finished() => Err("stale"),
            Thing::Watch(waiter) => {
                waiter.abort();
                Ok(Value::Null)
            }
            _ => Err("unsupported"),
        }
    }

    fn post(self: &Arc<Self>, request: &Value) -> Answer {
        let told = json!({"call": "posted", "as": request["as"]});
        let world = self.clone();
        self.handle.spawn(async move { world.call(told) });
        Ok(Value::Null)
    }

    fn info(&self, request: &Value) -> Answer {
        accept(request, &["group"], &[])?;
        let group = self.group(&request["group"])?;
        Ok(json!({"live": group.tracker.len()}))
    }

    /// Aborts what is left, as the end of a runtime does.
    fn abort_all(&self) {
        for thing in std::mem::take(&mut *self.names.lock().unwrap()).into_values() {
            if let Thing::Job(job) = thing {
                if let Some(abort) = job.abort.lock().unwrap().as_ref() {
                    abort.abort();
                }
            }
        }
    }

    fn carry_out(self: &Arc<Self>, request: &Value) -> Answer {
        if request["remote"] != json!(true) {
            return self.carry_out_here(request);
        }
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let _context = self.handle.enter();
                self.carry_out_here(request)
            });
            other.join().expect("the other thread ends well")
        })
    }

    fn carry_out_here(self: &Arc<Self>, request: &Value) -> Answer {
        match text(request, "op") {
            "hello" => Ok(json!({"protocol": 1, "name": "tokio-util TaskTracker", "version": "0.7.20",
                                 "clock": "virtual", "features": FEATURES})),
            "group" => self.open(request, Some(self.group(&request["in"])?)),
            "spawn" => self.spawn(request),
            "finish" => self.finish(request),
            "sleep" => self.sleep(request),
            "cancel" => self.cancel(request),
            "shutdown" => self.shutdown(request),
            "request_shutdown" => self.shutdown(&json!({"group": "root", "force": request["force"]})),
            "watch" => self.watch(request),
            "unwatch" => self.unwatch(request),
            "post" => self.post(request),
            "info" => self.info(request),
            "time" => Ok(json!({"at": self.now()})),
            _ => Err("unsupported"),
        }
    }

    /// Answers until the suite wants a new beginning; returns that request.
    async fn converse(self: Arc<Self>, reset: Option<Value>, idle: Arc<Idle>) -> Value {
        if let Some(options) = reset {
            protocol::answer(self.open(&options, None));
        }
        loop {
            let request = protocol::read();
            match text(&request, "op") {
                "reset" => return request,
                "advance" => {
                    let by = Duration::from_nanos(request["by"].as_u64().unwrap_or(0));
                    idle.advance(self.began, by).await;
                    protocol::answer(Ok(Value::Null));
                }
                "destroy" => {
                    self.abort_all();
                    idle.wait().await;
                    protocol::answer(Ok(Value::Null));
                }
                _ => protocol::answer(self.carry_out(&request)),
            }
        }
    }
}

fn main() {
    let mut reset = None;
    loop {
        let idle = Arc::new(Idle::default());
        let runtime = clock::runtime(&idle);
        let next = runtime.block_on(async {
            let world = Arc::new(World {
                handle: Handle::current(),
                began: Instant::now(),
                names: Mutex::new(HashMap::new()),
            });
            world.converse(reset.take(), idle.clone()).await
        });
        reset = Some(next);
    }
}
