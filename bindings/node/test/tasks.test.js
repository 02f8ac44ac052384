import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CanceledError, PtgError, root, runtime as ours } from 'ptg';
import { deferred, manual, never, turn, until } from './helpers.js';

test('spawn never runs the function before it returns', async () => {
  const group = root().group();
  let isRun = false;
  const task = group.spawn(() => { isRun = true; });
  assert.equal(isRun, false);
  await task.result;
  assert.equal(isRun, true);
});

test('a result is what the function returns, promise or not', async () => {
  const group = root().group();
  const thing = { any: 'object' };
  assert.equal(await group.spawn(async () => thing).result, thing);
  assert.equal(await group.spawn(() => thing).result, thing);
  const late = group.spawn(() => 5);
  await turn();
  await turn();
  assert.equal(late.isEnded, true);
  assert.equal(await late.result, 5);
});

test('a thenable settles once, whatever it does', async () => {
  const group = root().group({ onError: assert.fail });
  const odd = [
    (resolve) => { resolve(1); resolve(2); },
    (resolve, reject) => { resolve(1); reject(new Error('later')); },
    (resolve) => { resolve(1); throw new Error('later'); },
  ];
  for (const then of odd) assert.equal(await group.spawn(() => ({ then })).result, 1);
  const tasks = Array.from({ length: 10 }, (_, i) => group.spawn(async () => { await turn(); return i; }));
  assert.deepEqual(await Promise.all(tasks.map((task) => task.result)), tasks.map((_, i) => i));
});

test('a task is called after its function, also when it has ended', async () => {
  const group = root().group({ onError() {} });
  const tasks = [
    group.spawn(async function named() {}), group.spawn(async () => {}),
    group.spawn(async function other() { throw new Error('it failed'); }, { name: '' }),
    group.spawn(function named() {}, { name: 'given' }),
  ];
  const names = () => tasks.map(({ name }) => name);
  const infos = tasks.map((task) => task.info().name);
  assert.deepEqual(infos, ['named', 'promise', 'other', 'given']);
  assert.deepEqual(names(), infos);
  await Promise.allSettled(tasks.map((task) => task.result));
  assert.deepEqual(names(), infos);
});

test('the task of a handle is the one that was spawned', async () => {
  const task = root().group().spawn(turn);
  await turn();
  assert.equal(ours().taskOf(task.handle), task);
  await task.result;
  assert.throws(() => ours().taskOf(task.handle).finish(), { code: 'ESTALE' });
});

test('tasks start in the order in which they were spawned', async () => {
  const group = root().group();
  const seen = [];
  const tasks = Array.from({ length: 10_000 }, (_, i) => group.spawn(() => { seen.push(i); }));
  await Promise.all(tasks.map((task) => task.result));
  assert.deepEqual(seen, tasks.map((_, i) => i));
});

test('each task has a signal of its own, made when it is asked for', async () => {
  const group = root().group();
  const signals = [];
  const take = ({ signal }) => { signals.push(signal); return until(signal); };
  const [one, other] = [group.spawn(take), group.spawn(take)];
  const lazy = group.spawn(async (task) => { await task.sleep(60_000).catch(() => {}); return task.signal; });
  await turn();
  assert.notEqual(signals[0], signals[1]);
  one.cancel('enough');
  lazy.cancel('late');
  await assert.rejects(one.result, { name: 'AbortError', code: 'ECANCELED', message: 'enough' });
  assert.equal(signals[0].aborted, true);
  assert.equal(signals[1].aborted, false);
  const signal = await lazy.result;
  assert.equal(signal.aborted, true);
  assert.equal(signal.reason.message, 'late');
  other.cancel();
  await assert.rejects(other.result, CanceledError);
});

test('a task that is cancelled before its first run never runs', async () => {
  const group = root().group();
  const task = group.spawn(() => assert.fail('it ran'));
  task.cancel('not wanted');
  await assert.rejects(task.result, { code: 'ECANCELED', message: 'not wanted' });
  assert.equal(group.info().cancelled, 1);
});

test('who ends well after a request has succeeded; who throws something else has failed', async () => {
  const errors = [];
  const group = root().group({ onError: (error) => errors.push(error) });
  const well = group.spawn(async ({ signal }) => until(signal).catch(() => 'saved'));
  const ill = group.spawn(async ({ signal }) => until(signal).catch(() => { throw new RangeError('oops'); }));
  await turn();
  well.cancel();
  ill.cancel();
  assert.equal(await well.result, 'saved');
  await assert.rejects(ill.result, RangeError);
  const { succeeded, failed, cancelled } = group.info();
  assert.deepEqual([succeeded, failed, cancelled], [1, 1, 0]);
  assert.equal(errors.length, 1);
});

