//! The requests, carried out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ptg::{
    GroupOptions, OnFailure, OnKill, Overlap, Queue, QueueOptions, ShutdownOptions, TaskOptions, Timer, TimerOptions,
    WhenFull,
};
use serde_json::{Value, json};

use crate::calls::{behave, done, error, group, make};
use crate::request::{Answer, Request, Stop, bad};
use crate::wire::{Given, IS_SILENT};
use crate::{looks, state, wire, words};

/// Answers requests until the one that ends the call, or the end of the input.
pub fn serve() -> Option<Request> {
    loop {
        let Some(line) = wire::read() else {
            IS_SILENT.store(true, Ordering::Relaxed);
            return None;
        };
        let Value::Object(fields) = line else {
            answer(bad("not a JSON object"));
            continue;
        };
        let request = Request(fields);
        let operation = request.text("op").ok().flatten().unwrap_or("").to_owned();
        if operation == "return" && state::CALLS.get() > 0 {
            return Some(request);
        }
        answer(carry_out(&operation, &request));
        if wire::is_silent() {
            return None;
        }
    }
}

fn answer(answer: Answer<Value>) {
    if wire::is_silent() {
        return;
    }
    wire::write(&match answer {
        Ok(mut fields) => {
            fields["status"] = json!("ok");
            fields
        }
        Err(Stop::Bad(why)) => json!({"status": "unsupported", "why": why}),
        Err(Stop::Error(error)) => json!({"status": words::status(Some(error.status()))}),
    });
}

fn nothing() -> Value {
    json!({})
}

fn carry_out(operation: &str, request: &Request) -> Answer<Value> {
    match operation {
        "hello" => Ok(hello()),
        "reset" => reset(request),
        "advance" => advance(request),
        "destroy" => Ok(state::destroy().map(|()| nothing())?),
        "request_shutdown" => {
            state::runtime()?.request_shutdown(request.flag("force")?)?;
            Ok(nothing())
        }
        "time" => Ok(json!({"at": state::instant(state::runtime()?.handle().time()?)})),
        "current" => looks::current(),
        "group" => make_group(request),
        "edge" => {
            let (first, later) = (request.needed_handle("first")?, request.needed_handle("later")?);
            let runtime = state::runtime()?;
            let handle = runtime.handle();
            handle.group(first).stops_before(&handle.group(later))?;
            Ok(nothing())
        }
        "spawn" => spawn(request),
        "finish" => finish(request),
        "cancel" => cancel(request),
        "sleep" => {
            let (task, limit) = (request.needed_handle("task")?, needed_limit(request, "for")?);
            state::runtime()?.handle().task(task).wake_after(limit)?;
            Ok(nothing())
        }
        "extend_grace" => {
            let (task, limit) = (request.needed_handle("task")?, needed_limit(request, "for")?);
            let left = state::runtime()?.handle().task(task).extend_grace(limit)?;
            Ok(json!({"left": words::limit(left)}))
        }
        "shutdown" => shutdown(request),
        "watch" => watch(request),
        "unwatch" => {
            let watch = request.needed_handle("watch")?;
            state::runtime()?.handle().watch_of(watch).remove()?;
            Ok(nothing())
        }
        "post" => post(request),
        "take" => looks::take(request),
        "timer" => timer(request),
        "timer_info" => {
            let task = request.needed_handle("task")?;
            let info = Timer::of(state::runtime()?.handle().task(task)).info()?;
            Ok(json!({"fired": info.fired, "skipped": info.skipped, "missed": info.missed}))
        }
        "queue" => queue(request),
        "push" => push(request),
        "queue_close" => {
            queue_of(request)?.close()?;
            Ok(nothing())
        }
        "queue_info" => looks::queue(&queue_of(request)?),
        _ => looks::carry_out(operation, request),
    }
}

fn needed_limit(request: &Request, name: &str) -> Answer<ptg::Limit> {
    if request.field(name).is_none() {
        return bad(format!("{name}: left out"));
    }
    request.limit(name)
}

