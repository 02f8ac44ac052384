// node_bench.mjs - promises kept in a set by hand, with AbortController.
//
//   node --expose-gc node_bench.mjs SCENARIO N
//
// S2 keeps the rejecter of each promise, S2abort listens to an AbortSignal, which
// costs more with each listener there is: not for a million.
// Everything is done twice, or once smaller before, so that the compiler has
// seen the code.
import { readFileSync } from 'node:fs';
import { setMaxListeners } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const PAGE = 4096;
const rss = () => +readFileSync('/proc/self/statm', 'latin1').split(' ')[1] * PAGE;
const now = () => Number(process.hrtime.bigint());
const cpu = () => {
  const used = process.cpuUsage();
  return (used.user + used.system) * 1e3;
};
const print = (scenario, n, metric, value) =>
  console.log(`${scenario}\t${n}\t${metric}\t${value.toFixed(2)}`);

function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
}

async function s1(name, n, alive) {
  const group = new Set();
  const spawn = (fn) => {
    const task = { name: 'task', promise: null };
    group.add(task);
    task.promise = fn().finally(() => group.delete(task));
    return task.promise;
  };
  for (let pass = 0; pass < 2; pass++) {
    const cpuBegin = cpu(), begin = now();
    for (let i = 0; i < n; i += alive) {
      const all = [];
      for (let j = 0; j < alive; j++) all.push(spawn(async () => {}));
      await Promise.all(all);
    }
    if (pass === 0) continue;
    print(name, n, 'ns', (now() - begin) / n);
    print(name, n, 'cpu_ns', (cpu() - cpuBegin) / n);
  }
}

const parkOn = (signal) =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

// Puts a parked task into the group; it ends through signal, or its own reject.
function park(group, name, signal) {
  const task = { name, state: 1, promise: null, reject: null };
  const body = signal
    ? async () => { await parkOn(signal); }
    : async () => { await new Promise((_, reject) => { task.reject = reject; }); };
  task.promise = body().catch(() => {}).finally(() => group.delete(task));
  group.add(task);
  return task;
}

async function parked(n, isAbort, isPrinted) {
  const print2 = (...args) => isPrinted && print(...args);
  const suffix = isAbort ? 'abort' : '';
  const group = new Set(), controller = new AbortController();
  setMaxListeners(0, controller.signal);
  globalThis.gc();
  const before = rss(), begin = now();
  for (let i = 0; i < n; i++) park(group, 'task', isAbort && controller.signal);
  await tick();
  print2('S2' + suffix, n, 'spawn_park_ns', (now() - begin) / n);
  print2('S2' + suffix, n, 'bytes', (rss() - before) / n);
  const all = [...group].map((task) => task.promise);
  const shut = now();
  if (isAbort) controller.abort();
  else for (const task of group) task.reject(null);
  await Promise.all(all);
  print2('S3' + suffix, n, 'ns', (now() - shut) / n);
  if (group.size !== 0) throw new Error('some are left');
}

async function s2(n, isAbort) {
  await parked(2000, isAbort, false);
  await parked(n, isAbort, true);
}

// After churn: n have come, gone in random order, and come again.
async function s5(n) {
  const group = new Set();
  for (let i = 0; i < n; i++) park(group, 'task-' + i);
  const tasks = [...group];
  shuffle(tasks);
  for (const task of tasks) task.reject(null);
  await Promise.all(tasks.map((task) => task.promise));
  for (let i = 0; i < n; i++) park(group, 'task-' + i);
  let begin = 0, sum = 0;
  for (let pass = 0; pass < 11; pass++) {
    if (pass === 1) begin = now();
    for (const task of group) sum += task.name.charCodeAt(0) + task.state;
  }
  print('S5', n, 'ns', (now() - begin) / (10 * n));
  if (group.size !== n || sum === 0) throw new Error('not all were seen');
}

function build(depth) {
  const group = { controller: new AbortController(), children: [], tasks: new Set() };
  setMaxListeners(0, group.controller.signal);
  for (let i = 0; depth > 0 && i < 10; i++) group.children.push(build(depth - 1));
  for (let i = 0; depth === 0 && i < 100; i++) park(group.tasks, 'task', group.controller.signal);
  return group;
}

async function stop(group) {
  for (const child of group.children) await stop(child);
  const all = [...group.tasks].map((task) => task.promise);
  group.controller.abort();
  await Promise.all(all);
}

async function s4() {
  for (let pass = 0; pass < 2; pass++) {
    const begin = now(), top = build(3);
    await tick();
    const built = now();
    await stop(top);
    if (pass === 0) continue;
    print('S4', 100000, 'build_ms', (built - begin) / 1e6);
    print('S4', 100000, 'ms', (now() - built) / 1e6);
  }
}

async function s6(n) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: n });
  await new Promise((online) => worker.once('message', online));
  let left, finished;
  worker.on('message', () => {
    (async () => {})().finally(() => { if (--left === 0) finished(); });
  });
  for (let pass = 0; pass < 2; pass++) {
    const cpuBegin = cpu(), begin = now();
    left = n;
    await new Promise((ok) => { finished = ok; worker.postMessage('go'); });
    if (pass === 0) continue;
    print('S6', n, 'ns', (now() - begin) / n);
    print('S6', n, 'cpu_ns', (cpu() - cpuBegin) / n);
  }
  await worker.terminate();
}

async function s7(n) {
  const sleep = async () => {
    await new Promise((ok) => setTimeout(ok, 1 + Math.floor(Math.random() * 1000)));
  };
  await Promise.all(Array.from({ length: 10000 }, sleep));
  const cpuBegin = cpu(), begin = now(), all = [];
  for (let i = 0; i < n; i++) all.push(sleep());
  await Promise.all(all);
  print('S7', n, 'cpu_ns', (cpu() - cpuBegin) / n);
  print('S7', n, 'wall_ms', (now() - begin) / 1e6);
}

const [scenario, n] = [process.argv[2], +process.argv[3]];
const scenarios = {
  S1: () => s1(scenario, n, 1000),
  S1one: () => s1(scenario, n, 1),
  S2: () => s2(n, false),
  S2abort: () => s2(n, true),
  S4: s4,
  S5: () => s5(n),
  S6: () => s6(n),
  S7: () => s7(n),
};
if (isMainThread) {
  await scenarios[scenario]();
} else {
  parentPort.on('message', () => {
    for (let i = 0; i < workerData; i++) parentPort.postMessage(1);
  });
  parentPort.postMessage('online');
}
