// task.js - tasks of promises, and of callbacks.
import { runAs } from './core.js';
import { CanceledError, EFAILED, OK, PtgError, errorOf, messageOf, statusOfThrown } from './errors.js';
import { duration, milliseconds, taskStates } from './values.js';

const START = 1, WAKE = 2, DRAIN = 3, CANCEL = 4, KILL = 5;

// What every task has: it can be asked to end, and looked at.
class AnyTask {
  constructor(core, group) {
    this.core = core;
    this.group = group;
    this.givenName = undefined;
    this.handle = 0;
    this.by = 0; // the handle while it can act, then 0
    this.isEnded = false;
    this.isDraining = false;
    this.isCancelRequested = false;
  }

  cancel(reason, { originator } = {}) {
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    const by = originator?.handle ?? core.by();
    core.io[0] = this.handle;
    core.io[1] = by;
    core.check(core.calls.cancel(reason));
  }

  extendGrace(ms) {
    const { core } = this;
    core.io[0] = this.handle;
    core.io[1] = duration(ms);
    core.check(core.calls.extendGrace());
    return milliseconds(core.io[0]);
  }

  info() {
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    core.io[0] = this.handle;
    const { age, ...info } = core.checked(core.calls.taskInfo());
    return {
      ...info, state: taskStates[info.state], ageMs: milliseconds(age),
      isCancelRequested: info.isCancelRequested === 1, isKilled: info.isKilled === 1,
    };
  }

  get name() {
    this.givenName ??= this.isEnded ? undefined : this.info().name;
    return this.givenName ?? 'task';
  }

  sleepFor(ms) {
    const { core } = this;
    core.io[0] = this.handle;
    core.io[1] = duration(ms);
    core.check(core.calls.sleep());
  }
}

export class Task extends AnyTask {
  constructor(core, group, fn) {
    super(core, group);
    this.fn = fn;
    this.place = 0;
    this.isFulfilled = false;
    this.value = undefined; // what it ended with
    this.promise = undefined;
    this.controller = undefined;
    this.drainController = undefined;
    this.sleeper = undefined;
    this.reason = undefined; // of its cancellation, as an error
  }

  get signal() {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.isCancelRequested) this.controller.abort(this.cancellation());
    }
    return this.controller.signal;
  }

  get drainSignal() {
    if (this.drainController === undefined) {
      this.drainController = new AbortController();
      if (this.isDraining) this.drainController.abort();
    }
    return this.drainController.signal;
  }

  sleep(ms) {
    if (this.isEnded) throw new PtgError('ESTALE');
    if (this.isCancelRequested) return Promise.reject(this.cancellation());
    this.sleepFor(ms);
    this.sleeper?.reject(new CanceledError('another sleep took its place'));
    return new Promise((resolve, reject) => { this.sleeper = { resolve, reject }; });
  }

  get result() {
    this.promise ??= this.#result();
    return this.promise;
  }

  #result() {
    if (this.isEnded) return this.isFulfilled ? Promise.resolve(this.value) : Promise.reject(this.value);
    const { core } = this;
    return new Promise((resolve, reject) => {
      const { status } = core.watch(this.handle, core.by(), (outcome) => {
        if (outcome.neverRan) reject(new CanceledError(outcome.reason, outcome.originator));
        else if (this.isFulfilled) resolve(this.value);
        else reject(this.isEnded ? this.value : errorOf(-11, 'it was abandoned'));
      });
      if (status !== OK) reject(errorOf(status, core.calls.message()));
    });
  }

  // ------------------------------------------------------- told, by core.js

  // The error that tells why it was asked to end: always the same one.
  cancellation() {
    if (this.reason === undefined) {
      this.core.io[0] = this.handle;
      const reason = this.isEnded ? undefined : this.core.calls.reason();
      this.reason = new CanceledError(reason ?? 'cancelled', reason ? this.core.io[0] || undefined : undefined);
    }
    return this.reason;
  }

  cancelled() {
    this.isCancelRequested = true;
    this.controller?.abort(this.cancellation());
    const { sleeper } = this;
    this.sleeper = undefined;
    sleeper?.reject(this.cancellation());
  }

  drained() {
    this.isDraining = true;
    this.drainController?.abort();
  }

  woken() {
    const { sleeper } = this;
    this.sleeper = undefined;
    sleeper?.resolve();
  }
}

// A task without a promise: callbacks, and an end that is told by finish().
export class OpenTask extends AnyTask {
  constructor(core, group, callbacks) {
    super(core, group);
    this.callbacks = callbacks;
  }

  finish(error, { code = 0, value = 0, message } = {}) {
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    core.io[0] = this.handle;
    core.io[1] = error === undefined ? OK : statusOfThrown(error);
    core.io[2] = code;
    core.bits[3] = BigInt(value);
    const text = message === undefined && error !== undefined ? messageOf(error) : message ?? undefined;
    if (error !== undefined) core.failed.set(this.handle, { task: this, error });
    const status = core.calls.finish(text);
    if (status !== OK) core.failed.delete(this.handle);
    core.check(status);
    this.by = 0;
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
      return OK;
    } catch (error) {
      this.core.failed.set(this.handle, { task: this, error });
      this.by = 0;
      this.isEnded = true;
      return statusOfThrown(error) || EFAILED;
    }
  }

  done(outcome) {
    this.by = 0;
    this.isEnded = true;
    this.#call('done', outcome);
  }
}