fn hello() -> Value {
    let features = [
        "handles",
        "release",
        "deadline",
        "owner",
        "watch",
        "kill",
        "cleanup",
        "spawner",
        "policy",
        "observed",
        "limits",
        "edges",
        "parallel",
        "nesting",
        "names",
        "attribution",
        "wake",
        "history",
        "extend_grace",
        "failures",
        "count_names",
        "info",
        "report",
        "blame",
        "plan",
        "current",
        "stderr",
        "snapshot",
        "remote",
        "timer",
        "queue",
        "events",
    ];
    json!({"protocol": 1, "name": "rust", "version": env!("CARGO_PKG_VERSION"), "clock": "virtual",
           "features": features})
}

fn reset(request: &Request) -> Answer<Value> {
    if state::CALLS.get() > 0 {
        return bad("reset: not inside a call");
    }
    state::throw_away();
    IS_SILENT.store(false, Ordering::Relaxed);
    let options = group_options(request, "root")?;
    Ok(json!({"handle": state::begin(options)?}))
}

fn advance(request: &Request) -> Answer<Value> {
    let by = needed_limit(request, "by")?.as_nanos();
    let Ok(by) = u64::try_from(by) else { return Err(ptg::Error::from(ptg::Status::Invalid).into()) };
    state::runtime()?.advance(Duration::from_nanos(by))?;
    Ok(nothing())
}

/// Runs a call here, or, if the request says so, on another thread.
fn run<R: Send>(request: &Request, call: impl FnOnce() -> ptg::Result<R> + Send) -> Answer<R> {
    if !request.flag("remote")? {
        state::runtime()?;
        return Ok(call()?);
    }
    state::handle()?;
    let result = std::thread::scope(|scope| scope.spawn(call).join());
    Ok(result.expect("a call does not panic")?)
}

/// Keeps the name of what was made; without a handle, if it was refused.
fn made(name: &str, result: Answer<u64>) -> Answer<Value> {
    state::add(name, *result.as_ref().unwrap_or(&0));
    result.map(|handle| json!({"handle": handle}))
}

fn group_options(request: &Request, name: &str) -> Answer<GroupOptions> {
    let mut options = GroupOptions::new()
        .grace(request.limit("grace")?)
        .cancel_wait(request.limit("cancel_wait")?)
        .deadline(request.limit("deadline")?)
        .max_queued(request.count("max_queued")?)
        .history(request.count("history")?);
    let full = [("refuse", WhenFull::Refuse), ("queue", WhenFull::Queue), ("replace_oldest", WhenFull::ReplaceOldest)];
    options = options.max_tasks(request.count("max_tasks")?, request.word("when_full", &full)?.unwrap_or_default());
    let policies = [
        ("report", OnFailure::Report),
        ("shutdown_group", OnFailure::ShutdownGroup),
        ("shutdown_root", OnFailure::ShutdownRoot),
    ];
    options = options.on_failure(request.word("on_failure", &policies)?.unwrap_or_default());
    if let Some(name) = request.text("name")? {
        options = options.name(name);
    }
    if request.flag("parallel")? {
        options = options.parallel();
    }
    if request.flag("admits_anyone")? {
        options = options.admits_anyone();
    }
    if request.field("owner").is_some() {
        options = options.owner(&state::handle()?.task(request.handle("owner")?));
    }
    if request.flag("events")? {
        return Ok(options.events().keeping(Given(name.into())));
    }
    Ok(hooks(options, name, &request.tells(&["drain", "error", "closed"], &["drain", "closed"])?))
}

