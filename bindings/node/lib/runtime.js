// runtime.js - a tree of groups on this thread's loop, and its clock.
import { addon } from './addon.js';
import * as checks from './checks.js';
import { Core, current } from './core.js';
import { OK, errorOf } from './errors.js';
import { Group, groupOptions } from './group.js';
import { Remote } from './remote.js';
import { OpenTask, Task } from './task.js';
import { duration, milliseconds } from './values.js';

const STEP_NS = 1e6;

const turn = () => new Promise((resolve) => { setImmediate(resolve); });

export class Runtime {
  #core;
  #watches = new Map(); // handles: ids

  constructor(options = {}) {
    checks.ofRuntime.check(options);
    checks.ofRuntime.range(options);
    const { manualClock = false, root = {} } = options;
    let group;
    // The root is kept by its core, which is made with the root's options.
    this.#core = new Core((core) => {
      group = new Group(core, undefined, root);
      return { ...groupOptions(group, root), isManual: manualClock ? 1 : 0 };
    });
    group.begin(this.#core.calls.root());
    this.root = group;
  }

  now() {
    const core = this.#core;
    core.check(core.calls.now());
    return milliseconds(core.io[0]);
  }

  get address() {
    return this.#core.calls.address();
  }

  // The object of a handle, which may be another language's: then of a group
  // or task that can be asked and told to end like one's own.
  groupOf(handle) {
    checks.count(0).check(handle, 'handle');
    const known = this.#core.byHandle.get(handle);
    if (known instanceof Group) return known;
    const group = new Group(this.#core, this.#parentOf(handle), {});
    group.handle = handle;
    return group;
  }

  // Undefined also of what is no group, or gone: calls of that object will say so.
  #parentOf(handle) {
    const core = this.#core;
    core.io[0] = handle;
    const info = core.calls.groupInfo();
    return info.parent ? this.groupOf(info.parent) : undefined;
  }

  taskOf(handle, Sort = OpenTask) {
    checks.count(0).check(handle, 'handle');
    const known = this.#core.byHandle.get(handle) ?? this.#core.tasks.find((task) => task?.handle === handle);
    if (known instanceof Sort || known instanceof Task) return known;
    const task = new Sort(this.#core, undefined, {});
    task.handle = handle;
    return task;
  }

  // A way in from other threads.
  remote() {
    const core = this.#core;
    core.check(core.calls.remote());
    return new Remote({ id: core.io[0] });
  }

  // Calls over(outcome) once, when a group or task is done with.
  watch(target, over, options = {}) {
    checks.thing.check(target, 'target');
    checks.callable.check(over, 'over');
    checks.ofWatch.check(options);
    const core = this.#core;
    if (core.finishedCount !== 0) core.submit();
    const { status, id, handle } = core.watch(target.handle, options.waiter?.handle ?? 0, (outcome) => {
      this.#watches.delete(handle);
      over(outcome);
    });
    core.check(status);
    this.#watches.set(handle, id);
    return { handle };
  }

  // Gives a watch up that has not come.
  unwatch(watch) {
    checks.watch.check(watch, 'watch');
    const core = this.#core;
    core.io[0] = watch.handle;
    core.check(core.calls.unwatch());
    core.made.delete(this.#watches.get(watch.handle));
    this.#watches.delete(watch.handle);
  }

  // Moves a manual clock, and lets promises settle at every instant at which
  // something was told; instants are a millisecond apart.
  async advance(ms) {
    checks.duration.check(ms, 'ms');
    checks.duration.range(ms, 'ms');
    const core = this.#core;
    let left = duration(ms);
    for (;;) {
      await turn();
      if (core.finishedCount !== 0) core.submit();
      core.io[0] = left;
      core.io[1] = STEP_NS;
      core.check(core.calls.advanceUntilTold());
      const isTold = core.io[0] !== 0;
      left = core.io[1];
      if (!isTold && left <= 0) return;
    }
  }

  // Moves it at once, through every instant exactly; promises settle after it.
  advanceSync(ms) {
    checks.duration.check(ms, 'ms');
    checks.duration.range(ms, 'ms');
    const core = this.#core;
    if (core.finishedCount !== 0) core.submit();
    core.check(core.calls.advance(duration(ms)));
  }

  close() {
    const core = this.#core;
    if (core.isClosed) return;
    if (core.finishedCount !== 0) core.submit();
    core.check(core.calls.close());
    core.isClosed = true;
  }
}

let ours;

// The runtime of this thread, made when it is first asked for.
export function runtime() {
  ours ??= new Runtime();
  return ours;
}

export const root = () => runtime().root;

export function currentTask() {
  const here = current.getStore();
  return here instanceof Group ? undefined : here;
}

export function currentGroup() {
  const here = current.getStore();
  return here instanceof Group ? here : here?.group;
}

// A picture of every runtime of the process, also those of other threads.
export function snapshot(options = {}) {
  checks.ofSnapshot.check(options);
  checks.ofSnapshot.range(options);
  const { timeoutMs = 1000 } = options;
  const text = addon.snapshotAll(duration(timeoutMs));
  if (typeof text === 'number' && text !== OK) throw errorOf(text);
  return JSON.parse(text);
}
