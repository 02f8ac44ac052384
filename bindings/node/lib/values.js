// values.js - milliseconds and words in place of nanoseconds and numbers.

const NS = 1e6;
const FOREVER = -1;
const AT_ONCE = -2;
const MALFORMED = -3; // for the runtime to refuse
const MOST_NS = 2 ** 62; // what is longer is as long as that

const nanoseconds = (ms) => (ms >= 0 ? Math.min(Math.round(ms * NS), MOST_NS) : MALFORMED);

// A limit in options: undefined is as before, 0 at once, Infinity no limit.
export function limit(ms) {
  if (ms === undefined) return 0;
  return ms === Infinity ? FOREVER : nanoseconds(ms) || AT_ONCE;
}

// A length of time, of which 0 is none at all.
export const duration = (ms) => (ms === Infinity ? FOREVER : nanoseconds(ms));

// Of a timer: undefined is none.
export function period(ms) {
  if (ms === undefined) return 0;
  return ms > 0 && ms < Infinity ? Math.max(nanoseconds(ms), 1) : MALFORMED;
}

export function milliseconds(ns) {
  if (ns === FOREVER) return Infinity;
  return ns === AT_ONCE ? 0 : ns / NS;
}

// Of what may be none, or may not have happened.
export const optionalMilliseconds = (ns) => (ns === 0 ? undefined : milliseconds(ns));

export const groupStates = [undefined, 'open', 'draining', 'cancelling', 'closed'];
export const taskStates = [undefined, 'pending', 'running', 'abandoned'];

// Words of options stand for numbers; the first one is what is meant without.
export const words = {
  whenFull: ['refuse', 'queue', 'replace_oldest'],
  onFailure: ['report', 'shutdown_group', 'shutdown_root'],
  overlap: ['skip', 'allow', 'replace'],
};

const numberOf = (known) => (word = known[0]) => known.indexOf(word);

export const whenFull = numberOf(words.whenFull);
export const onFailure = numberOf(words.onFailure);
export const overlap = numberOf(words.overlap);

const flagNames = ['cancelRequested', 'neverRan', 'abandoned', 'killed'];

// A value of 64 bits, as a number if it is one.
function valueOf(bits) {
  const value = Number(bits);
  return Number.isSafeInteger(value) ? value : bits;
}

// The outcome that lies in io from its second place on.
export function outcomeOf({ io, bits }, code, message, reason) {
  const outcome = {
    status: code, code: io[3], value: valueOf(bits[4]), message, reason, originator: io[5] || undefined,
  };
  const flags = io[2];
  flagNames.forEach((name, place) => { outcome[name] = (flags & (1 << place)) !== 0; });
  return outcome;
}

export const flagsOf = (bits) =>
  Object.fromEntries(flagNames.map((name, place) => [name, (bits & (1 << place)) !== 0]));
