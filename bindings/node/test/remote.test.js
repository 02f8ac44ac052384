import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { CanceledError, Remote, Runtime, root, runtime } from 'ptg';
import { manual, turn, until } from './helpers.js';

function start(t, name) {
  const worker = new Worker(new URL('program.js', import.meta.url), { workerData: name });
  t.after(() => worker.terminate());
  return worker;
}

// Has a worker call a method of a Remote; answers what came of that there.
async function call(worker, remote, name, ...given) {
  const answer = once(worker, 'message');
  worker.postMessage({ sent: remote, call: name, given });
  const [code] = await answer;
  return code;
}

test('a worker shuts a group of another thread down, and cancels a task of it', async (t) => {
  const worker = start(t, 'workerRemote');
  const group = root().group({ graceMs: 60_000 });
  const parked = group.spawn(({ signal }) => until(signal));
  const drained = group.spawn(({ drainSignal }) => until(drainSignal).catch(() => 'drained'));
  await turn();
  const remote = runtime().remote();
  assert.equal(runtime().remote().id, remote.id);
  assert.equal(await call(worker, remote, 'cancel', parked.handle, 'from far away'), 'sent');
  await assert.rejects(parked.result, (error) => error instanceof CanceledError && error.message === 'from far away');
  const closed = group.whenClosed();
  assert.equal(await call(worker, remote, 'shutdown', group.handle, { graceMs: 30_000 }), 'sent');
  assert.equal(await drained.result, 'drained');
  await closed;
  assert.equal(await call(worker, remote, 'shutdown', group.handle), 'sent'); // it is gone: nobody is told
  await worker.terminate();
  await root().group().spawn(() => {}).result;
});

test('who is named asks from another thread, or nobody', async (t) => {
  const worker = start(t, 'workerRemote');
  const remote = runtime().remote();
  const [named, not] = [root().group().ref(), root().group().ref()];
  const asker = root().group().open({ cancel() {} });
  const tasks = [named, not].map((group) => group.spawn(({ signal }) => until(signal)));
  await turn();
  const { handle } = asker;
  await call(worker, remote, 'cancel', tasks[0].handle, undefined, { originator: handle });
  await call(worker, remote, 'cancel', tasks[1].handle);
  const errors = await Promise.all(tasks.map((task) => task.result.catch((error) => error)));
  assert.deepEqual(errors.map(({ originator }) => originator), [handle, undefined]);
  const closed = Promise.all([named.whenClosed(), not.whenClosed()]);
  await call(worker, remote, 'shutdown', named.handle, { originator: handle });
  await call(worker, remote, 'shutdown', not.handle);
  assert.deepEqual((await closed).map(([{ originator }]) => originator), [handle, undefined]);
  asker.finish();
});

test('on its own thread it comes on a later turn', async () => {
  const group = root().group({ graceMs: 0 }).ref(); // what is on its way keeps nothing alive
  const task = group.spawn(({ signal }) => until(signal));
  await turn();
  const remote = new Remote(structuredClone(runtime().remote()));
  remote.cancel(task);
  assert.equal(task.isCancelRequested, false);
  await assert.rejects(task.result, { message: 'cancelled' });
  const closed = group.whenClosed();
  remote.shutdown(group, { force: true });
  assert.equal(group.state, 'open');
  await closed;
});

test('a runtime that is over, and one of a worker that has ended, answer ECLOSED', async (t) => {
  const worker = start(t, 'workerRemote');
  const short = new Runtime({ manualClock: true });
  const remote = short.remote();
  short.root.shutdown();
  await short.advance(0);
  short.close();
  assert.throws(() => short.remote(), { code: 'ECLOSED' });
  assert.equal(await call(worker, remote, 'shutdown', short.root.handle), 'ECLOSED');
  assert.throws(() => remote.cancel(short.root.handle), { code: 'ECLOSED', message: 'the runtime is closed' });

  const other = start(t, 'workerHasRemote');
  const [{ sent, group }] = await once(other, 'message');
  new Remote(sent).shutdown(group, { force: true });
  await other.terminate();
  assert.throws(() => new Remote(sent).shutdown(group), { code: 'ECLOSED' });
  assert.equal(await call(worker, sent, 'shutdown', group), 'ECLOSED');
});

test('runtimes end while others send to them', async (t) => {
  for (let round = 0; round < 5; round++) {
    const short = new Runtime({ manualClock: true });
    const workers = [start(t, 'workerSendsOn'), start(t, 'workerSendsOn')];
    const exits = workers.map((worker) => once(worker, 'exit'));
    await Promise.all(workers.map((worker) => {
      worker.postMessage({ sent: short.remote(), group: short.root.handle });
      return once(worker, 'message');
    }));
    while (short.root.state !== 'closed') await short.advance(1);
    short.close();
    assert.deepEqual(await Promise.all(exits), [[0], [0]]);
  }
});

test('workers end while they send', async (t) => {
  const workers = [start(t, 'workerSendsOn'), start(t, 'workerSendsOn')];
  const group = root().group();
  await Promise.all(workers.map((worker) => {
    worker.postMessage({ sent: runtime().remote(), group: group.handle });
    return once(worker, 'message');
  }));
  assert.deepEqual(await Promise.all(workers.map((worker) => worker.terminate())), [1, 1]);
  await root().group().spawn(() => {}).result;
});

test('what it is given is checked', (t) => {
  const { root: top } = manual(t);
  assert.throws(() => new Remote({}), { code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "sent" argument must be a Remote, or what was received of one. Received an instance of Object' });
  const way = runtime().remote();
  assert.throws(() => way.shutdown('app'), { code: 'ERR_INVALID_ARG_TYPE', message: /"group"/ });
  assert.throws(() => way.shutdown(top, { graceMs: -1 }), { code: 'ERR_OUT_OF_RANGE', message: /options\.graceMs/ });
  assert.throws(() => way.shutdown(top, { grace: 1 }), { code: 'ERR_INVALID_ARG_VALUE' });
  assert.throws(() => way.cancel(top.handle, 'x'.repeat(256)), { code: 'ERR_OUT_OF_RANGE', message: /"reason"/ });
  assert.throws(() => way.cancel(undefined), { code: 'ERR_INVALID_ARG_TYPE', message: /"task"/ });
  assert.throws(() => way.cancel(1, 'x', { originator: 'me' }), { message: /"options\.originator"/ });
  assert.throws(() => way.shutdown(top, { originator: null }), { message: /"options\.originator"/ });
});
