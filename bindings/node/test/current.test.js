import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { currentGroup, currentTask, root, snapshot } from 'ptg';
import { deferred, turn, until } from './helpers.js';

const here = () => [currentTask(), currentGroup()];

test('outside of everything there is neither a task nor a group', () => {
  assert.deepEqual(here(), [undefined, undefined]);
});

test('a task is the current one through every await, and its siblings are not', async () => {
  const group = root().group();
  const check = async () => {
    const seen = [currentTask()];
    await null;
    seen.push(currentTask());
    await turn();
    seen.push(currentTask());
    await new Promise((resolve) => { process.nextTick(resolve); });
    seen.push(currentTask());
    assert.equal(currentGroup(), group);
    return seen;
  };
  const tasks = Array.from({ length: 20 }, () => group.spawn(check));
  for (const task of tasks) assert.deepEqual(new Set(await task.result), new Set([task]));
  assert.deepEqual(here(), [undefined, undefined]);
});

test('handlers, hooks and callbacks know where they are', async () => {
  const seen = {};
  const note = (name) => () => { seen[name] = here(); };
  const group = root().group({
    onError: note('error'), onDrain: note('drain'), onClosed: note('closed'), graceMs: 1000,
  });
  const open = group.open({
    start: note('start'), done: note('done'), drain: (task) => { note('task drain')(); task.finish(); },
  });
  group.spawn(() => { throw new Error('for the handler'); });
  await turn();
  await turn();
  await group.shutdown();
  assert.deepEqual(seen, {
    start: [open, group], error: [undefined, group], drain: [undefined, group], 'task drain': [open, group],
    done: [open, group], closed: [undefined, group],
  });
});

test('a spawn knows its spawner, also after an await', async () => {
  const group = root().group();
  const spawners = await group.spawn(async (task) => {
    const inner = [group.spawn(({ signal }) => until(signal))];
    await turn();
    inner.push(group.spawn(() => {}));
    return inner.map((it) => it.info().spawner === task.handle);
  }).result;
  assert.deepEqual(spawners, [true, true]);
  assert.equal(group.spawn(() => {}).info().spawner, undefined);
});

test('a listener of a signal runs in its own task, whatever else happens in the turn', async () => {
  const group = root().group({ graceMs: 60_000 });
  const seen = [];
  const note = () => seen.push(currentTask());
  const told = group.spawn(async ({ signal, drainSignal }) => {
    drainSignal.addEventListener('abort', note);
    signal.addEventListener('abort', note);
    await until(signal).catch(() => {});
  });
  await turn();
  group.spawn(() => {});
  group.shutdown();
  group.spawn(() => {}, { spawner: told });
  await turn();
  told.cancel();
  await told.result;
  assert.deepEqual(seen, [told, told]);
});

test('of several that go on in one turn each is known as the spawner of its own', async () => {
  const group = root().group();
  const gate = deferred();
  const tasks = Array.from({ length: 3 }, () => group.spawn(async (task) => {
    await gate.promise;
    const first = group.spawn(turn).info().spawner;
    await null;
    return [first, group.spawn(turn).info().spawner, task.handle];
  }));
  await turn();
  setImmediate(() => {
    group.spawn(turn);
    gate.resolve();
  });
  for (const task of tasks) assert.deepEqual(new Set(await task.result), new Set([task.handle]));
});

test('what a task leaves behind is outside once it has ended', async () => {
  const group = root().group({ graceMs: 60_000 });
  const seen = deferred();
  group.spawn(() => {
    turn().then(turn).then(() => seen.resolve(group.spawn(() => {}).info().spawner));
  });
  assert.equal(await seen.promise, undefined);
});

test('a picture shows the groups of every thread', async () => {
  const worker = new Worker(new URL('program.js', import.meta.url), { workerData: 'workerWorks' });
  const exit = once(worker, 'exit'); // it may come with the last message
  await once(worker, 'message');
  const group = root().group({ name: 'in the main thread' });
  group.spawn(({ signal }) => until(signal), { name: 'parked' });
  await turn();
  const picture = snapshot({ timeoutMs: 5000 });
  const names = picture.groups.map((row) => row.name);
  assert.ok(names.includes('in the main thread'));
  assert.ok(names.includes('in a worker'));
  assert.equal(new Set(picture.groups.map((row) => row.group)).size, picture.groups.length);
  const row = picture.groups.find(({ group: handle }) => handle === group.handle);
  assert.equal(row.tasks[0].name, 'parked');
  worker.postMessage('go on');
  const [[result]] = await once(worker, 'message');
  assert.equal(result, 'done');
  assert.deepEqual(await exit, [0]);
});