test('an AbortError that nobody asked for is a failure', async () => {
  const group = root().group({ onError() {} });
  await assert.rejects(group.spawn(async () => { throw new CanceledError('by myself'); }).result);
  await turn();
  assert.equal(group.info().failed, 1);
});

test('cancelling a waiter does not cancel what it waits for', async () => {
  const group = root().group();
  const gate = deferred();
  const worker = group.spawn(() => gate.promise);
  const waiter = group.spawn(({ signal }) => Promise.race([worker.result, until(signal)]));
  await turn();
  waiter.cancel();
  await assert.rejects(waiter.result, CanceledError);
  assert.equal(worker.isCancelRequested, false);
  gate.resolve('whole');
  assert.equal(await worker.result, 'whole');
});

test('a task sleeps on the clock of its runtime, and wakes when it is cancelled', async (t) => {
  const runtime = manual(t);
  const seen = [];
  const tell = async (task, ms) => { await task.sleep(ms); seen.push([runtime.now(), ms]); };
  const begin = runtime.now();
  runtime.root.spawn((task) => tell(task, 20));
  runtime.root.spawn(async (task) => { await tell(task, 5); await tell(task, 10); });
  const cancelled = runtime.root.spawn((task) => tell(task, 3_600_000));
  const gone = assert.rejects(cancelled.result, CanceledError);
  await runtime.advance(30);
  cancelled.cancel();
  await runtime.advance(0);
  await gone;
  assert.deepEqual(seen.map(([at, ms]) => [Math.round(at - begin), ms]), [[5, 5], [15, 10], [20, 20]]);
});

test('a bound refuses, or lets wait in order', async () => {
  const gate = deferred();
  const refusing = root().group({ maxTasks: 1 });
  refusing.spawn(() => gate.promise);
  assert.throws(() => refusing.spawn(() => {}), { code: 'EFULL' });
  assert.equal(refusing.info().refused, 1);
  const queueing = root().group({ maxTasks: 1, whenFull: 'queue' });
  const seen = [];
  const tasks = [1, 2, 3].map((n) => queueing.spawn(async () => { seen.push(n); await turn(); seen.push(-n); }));
  await Promise.all(tasks.map((task) => task.result));
  assert.deepEqual(seen, [1, -1, 2, -2, 3, -3]);
  gate.resolve();
});

test('an end that was not told yet makes room for the next spawn', async () => {
  const group = root().group({ maxTasks: 1 });
  await new Promise((resolve, reject) => {
    group.spawn(async () => {}).result.then(() => group.spawn(resolve), reject);
  });
  const inside = deferred();
  group.spawn(() => {
    Promise.resolve().then(() => Promise.resolve()).then(() => inside.resolve(group.spawn(() => 9)));
  });
  assert.equal(await (await inside.promise).result, 9);
});

test('stale and closed objects are refused with their code', async () => {
  const group = root().group();
  const task = group.spawn(() => {});
  await task.result;
  assert.throws(() => task.cancel(), { name: 'PtgError', code: 'ESTALE' });
  assert.throws(() => task.info(), { code: 'ESTALE' });
  assert.throws(() => task.extendGrace(1), { code: 'ESTALE' });
  assert.throws(() => task.sleep(1), { code: 'ESTALE' });
  await group.shutdown();
  assert.throws(() => group.spawn(() => {}), { code: 'ESTALE' });
  assert.throws(() => group.group(), PtgError);
  const [a, b] = [root().group({ name: 'a' }), root().group({ name: 'b' })];
  a.stopsBefore(b);
  assert.throws(() => b.stopsBefore(a), { code: 'ECYCLE', message: /a.*b|b.*a/ });
  assert.throws(() => a.stopsBefore(root().spawn(() => {})), { code: 'EKIND' });
});

test('a refused spawn leaves nothing behind', async () => {
  const group = root().group();
  await group.shutdown();
  for (let i = 0; i < 3; i++) assert.throws(() => group.spawn(() => assert.fail('it ran')), PtgError);
  const other = root().group();
  assert.equal(await other.spawn(() => 'in the same place').result, 'in the same place');
});

test('a task of callbacks lasts until it is finished, and is told everything', async (t) => {
  const runtime = manual(t);
  const group = runtime.root.group({ graceMs: 5, cancelWaitMs: 5 });
  const seen = [];
  const note = (what) => (_, argument) => seen.push([what, argument?.message ?? argument?.status]);
  const task = group.open({
    start: note('start'), drain: note('drain'), wake: note('wake'), cancel: note('cancel'),
    kill: (it) => { seen.push(['kill']); it.finish(new PtgError('ESIGNAL'), { code: 9 }); },
    done: (_, outcome) => seen.push(['done', outcome.status, outcome.code, outcome.killed]),
  }, { name: 'socket' });
  assert.deepEqual(seen, []);
  await runtime.advance(0);
  task.sleep(2);
  await runtime.advance(3);
  group.shutdown();
  await runtime.advance(20);
  assert.deepEqual(seen, [
    ['start', undefined], ['wake', undefined], ['drain', undefined], ['cancel', 'the grace is over'], ['kill'],
    ['done', 'ESIGNAL', 9, true],
  ].map((row) => (row[0] === 'cancel' ? ['cancel', seen[3]?.[1]] : row)));
  assert.throws(() => task.finish(), { code: 'ESTALE' });
});

