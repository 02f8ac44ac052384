// looks.js - the requests that ask what there is.
import { eventual, find, instant, nameOf, nameOfObject, optional as given, world } from './made.js';
import { described, describedLimit, flagsOf, nanoseconds, optional, wordOf } from './words.js';

export const looks = {};

const groupOf = (request) => find(request.group, 'group');
const rows = (list, row) => ({ rows: list.map(row) });

function groupInfo(group) {
  const { isEnding, createdMs, graceMs, cancelWaitMs, deadlineMs, phaseLeftMs, oldestAgeMs, ...info } = group.info();
  return {
    ...info, parent: nameOf(info.parent), owner: nameOf(info.owner), is_ending: isEnding,
    created_at: instant(createdMs), grace: describedLimit(graceMs), cancel_wait: describedLimit(cancelWaitMs),
    deadline: optional(deadlineMs), phase_left: optional(phaseLeftMs), oldest_age: optional(oldestAgeMs),
  };
}

function taskInfo(task) {
  const info = task.info();
  return {
    name: info.name, type: info.type ?? null, group: nameOf(info.group), state: info.state,
    age: nanoseconds(info.ageMs),
    is_cancel_requested: info.isCancelRequested, is_killed: info.isKilled, reason: info.reason ?? null,
    originator: nameOf(info.originator), spawner: nameOf(info.spawner), place: info.place ?? null,
  };
}

looks.info = (request) =>
  (request.group === undefined ? taskInfo(find(request.task, 'task')) : groupInfo(groupOf(request)));

looks.timer_info = ({ task }) => {
  const { fired, skipped, missed } = find(task, 'timer').timerInfo();
  return { fired, skipped, missed };
};

looks.queue_info = ({ queue }) => {
  const { isClosed, atOnce, ...info } = find(queue, 'queue').queueInfo();
  return { ...info, is_closed: isClosed, at_once: atOnce };
};

looks.list = (request) => {
  const group = groupOf(request);
  if (request.what === 'groups') {
    return { names: group.groups().map((child) => nameOfObject(child)) };
  }
  const handles = request.what === 'tasks' ? group.tasks() : group.abandoned();
  return { names: handles.map(nameOf) };
};

looks.count_names = (request) =>
  rows(groupOf(request).names(request.capacity), (row) => ({ ...row, type: row.type ?? null }));

looks.failures = (request) => rows(groupOf(request).failures(), (row) => ({
  name: row.name, failed: wordOf(row.status), code: row.code, message: row.message || null, count: row.count,
  first_at: instant(row.firstMs), last_at: instant(row.lastMs),
}));

looks.history = (request) => rows(groupOf(request).history(), (row) => ({
  task: nameOf(row.task), name: row.name, ended: wordOf(row.status), code: row.code, flags: flagsOf(row),
  spawner: nameOf(row.spawner), originator: nameOf(row.originator), spawned_at: instant(row.spawnedMs),
  ended_at: instant(row.endedMs),
}));

looks.plan = (request) => rows(groupOf(request).plan(), (row) => ({
  group: nameOf(row.group), waits_for: nameOf(row.waitsFor), begin: described(row.beginMs),
  cancel: described(row.cancelMs), closed: described(row.closedMs), is_critical: row.isCritical,
}));

looks.report = (request) => rows(groupOf(request).report(), (row) => ({
  group: nameOf(row.group), parent: nameOf(row.parent), state: row.state, waited_for: nameOf(row.waitedFor),
  begun_at: eventual(row.begunMs), drain_at: eventual(row.drainMs), cancel_at: eventual(row.cancelMs),
  closed_at: eventual(row.closedMs), drained: row.drained, cancelled: row.cancelled, failed: row.failed,
  refused: row.refused, abandoned: row.abandoned, killed: row.killed, originator: nameOf(row.originator),
}));

looks.blame = (request) => rows(groupOf(request).blame(), (row) => ({
  group: nameOf(row.group), held: nanoseconds(row.heldMs), abandoned: row.abandoned, task: nameOf(row.task),
  task_name: row.taskName ?? null, task_held: nanoseconds(row.taskHeldMs),
}));

looks.snapshot = (request) => {
  const group = given(request.group) ? groupOf(request) : world.runtime.root;
  const { groups } = group.snapshot();
  return { groups: groups.map(groupOfPicture), tasks: groups.flatMap(tasksOfPicture) };
};

const groupOfPicture = (row) => ({
  group: nameOf(row.group), parent: nameOf(row.parent), owner: nameOf(row.owner), name: row.name, state: row.state,
  is_ending: row.ending === 1, age: row.age_ns, spawned: row.spawned, succeeded: row.succeeded, failed: row.failed,
  cancelled: row.cancelled, abandoned: row.abandoned, refused: row.refused,
});

const tasksOfPicture = ({ group, tasks }) => tasks.map((row) => ({
  task: nameOf(row.task), group: nameOf(group), name: row.name, state: row.state, age: row.age_ns,
  is_cancel_requested: row.cancel_requested === 1, spawner: nameOf(row.spawner),
}));
