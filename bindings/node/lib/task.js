// task.js - tasks of promises, and of callbacks.
import * as checks from './checks.js';
import { runAs } from './core.js';
import {
  CanceledError, ESTALE, OK, PtgError, errorOf, isAbortError, messageOf, statusOfThrown,
} from './errors.js';
import { rowsOf } from './looks.js';
import { duration, milliseconds } from './values.js';

const START = 1, WAKE = 2, DRAIN = 3, CANCEL = 4, KILL = 5;

// What every task has: it can be asked to end, and looked at.
class AnyTask {
  // The handle while it can act, then 0.
  get by() {
    return this.isEnded ? 0 : this.handle;
  }

  get asker() {
    return this.by;
  }

  cancel(reason, options = {}) {
    if (reason !== undefined) checks.text.check(reason, 'reason');
    checks.ofCancel.check(options);
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    const asker = options.originator?.handle ?? core.asker();
    core.io[0] = this.handle;
    core.io[1] = asker;
    core.check(core.calls.cancel(reason), checks.text, reason ?? '', 'reason');
  }

  extendGrace(ms) {
    checks.duration.check(ms, 'ms');
    const { core } = this;
    core.io[0] = this.handle;
    core.io[1] = duration(ms);
    core.check(core.calls.extendGrace(), checks.duration, ms, 'ms');
    return milliseconds(core.io[0]);
  }

  info() {
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    core.io[0] = this.handle;
    return rowsOf.task(core.checked(core.calls.taskInfo()));
  }

  // { error } of one that failed; undefined: of another sort of end.
  failureOf(_outcome) {
    return this.failure;
  }

  get name() {
    return this.givenName ?? (this.isEnded ? 'task' : this.info().name);
  }

  sleepFor(ms) {
    checks.limit.check(ms, 'ms');
    const { core } = this;
    core.io[0] = this.handle;
    core.io[1] = duration(ms);
    core.check(core.calls.sleep(), checks.limit, ms, 'ms');
  }
}

const ENDED = 1, FULFILLED = 2, DRAINING = 4, CANCEL_REQUESTED = 8;

// There may be very many of them: what few of them have is in #rare.
export class Task extends AnyTask {
  #bits = 0;
  #rare; // { name, promise, controller, drainController, sleeper, reason }

  constructor(group, fn) {
    super();
    this.group = group;
    this.fn = fn;
    this.handle = 0;
    this.place = 0;
    this.label = 0; // of its function's name
    this.value = undefined; // what it ended with
  }

  get core() {
    return this.group.core;
  }

