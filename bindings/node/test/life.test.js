// life.test.js - real processes and real workers, that end in every way there is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const program = fileURLToPath(new URL('program.js', import.meta.url));

async function run(name, { kill } = {}) {
  const child = spawn(process.execPath, [program, name], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  const lines = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    lines.out += text;
    if (kill && lines.out === 'ready\n') child.kill(kill);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => { lines.err += text; });
  const [status, signal] = await once(child, 'close');
  return { status, signal, ...lines };
}

test('process.exit() with live groups ends the process at once', async () => {
  assert.deepEqual(await run('exit'), { status: 3, signal: null, out: 'ready\n', err: '' });
});

for (const [name, where] of [['exitInHook', 'a hook'], ['exitInTask', 'a task']]) {
  test(`process.exit() in ${where} ends the process`, async () => {
    assert.deepEqual(await run(name), { status: 4, signal: null, out: 'ready\n', err: '' });
  });
}

test('an idle group does not keep the process alive, but what was spawned runs', async () => {
  assert.deepEqual(await run('idle'), { status: 0, signal: null, out: 'ran\n', err: '' });
});

test('a task that waits for nothing that Node knows does not keep it alive', async () => {
  assert.deepEqual(await run('parked'), { status: 0, signal: null, out: 'ready\n', err: '' });
});

test('a group keeps the process alive when it is asked to, until it is not', async () => {
  assert.deepEqual(await run('ref'), { status: 0, signal: null, out: 'unref\n', err: '' });
});

test('a shutdown keeps the process alive until it is told', async () => {
  const { status, out } = await run('end');
  assert.deepEqual([status, out], [0, 'closed\n']);
});

test('an uncaught exception with live groups ends the process as ever', async () => {
  const { status, signal, err } = await run('uncaught');
  assert.deepEqual([status, signal], [1, null]);
  assert.match(err, /nobody catches this/);
});

test('what a callback throws is an uncaught exception, and nothing is torn', async () => {
  assert.deepEqual(await run('throws'), { status: 0, signal: null, err: '',
    out: 'uncaught after its end\nuncaught after its end\nuncaught in a callback\nclosed\n' });
});

test('what a listener of events throws is an uncaught exception, and changes nothing', async () => {
  const { status, out, err } = await run('listenerThrows');
  assert.deepEqual([status, err], [0, '']);
  assert.deepEqual(out.split('\n').sort(), [
    '', '0 failures of the end', 'on closed', 'the next task', 'uncaught closed', 'uncaught failure']);
});

test('a failure that no handler takes is one loud line', async () => {
  const { status, out, err } = await run('unhandled');
  assert.deepEqual([status, out], [0, 'closed\n']);
  assert.deepEqual(err.split('\n'), [
    'ptg: error: task "loud" of /app failed: PTG_EFAILED: TypeError: nobody handles this',
    'ptg: error: task "quiet" of /app/group-2 failed: PTG_EFAILED: null; its handler failed too: Error: the handler',
    'ptg: error: a hook of /app failed: PTG_EFAILED: RangeError: nor this', '']);
});

test('SIGTERM begins a shutdown, and the report is printed', async () => {
  const { status, out } = await run('signal', { kill: 'SIGTERM' });
  assert.deepEqual([status, out], [0, 'ready\n/app 1, / 0\n']);
});

test('a signal that nobody handles ends the process with live groups', async () => {
  const { signal } = await run('signal', { kill: 'SIGKILL' });
  assert.equal(signal, 'SIGKILL');
});

const ends = [['worker', 'terminate', 1], ['workerEnds', 'exit', 0], ['workerThrows', 'error', 1],
  ['exitInHook', 'exit in a hook', 4], ['exitInTask', 'exit in a task', 4]];
for (const [name, what, status] of ends) {
  test(`a worker with live groups ends by ${what}`, async () => {
    const worker = new Worker(program, { workerData: name });
    const exit = new Promise((resolve) => { worker.once('exit', resolve); });
    const error = new Promise((resolve) => { worker.once('error', resolve); });
    if (what === 'error') assert.equal((await error).message, 'the worker dies');
    else await once(worker, 'message');
    if (what === 'terminate') worker.terminate();
    assert.equal(await exit, status);
  });
}

test('process.exit() ends the children of a process', async () => {
  assert.deepEqual(await run('exitWithChildren'), { status: 5, signal: null, out: '', err: '' });
});

test('a child process keeps the process alive until it is over', async () => {
  assert.deepEqual(await run('childKeepsAlive'), { status: 0, signal: null, out: 'OK\n', err: '' });
});

for (const name of ['workerWithChildren', 'workerWithChildOnManualClock']) {
  test(`no child is left when a worker is terminated, ${name}`, async () => {
    const worker = new Worker(program, { workerData: name });
    const [pids] = await once(worker, 'message');
    assert.equal(await worker.terminate(), 1);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
}

test('runtimes come and go, in a process that lives', async () => {
  assert.deepEqual(await run('closes'), { status: 0, signal: null, out: 'closed\n', err: '' });
});

test('workers come and go, in a process that lives', async () => {
  assert.deepEqual(await run('manyWorkers'), { status: 0, signal: null, out: 'terminated\n', err: '' });
});
