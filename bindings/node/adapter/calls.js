// calls.js - what the package calls, passed on to the suite.
import { PtgError } from 'ptg';
import { nameOf, nameOfObject, now, optional, world } from './made.js';
import { serve } from './serve.js';
import { codeOf, flagsOf, nanoseconds, wordOf } from './words.js';
import { write } from './wire.js';

function call(what, fields) {
  if (world.isSilent) return {};
  write({ call: what, ...fields, at: now() });
  return serve();
}

// What a hook returns that is not ok is thrown here.
function throwUnlessOk({ status = 'ok' }) {
  if (status !== 'ok') throw new PtgError(codeOf(status));
}

export const outcomeOf = (outcome) => ({
  status: wordOf(outcome.status), code: outcome.code, value: outcome.value, message: outcome.message,
  flags: flagsOf(outcome), reason: outcome.reason, originator: nameOf(outcome.originator),
});

// ------------------------------------------------------------------ tasks

// Of a task that was finished before it, what its callback returns is ignored.
function throwUnlessEnded(task, reply) {
  if (!task.isEnded) throwUnlessOk(reply);
}

export function ofTask({ as, tells }) {
  const cancel = (task, { message: reason, originator }) => {
    if (world.isSilent) task.finish(new PtgError('ECANCELED'));
    else call('cancel', { task: as, reason, originator: nameOf(originator) });
  };
  const told = (what) => (tells.includes(what) ? () => { call(what, { task: as }); } : undefined);
  return {
    start: (task) => throwUnlessEnded(task, call('start', { task: as })),
    wake: () => { call('wake', { task: as }); },
    drain: told('drain'), kill: told('kill'), cancel: tells.includes('cancel') ? cancel : undefined,
    done: ofDone(as),
  };
}

const ofDone = (as) => (_, outcome) => { call('done', { task: as, outcome: outcomeOf(outcome) }); };

const startedOf = (task, reply) => {
  throwUnlessEnded(task, reply);
  return optional(reply.started);
};

export const ofTimer = ({ as }) => ({
  fire: (timer) => startedOf(timer, call('fire', { task: as })),
  done: ofDone(as),
});

export const ofQueue = ({ as }) => ({
  handle: (message, queue) => startedOf(queue, call('handle', { task: as, message })),
  drop: (message) => { call('drop', { task: as, message }); },
  hasRoom: () => { call('has_room', { task: as }); },
  done: ofDone(as),
});

// ------------------------------------------------------- groups and watches

export function ofGroup({ as, tells }) {
  const told = (tell, what) => (tells.includes(tell) ? () => throwUnlessOk(call(what, { group: as })) : undefined);
  const onError = (_, info) => throwUnlessOk(call('error', {
    group: as, from: nameOfObject(info.group), task: nameOf(info.handle), name: info.name,
    age: nanoseconds(info.ageMs), outcome: outcomeOf(info.outcome), state: info.state,
    flags: [...(info.duringCancel ? ['during_cancel'] : []), ...(info.fromHook ? ['from_hook'] : [])],
    failed_handler: nameOfObject(info.failedHandler),
    handler_status: info.handlerStatus ? wordOf(info.handlerStatus) : null,
  }));
  return {
    onDrain: told('drain', 'group_drain'), onClosed: told('closed', 'group_closed'),
    onError: tells.includes('error') ? onError : undefined,
  };
}

export const ofWatch = ({ as }, on) => (outcome) => {
  call('over', { watch: as, on, outcome: outcomeOf(outcome) });
};
