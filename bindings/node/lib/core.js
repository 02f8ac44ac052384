// core.js - one runtime as JavaScript sees it: what it is told, and the tables
// of what was made. See src/host.h for how numbers cross the border.
import { AsyncLocalStorage, executionAsyncId, executionAsyncResource } from 'node:async_hooks';
import { addon } from './addon.js';
import {
  ECANCELED, ECLOSED, EFAILED, EINVAL, OK, codeOf, errnoOf, errorOf, messageOf, printFailure, statusOfThrown,
} from './errors.js';
import { outcomeOf } from './values.js';

const START = 1, WAKE = 2, DRAIN = 3, CANCEL = 4, DONE = 6, ERROR = 7, GROUP_DRAIN = 8, GROUP_CLOSED = 9, OVER = 10,
  HANDLE = 12, DROP = 13, RELEASE = 15;
const FINISHED_CAPACITY = 4096;

// So many names of functions are known, and the rest of tasks have none.
const MOST_NAMES = 4096;
const LONGEST_NAME = 63;

const isName = (name) => name.length <= LONGEST_NAME && !name.includes('\0');

// On whose behalf code runs: a task, or the group whose handler or hook it is.
export const current = new AsyncLocalStorage();

// Where contexts lie on the resources of hooks, asking for one costs more than the
// rest of a spawn: what was said last is good for as long as the same callback
// or continuation runs, unless we changed it. Where they do not, as in Node 24,
// asking is cheap, and continuations have no ids of their own.
const hasIds = current.run(current, () => {
  const resource = executionAsyncResource();
  return Reflect.ownKeys(resource).some((key) => resource[key] === current);
});
let knownId = -1;
let known;

// Runs a function on behalf of somebody.
export function runAs(whom, fn, ...given) {
  knownId = -1;
  try {
    return current.run(whom, fn, ...given);
  } finally {
    knownId = -1;
  }
}

const settled = Promise.resolve();

export const isThenable = (value) =>
  value !== null && (typeof value === 'object' || typeof value === 'function') && typeof value.then === 'function';

// For what nobody can catch.
export function throwUncaught(error) {
  process.nextTick(() => { throw error; });
}

export class Core {
  constructor(makeOptions) {
    this.tasks = []; // of promises, by place; a place that is free lies in #free
    this.#free = [];
    this.made = new Map(); // groups, tasks of callbacks, timers, queues, watches: by id
    this.byHandle = new Map(); // groups and tasks of callbacks
    this.finishedCount = 0;
    this.isClosed = false;
    this.#submit = () => { if (this.finishedCount !== 0) this.submit(); };
    this.nextId = 1;
    this.#names = new Map(); // of functions: their numbers
    this.labels = ['promise']; // and the other way round; 0: what is called by its sort
    const opened = addon.open(makeOptions(this), (...told) => this.#told(...told), (count) => this.#batch(count));
    if (typeof opened === 'number') throw errorOf(opened);
    this.calls = opened;
    [this.io, this.batch, this.finished] = opened.memory;
    this.bits = new BigInt64Array(this.io.buffer);
  }

  #free;
  #names;
  #submit;

  // Throws unless the status that a call answered is ok. sort and given say what
  // it may have refused; see checks.js.
  check(status, sort, ...given) {
    if (status === OK) return;
    if (status === EINVAL && sort !== undefined) sort.range(...given);
    throw this.refusal(status);
  }

  // Why the last call failed.
  refusal(status) {
    return this.isClosed ? errorOf(ECLOSED, 'the runtime is closed') : errorOf(status, this.calls.message());
  }

  // What a call answered that gives an object or a status.
  checked(answer) {
    if (typeof answer === 'number') this.check(answer);
    return answer;
  }

  // The handle of the task on whose behalf code runs; 0: whose callback is running.
  by() {
    const here = this.#here();
    return here === undefined ? 0 : here.by;
  }

  // The same of who asks for an end: a task, or the group whose handler or hook it is.
  asker() {
    const here = this.#here();
    return here === undefined ? 0 : here.asker;
  }

  #here() {
    const id = executionAsyncId();
    if (id !== knownId || !hasIds) {
      knownId = id;
      known = current.getStore();
    }
    return known === undefined || known.core !== this ? undefined : known;
  }