  get isEnded() {
    return (this.#bits & ENDED) !== 0;
  }

  get isDraining() {
    return (this.#bits & DRAINING) !== 0;
  }

  get isCancelRequested() {
    return (this.#bits & CANCEL_REQUESTED) !== 0;
  }

  get failure() {
    return this.isEnded && !this.#isFulfilled ? { error: this.value } : undefined;
  }

  get #isFulfilled() {
    return (this.#bits & FULFILLED) !== 0;
  }

  get #rest() {
    this.#rare ??= {};
    return this.#rare;
  }

  get name() {
    return this.#rare?.name ?? this.core.labels[this.label];
  }

  named(name) {
    this.#rest.name = name;
  }

  get signal() {
    const rest = this.#rest;
    if (rest.controller === undefined) {
      rest.controller = new AbortController();
      if (this.isCancelRequested) rest.controller.abort(this.cancellation());
    }
    return rest.controller.signal;
  }

  get drainSignal() {
    const rest = this.#rest;
    if (rest.drainController === undefined) {
      rest.drainController = new AbortController();
      if (this.isDraining) rest.drainController.abort();
    }
    return rest.drainController.signal;
  }

  sleep(ms) {
    if (this.isEnded) throw new PtgError('ESTALE');
    if (this.isCancelRequested) return Promise.reject(this.cancellation());
    this.sleepFor(ms);
    const rest = this.#rest;
    rest.sleeper?.reject(new CanceledError('another sleep took its place'));
    return new Promise((resolve, reject) => { rest.sleeper = { resolve, reject }; });
  }

  get result() {
    const rest = this.#rest;
    rest.promise ??= this.#result();
    return rest.promise;
  }

  #result() {
    if (this.isEnded) return this.#isFulfilled ? Promise.resolve(this.value) : Promise.reject(this.value);
    const { core } = this;
    return new Promise((resolve, reject) => {
      const { status } = core.watch(this.handle, core.by(), (outcome) => {
        if (outcome.neverRan) reject(new CanceledError(outcome.reason, outcome.originator));
        else if (this.#isFulfilled) resolve(this.value);
        else reject(this.isEnded ? this.value : errorOf(ESTALE, 'another language has ended it'));
      });
      if (status !== OK) reject(core.refusal(status));
    });
  }

  // ------------------------------------------------------- told, by core.js

  settle(isFulfilled, value) {
    this.#bits |= isFulfilled ? ENDED | FULFILLED : ENDED;
    this.value = value;
    this.fn = undefined;
  }

  // The error that tells why it was asked to end: always the same one.
  cancellation() {
    const rest = this.#rest;
    if (rest.reason === undefined) {
      this.core.io[0] = this.handle;
      const reason = this.isEnded ? undefined : this.core.calls.reason();
      rest.reason = new CanceledError(reason ?? 'cancelled', reason ? this.core.io[0] || undefined : undefined);
    }
    return rest.reason;
  }

  isCancelledBy(error) {
    return this.isCancelRequested && (error === this.#rare?.reason || isAbortError(error));
  }

  #takeSleeper() {
    const sleeper = this.#rare?.sleeper;
    if (sleeper) this.#rare.sleeper = undefined;
    return sleeper;
  }

  cancelled() {
    this.#bits |= CANCEL_REQUESTED;
    this.#rare?.controller?.abort(this.cancellation());
    this.#takeSleeper()?.reject(this.cancellation());
  }

  drained() {
    this.#bits |= DRAINING;
    this.#rare?.drainController?.abort();
  }

  woken() {
    this.#takeSleeper()?.resolve();
  }
}

// A task without a promise: callbacks, and an end that is told by finish().
export class OpenTask extends AnyTask {
  constructor(core, group, callbacks) {
    super();
    this.core = core;
    this.group = group;
    this.callbacks = callbacks;
    this.handle = 0;
    this.givenName = undefined;
    this.isEnded = false;
    this.isDraining = false;
    this.isCancelRequested = false;
    this.failure = undefined;
  }

  finish(error, outcome = {}) {
    checks.ofOutcome.check(outcome, 'outcome');
    this.#end(error === undefined ? undefined : { error }, outcome);
  }

  // What was thrown is its end, unless it has one: then it is nobody's to catch.
  fail(error, outcome = {}) {
    if (this.isEnded) throw error;
    this.#end({ error }, outcome);
  }

  #end(failure, { code = 0, value = 0, message = failure && messageOf(failure.error) }) {
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    core.io[0] = this.handle;
    core.io[1] = failure ? statusOfThrown(failure.error) : OK;
    core.io[2] = Number(code) | 0;
    core.bits[3] = BigInt(value);
    core.check(core.calls.finish(message ?? undefined));
    this.failure = failure;
    this.isEnded = true;
  }

  sleep(ms) {
    this.sleepFor(ms);
  }

  unsleep() {
    this.sleepFor(Infinity);
  }

  told(kind, reason, _handle, originator) {
    if (kind === START) return this.#start();
    if (kind === CANCEL) {
      this.isCancelRequested = true;
      this.#call('cancel', new CanceledError(reason, originator || undefined));
    } else if (kind === DRAIN) {
      this.isDraining = true;
      this.#call('drain');
    } else if (kind === WAKE) this.#call('wake');
    else if (kind === KILL) this.#call('kill');
    return OK;
  }

  #call(name, argument) {
    const callback = this.callbacks[name];
    if (callback) runAs(this, () => callback.call(this.callbacks, this, argument));
  }

  #start() {
    try {
      this.#call('start');
    } catch (error) {
      this.fail(error);
    }
    return OK;
  }

  done(outcome) {
    this.isEnded = true;
    if (outcome.status !== 'OK' && outcome.status !== 'ECANCELED') {
      const { error } = this.failureOf(outcome) ?? { error: new PtgError(outcome.status, outcome.message) };
      this.group.announce('failure', error, this);
    }
    this.#call('done', outcome);
  }
}

