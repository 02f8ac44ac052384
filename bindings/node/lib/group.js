// group.js - groups: what owns tasks, and knows how to end them.
import { EventEmitter } from 'node:events';
import * as checks from './checks.js';
import { throwUncaught } from './core.js';
import { ESTALE, OK, printFailure } from './errors.js';
import { Process, Queue, Timer, processOptions } from './kinds.js';
import { report, rowsOf } from './looks.js';
import { OpenTask, Task } from './task.js';
import * as values from './values.js';

const TELLS_DRAIN = 1, TELLS_CANCEL = 2, TELLS_KILL = 4, TELLS_ERROR = 8;
const PARALLEL = 1, ADMITS_ANYONE = 2;
const FORCE = 1;
const CLEANUP = 1, OBSERVED = 2;

const FAR = 2 ** 31 - 1; // of setInterval(), in milliseconds

const spawnFlags = ({ cleanup, observed }) => (cleanup ? CLEANUP : 0) | (observed ? OBSERVED : 0);

export function groupOptions(group, options) {
  return {
    id: group.core.keep(group), name: options.name,
    grace: values.limit(options.graceMs), cancelWait: values.limit(options.cancelWaitMs),
    deadline: values.limit(options.deadlineMs),
    flags: (options.parallel ? PARALLEL : 0) | (options.admitsAnyone ? ADMITS_ANYONE : 0),
    maxTasks: options.maxTasks, maxQueued: options.maxQueued, whenFull: values.whenFull(options.whenFull),
    onFailure: values.onFailure(options.onFailure), owner: options.owner?.handle, history: options.history,
    tells: TELLS_DRAIN | (options.onError || group.parent === undefined ? TELLS_ERROR : 0),
  };
}

export const shutdownOptions = ({ force, graceMs, cancelWaitMs, deadlineMs }, originator) => ({
  flags: force ? FORCE : 0, grace: values.limit(graceMs), cancelWait: values.limit(cancelWaitMs),
  deadline: values.limit(deadlineMs), originator,
});

export class Group {
  #options;
  #events;
  #kept; // a timer that keeps the process alive
  #isReportWanted = false;
  #report;
  #blame;

  // Made by Runtime for the root, by group() for all others.
  constructor(core, parent, options) {
    this.core = core;
    this.parent = parent;
    this.handle = 0;
    this.by = 0;
    this.isClosed = false;
    this.failure = undefined; // of a hook: { error }
    this.handlerError = undefined; // what its handler threw last
    this.#options = options;
  }

  // ---------------------------------------------------------------- making

  group(options = {}) {
    checks.ofGroup.check(options);
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    const group = new Group(core, this, options);
    const given = groupOptions(group, options);
    core.check(core.calls.group({ ...given, parent: this.handle }), checks.ofGroup, options);
    group.begin(core.io[0]);
    return group;
  }

  // Its handlers and hooks are no task, but may ask for an end.
  get asker() {
    return this.handle;
  }

  begin(handle) {
    this.handle = handle;
    this.core.byHandle.set(handle, this);
  }

  spawn(fn, options) {
    if (typeof fn !== 'function') checks.callable.check(fn, 'fn');
    if (options !== undefined) checks.ofSpawn.check(options);
    const { core } = this;
    const { io, calls } = core;
    if (core.finishedCount !== 0) core.submit();
    const task = new Task(this, fn);
    const place = task.place = core.take(task);
    io[0] = this.handle;
    io[1] = core.by();
    io[2] = place;
    io[3] = 0;
    io[4] = task.label = core.nameOf(fn);
    if (options === undefined) calls.spawn();
    else spawnWith(task, options);
    if (io[0] !== OK) {
      core.give(place);
      core.check(io[0], checks.ofSpawn, options ?? {});
    }
    task.handle = io[1];
    return task;
  }