/// The hooks that tell; what they hold together is released with the last of them.
fn hooks(mut options: GroupOptions, name: &str, tells: &[String]) -> GroupOptions {
    let given = std::sync::Arc::new(Given(name.into()));
    let tells = |word: &str| tells.iter().any(|told| told == word);
    if tells("error") {
        let given = given.clone();
        options = options.on_error(move |report| error(&given.0, report));
    }
    if tells("drain") {
        let given = given.clone();
        options = options.on_drain(move |of| group("group_drain", &given.0, of.handle()));
    }
    let is_closed_told = tells("closed");
    options.on_closed(move |of| if is_closed_told { group("group_closed", &given.0, of.handle()) } else { Ok(()) })
}

fn make_group(request: &Request) -> Answer<Value> {
    let parent = request.needed_handle("in")?;
    let name = request.name()?;
    let runtime = state::runtime()?;
    let options = group_options(request, &name)?;
    let made_group = runtime.handle().group(parent).group(options);
    made(&name, made_group.map(|group| group.handle()).map_err(Into::into))
}

fn spawn(request: &Request) -> Answer<Value> {
    let group = request.needed_handle("in")?;
    let name = request.name()?;
    let group = state::handle()?.group(group);
    if request.flag("events")? {
        let options = plain_task_options(request)?;
        let on_kill = if request.flag("killable")? { OnKill::Tell } else { OnKill::Abandon };
        let task = run(request, move || group.spawn_events(options.on_kill(on_kill), 0));
        return made(&name, task.map(|task| task.handle()));
    }
    let options = task_options(request, &name)?;
    let behaviour = name.clone();
    let task = run(request, move || group.spawn_with(options, |task| behave(behaviour, task)));
    made(&name, task.map(|task| task.task().handle()))
}

fn plain_task_options(request: &Request) -> Answer<TaskOptions> {
    let mut options = TaskOptions::new();
    if let Some(name) = request.text("name")? {
        options = options.name(name);
    }
    // A task that the suite gives no type has none.
    options = match request.text("type")? {
        Some(label) => options.type_name(label),
        None => options.no_type_name(),
    };
    if let Some(place) = request.text("place")? {
        options = options.place(place);
    }
    if request.flag("cleanup")? {
        options = options.cleanup();
    }
    if request.flag("observed")? {
        options = options.observed();
    }
    if request.field("spawner").is_some() {
        options = options.spawner(&state::handle()?.task(request.handle("spawner")?));
    }
    Ok(options)
}

fn task_options(request: &Request, name: &str) -> Answer<TaskOptions> {
    let mut options = plain_task_options(request)?;
    let tells = request.tells(&["drain", "cancel", "kill"], &["drain", "cancel"])?;
    let tells = |word: &str| tells.iter().any(|told| told == word);
    if !tells("drain") {
        options = options.ignores_drain();
    }
    if !tells("cancel") {
        options = options.ignores_cancel();
    }
    options = options.on_kill(if tells("kill") { OnKill::Tell } else { OnKill::Abandon });
    let given = Given(name.into());
    Ok(options.on_done(move |outcome| done(&given.0, outcome)))
}

fn finish(request: &Request) -> Answer<Value> {
    let task = request.needed_handle("task")?;
    let outcome = request.outcome()?;
    let task = state::handle()?.task(task);
    run(request, || task.finish(&outcome))?;
    Ok(nothing())
}

fn cancel(request: &Request) -> Answer<Value> {
    let (task, originator) = (request.needed_handle("task")?, request.handle("originator")?);
    let reason = request.text("reason")?;
    let task = state::handle()?.task(task);
    run(request, || task.cancel_as(reason, originator))?;
    Ok(nothing())
}

fn shutdown(request: &Request) -> Answer<Value> {
    let group = request.needed_handle("group")?;
    let mut options = ShutdownOptions::new()
        .grace(request.limit("grace")?)
        .cancel_wait(request.limit("cancel_wait")?)
        .deadline(request.limit("deadline")?)
        .originator(request.handle("originator")?);
    if request.flag("force")? {
        options = options.force();
    }
    let group = state::handle()?.group(group);
    run(request, || group.shutdown_with(options))?;
    Ok(nothing())
}

