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

test('a failure of another language reaches the handler here', async () => {
  const seen = deferred();
  const outer = root().group({ onError: (error, info) => seen.resolve([error.code, info.name, info.task]) });
  add(outer, true);
  assert.deepEqual(await seen.promise, ['EFAILED', 'c', undefined]);
});
