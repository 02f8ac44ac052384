import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CanceledError, root } from 'ptg';
import { deferred, manual, turn, until } from './helpers.js';

test('drain comes first, cancel when the grace is over, each once', async (t) => {
  const runtime = manual(t);
  const group = runtime.root.group({ graceMs: 100, cancelWaitMs: 50 });
  const seen = [];
  const begin = runtime.now();
  const tell = (what) => seen.push([Math.round(runtime.now() - begin), what]);
  group.spawn(async ({ signal, drainSignal }) => {
    drainSignal.addEventListener('abort', () => tell('drain'));
    await until(signal).catch((error) => { tell('cancel'); throw error; });
  });
  await runtime.advance(10);
  const closing = group.shutdown().then((report) => { tell('closed'); return report; });
  await runtime.advance(200);
  assert.deepEqual(seen, [[10, 'drain'], [110, 'cancel'], [110, 'closed']]);
  const [{ cancelled, drained, path }] = await closing;
  assert.deepEqual([cancelled, drained, path], [1, 0, group.path]);
});

test('while a group drains only its own subtree may spawn', async () => {
  const group = root().group({ graceMs: 10_000 });
  const inside = deferred();
  group.spawn(async ({ drainSignal }) => {
    await until(drainSignal).catch(() => {});
    await null;
    inside.resolve(await group.spawn(() => 'accepted').result);
  });
  await turn();
  const closing = group.shutdown();
  await turn();
  assert.throws(() => group.spawn(() => {}), { code: 'ECLOSED' });
  assert.equal(await inside.promise, 'accepted');
  const [{ drained, refused }] = await closing;
  assert.deepEqual([drained, refused], [2, 1]);
});

test('while a group cancels only clean-up from inside is accepted', async () => {
  const group = root().group({ graceMs: 0, cancelWaitMs: 10_000 });
  const task = group.spawn(async ({ signal }) => {
    await until(signal).catch(() => {});
    assert.throws(() => group.spawn(() => {}), { code: 'ECLOSED' });
    return group.spawn(() => 'cleaned', { cleanup: true, observed: true }).result;
  });
  await turn();
  group.shutdown();
  assert.equal(await task.result, 'cleaned');
});

test('groups close in order: children first, siblings newest first, edges on top', async () => {
  const order = [];
  const top = root().group({ name: 'top' });
  const make = (name, parent = top) => parent.group({ name, graceMs: 1000, onClosed: () => order.push(name) });
  const store = make('store');
  const handlers = make('handlers');
  const accept = make('accept');
  const early = make('early');
  make('inner', handlers);
  accept.stopsBefore(handlers);
  handlers.stopsBefore(store);
  early.stopsBefore(accept);
  for (const group of [store, handlers, accept]) {
    group.spawn(async ({ drainSignal }) => { await until(drainSignal).catch(() => {}); await turn(); });
  }
  await turn();
  const report = await top.shutdown();
  assert.deepEqual(order, ['early', 'accept', 'inner', 'handlers', 'store']);
  const above = root().path === '/' ? '' : root().path;
  assert.deepEqual(report.map((row) => row.path), [
    `${above}/top/early`, `${above}/top/accept`, `${above}/top/handlers/inner`, `${above}/top/handlers`,
    `${above}/top/store`, `${above}/top`]);
});

test('one deadline holds for all below', async (t) => {
  const runtime = manual(t);
  const app = runtime.root.group({ graceMs: 10_000, cancelWaitMs: 10_000 });
  for (const name of ['a', 'b', 'c']) app.group({ name }).spawn(() => new Promise(() => {}));
  await runtime.advance(0);
  const begin = runtime.now();
  const closing = app.shutdown({ deadlineMs: 3000 });
  await runtime.advance(4000);
  const report = await closing;
  assert.equal(report.reduce((sum, row) => sum + row.abandoned, 0), 3);
  assert.ok(Math.max(...report.map((row) => row.closedMs)) - begin <= 3000);
});

test('a second call can shorten, and everybody gets the same report', async (t) => {
  const runtime = manual(t);
  const group = runtime.root.group({ graceMs: 60_000, cancelWaitMs: 60_000 });
  group.spawn(({ signal }) => until(signal));
  await runtime.advance(0);
  const first = group.shutdown();
  await runtime.advance(5);
  assert.equal(group.state, 'draining');
  const second = group.shutdown({ force: true });
  await runtime.advance(1);
  assert.equal(await first, await second);
  assert.equal(await group.shutdown(), await first);
});

test('who waits for the shutdown of a group around it is refused, and the shutdown goes on', async () => {
  const group = root().group({ graceMs: 60_000 });
  const task = group.spawn(async () => {
    await null;
    await assert.rejects(group.shutdown(), { code: 'EDEADLK' });
    return 'told';
  });
  assert.equal(await task.result, 'told');
  await group.shutdown();
});

test('a task that shuts its own group down and does not wait harms nobody', async () => {
  const group = root().group({ graceMs: 60_000 });
  const task = group.spawn(() => { group.shutdown(); return 'done'; });
  assert.equal(await task.result, 'done');
  await group.whenClosed().catch((error) => assert.equal(error.code, 'ESTALE'));
  assert.equal(group.isClosed, true);
});

