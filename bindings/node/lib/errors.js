// errors.js - statuses of ptg.h as errors.
import { writeSync } from 'node:fs';
import { signalName } from './signals.js';

const names = ['OK', 'EINVAL', 'ENOMEM', 'ESTALE', 'EKIND', 'ECLOSED', 'EBUSY', 'EREENTRANT', 'ETHREAD', 'ERANGE',
  'ECANCELED', 'ETIMEDOUT', 'EABI', 'EUV', 'ECYCLE', 'EFULL', 'EFAILED', 'EEXIT', 'ESIGNAL', 'EDEADLK'];

const meanings = {
  EINVAL: 'an argument is malformed', ENOMEM: 'out of memory', ESTALE: 'it is gone',
  EKIND: 'it is of another kind', ECLOSED: 'the group accepts no new tasks or groups', EBUSY: 'it is still in use',
  EREENTRANT: 'not allowed inside a callback', ETHREAD: 'not on the thread of the runtime',
  ECYCLE: 'the order edge would close a circle', EFULL: 'a bound is reached', EFAILED: 'a task failed',
  ECANCELED: 'it was cancelled', ETIMEDOUT: 'a limit ran out', EDEADLK: 'who waits is part of what is waited for',
  ERANGE: 'there are more than fit', EABI: 'libptg or libuv is of another version', EUV: 'the system refused',
  EEXIT: 'a process exited with a status other than 0', ESIGNAL: 'a process was ended by a signal',
};

export const OK = 0;
export const EINVAL = -1;
export const ESTALE = -3;
export const ECLOSED = -5;
export const ECANCELED = -10;
export const EFAILED = -16;

export const codeOf = (status) => names[-status] ?? 'E?';
export const statusOf = (code) => {
  const place = names.indexOf(code);
  return place < 0 ? undefined : -place;
};

export class PtgError extends Error {
  constructor(code, message) {
    super(message || meanings[code] || code);
    this.name = 'PtgError';
    this.code = code;
  }
}

export class CanceledError extends PtgError {
  constructor(reason, originator) {
    super('ECANCELED', reason);
    this.name = 'AbortError';
    this.originator = originator;
  }
}

// How a child process failed.
export class ProcessError extends PtgError {
  constructor(code, message, { exitCode, signal, errno } = {}) {
    super(code, message);
    this.name = 'ProcessError';
    this.exitCode = exitCode;
    this.signal = signal;
    this.errno = errno;
  }
}

export function processErrorOf(name, { status, code, message }) {
  if (status === 'EEXIT') return new ProcessError(status, `${name} exited with status ${code}`, { exitCode: code });
  if (status === 'ESIGNAL') {
    const signal = signalName(code);
    return new ProcessError(status, `${name} was ended by ${signal}`, { signal });
  }
  return new ProcessError(status, message, { errno: status === 'EUV' ? -code : undefined });
}

export const errorOf = (status, message) => new PtgError(codeOf(status), message);

// What is asked of something thrown, which may be anything, and may throw again
// when it is looked at.
function ask(question, otherwise) {
  try {
    return question();
  } catch {
    return otherwise;
  }
}

// The status that stands for something thrown.
export const statusOfThrown = (thrown) =>
  ask(() => thrown instanceof PtgError && statusOf(thrown.code), EFAILED) || EFAILED;

export const errnoOf = (thrown) => ask(() => (Number.isInteger(thrown.errno) ? thrown.errno | 0 : 0), 0);

export const isAbortError = (thrown) => ask(() => thrown.name === 'AbortError', false);

// What is told of something thrown: one line.
export const messageOf = (thrown) => ask(() => String(thrown).split('\n', 1)[0], 'it cannot be told');

// What becomes of a failure that no handler takes: a line as of libptg, which
// itself would not know what a hook or a handler threw.
export function printFailure(error, { outcome, name, from, handle, failedHandler, handlerError }) {
  const who = handle === 0 ? 'a hook' : `task "${name}"`;
  const where = from?.path ?? 'another language';
  const what = outcome.message ?? messageOf(error);
  const more = failedHandler ? `; its handler failed too: ${messageOf(handlerError)}` : '';
  try {
    writeSync(2, `ptg: error: ${who} of ${where} failed: PTG_${outcome.status}: ${what}${more}\n`);
  } catch {
    // There is nowhere else to say it.
  }
}