test('a timer fires on its multiples, and skips while its last task runs', async (t) => {
  const runtime = manual(t);
  const at = [];
  const gate = deferred();
  const begin = runtime.now();
  const timer = runtime.root.timer(() => {
    at.push(Math.round(runtime.now() - begin));
    return at.length === 2 ? runtime.root.spawn(() => gate.promise) : undefined;
  }, { everyMs: 10 });
  await runtime.advance(45);
  assert.deepEqual(at, [10, 20]);
  assert.deepEqual(timer.timerInfo(), { fired: 2, skipped: 2, missed: 0 });
  gate.resolve();
  await runtime.advance(10);
  assert.deepEqual(at, [10, 20, 50]);
});

test('a timer or queue whose callback returns a promise fails, and says what to do', async () => {
  const errors = [];
  const group = root().group({ onError: (error, { name }) => errors.push([name, error.code, error.message]) });
  group.timer(async function fire() {}, { afterMs: 0 });
  const left = deferred();
  const queue = group.queue(async () => {}, { capacity: 1, drop: left.resolve });
  queue.push('one');
  assert.equal(await left.promise, 'one');
  while (group.info().live > 0) await turn();
  const CODE = 'ERR_INVALID_RETURN_VALUE';
  const say = (name) => `Expected nothing, or a task, to be returned from ${name}, but got a promise. ` +
    'For a promise return a task of it, as group.spawn(async () => { ... })';
  assert.deepEqual(errors.sort(), [['queue', CODE, say('the callback')], ['timer', CODE, say('"fire"')]]);
});

test('a queue handles its messages in order, refuses past its room, and drains to its end', async () => {
  const group = root().group({ graceMs: 60_000 });
  const handled = [];
  let isRoom = 0;
  const queue = group.queue((message) => group.spawn(async () => { await turn(); handled.push(message); }),
    { capacity: 3, hasRoom: () => { isRoom++; } });
  const messages = [{ n: 1 }, { n: 2 }, { n: 3 }];
  for (const message of messages) queue.push(message);
  assert.throws(() => queue.push({ n: 4 }), { code: 'EFULL' });
  await group.shutdown();
  assert.deepEqual(handled, messages);
  assert.equal(handled[0], messages[0]);
  assert.equal(isRoom, 1);
  assert.throws(() => queue.push(5), PtgError);
});

test('messages that are left are dropped', async () => {
  const group = root().group({ graceMs: 0, cancelWaitMs: 1000 });
  const dropped = [];
  const queue = group.queue(() => group.spawn(({ signal }) => until(signal)),
    { capacity: 8, drop: (message) => dropped.push(message) });
  queue.push('a');
  queue.push('b');
  queue.push('c');
  await turn();
  await group.shutdown();
  assert.deepEqual(dropped, ['b', 'c']);
});

test('a timer and a queue that are observed and waited for fail to no handler', async (t) => {
  const runtime = manual(t);
  const group = runtime.root.group({ onError: assert.fail });
  const boom = () => { throw new Error('for the waiter'); };
  const over = [];
  const observe = (task) => runtime.watch(task, ({ message }) => over.push(message));
  const queue = group.queue(boom, { capacity: 1, observed: true });
  queue.push(1);
  observe(queue);
  observe(group.timer(boom, { afterMs: 1, observed: true }));
  await runtime.advance(1);
  assert.deepEqual(over, Array(2).fill('Error: for the waiter'));
  assert.throws(() => group.timer(boom, { afterMs: 1, cleanup: true }), { code: 'ERR_INVALID_ARG_VALUE' });
});

test('who never ends is abandoned, named, and told late', async (t) => {
  const runtime = manual(t);
  const group = runtime.root.group({ name: 'stuck', graceMs: 1, cancelWaitMs: 1 });
  const gate = deferred();
  const task = group.spawn(() => gate.promise, { name: 'deaf' });
  group.spawn(never, { name: 'for ever' });
  await runtime.advance(0);
  const closing = group.shutdown();
  await runtime.advance(10);
  const [row] = await closing;
  assert.equal(row.abandoned, 2);
  assert.equal(task.info().state, 'abandoned');
  gate.resolve('late');
  const result = task.result;
  await runtime.advance(0);
  assert.equal(await result, 'late');
  assert.equal(group.isClosed, true);
});
