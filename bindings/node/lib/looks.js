// looks.js - what there is, as it is told: rows of ptg.h with milliseconds and
// words.
import { codeOf } from './errors.js';
import { flagsOf, groupStates, milliseconds, optionalMilliseconds, taskStates } from './values.js';

const none = (handle) => handle || undefined;

export const rowsOf = {
  info({ created, grace, cancelWait, deadline, phaseLeft, oldestAge, ...info }) {
    return {
      ...info, parent: none(info.parent), owner: none(info.owner), state: groupStates[info.state],
      isEnding: info.isEnding === 1, createdMs: milliseconds(created), graceMs: milliseconds(grace),
      cancelWaitMs: milliseconds(cancelWait), deadlineMs: optionalMilliseconds(deadline),
      phaseLeftMs: optionalMilliseconds(phaseLeft),
      oldestAgeMs: info.live + info.abandoned === info.late ? undefined : milliseconds(oldestAge),
    };
  },

  task: ({ age, ...info }) => ({
    ...info, state: taskStates[info.state], ageMs: milliseconds(age), spawner: none(info.spawner),
    originator: none(info.originator), isCancelRequested: info.isCancelRequested === 1, isKilled: info.isKilled === 1,
  }),

  failure: ({ status, first, last, ...row }) =>
    ({ ...row, status: codeOf(status), firstMs: milliseconds(first), lastMs: milliseconds(last) }),

  history: ({ status, flags, spawned, ended, ...row }) => ({
    ...row, status: codeOf(status), spawner: none(row.spawner), originator: none(row.originator), ...flagsOf(flags),
    spawnedMs: milliseconds(spawned), endedMs: milliseconds(ended),
  }),

  plan: ({ begin, cancel, closed, ...row }) => ({
    ...row, waitsFor: none(row.waitsFor), isCritical: row.isCritical === 1, beginMs: milliseconds(begin),
    cancelMs: milliseconds(cancel), closedMs: milliseconds(closed),
  }),

  report: ({ begun, drain, cancel, closed, ...row }) => ({
    ...row, parent: none(row.parent), state: groupStates[row.state], waitedFor: none(row.waitedFor),
    originator: none(row.originator), begunMs: optionalMilliseconds(begun), drainMs: optionalMilliseconds(drain),
    cancelMs: optionalMilliseconds(cancel), closedMs: optionalMilliseconds(closed),
  }),

  blame: ({ held, taskHeld, ...row }) => ({
    ...row, task: none(row.task), heldMs: milliseconds(held), taskHeldMs: milliseconds(taskHeld),
    taskName: row.taskName || undefined,
  }),
};

// The rows of a report, each with the path of its group.
export function report(group, rows) {
  const byHandle = new Map(rows.map((row) => [row.group, row]));
  const paths = new Map([[group.handle, group.path]]);
  const pathOf = (handle) => {
    if (!paths.has(handle)) {
      const row = byHandle.get(handle);
      const above = pathOf(row.parent);
      paths.set(handle, `${above === '/' ? '' : above}/${row.name}`);
    }
    return paths.get(handle);
  };
  return rows.map((row) => ({ ...rowsOf.report(row), path: pathOf(row.group) }));
}