fn watch(request: &Request) -> Answer<Value> {
    let (on, waiter) = (request.needed_handle("on")?, request.handle("waiter")?);
    let name = request.name()?;
    let runtime = state::runtime()?;
    let waiter = runtime.handle().task(waiter);
    let given = Given(name.clone());
    let watch = runtime.handle().watch(on, Some(&waiter), move |watched, outcome| {
        let fields = json!({"watch": given.0, "on": state::reference(watched), "outcome": words::outcome(outcome)});
        make("over", fields);
    });
    made(&name, watch.map(|watch| watch.handle()).map_err(Into::into))
}

fn post(request: &Request) -> Answer<Value> {
    let name = request.name()?;
    let handle = state::handle()?;
    let given = Given(name.clone());
    state::add(&name, 0);
    let posted = move || {
        make("posted", json!({"as": given.0}));
    };
    let post = move || handle.post(posted);
    std::thread::scope(|scope| scope.spawn(post).join()).expect("a call does not panic")?;
    Ok(nothing())
}

fn timer(request: &Request) -> Answer<Value> {
    let group = request.needed_handle("in")?;
    let name = request.name()?;
    let overlaps = [("skip", Overlap::Skip), ("allow", Overlap::Allow), ("replace", Overlap::Replace)];
    let mut options = TimerOptions::new()
        .after(request.limit("after")?)
        .every(request.limit("every")?)
        .overlap(request.word("overlap", &overlaps)?.unwrap_or_default());
    if let Some(name) = request.text("name")? {
        options = options.name(name);
    }
    let runtime = state::runtime()?;
    if request.field("spawner").is_some() {
        options = options.spawner(&runtime.handle().task(request.handle("spawner")?));
    }
    let given = std::sync::Arc::new(Given(name.clone()));
    let given_done = given.clone();
    options = options.on_done(move |outcome| done(&given_done.0, outcome));
    let timer = runtime.handle().group(group).timer(options, move |timer| {
        let _ = &given;
        make("fire", json!({"task": state::reference(timer.task().handle())})).started()
    });
    made(&name, timer.map(|timer| timer.task().handle()).map_err(Into::into))
}

fn queue(request: &Request) -> Answer<Value> {
    let group = request.needed_handle("in")?;
    let name = request.name()?;
    let capacity = request.needed("capacity", request.integer("capacity"))?;
    let mut options = QueueOptions::new(capacity as u64).at_once(request.count("at_once")?);
    if let Some(name) = request.text("name")? {
        options = options.name(name);
    }
    let runtime = state::runtime()?;
    if request.field("spawner").is_some() {
        options = options.spawner(&runtime.handle().task(request.handle("spawner")?));
    }
    let given = std::sync::Arc::new(Given(name.clone()));
    let given_done = given.clone();
    let options = options
        .on_done(move |outcome| done(&given_done.0, outcome))
        .on_drop(|queue, message: i64| {
            make("drop", json!({"task": state::reference(queue.handle()), "message": message}));
        })
        .on_room(|queue| {
            make("has_room", json!({"task": state::reference(queue.handle())}));
        });
    let queue = runtime.handle().group(group).queue(options, move |queue, message| {
        let _ = &given;
        make("handle", json!({"task": state::reference(queue.handle()), "message": **message})).started()
    });
    made(&name, queue.map(|queue| queue.task().handle()).map_err(Into::into))
}

fn queue_of(request: &Request) -> Answer<Queue<i64>> {
    let field = if request.field("queue").is_some() { "queue" } else { "task" };
    let handle = request.needed_handle(field)?;
    // SAFETY: every queue here is one of integers.
    Ok(unsafe { Queue::of(state::runtime()?.handle().task(handle)) })
}

fn push(request: &Request) -> Answer<Value> {
    let message = request.needed("message", request.integer("message"))?;
    let pusher = request.handle("pusher")?;
    queue_of(request)?.push_as(message, pusher).map_err(|refused| refused.error)?;
    Ok(nothing())
}
