// measure.js - one measurement in a process of its own: nanoseconds of
// processor time a task.
//
//   node --expose-gc measure.js NAME
//
// Everything is done until the compiler has seen it; the last pass counts.
import { AsyncLocalStorage } from 'node:async_hooks';

const PASSES = 8, SHUTDOWN_PASSES = 3;
const MANY = 400_000;
const ALIVE = 1000;
const PARKED = 50_000;

const immediate = () => new Promise((resolve) => { setImmediate(resolve); });

async function bare() {
  const set = new Set();
  const spawn = (fn) => {
    const promise = fn().finally(() => set.delete(promise));
    set.add(promise);
  };
  return async () => {
    for (let i = 0; i < MANY; i += ALIVE) {
      for (let j = 0; j < ALIVE; j++) spawn(async () => {});
      while (set.size > 0) await immediate();
    }
  };
}

// The same in a program that keeps a context of its own.
async function bareWithContext() {
  const run = await bare();
  const context = new AsyncLocalStorage();
  return () => context.run({}, run);
}

async function ours() {
  const { root } = await import('ptg');
  const group = root().group();
  let ended = 0;
  const fn = async () => { ended++; };
  return async () => {
    ended = 0;
    for (let i = 0; i < MANY; i += ALIVE) {
      for (let j = 0; j < ALIVE; j++) group.spawn(fn, undefined);
      while (ended < i + ALIVE || group.info().live > 0) await immediate();
    }
  };
}

const parkedOn = (signal) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
});

// A controller for each promise, and all of them aborted.
async function bareShutdown() {
  return async (time) => {
    const set = new Map();
    const spawn = () => {
      const controller = new AbortController();
      const promise = parkedOn(controller.signal).catch(() => {}).finally(() => set.delete(promise));
      set.set(promise, controller);
    };
    for (let i = 0; i < PARKED; i++) spawn();
    await immediate();
    await time(async () => {
      for (const controller of set.values()) controller.abort();
      while (set.size > 0) await immediate();
    });
  };
}

async function oursShutdown() {
  const { root } = await import('ptg');
  return async (time) => {
    const group = root().group({ graceMs: 0, cancelWaitMs: 60_000 });
    for (let i = 0; i < PARKED; i++) group.spawn(({ signal }) => parkedOn(signal));
    while (group.info().pending > 0) await immediate();
    await time(() => group.shutdown());
  };
}

const names = { bare, bareWithContext, ours, bareShutdown, oursShutdown };
const name = process.argv[2];
const isShutdown = name.endsWith('Shutdown');
const run = await names[name]();
let ns;

const timed = async (fn, count) => {
  const begin = process.cpuUsage();
  await fn();
  const { user, system } = process.cpuUsage(begin);
  ns = (user + system) * 1000 / count;
};

for (let pass = 0; pass < (isShutdown ? SHUTDOWN_PASSES : PASSES); pass++) {
  globalThis.gc();
  if (isShutdown) await run((fn) => timed(fn, PARKED));
  else await timed(run, MANY);
}
console.log(ns);
