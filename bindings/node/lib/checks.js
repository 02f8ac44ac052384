// checks.js - is what the caller gave of the right type, and in range? What is
// not is refused as Node does it: a TypeError or RangeError with a code.
//
// Every sort of value has two functions: check() throws before the runtime is
// asked, range() after it has answered EINVAL, since of several reasons to
// refuse a call the runtime says which one comes first.
import { inspect } from 'node:util';
import { isSignal } from './signals.js';
import { words } from './values.js';

const LONGEST_TEXT = 255; // bytes, of a name or a reason

const refusal = (Sort, code, message) => Object.assign(new Sort(message), { code });

const kindOf = (name) => (name.includes('.') ? 'property' : 'argument');

function received(value) {
  if (value === undefined || value === null) return `Received ${value}`;
  if (typeof value === 'function') return `Received function ${value.name}`;
  if (typeof value === 'object' && value.constructor?.name) return `Received an instance of ${value.constructor.name}`;
  return `Received type ${typeof value} (${inspect(value, { depth: 0 })})`;
}

function refuseType(value, name, type) {
  throw refusal(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" ${kindOf(name)} must be ${type}. ${received(value)}`);
}

function refuseRange(value, name, range) {
  throw refusal(RangeError, 'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${range}. Received ${value}`);
}

function refuseValue(value, name, what) {
  throw refusal(TypeError, 'ERR_INVALID_ARG_VALUE',
    `The ${kindOf(name)} '${name}' must be ${what}. Received ${inspect(value)}`);
}

// ------------------------------------------------------------ sorts of value

const sort = (check, range = () => {}) => ({ check, range });

const ofType = (type) => (value, name) => {
  if (typeof value !== type) refuseType(value, name, `of type ${type}`);
};

const number = ofType('number');
const string = ofType('string');

function object(value, name) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) refuseType(value, name, 'of type object');
}

function withoutNull(value, name) {
  string(value, name);
  if (value.includes('\0')) refuseValue(value, name, 'a string without null bytes');
}

export const callable = sort(ofType('function'));
const flag = sort(ofType('boolean'));

const time = (isInRange, range) => sort(number, (value, name) => {
  if (!isInRange(value)) refuseRange(value, name, range);
});

export const limit = time((ms) => ms >= 0, 'a number >= 0, or Infinity');
export const duration = time((ms) => ms >= 0 && ms < Infinity, 'a finite number >= 0');
const period = time((ms) => ms > 0 && ms < Infinity, 'a finite number > 0');

// A name, a place or a reason.
export const text = sort(string, (value, name) => {
  withoutNull(value, name);
  const length = Buffer.byteLength(value);
  if (length > LONGEST_TEXT) refuseRange(`${length} bytes`, name, `at most ${LONGEST_TEXT} bytes long`);
});

const typeName = sort((value, name) => {
  string(value, name);
  text.range(value, name);
});

export const count = (least) => sort((value, name) => {
  number(value, name);
  if (!Number.isSafeInteger(value) || value < least) refuseRange(value, name, `an integer >= ${least}`);
});

const atLeastOne = count(1);

const bound = sort((value, name) => {
  if (value !== Infinity) atLeastOne.check(value, name);
});

const oneOf = (known) => sort((value, name) => {
  if (!known.includes(value)) refuseValue(value, name, `one of: ${known.map((word) => `'${word}'`).join(', ')}`);
});

const isHandle = (value) => Number.isSafeInteger(value) && value >= 0;

// A group, a task, or what stands for one.
export const thing = sort((value, name) => {
  if (!isHandle(value?.handle)) refuseType(value, name, 'a group or a task');
});

// The same, or its handle, which is all that another thread can have of it.
export const target = sort((value, name) => {
  if (!isHandle(value)) thing.check(value, name);
});

export const watch = sort((value, name) => {
  if (!isHandle(value?.handle)) refuseType(value, name, 'what watch() returned');
});

// What is left of a Remote that was sent.
export const remote = sort((value, name) => {
  if (!Number.isSafeInteger(value?.id)) refuseType(value, name, 'a Remote, or what was received of one');
});

const integer = (bits) => sort((value, name) => {
  if (typeof value !== 'bigint') number(value, name);
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!isWhole || value < -(2 ** (bits - 1)) || value >= 2 ** bits) {
    refuseRange(value, name, `an integer of ${bits} bits`);
  }
});