test('a task that waits for itself is refused', async () => {
  const group = root().group();
  const task = group.spawn(async () => { await task.result; }, { observed: true });
  await turn();
  await turn();
  await assert.rejects(Promise.race([task.result, turn().then(turn).then(turn)]), { code: 'EDEADLK' });
});

test('the end of its owner shuts a group down, and is the later of the two', async () => {
  const app = root().group();
  const gate = deferred();
  const owner = app.spawn(() => gate.promise);
  await turn();
  const owned = app.group({ owner, graceMs: 60_000 });
  const order = [];
  const inner = owned.spawn(async ({ drainSignal }) => {
    await until(drainSignal).catch(() => {});
    order.push('inner');
  });
  await turn();
  gate.resolve();
  await Promise.all([inner.result, owner.result.then(() => order.push('owner'), () => order.push('owner'))]);
  assert.equal(owned.isClosed, true);
  assert.deepEqual(order.sort(), ['inner', 'owner']);
});

test('a plan says what a shutdown would do', () => {
  const app = root().group({ name: 'planned', graceMs: 2000, cancelWaitMs: 1000 });
  app.group({ name: 'below', graceMs: 500, cancelWaitMs: 500 });
  const [below, own] = app.plan();
  assert.deepEqual([below.beginMs, below.cancelMs, below.closedMs], [0, 500, 1000]);
  assert.deepEqual([own.waitsFor, own.beginMs, own.closedMs, own.isCritical], [below.group, 1000, 4000, true]);
});

test('blame names who held it up', async (t) => {
  const runtime = manual(t);
  let blame;
  const group = runtime.root.group({
    name: 'slow', graceMs: 1000, onClosed: (it) => { blame = it.blame(); },
  });
  group.spawn(async (task) => { await until(task.drainSignal).catch(() => task.sleep(300)); }, { name: 'sluggish' });
  await runtime.advance(0);
  group.shutdown();
  await runtime.advance(500);
  assert.deepEqual([blame[0].name, blame[0].taskName, Math.round(blame[0].heldMs)], ['slow', 'sluggish', 300]);
});

test('a report names the task that asked, also after an await, or who is named in its place', async () => {
  const seen = [];
  const note = ([{ originator }]) => seen.push(originator);
  const make = () => root().group({ graceMs: 1000 });
  const asker = root().group().spawn(async () => {
    note(await make().shutdown());
    await turn();
    note(await make().shutdown());
    const scope = make();
    scope.events.on('closed', note);
    await scope[Symbol.asyncDispose]();
    note(await make().shutdown({ originator: root() }));
    const other = make();
    await turn().then(() => other.shutdown()).then(note);
  });
  await asker.result;
  assert.deepEqual(seen, [asker.handle, asker.handle, asker.handle, root().handle, asker.handle]);
  assert.equal((await make().shutdown())[0].originator, undefined);
});

test('a handler and a hook ask in the name of their group, also after an await', async () => {
  const first = root().group();
  const second = root().group();
  const victim = root().group().spawn(({ signal }) => until(signal), { observed: true });
  await turn();
  const asking = root().group({
    onError: () => { first.shutdown(); },
    onDrain: async () => { await turn(); second.shutdown(); victim.cancel(); },
  });
  const closed = [first.whenClosed(), second.whenClosed()];
  asking.spawn(() => { throw new Error('for the handler'); });
  const [[one]] = await Promise.all([closed[0], asking.spawn(turn).result]);
  asking.shutdown();
  const [two] = await closed[1];
  const error = await victim.result.catch((reason) => reason);
  assert.deepEqual([one.originator, two.originator, error.originator], Array(3).fill(asking.handle));
});

test('report and blame last once the group is gone', async () => {
  const group = root().group({ graceMs: 1000 });
  const task = group.spawn(({ drainSignal }) => until(drainSignal).catch(() => turn()), { name: 'last' });
  await turn();
  assert.throws(() => group.report(), { code: 'EBUSY' });
  const report = await group.shutdown();
  await turn();
  assert.throws(() => group.info(), { code: 'ESTALE' });
  assert.deepEqual(group.report(), report);
  assert.deepEqual(group.blame().map((row) => [row.name, row.taskName, row.task]), [[group.name, 'last', task.handle]]);
  const other = root().group();
  const inner = other.group();
  await other.shutdown();
  assert.equal(inner.isClosed, true);
  assert.equal(inner.path, `${other.path}/${inner.name}`);
  assert.throws(() => inner.blame(), { code: 'ESTALE' });
});

test('reasons and originators are told', async () => {
  const group = root().group();
  const victim = group.spawn(({ signal }) => until(signal));
  await turn();
  const killer = group.spawn(async () => { await null; victim.cancel('in the way'); });
  const error = await victim.result.catch((reason) => reason);
  assert.ok(error instanceof CanceledError);
  assert.deepEqual([error.message, error.originator], ['in the way', killer.handle]);
});
