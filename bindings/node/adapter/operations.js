// operations.js - the requests that do something, carried out. Each returns
// what the answer has besides "ok"; a refusal is thrown by the package.
import { PtgError, currentGroup, currentTask } from 'ptg';
import { ofGroup, ofQueue, ofTask, ofTimer, ofWatch } from './calls.js';
import { looks } from './looks.js';
import {
  anything, beginWorld, find, forget, keep, nameOfObject, now, optional, objectOf, world,
} from './made.js';
import { bound, codeOf, described, length, limit } from './words.js';

const FEATURES = [
  'handles', 'deadline', 'owner', 'watch', 'kill', 'cleanup', 'spawner', 'policy', 'observed', 'limits', 'edges',
  'parallel', 'nesting', 'names', 'attribution', 'wake', 'extend_grace', 'history', 'failures', 'count_names', 'info',
  'report', 'blame', 'plan', 'snapshot', 'current', 'timer', 'queue', 'stderr',
];

export const carry = { ...looks };

carry.hello = () => ({
  protocol: 1, name: 'ptg-node', version: process.version, clock: 'virtual', features: FEATURES,
});

// Makes an object; whatever comes of it the name is known.
function make(entry, fn) {
  keep(entry, undefined);
  keep(entry, fn());
  return { handle: entry.object.handle };
}

const entryOf = (request, tells) => ({ as: request.as, tells: request.tells ?? tells });
const inGroup = (request) => find(request.in, 'group');

// ----------------------------------------------------------------- runtime

const GROUP_TELLS = ['drain', 'closed'];

const groupOptions = (request, entry) => ({
  name: request.name, graceMs: limit(request.grace), cancelWaitMs: limit(request.cancel_wait),
  deadlineMs: limit(request.deadline), parallel: request.parallel, admitsAnyone: request.admits_anyone,
  maxTasks: bound(request.max_tasks), whenFull: request.when_full, maxQueued: bound(request.max_queued),
  onFailure: request.on_failure, owner: optional(request.owner), history: request.history, ...ofGroup(entry),
});

// Ends what there is, whatever state it is in.
export function throwAway() {
  const { runtime } = world;
  world.isSilent = true;
  world.runtime = undefined;
  for (let i = 0; runtime && i < 100; i++) {
    runtime.groupOf(runtime.root.handle).shutdown({ force: true, graceMs: 0, cancelWaitMs: 0, deadlineMs: 0 });
    runtime.advanceSync(i * 1000);
    try {
      runtime.close();
      break;
    } catch (error) {
      if (error.code !== 'EBUSY') throw error;
    }
  }
  forget();
  world.isSilent = false;
}

carry.reset = (request) => {
  throwAway();
  const entry = { as: 'root', tells: request.tells ?? GROUP_TELLS };
  beginWorld(groupOptions({ ...request, owner: undefined }, entry));
  keep(entry, world.runtime.root);
  return { handle: entry.object.handle };
};

carry.advance = ({ by }) => { world.runtime.advanceSync(length(by)); };

carry.destroy = () => {
  world.runtime.close();
  world.runtime = undefined;
};

carry.time = () => ({ at: now() });

carry.current = () => ({ task: nameOfObject(currentTask()), group: nameOfObject(currentGroup()) });

// ------------------------------------------------------------------ groups

carry.group = (request) => {
  const entry = entryOf(request, GROUP_TELLS);
  return make(entry, () => {
    const parent = optional(request.in) ? inGroup(request) : world.runtime.root;
    return parent.group(groupOptions(request, entry));
  });
};

carry.edge = ({ first, later }) => { find(first, 'group').stopsBefore(anything(later)); };

carry.shutdown = (request) => {
  find(request.group, 'group').shutdown({
    force: request.force, graceMs: limit(request.grace), cancelWaitMs: limit(request.cancel_wait),
    deadlineMs: limit(request.deadline), originator: optional(request.originator),
  });
};

carry.watch = (request) => {
  const entry = entryOf(request);
  return make(entry, () => world.runtime.watch(
    anything(request.on), ofWatch(entry, request.on), { waiter: optional(request.waiter) }));
};

carry.unwatch = ({ watch }) => { world.runtime.unwatch(objectOf(watch)); };

// ------------------------------------------------------------------- tasks

carry.spawn = (request) => {
  const entry = entryOf(request, ['drain', 'cancel']);
  return make(entry, () => inGroup(request).open(ofTask(entry), {
    name: request.name, type: request.type ?? '', place: request.place, cleanup: request.cleanup,
    observed: request.observed, spawner: optional(request.spawner),
  }));
};

carry.finish = (request) => {
  const { status = 'ok', code, value, message = null } = request.outcome ?? request;
  find(request.task, 'task').finish(status === 'ok' ? undefined : new PtgError(codeOf(status)),
    { code, value, message });
};

carry.cancel = ({ task, reason, originator }) => {
  find(task, 'task').cancel(reason, { originator: optional(originator) });
};

carry.sleep = (request) => { find(request.task, 'task').sleep(length(request.for)); };

carry.extend_grace = (request) => ({ left: described(find(request.task, 'task').extendGrace(length(request.for))) });

carry.timer = (request) => {
  const entry = entryOf(request);
  const { fire, done } = ofTimer(entry);
  return make(entry, () => inGroup(request).timer(fire, {
    name: request.name, afterMs: limit(request.after), everyMs: limit(request.every), overlap: request.overlap,
    spawner: optional(request.spawner), done,
  }));
};

carry.queue = (request) => {
  const entry = entryOf(request);
  const { handle, ...rest } = ofQueue(entry);
  return make(entry, () => inGroup(request).queue(handle, {
    name: request.name, capacity: request.capacity, atOnce: bound(request.at_once),
    spawner: optional(request.spawner), ...rest,
  }));
};

carry.push = ({ queue, message, pusher }) => {
  find(queue, 'queue').push(message, { pusher: optional(pusher) });
};

carry.queue_close = ({ queue }) => { find(queue, 'queue').close(); };
