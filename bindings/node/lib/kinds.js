// kinds.js - tasks that come with the runtime: timers and queues.
import * as checks from './checks.js';
import { runAs } from './core.js';
import { OK, statusOfThrown } from './errors.js';
import { OpenTask } from './task.js';

// A callback of a timer or queue: what it throws is its task's failure, a task
// that it returns is the one it started.
function run(task, callback, ...given) {
  const { core } = task;
  let started = 0;
  try {
    started = runAs(task, callback, ...given)?.handle ?? 0;
  } catch (error) {
    task.failure = { error };
    return statusOfThrown(error);
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
