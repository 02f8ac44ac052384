import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PtgError, currentGroup, root } from 'ptg';
import { deferred, manual, turn, until } from './helpers.js';

const odd = [new RangeError('boom'), 'a string', 42, 0n, undefined, null, false, NaN, Symbol('s'), Object.create(null),
  { name: 'AbortError' }, new PtgError('ESTALE'), new PtgError('OK'), Object.freeze(new Error('frozen')),
  new Proxy({}, { get() { throw new Error('not even looked at'); } }), () => {}, new Error('two\nlines')];

for (const [place, thing] of odd.entries()) {
  test(`what is thrown reaches its handler and its waiter unharmed, ${place}`, async () => {
    const seen = deferred();
    const group = root().group({ onError: (error, info) => seen.resolve([error, info]) });
    const task = group.spawn(() => { throw thing; }, { name: 'thrower' });
    const waited = task.result.then(() => assert.fail('it did not fail'), (error) => [error]);
    const [error, info] = await seen.promise;
    assert.ok(Object.is(error, thing));
    assert.ok(Object.is((await waited)[0], thing));
    assert.equal(info.task, task);
    assert.equal(info.group, group);
    assert.equal(info.name, 'thrower');
    assert.notEqual(info.outcome.status, 'OK');
    assert.equal(group.info().failed, 1);
  });

  test(`so does what a task of callbacks ends with, ${place}`, async () => {
    const seen = deferred();
    const group = root().group({ onError: (error, info) => seen.resolve([error, info.task]) });
    const task = group.open({ start() { throw thing; } });
    const [error, failed] = await seen.promise;
    assert.ok(Object.is(error, thing));
    assert.equal(failed, task);
  });
}

test('a failure harms no sibling', async () => {
  const group = root().group({ onError() {} });
  const gate = deferred();
  const sibling = group.spawn(() => gate.promise);
  await assert.rejects(group.spawn(async () => { throw new Error('alone'); }).result);
  await turn();
  assert.equal(group.state, 'open');
  assert.equal(sibling.isCancelRequested, false);
  gate.resolve('fine');
  assert.equal(await sibling.result, 'fine');
});

test('a group without a handler hands its errors to the nearest ancestor with one', async () => {
  const seen = deferred();
  const far = root().group({ onError: () => assert.fail('too far') });
  const near = far.group({ onError: (error, info) => seen.resolve([error.message, info.group, currentGroup()]) });
  const inner = near.group().group({ name: 'inner' });
  inner.spawn(() => { throw new Error('up'); });
  assert.deepEqual(await seen.promise, ['up', inner, near]);
});

test('a handler that fails passes both errors up', async () => {
  const seen = deferred();
  const outer = root().group({ onError: (error, info) => seen.resolve([error, info]) });
  const second = new TypeError('the handler');
  const inner = outer.group({ onError() { throw second; } });
  const first = new Error('the task');
  inner.spawn(() => { throw first; });
  const [error, info] = await seen.promise;
  assert.equal(error, first);
  assert.equal(info.handlerError, second);
  assert.equal(info.failedHandler, inner);
  assert.equal(info.handlerStatus, 'EFAILED');
});

test('each failure is told with its own task, whatever is spawned and watched meanwhile', async () => {
  const seen = new Map();
  const onError = (error, { task }) => {
    seen.set(task, error);
    group.spawn(() => {});
  };
  const group = root().group({ onError });
  const errors = Array.from({ length: 50 }, (_, i) => new Error(`number ${i}`));
  const tasks = errors.map((error, i) => group.spawn(() => { throw error; }, { observed: i % 2 === 1 }));
  const waited = await Promise.allSettled(tasks.filter((_, i) => i % 2 === 1).map((task) => task.result));
  assert.deepEqual(waited.map(({ reason }) => reason), errors.filter((_, i) => i % 2 === 1));
  await turn();
  assert.deepEqual([...seen], errors.flatMap((error, i) => (i % 2 === 0 ? [[tasks[i], error]] : [])));
});

test('who fails after it was given up is told with its own error', async (t) => {
  const seen = [];
  const runtime = manual(t, { onError: (error, { task, outcome }) => seen.push([error, task, outcome.abandoned]) });
  const group = runtime.root.group({ graceMs: 1, cancelWaitMs: 1 });
  const gate = deferred();
  const task = group.spawn(() => gate.promise);
  const late = new Error('late');
  await runtime.advance(0);
  group.shutdown();
  await runtime.advance(10);
  gate.reject(late);
  await runtime.advance(0);
  assert.deepEqual(seen, [[late, task, true]]);
});

