// values.js - milliseconds and words in place of nanoseconds and numbers.

const NS = 1e6;
const FOREVER = -1;
const AT_ONCE = -2;
const MALFORMED = -3;

const isNegative = (ms) => !(ms >= 0);

// A limit in options: undefined is as before, 0 at once, Infinity no limit.
export function limit(ms) {
  if (ms === undefined) return 0;
  if (isNegative(ms)) return MALFORMED;
  if (ms === Infinity) return FOREVER;
  return Math.round(ms * NS) || AT_ONCE;
}

// A length of time, of which 0 is none at all.
export function duration(ms) {
  if (isNegative(ms)) return MALFORMED;
  return ms === Infinity ? FOREVER : Math.round(ms * NS);
}

export function milliseconds(ns) {
  if (ns === FOREVER) return Infinity;
  return ns === AT_ONCE ? 0 : ns / NS;
}

// Of what may be none, or may not have happened.
export const optionalMilliseconds = (ns) => (ns === 0 ? undefined : milliseconds(ns));

export const groupStates = [undefined, 'open', 'draining', 'cancelling', 'closed'];
export const taskStates = [undefined, 'pending', 'running', 'abandoned'];

function number(words, what) {
  return (word) => {
    if (word === undefined) return 0;
    const place = words.indexOf(word);
    if (place < 0) throw new TypeError(`${what}: not known: ${word}`);
    return place;
  };
}

export const whenFull = number(['refuse', 'queue', 'replace_oldest'], 'whenFull');
export const onFailure = number(['report', 'shutdown_group', 'shutdown_root'], 'onFailure');
export const overlap = number(['skip', 'allow', 'replace'], 'overlap');

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
