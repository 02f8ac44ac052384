#!/usr/bin/env node
// naive_group.mjs - an adapter of a deliberately naive task group, written from
// ../../adapter.md alone.
//
// The group is what one writes first: a set of running jobs and an
// AbortController. Groups nest. Ending a group aborts it with all below it at
// once, and it is over when its jobs are; nobody is told to finish soon, there
// is no order, no limit and no refusal but that an ended group takes nothing.
//
// How the laws map: cancel is the job's own signal; shutdown is the group's
// abort; a failure goes to the group's onError, if it has one, or up; nothing
// else exists. Time is a list of timers that `advance` works through.
import { readSync, writeSync } from "node:fs";

// ---------------------------------------------------------------- the group

class NaiveGroup {
  jobs = new Set();
  children = new Set();
  isEnded = false;
  isClosed = false;

  constructor(parent, onError, onClosed) {
    Object.assign(this, { parent, onError, onClosed });
    parent?.children.add(this);
  }

  spawn(job) {
    if (this.isEnded) return false;
    this.jobs.add(job);
    later(() => job.begin());
    return true;
  }

  finished(job, error) {
    this.jobs.delete(job);
    if (error) this.handler()?.(job, error);
    job.onDone();
    this.closeIfEmpty();
  }

  handler() {
    return this.onError ?? this.parent?.handler();
  }

  end() {
    if (this.isEnded) return;
    this.isEnded = true;
    for (const child of this.children) child.end();
    for (const job of this.jobs) job.abort("the group ended");
    later(() => this.closeIfEmpty());
  }

  closeIfEmpty() {
    if (!this.isEnded || this.isClosed || this.jobs.size > 0) return;
    if ([...this.children].some((child) => !child.isClosed)) return;
    this.isClosed = true;
    this.onClosed();
    this.parent?.closeIfEmpty();
  }
}

// ----------------------------------------------------------------- the clock

let now = 0;
let soon = [];
let timers = [];

const later = (step) => soon.push(step);

function workOff() {
  while (soon.length > 0) soon.shift()();
}

function advance(by) {
  const end = now + by;
  for (workOff(); ; workOff()) {
    timers.sort((one, other) => one.at - other.at || one.order - other.order);
    if (timers.length === 0 || timers[0].at > end) break;
    const timer = timers.shift();
    now = timer.at;
    later(timer.ring);
  }
  now = end;
}

// ------------------------------------------------------------------ the jobs

class Job {
  isRunning = false;
  isOver = false;
  reason = null;

  constructor(name, group, tells) {
    Object.assign(this, { name, group, tells });
  }

  begin() {
    if (this.isOver) return;
    this.isRunning = true;
    const { status } = call({ call: "start", task: this.name });
    if (status !== "ok" && !this.isOver) this.finish({ status });
  }

  abort(reason) {
    if (this.isOver || this.reason !== null) return;
    this.reason = reason;
    if (!this.isRunning) return this.finish({ status: "canceled" });
    if (this.tells.includes("cancel"))
      later(() => this.isOver || call({ call: "cancel", task: this.name, reason }));
  }

  sleep(duration) {
    timers = timers.filter((timer) => timer.job !== this);
    if (duration === "forever") return;
    const ring = () => this.isOver || call({ call: "wake", task: this.name });
    timers.push({ at: now + duration, order: ++orders, job: this, ring });
  }

  finish(outcome) {
    this.isOver = true;
    this.outcome = outcome;
    this.sleep("forever");
    const failed = !["ok", "canceled"].includes(outcome.status);
    later(() => this.group.finished(this, failed && outcome));
  }

  onDone() {
    call({ call: "done", task: this.name, outcome: this.outcome });
  }
}
let orders = 0;

// -------------------------------------------------------------- the protocol

const input = Buffer.alloc(65536);
let text = "";

function readLine() {
  for (;;) {
    const end = text.indexOf("\n");
    if (end >= 0) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return JSON.parse(line);
    }
    const count = readSync(0, input, 0, input.length, null);
    if (count === 0) process.exit(0);
    text += input.toString("utf8", 0, count);
  }
}

function write(message) {
  writeSync(1, JSON.stringify(message) + "\n");
}

/** Serves requests until the call is returned from. */
function call(message) {
  write({ ...message, at: now });
  for (;;) {
    const request = readLine();
    if (request.op === "return") return { status: request.status ?? "ok" };
    write(answer(request));
  }
}

let groups = new Map();
let jobs = new Map();

function makeGroup(name, parent, tells = ["drain", "closed"]) {
  const onError = (job, outcome) =>
    call({ call: "error", group: name, from: job.group.name, task: job.name, name: job.name, outcome, flags: [] });
  const onClosed = () => tells.includes("closed") && call({ call: "group_closed", group: name });
  const group = new NaiveGroup(parent, tells.includes("error") ? onError : null, onClosed);
  group.name = name;
  groups.set(name, group);
  return { status: "ok" };
}

/** What is not offered is said so: options, and everything that is not here. */
const offered = {
  group: ["as", "in", "tells", "parallel"],
  spawn: ["as", "in", "tells"],
  finish: ["task", "status", "code", "message", "value", "outcome"],
  shutdown: ["group", "force", "cancel_wait", "grace"],
};

const operations = {
  hello: () => ({ status: "ok", protocol: 1, name: "naive group", version: "1", clock: "virtual", features: ["wake", "nesting", "parallel"] }),
  reset({ tells }) {
    [groups, jobs, timers, soon, now] = [new Map(), new Map(), [], [], 0];
    return makeGroup("root", null, tells);
  },
  group(request) {
    const parent = groups.get(request.in);
    return parent.isEnded ? { status: "closed" } : makeGroup(request.as, parent, request.tells);
  },
  spawn(request) {
    const job = new Job(request.as, groups.get(request.in), request.tells ?? ["drain", "cancel"]);
    if (!job.group.spawn(job)) return { status: "closed" };
    jobs.set(request.as, job);
    return { status: "ok" };
  },
  finish: (request) => live(request, (job) => job.finish({ ...request.outcome, ...request, op: undefined, task: undefined })),
  cancel: (request) => live(request, (job) => job.abort(request.reason ?? "cancelled")),
  sleep: (request) => live(request, (job) => job.sleep(request.for)),
  shutdown(request) {
    groups.get(request.group).end();
    return { status: "ok" };
  },
  time: () => ({ status: "ok", at: now }),
  advance(request) {
    advance(request.by);
    return { status: "ok" };
  },
  destroy() {
    for (const job of jobs.values()) if (!job.isOver) job.finish({ status: "canceled" });
    groups.get("root").end();
    workOff();
    return { status: "ok" };
  },
};

function live({ task }, operation) {
  const job = jobs.get(task);
  if (job === undefined || job.isOver) return { status: job ? "stale" : "invalid" };
  operation(job);
  return { status: "ok" };
}

function answer(request) {
  const { op, ...fields } = request;
  const known = offered[op];
  const tooMuch = known && Object.keys(fields).filter((field) => !known.includes(field));
  if (!operations[op] || tooMuch?.length > 0) return { status: "unsupported", why: `${op} ${tooMuch ?? ""}`.trim() };
  return operations[op](fields);
}

for (;;) write(answer(readLine()));
