// made.js - what the suite has made: by its names, objects of the package.
import { PtgError, Queue, Runtime, Timer } from 'ptg';
import { nanoseconds, wordOf } from './words.js';

let entries = new Map(); // by name: { as, tells, object }
let names = new Map(); // by handle
let begin = 0;

export const world = { runtime: undefined, isSilent: false };

export function forget() {
  entries = new Map();
  names = new Map();
}

export function beginWorld(options) {
  world.runtime = new Runtime({ manualClock: true, root: options });
  begin = nanoseconds(world.runtime.now());
}

export const instant = (ms) => nanoseconds(ms) - begin;
export const eventual = (ms) => (ms === undefined ? null : instant(ms));
export const now = () => instant(world.runtime.now());

export function keep(entry, object) {
  entry.object = object;
  entries.set(entry.as, entry);
  if (object) names.set(object.handle, entry.as);
}

export const isKnown = (name) => entries.has(name);

export const nameOf = (handle) => (handle ? names.get(handle) ?? handle : null);
export const nameOfObject = (object) => (object ? nameOf(object.handle) : null);

function handleOf(reference) {
  if (typeof reference === 'number') return reference;
  return entries.get(reference).object?.handle ?? 0;
}

const sorts = {
  group: (handle) => world.runtime.groupOf(handle),
  task: (handle) => world.runtime.taskOf(handle),
  timer: (handle) => world.runtime.taskOf(handle, Timer),
  queue: (handle) => world.runtime.taskOf(handle, Queue),
};

// The object that a reference stands for, whatever it names.
export const find = (reference, sort) => sorts[sort](handleOf(reference));

// Of a field that may be left out.
export const optional = (reference) =>
  (reference === undefined || handleOf(reference) === 0 ? undefined : { handle: handleOf(reference) });

export const anything = (reference) => ({ handle: handleOf(reference) });

export const objectOf = (reference) => entries.get(reference)?.object ?? anything(reference);

const malformed = ['ERR_INVALID_ARG_VALUE', 'ERR_MISSING_OPTION', 'ERR_OUT_OF_RANGE'];

// The word for what the package refused with.
export function refusalOf(error) {
  if (error instanceof PtgError) return wordOf(error.code);
  return malformed.includes(error.code) ? 'invalid' : undefined;
}