  // options are those of the call besides what every task is asked for with.
  #make(object, call, options, sort, asked) {
    const { core } = this;
    const { name, spawner } = asked;
    if (core.finishedCount !== 0) core.submit();
    const id = core.keep(object);
    const status = core.calls[call]({
      ...options, name, id, group: this.handle, spawner: spawner?.handle ?? core.by(), flags: spawnFlags(asked),
    });
    if (status !== OK) core.made.delete(id);
    core.check(status, sort, asked);
    object.handle = core.io[0];
    object.givenName = name || options.type;
    core.byHandle.set(object.handle, object);
    return object;
  }

  open(callbacks, options = {}) {
    checks.checkCallbacks(callbacks);
    checks.ofOpen.check(options);
    const tells = (callbacks.drain ? TELLS_DRAIN : 0) | (callbacks.cancel ? TELLS_CANCEL : 0) |
      (callbacks.kill ? TELLS_KILL : 0);
    const { type = 'open', place } = options;
    return this.#make(new OpenTask(this.core, this, callbacks), 'open', { type, place, tells }, checks.ofOpen, options);
  }

  timer(fire, options = {}) {
    checks.callable.check(fire, 'fire');
    checks.checkTimer(options);
    const { afterMs, everyMs, overlap, done } = options;
    return this.#make(new Timer(this.core, this, { fire, done }), 'timer',
      { after: values.limit(afterMs), every: values.period(everyMs), overlap: values.overlap(overlap) },
      checks.ofTimer, options);
  }

  queue(handle, options = {}) {
    checks.callable.check(handle, 'handle');
    checks.checkQueue(options);
    const { capacity, atOnce, drop, hasRoom, done } = options;
    return this.#make(new Queue(this.core, this, { handle, drop, hasRoom, done }), 'queue',
      { capacity, atOnce }, checks.ofQueue, options);
  }

  spawnProcess(argv, options = {}) {
    checks.checkCommand(argv);
    checks.ofProcess.check(options);
    const { onLine, started, done } = options;
    const child = this.#make(new Process(this.core, this, { onLine, started, done }), 'process',
      { argv, ...processOptions(options), readsLines: onLine ? 1 : 0 }, checks.ofProcess, options);
    child.givenName ??= argv[0];
    return child;
  }

  // -------------------------------------------------------------- shutdown

  stopsBefore(later) {
    checks.thing.check(later, 'later');
    const { core } = this;
    core.io[0] = this.handle;
    core.io[1] = later.handle;
    core.check(core.calls.stopsBefore());
  }

  shutdown(options = {}) {
    checks.ofShutdown.check(options);
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    const given = shutdownOptions(options, options.originator?.handle ?? core.asker());
    core.io[0] = this.handle;
    const status = core.calls.shutdown(given);
    if (status !== ESTALE || !this.#report) core.check(status, checks.ofShutdown, options);
    return this.whenClosed();
  }

  whenClosed() {
    if (this.#report !== undefined) return Promise.resolve(this.#report);
    const { core } = this;
    this.#isReportWanted = true;
    const closing = new Promise((resolve, reject) => {
      const { status } = core.watch(this.handle, core.by(), () => resolve(this.#report ?? this.report()));
      if (status !== OK) reject(core.refusal(status));
    });
    closing.catch(() => {}); // for those who shut down and do not wait; who waits is told all the same
    return closing;
  }

  async [Symbol.asyncDispose]() {
    if (!this.isClosed) await this.shutdown();
  }

  // An idle group does not keep the process alive, unless it is asked to.
  ref() {
    if (!this.isClosed) this.#kept ??= setInterval(() => {}, FAR);
    return this;
  }

  unref() {
    clearInterval(this.#kept);
    this.#kept = undefined;
    return this;
  }

  // ------------------------------------------------------------------ told

  get events() {
    this.#events ??= new EventEmitter();
    return this.#events;
  }

  // Those who only look change nothing: what a listener throws is uncaught.
  announce(event, ...given) {
    try {
      this.#events?.emit(event, ...given);
    } catch (error) {
      throwUncaught(error);
    }
  }

  drained() {
    this.announce('drain');
    this.#options.onDrain?.(this);
  }

  closed() {
    this.isClosed = true;
    this.unref();
    this.givenName = this.name; // it can be asked later as well
    if (this.#isReportWanted || this.#events || this.#options.onClosed) this.#readReport();
    this.announce('closed', this.#report);
    this.#options.onClosed?.(this, this.#report);
  }

  failed(error, info) {
    const { onError } = this.#options;
    if (onError) this.#handle(onError, error, info);
    else printFailure(error, info);
  }

  #handle(onError, error, { from, ageNs, stateNumber, flags, failedHandler, handlerStatus, ...info }) {
    onError.call(this.#options, error, {
      ...info, group: from, ageMs: values.milliseconds(ageNs),
      state: values.groupStates[stateNumber], duringCancel: (flags & 1) !== 0, fromHook: (flags & 2) !== 0,
      failedHandler, handlerStatus: failedHandler ? handlerStatus : undefined,
    });
  }

  released() {
    this.core.byHandle.delete(this.handle);
  }

  // --------------------------------------------------------------- looking

  #ask(call) {
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    core.io[0] = this.handle;
    return core.checked(core.calls[call]());
  }

  get path() {
    if (this.parent === undefined) return '/';
    return `${this.parent.parent ? this.parent.path : ''}/${this.name}`;
  }

  get name() {
    this.givenName ??= this.info().name;
    return this.givenName;
  }

  get state() {
    return this.isClosed ? 'closed' : this.info().state;
  }

  info() {
    return rowsOf.info(this.#ask('groupInfo'));
  }

  groups() {
    return this.#ask('listGroups').map((handle) => this.core.byHandle.get(handle) ?? handle);
  }

  tasks() {
    return this.#ask('listTasks');
  }

  abandoned() {
    return this.#ask('listAbandoned');
  }

  names(capacity = 20) {
    checks.count(0).check(capacity, 'capacity');
    this.core.io[1] = capacity;
    return this.#ask('countNames');
  }

  failures() {
    return this.#ask('failures').map(rowsOf.failure);
  }

  history() {
    return this.#ask('history').map(rowsOf.history);
  }

  plan() {
    return this.#ask('plan').map(rowsOf.plan);
  }

  report() {
    return this.#lasting(this.#report, () => report(this, this.#ask('report')));
  }

  blame() {
    return this.#lasting(this.#blame, () => this.#ask('blame').map(rowsOf.blame));
  }

  snapshot() {
    return JSON.parse(this.#ask('snapshot'));
  }

  // For when it is gone, which may be soon.
  #readReport() {
    this.#blame = this.blame();
    this.#report = this.report();
  }

  #lasting(kept, read) {
    try {
      return read();
    } catch (error) {
      if (kept === undefined || error.code !== 'ESTALE') throw error;
      return kept;
    }
  }
}

function spawnWith(task, options) {
  const { calls, io } = task.core;
  io[1] = options.spawner?.handle ?? io[1];
  io[3] = spawnFlags(options);
  if (options.name) task.named(options.name);
  calls.spawn(options.name || undefined, options.place);
}