test('a hook that throws is a failure of its group, which closes all the same', async () => {
  const errors = [];
  const outer = root().group({ onError: (error, info) => errors.push([error.message, info.fromHook, info.task]) });
  const inner = outer.group({
    onDrain() { throw new Error('draining'); }, onClosed() { throw new Error('closed'); },
  });
  inner.spawn(({ drainSignal }) => until(drainSignal).catch(() => {}));
  await turn();
  await inner.shutdown();
  assert.deepEqual(errors, [['draining', true, undefined], ['closed', true, undefined]]);
});

test('a failure that is observed and waited for is counted, and given to no handler', async () => {
  const group = root().group({ onError: () => assert.fail('it was observed') });
  const task = group.spawn(() => { throw new Error('for the waiter'); }, { observed: true });
  await assert.rejects(task.result, { message: 'for the waiter' });
  const unwatched = deferred();
  const other = root().group({ onError: unwatched.resolve });
  other.spawn(() => { throw new Error('nobody waits'); }, { observed: true });
  assert.equal((await unwatched.promise).message, 'nobody waits');
  assert.equal(group.info().failed, 1);
});

test('a policy shuts the group down for a failure', async () => {
  const group = root().group({ onFailure: 'shutdown_group', onError() {}, graceMs: 1000 });
  const sibling = group.spawn(({ drainSignal }) => until(drainSignal).catch(() => 'drained'));
  await turn();
  group.spawn(() => { throw new Error('the end'); });
  assert.equal(await sibling.result, 'drained');
  await group.whenClosed().catch(() => {});
  assert.equal(group.isClosed, true);
});

test('failures are remembered by what is alike', async () => {
  const group = root().group({ onError() {}, history: 2 });
  for (let i = 0; i < 3; i++) group.spawn(() => { throw new Error('again'); }, { name: 'clumsy' });
  await turn();
  await turn();
  await turn();
  const [row] = group.failures();
  assert.deepEqual([row.name, row.status, row.message, row.count], ['clumsy', 'EFAILED', 'Error: again', 3]);
  assert.equal(group.history().length, 2);
});

test('what is told of a failure has its message, wherever it was thrown', async () => {
  const group = root().group({ onError() {} });
  const boom = (where) => () => { throw new Error(where); };
  group.spawn(boom('function'));
  group.open({ start: boom('start') });
  const left = deferred();
  const queue = group.queue(boom('handle'), { capacity: 3, done: (_, outcome) => left.resolve(outcome.value) });
  queue.push('one');
  queue.push('two');
  group.timer(boom('fire'), { afterMs: 0 });
  assert.equal(await left.promise, 2);
  while (group.info().live > 0) await turn();
  assert.deepEqual(group.failures().map(({ message }) => message).sort(),
    ['Error: fire', 'Error: function', 'Error: handle', 'Error: start']);
});

test('the emitter tells of the failures of every sort of task', async () => {
  const group = root().group({ onError() {} });
  const seen = [];
  group.events.on('failure', (error, task) => seen.push([task, error.message]));
  const boom = () => { throw new Error('boom'); };
  const queue = group.queue(boom, { capacity: 1 });
  queue.push(1);
  const child = group.spawnProcess(['sh', '-c', 'exit 3']);
  const tasks = [group.spawn(boom), group.open({ start: boom }), queue, group.timer(boom, { afterMs: 0 })];
  group.open({ start: (task) => task.finish(new PtgError('ECANCELED')) });
  await child.result.catch(() => {});
  while (group.info().live > 0) await turn();
  const expected = [...tasks.map((task) => [task, 'boom']), [child, 'sh exited with status 3']];
  assert.deepEqual(new Map(seen), new Map(expected));
  assert.equal(seen.length, 5);
});

test('the emitter tells of failures, drains and closings', async () => {
  const group = root().group({ onError() {}, graceMs: 1000 });
  const seen = [];
  group.events.on('failure', (error, task) => seen.push(['failure', error.message, task.name]));
  group.events.on('drain', () => seen.push(['drain']));
  group.events.on('closed', (report) => seen.push(['closed', report[0].path]));
  group.spawn(() => { throw new Error('e'); }, { name: 'f' });
  await turn();
  await turn();
  group.spawn(async (task) => { await until(task.drainSignal).catch(() => {}); });
  await turn();
  await group.shutdown();
  assert.deepEqual(seen, [['failure', 'e', 'f'], ['drain'], ['closed', group.path]]);
});
