// kinds.js - tasks that come with the runtime: timers, queues and processes.
import * as checks from './checks.js';
import { isThenable, runAs } from './core.js';
import { CanceledError, EFAILED, OK, processErrorOf } from './errors.js';
import { signalName, signalNumber } from './signals.js';
import { OpenTask } from './task.js';

// A promise would have no signal, and its failure no handler.
function startedBy({ name }, returned) {
  if (isThenable(returned)) {
    const message = `Expected nothing, or a task, to be returned from ${name ? `"${name}"` : 'the callback'}, ` +
      'but got a promise. For a promise return a task of it, as group.spawn(async () => { ... })';
    throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_RETURN_VALUE' });
  }
  return Number.isSafeInteger(returned?.handle) ? returned.handle : 0;
}

// A callback of a timer or queue: what it throws is its task's failure, a task
// that it returns is the one it started.
function run(task, callback, ...given) {
  const { core } = task;
  let started = 0;
  try {
    started = startedBy(callback, runAs(task, callback, ...given));
  } catch (error) {
    task.fail(error, { value: task.left });
    return EFAILED;
  } finally {
    core.io[0] = started;
  }
  return OK;
}

export class Timer extends OpenTask {
  told() {
    return run(this, this.callbacks.fire, this);
  }

  timerInfo() {
    this.core.io[0] = this.handle;
    return this.core.checked(this.core.calls.timerInfo());
  }
}

const HAS_ROOM = 14;

export class Queue extends OpenTask {
  #messages = new Map();
  #nextKey = 1;

  push(message, options = {}) {
    checks.ofPush.check(options);
    const { core } = this;
    if (core.finishedCount !== 0) core.submit();
    const key = this.#nextKey++;
    const by = options.pusher?.handle ?? core.by();
    core.io[0] = this.handle;
    core.io[1] = by;
    core.io[2] = key;
    core.check(core.calls.push());
    this.#messages.set(key, message);
  }

  close() {
    this.core.io[0] = this.handle;
    this.core.check(this.core.calls.closeQueue());
  }

  queueInfo() {
    this.core.io[0] = this.handle;
    const info = this.core.checked(this.core.calls.queueInfo());
    return { ...info, isClosed: info.isClosed === 1 };
  }

  // How many messages wait: one that is being handled is one of them.
  get left() {
    return this.queueInfo().length;
  }

  told(kind) {
    if (kind === HAS_ROOM) runAs(this, () => this.callbacks.hasRoom?.(this));
    return OK;
  }

  // A message that its handler failed on is one of those left, and dropped.
  message(key, isHandled) {
    const message = this.#messages.get(key);
    if (!isHandled) {
      this.#messages.delete(key);
      runAs(this, () => this.callbacks.drop?.(message, this));
      return OK;
    }
    const status = run(this, this.callbacks.handle, message, this);
    if (status === OK) this.#messages.delete(key);
    return status;
  }
}

const variablesOf = (env) =>
  Object.entries(env).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`);

export const processOptions = ({ env = process.env, drainSignal = 'SIGTERM', cwd, stdoutPath, stderrPath }) =>
  ({ cwd, stdoutPath, stderrPath, env: variablesOf(env), drainSignal: signalNumber(drainSignal) });

const STARTED = 16;
const streams = [undefined, 'stdout', 'stderr'];
const ENDS = ['OK', 'EEXIT', 'ESIGNAL', 'ECANCELED']; // that say how the process itself ended

export class Process extends OpenTask {
  #outcome;
  #result;

  pid = undefined; // until it runs

  // How it ended, one of the two.
  exitCode = undefined;
  signalCode = undefined;

  kill(signal = 'SIGTERM') {
    checks.signal.check(signal, 'signal');
    this.core.io[0] = this.handle;
    this.core.io[1] = signalNumber(signal);
    this.core.check(this.core.calls.signal());
  }

  get result() {
    this.#result ??= new Promise((resolve, reject) => this.#await(resolve, reject));
    return this.#result;
  }

  #await(resolve, reject) {
    const { core } = this;
    const settle = (outcome) => {
      if (outcome.status === 'OK') resolve();
      else reject(this.#errorOf(outcome));
    };
    if (this.#outcome) {
      settle(this.#outcome);
      return;
    }
    const { status } = core.watch(this.handle, core.by(), settle);
    if (status !== OK) reject(core.refusal(status));
  }

  #errorOf(outcome) {
    if (outcome.status !== 'ECANCELED') return this.failureOf(outcome).error;
    return new CanceledError(outcome.reason ?? outcome.message, outcome.originator);
  }

  // The handler and whoever waits are given the same error.
  failureOf(outcome) {
    this.failure ??= { error: processErrorOf(this.givenName, outcome) };
    return this.failure;
  }

  told(kind, line, _handle, number) {
    const { started, onLine } = this.callbacks;
    if (kind !== STARTED) {
      runAs(this, onLine, line, streams[number], this);
      return OK;
    }
    this.pid = number;
    if (started) runAs(this, started, this);
    return OK;
  }

  done(outcome) {
    this.#outcome = outcome;
    const isOwn = this.pid !== undefined && !this.isEnded && ENDS.includes(outcome.status);
    if (isOwn && outcome.value !== 0) this.signalCode = signalName(outcome.value);
    else if (isOwn) this.exitCode = outcome.code;
    super.done(outcome);
  }
}