export const signal = sort((value, name) => {
  if (!isSignal(value)) refuseValue(value, name, "the name of a signal, as 'SIGTERM', or its number");
});

const path = sort((value, name) => {
  withoutNull(value, name);
  if (value === '') refuseValue(value, name, 'a path');
});

const environment = sort((value, name) => {
  object(value, name);
  for (const key of Object.keys(value)) {
    if (key === '' || /[=\0]/.test(key)) refuseValue(key, name, 'an object of names and values');
    if (value[key] !== undefined) withoutNull(value[key], `${name}.${key}`);
  }
});

// A program and its arguments.
export function checkCommand(argv) {
  if (!Array.isArray(argv)) refuseType(argv, 'argv', 'an array of strings');
  if (argv.length === 0 || argv[0] === '') refuseValue(argv, 'argv', 'a program and its arguments');
  argv.forEach((argument, place) => withoutNull(argument, `argv[${place}]`));
}

const message = sort((value, name) => { if (value !== null) string(value, name); });

// ------------------------------------------------------------------- options

// Every option that is given, or inherited, is known and right; undefined is not given.
const options = (known) => ({
  check(given, name = 'options') {
    object(given, name);
    for (const key in given) {
      if (!Object.hasOwn(known, key)) {
        throw refusal(TypeError, 'ERR_INVALID_ARG_VALUE',
          `There is no property '${name}.${key}'. There are: ${Object.keys(known).join(', ')}`);
      }
      if (given[key] !== undefined) known[key].check(given[key], `${name}.${key}`);
    }
  },

  range(given, name = 'options') {
    for (const key in given) {
      if (given[key] !== undefined) known[key].range(given[key], `${name}.${key}`);
    }
  },
});

const limits = { graceMs: limit, cancelWaitMs: limit, deadlineMs: limit };
const ofTask = { name: text, spawner: thing, observed: flag };
const ofSpawned = { ...ofTask, place: text, cleanup: flag };

export const ofGroup = options({
  name: text, ...limits, parallel: flag, admitsAnyone: flag, maxTasks: bound, maxQueued: bound,
  whenFull: oneOf(words.whenFull), onFailure: oneOf(words.onFailure), owner: thing, history: count(0),
  onError: callable, onDrain: callable, onClosed: callable,
});
export const ofRuntime = options({ manualClock: flag, root: ofGroup });
export const ofShutdown = options({ force: flag, ...limits, originator: thing });
export const ofRemoteShutdown = options({ force: flag, ...limits, originator: target });
export const ofSpawn = options(ofSpawned);
export const ofOpen = options({ ...ofSpawned, type: typeName });
export const ofTimer = options({
  ...ofTask, afterMs: duration, everyMs: period, overlap: oneOf(words.overlap), done: callable,
});
export const ofQueue = options({
  ...ofTask, capacity: count(1), atOnce: count(1), drop: callable, hasRoom: callable, done: callable,
});
export const ofProcess = options({
  ...ofTask, cleanup: flag, env: environment, cwd: path, stdoutPath: path, stderrPath: path, drainSignal: signal,
  onLine: callable, started: callable, done: callable,
});
export const ofOutcome = options({ code: integer(32), value: integer(64), message });
export const ofCancel = options({ originator: thing });
export const ofRemoteCancel = options({ originator: target });
export const ofPush = options({ pusher: thing });
export const ofWatch = options({ waiter: thing });
export const ofSnapshot = options({ timeoutMs: duration });

// The callbacks of a task, whose object may have other things as well.
export function checkCallbacks(callbacks) {
  object(callbacks, 'callbacks');
  for (const key of ['start', 'drain', 'cancel', 'kill', 'wake', 'done']) {
    if (callbacks[key] !== undefined) callable.check(callbacks[key], `callbacks.${key}`);
  }
}

export function checkTimer(given) {
  ofTimer.check(given);
  if (given.afterMs === undefined && given.everyMs === undefined) {
    throw refusal(TypeError, 'ERR_MISSING_OPTION', 'A timer needs the option "afterMs" or "everyMs"');
  }
}

export function checkQueue(given) {
  ofQueue.check(given);
  number(given.capacity, 'options.capacity');
}