  // The number of a function's name; 0: it has none, or there are too many.
  nameOf({ name }) {
    if (name === '') return 0;
    const before = this.#names.get(name);
    if (before !== undefined) return before;
    if (typeof name !== 'string' || this.#names.size === MOST_NAMES) return 0;
    const learned = isName(name) ? this.calls.learn(name) : 0;
    this.#names.set(name, learned);
    if (learned > 0) this.labels[learned] = name;
    return learned;
  }

  keep(object) {
    const id = this.nextId++;
    this.made.set(id, object);
    return id;
  }

  // Calls over(outcome) when a task or group is done with. Answers a status.
  watch(handle, waiter, over) {
    const id = this.keep({ over });
    this.io[0] = handle;
    this.io[1] = waiter;
    this.io[2] = id;
    const status = this.calls.watch();
    if (status !== OK) this.made.delete(id);
    return { status, id, handle: this.io[0] };
  }

  // -------------------------------------------------- tasks of promises

  take(task) {
    const place = this.#free.length > 0 ? this.#free.pop() : this.tasks.length;
    this.tasks[place] = task;
    return place;
  }

  give(place) {
    this.tasks[place] = undefined;
    this.#free.push(place);
  }

  #run(task) {
    const { fn } = task;
    let value;
    try {
      value = fn(task);
      if (isThenable(value)) {
        value.then((result) => this.#end(task, result), (error) => this.#fail(task, error));
        return;
      }
    } catch (error) {
      this.#fail(task, error);
      return;
    }
    this.#end(task, value);
  }

  // Of a thenable that settles more than once the first time counts.
  #end(task, value) {
    if (this.isClosed || task.isEnded) return;
    task.settle(true, value);
    this.give(task.place);
    if (this.finishedCount === FINISHED_CAPACITY) this.submit();
    if (this.finishedCount === 0) settled.then(this.#submit);
    this.finished[this.finishedCount++] = task.handle;
  }

  // Hands the ends over that came since the last time. Before every other call.
  submit() {
    this.io[0] = this.finishedCount;
    this.finishedCount = 0;
    this.calls.submit();
    this.check(this.io[0]);
  }

  #fail(task, error) {
    if (this.isClosed || task.isEnded) return;
    task.settle(false, error);
    const isCancelled = task.isCancelledBy(error);
    if (isCancelled) this.give(task.place); // one that failed is found by it until its end is told
    if (this.finishedCount !== 0) this.submit();
    this.io[0] = task.handle;
    this.io[1] = isCancelled ? ECANCELED : statusOfFailure(error);
    this.io[2] = errnoOf(error);
    this.io[3] = 0;
    const status = this.calls.finish(isCancelled ? undefined : messageOf(error));
    if (isCancelled) return;
    task.group.announce('failure', error, task);
    if (status !== OK) throwUncaught(error); // another language has ended it, and asks for no error
  }

  #batch(count) {
    const { batch, tasks } = this;
    const before = current.getStore();
    for (let i = 0; i < count; i++) {
      const handle = batch[2 * i], what = batch[2 * i + 1];
      const task = tasks[Math.floor(what / 8)];
      const kind = what % 8;
      if (task === undefined || task.handle !== handle) continue;
      current.enterWith(task);
      knownId = -1;
      if (kind === START) this.#run(task);
      else if (kind === CANCEL) task.cancelled();
      else if (kind === DRAIN) task.drained();
      else if (kind === WAKE) task.woken();
      else if (kind === DONE) this.#over(task);
    }
    current.enterWith(before);
    knownId = -1;
  }

  // It failed, or ended without having run to its end.
  #over(task) {
    if (!task.isEnded) task.settle(false, task.cancellation());
    this.give(task.place);
  }

  // -------------------------------------------------------------- told

  // Told of one thing; answers a status. What a hook, a handler or a start
  // throws is a failure there; what any other callback throws is uncaught.
  #told(kind, id, first, second, third) {
    const object = this.made.get(id);
    switch (kind) {
    case RELEASE:
      this.made.delete(id);
      object.released();
      return OK;
    case OVER:
      this.made.delete(id);
      runAs(undefined, object.over, outcomeOf(this, codeOf(this.io[1]), first, second));
      return OK;
    case DROP:
    case HANDLE:
      return object.message(this.io[1], kind === HANDLE);
    case ERROR:
      return this.#error(object, first, second, third);
    case GROUP_DRAIN:
    case GROUP_CLOSED:
      return this.#hook(object, kind === GROUP_DRAIN);
    case DONE:
      this.made.delete(id);
      this.byHandle.delete(this.io[0]);
      object.done(outcomeOf(this, codeOf(this.io[1]), first, second));
      return OK;
    default:
      return object.told(kind, first, this.io[0], this.io[1]);
    }
  }

  #hook(group, isDrain) {
    try {
      runAs(group, () => (isDrain ? group.drained() : group.closed()));
      return OK;
    } catch (error) {
      group.failure = { error };
      return statusOfThrown(error);
    }
  }

  // The task of an error; undefined: a hook failed, or a task of another language.
  #taskOf(handle, place) {
    const task = place < 0 ? this.byHandle.get(handle) : this.tasks[place];
    return task?.handle === handle ? task : undefined;
  }

  #error(group, message, reason, name) {
    const { io } = this;
    const [handle, from, failedHandler] = [io[0], this.byHandle.get(io[6]), this.byHandle.get(io[11])];
    const task = handle === 0 ? undefined : this.#taskOf(handle, io[12]);
    const outcome = outcomeOf(this, codeOf(io[1]), message, reason);
    const info = {
      outcome, name, ageNs: io[7], stateNumber: io[8], flags: io[9], handle, from, failedHandler, task,
      handlerStatus: codeOf(io[10]), handlerError: failedHandler?.handlerError,
    };
    const failure = handle === 0 ? from?.failure : task?.failureOf(outcome);
    const error = failure ? failure.error : errorOf(io[1], message);
    if (failedHandler) failedHandler.handlerError = undefined;
    try {
      runAs(group, () => group.failed(error, info));
    } catch (thrown) {
      if (group.parent !== undefined) {
        group.handlerError = thrown;
        return statusOfThrown(thrown);
      }
      printFailure(error, { ...info, failedHandler: group, handlerError: thrown });
    }
    if (handle === 0 && from) from.failure = undefined;
    return OK;
  }
}

function statusOfFailure(error) {
  const status = statusOfThrown(error);
  return status === ECANCELED ? EFAILED : status;
}
