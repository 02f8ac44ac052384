// foreign.test.js - groups of JavaScript and of C on one runtime, nested in one
// another: one picture, one shutdown, and failures that cross.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { root, runtime } from 'ptg';
import { deferred, turn, until } from './helpers.js';

const foreign = createRequire(import.meta.url)('../build/Release/foreign.node');
const add = (parent, fails) => foreign.add(runtime().address, parent.handle, fails);

test('groups of two languages stand in one picture, and end in order by one shutdown', async () => {
  const order = [];
  const outer = root().group({ name: 'outer', graceMs: 10_000 });
  const [ofC, task] = add(outer, false);
  const inner = runtime().groupOf(ofC).group({ name: 'inner', onClosed: () => order.push(`inner ${foreign.seen()}`) });
  const drained = ({ drainSignal }) => until(drainSignal).catch(() => {});
  outer.spawn(drained, { name: 'of the outer' });
  inner.spawn(drained, { name: 'of the inner' });
  await turn();
  const { groups } = outer.snapshot();
  assert.deepEqual(groups.map(({ name, parent, tasks }) => [name, parent, tasks.map((row) => row.name)]), [
    ['outer', root().handle, ['of the outer']], ['of C', outer.handle, ['c']], ['inner', ofC, ['of the inner']]]);
  assert.equal(runtime().taskOf(task).info().type, 'c');
  const report = await outer.shutdown();
  assert.deepEqual([...order, foreign.seen()], ['inner ', 'drain closed ']);
  assert.deepEqual(report.map((row) => row.path.split('/').pop()), ['inner', 'of C', 'outer']);
});

test('a group of another language has a path, and is shut down with a report', async () => {
  const outer = root().group({ name: 'around' });
  const [ofC] = add(outer, false);
  const group = runtime().groupOf(ofC);
  assert.deepEqual([group.parent, group.path], [outer, '/around/of C']);
  const report = await group.shutdown();
  assert.deepEqual(report.map((row) => [row.group, row.path]), [[ofC, '/around/of C']]);
  assert.equal(foreign.seen(), 'drain closed ');
  assert.throws(() => runtime().groupOf(ofC).info(), { code: 'ESTALE' });
});

test('a task that another language ends is over, and harms nobody when it ends here', async () => {
  const group = root().group({ onError: assert.fail });
  const gates = [deferred(), deferred()];
  const tasks = gates.map(({ promise }) => group.spawn(() => promise));
  await turn();
  const waited = tasks.map((task) => assert.rejects(task.result, { message: 'another language has ended it' }));
  for (const task of tasks) assert.equal(foreign.finish(runtime().address, task.handle), 0);
  await Promise.all(waited);
  const uncaught = deferred();
  process.setUncaughtExceptionCaptureCallback(uncaught.resolve);
  gates[0].resolve();
  gates[1].reject(new Error('nobody asks any more'));
  await gates[0].promise;
  assert.equal(await group.spawn(() => 'unharmed').result, 'unharmed');
  assert.equal((await uncaught.promise).message, 'nobody asks any more');
  process.setUncaughtExceptionCaptureCallback(null);
});

test('a failure of another language reaches the handler here', async () => {
  const seen = deferred();
  const outer = root().group({ onError: (error, info) => seen.resolve([error.code, info.name, info.task]) });
  add(outer, true);
  assert.deepEqual(await seen.promise, ['EFAILED', 'c', undefined]);
});
