// words.js - between the values of the protocol and those of the package.

const odd = { EINVAL: 'invalid', EUV: 'system', ETIMEDOUT: 'timeout', EDEADLK: 'deadlock', EABI: 'version' };
const codes = ['OK', 'EINVAL', 'ENOMEM', 'ESTALE', 'EKIND', 'ECLOSED', 'EBUSY', 'EREENTRANT', 'ETHREAD', 'ERANGE',
  'ECANCELED', 'ETIMEDOUT', 'EABI', 'EUV', 'ECYCLE', 'EFULL', 'EFAILED', 'EEXIT', 'ESIGNAL', 'EDEADLK'];

export const wordOf = (code) => odd[code] ?? code.replace(/^E/, '').toLowerCase();

const codesByWord = new Map(codes.map((code) => [wordOf(code), code]));

export const isStatus = (word) => codesByWord.has(word);
export const codeOf = (word) => codesByWord.get(word);

// Options: 0 is as before, which is to say nothing.
export function limit(ns) {
  if (ns === undefined || ns === 0) return undefined;
  return length(ns);
}

// Bounds likewise.
export const bound = (number) => number || undefined;

export function length(ns) {
  if (ns === 'forever') return Infinity;
  return ns === 'at_once' ? 0 : ns / 1e6;
}

// Numbers of nanoseconds from milliseconds.
export const nanoseconds = (ms) => Math.round(ms * 1e6);

export function described(ms) {
  return ms === Infinity ? 'forever' : nanoseconds(ms);
}

// A limit of no time at all has a name.
export const describedLimit = (ms) => (ms === 0 ? 'at_once' : described(ms));

export const optional = (ms) => (ms === undefined ? null : described(ms));

const flags = { cancelRequested: 'cancel_requested', neverRan: 'never_ran', abandoned: 'abandoned', killed: 'killed' };

export const flagsOf = (row) => Object.keys(flags).filter((key) => row[key]).map((key) => flags[key]);
