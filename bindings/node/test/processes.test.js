import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CanceledError, Process, ProcessError, PtgError, currentTask, root } from 'ptg';
import { deferred, turn, until } from './helpers.js';

const sh = (script) => ['sh', '-c', script];

// A group without a handler of its own, whose failures are a failure of the test.
const strict = (options) => root().group({ onError: (error) => { throw error; }, ...options });
const lenient = (options) => root().group({ onError() {}, ...options });

const isThere = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    assert.equal(error.code, 'ESRCH');
    return false;
  }
};

// A process that says a line once it is where the test wants it.
async function ready(group, script, options) {
  const first = deferred();
  const child = group.spawnProcess(sh(script), { onLine: first.resolve, ...options });
  return [child, await first.promise];
}

test('a process is a task, which ends well with exit status 0', async () => {
  const group = strict();
  const told = [];
  const child = group.spawnProcess(['true'], {
    started: (it) => told.push(['started', it === child, it.pid > 0, currentTask() === child]),
    done: (it, outcome) => told.push(['done', it === child, outcome.status, outcome.code]),
  });
  assert.ok(child instanceof Process);
  assert.equal(child.pid, undefined);
  assert.deepEqual([child.name, child.info().type, child.info().state], ['true', 'process', 'pending']);
  assert.equal(await child.result, undefined);
  assert.deepEqual(told, [['started', true, true, true], ['done', true, 'OK', 0]]);
  assert.equal(child.isEnded, true);
  assert.equal(isThere(child.pid), false);
  assert.equal(await child.result, undefined);
  const late = group.spawnProcess(['true'], { done: () => over.resolve() });
  const over = deferred();
  await over.promise;
  assert.equal(await late.result, undefined);
  assert.equal(group.info().succeeded, 2);
});

test('lines of both outputs come in their order, between started and done', async () => {
  const told = [];
  const child = strict().spawnProcess(sh("printf 'one\\n\\nthr\\303\\251e'; echo bad >&2; printf '\\377\\n' >&2"), {
    name: 'teller',
    started: () => told.push('started'), done: () => told.push('done'),
    onLine: (line, stream, it) => told.push(`${it.name} ${stream} ${line}`),
  });
  await child.result;
  assert.deepEqual([told[0], told.at(-1), told.length], ['started', 'done', 7]);
  const of = (stream) => told.filter((line) => line.startsWith(`teller ${stream} `)).map((line) => line.split(' ')[2]);
  assert.deepEqual([of('stdout'), of('stderr')], [['one', '', 'thr\u00e9e'], ['bad', '\ufffd']]);
});

test('outputs are appended to files, and what is not goes to the lines', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ptg-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'both');
  const group = strict();
  const lines = [];
  const script = 'echo out; echo err >&2';
  await group.spawnProcess(sh(script), { stdoutPath: file, stderrPath: file }).result;
  await group.spawnProcess(sh(script), { stdoutPath: file, onLine: (...line) => lines.push(line.slice(0, 2)) }).result;
  assert.equal(readFileSync(file, 'utf8'), 'out\nerr\nout\n');
  assert.deepEqual(lines, [['err', 'stderr']]);
});

test('a process has the environment and the folder that it is given, or ours', async () => {
  const folder = realpathSync(tmpdir());
  const see = async (options) => {
    const [child, line] = await ready(strict(), 'echo "$PTG_SEEN,$PTG_UNSEEN,$PWD"', options);
    await child.result;
    return line.split(',');
  };
  process.env.PTG_SEEN = 'inherited';
  const { PATH } = process.env;
  assert.deepEqual(await see({}), ['inherited', '', process.cwd()]);
  assert.deepEqual(await see({ cwd: folder, env: { PATH, PTG_SEEN: 'a=b \u00e9', PTG_UNSEEN: undefined } }),
    ['a=b \u00e9', '', folder]);
  delete process.env.PTG_SEEN;
});

test('an exit status other than 0 is told to the handler and to whoever waits, as the same error', async () => {
  const seen = deferred();
  const group = root().group({ onError: (error, info) => seen.resolve([error, info]) });
  const child = group.spawnProcess(sh('exit 3'), { name: 'job' });
  const error = await child.result.then(assert.fail, (thrown) => thrown);
  assert.ok(error instanceof ProcessError && error instanceof PtgError);
  assert.deepEqual([error.name, error.code, error.exitCode, error.signal, error.errno, error.message],
    ['ProcessError', 'EEXIT', 3, undefined, undefined, 'job exited with status 3']);
  const [told, info] = await seen.promise;
  assert.equal(told, error);
  assert.deepEqual([info.task, info.group, info.name, info.outcome.status, info.outcome.code],
    [child, group, 'job', 'EEXIT', 3]);
  await assert.rejects(child.result, error);
  assert.equal(group.info().failed, 1);
});

test('so is the signal that ended it', async () => {
  const group = lenient();
  const [child] = await ready(group, 'echo ready; exec sleep 1000');
  child.kill('SIGKILL');
  await assert.rejects(child.result, { code: 'ESIGNAL', signal: 'SIGKILL', exitCode: undefined,
    message: 'sh was ended by SIGKILL' });
  const [other] = await ready(group, 'echo ready; exec sleep 1000');
  other.kill();
  await assert.rejects(other.result, { code: 'ESIGNAL', signal: 'SIGTERM' });
});

test('signals reach it by name and by number, while it runs', async () => {
  const lines = [];
  const heard = [deferred(), deferred(), deferred()];
  const script = 'trap "" USR1; sleep 1000 & trap "echo usr1" USR1; trap "echo hup; exit 0" HUP; echo ready;' +
    'while :; do wait; done';
  const child = strict().spawnProcess(sh(script), {
    onLine(line) { heard[lines.length].resolve(); lines.push(line); },
  });
  assert.throws(() => child.kill(), { code: 'EBUSY' });
  await heard[0].promise;
  child.kill('SIGUSR1');
  await heard[1].promise;
  child.kill(constants.signals.SIGHUP);
  await child.result;
  assert.deepEqual(lines, ['ready', 'usr1', 'hup']);
  assert.throws(() => child.kill('SIGUSR1'), { code: 'ESTALE' });
});

test('a program that is not there is an error that says so, as is a folder', async () => {
  const group = lenient();
  const child = group.spawnProcess(['no-such-program'], { started: assert.fail });
  await assert.rejects(child.result, { name: 'ProcessError', code: 'EUV', errno: -constants.errno.ENOENT,
    message: 'cannot run no-such-program: no such file or directory' });
  assert.equal(child.pid, undefined);
  await assert.rejects(group.spawnProcess(['true'], { cwd: '/no/such/folder' }).result,
    { code: 'EUV', message: 'cannot change to folder /no/such/folder: no such file or directory' });
});

test('a shutdown asks it to end by its drain signal, and no descendant is left', async () => {
  const group = strict({ graceMs: Infinity });
  const [child, line] = await ready(group, 'sleep 1000 & echo $!; wait');
  const [other] = await ready(group, "trap 'exit 0' HUP; sleep 1000 & echo ready; wait",
    { drainSignal: 'SIGHUP' });
  const [report] = await group.shutdown();
  assert.deepEqual([report.drained, report.cancelled, report.failed, report.abandoned], [1, 1, 0, 0]);
  await other.result;
  await assert.rejects(child.result, { name: 'AbortError', code: 'ECANCELED', message: /signal 15/ });
  assert.deepEqual([child.pid, Number(line), other.pid].map(isThere), [false, false, false]);
});

test('how it ended is known, told to end or not', async () => {
  const group = lenient();
  const seen = [];
  const note = ({ exitCode, signalCode }) => seen.push(exitCode ?? signalCode);
  const end = async (script, tellTo) => {
    const [child] = await ready(group, script);
    assert.deepEqual([child.exitCode, child.signalCode], [undefined, undefined]);
    tellTo?.(child);
    await child.result.catch(() => {});
    note(child);
  };
  const cancel = (child) => child.cancel();
  await end('echo ready; exit 0');
  await end('echo ready; exit 3');
  await end('echo ready; exec sleep 1000', cancel);
  await end("trap 'exit 15' TERM; sleep 1000 & echo ready; wait", cancel);
  await end('echo ready; exec sleep 1000', (child) => child.kill('SIGKILL'));
  assert.deepEqual(seen, [0, 3, 'SIGTERM', 15, 'SIGKILL']);
  const not = group.spawnProcess(['no-such-program']);
  const never = group.spawnProcess(['true']);
  never.cancel();
  const finished = group.spawnProcess(['true'], { started: (it) => it.finish() });
  await Promise.allSettled([not.result, never.result, finished.result]);
  for (const child of [not, never, finished]) {
    assert.deepEqual([child.exitCode, child.signalCode, child.isEnded], [undefined, undefined, true]);
  }
});

test('a failure that is observed and waited for is counted, and given to no handler', async () => {
  const group = strict();
  await assert.rejects(group.spawnProcess(sh('exit 3'), { observed: true }).result, { exitCode: 3 });
  assert.equal(group.info().failed, 1);
});

test('a process can clean up while its group cancels', async () => {
  const group = strict({ graceMs: 0, cancelWaitMs: 60_000 });
  const task = group.spawn(async ({ signal }) => {
    await until(signal).catch(() => {});
    assert.throws(() => group.spawnProcess(['true']), { code: 'ECLOSED' });
    await group.spawnProcess(sh('exit 3'), { cleanup: true, observed: true }).result;
  }, { observed: true });
  await turn();
  group.shutdown();
  await assert.rejects(task.result, { exitCode: 3 });
});

test('cancelling it is told as the reason of its end', async () => {
  const group = strict();
  const [child] = await ready(group, 'echo ready; exec sleep 1000');
  child.cancel('not wanted');
  await assert.rejects(child.result, (error) => error instanceof CanceledError && error.message === 'not wanted');
  const never = group.spawnProcess(['sleep', '1000'], { started: assert.fail });
  never.cancel('too late');
  await assert.rejects(never.result, { code: 'ECANCELED', message: 'too late' });
  assert.equal(group.info().cancelled, 2);
});

test('one that ignores it is killed when the cancel wait is over', async () => {
  const group = strict({ graceMs: 0, cancelWaitMs: 1 });
  const over = deferred();
  const [child] = await ready(group, "trap '' TERM; echo ready; while :; do sleep 1000; done",
    { done: (_, outcome) => over.resolve(outcome) });
  const [report] = await group.shutdown();
  const { status, code, killed } = await over.promise;
  assert.deepEqual([status, code, killed], ['ECANCELED', constants.signals.SIGKILL, true]);
  assert.deepEqual([report.killed, report.abandoned], [1, 0]);
  assert.equal(isThere(child.pid), false);
  await assert.rejects(child.result, CanceledError);
});

test('a group takes no process after its end, and nothing is left of those refused', async () => {
  const group = strict({ maxTasks: 1 });
  const [child] = await ready(group, 'echo ready; exec sleep 1000');
  assert.throws(() => group.spawnProcess(['true']), { code: 'EFULL' });
  await group.shutdown();
  assert.throws(() => group.spawnProcess(['true'], { onLine() {} }), { code: 'ESTALE' });
  await assert.rejects(child.result, CanceledError);
  await turn();
});

test('who waits for its own process is not the process, and the spawner is known', async () => {
  const group = strict();
  const spawner = await group.spawn(async (task) => {
    const child = group.spawnProcess(['true']);
    const known = child.info().spawner === task.handle;
    await child.result;
    return known;
  }).result;
  assert.equal(spawner, true);
});

test('what a process is given is checked', () => {
  const group = strict();
  const TYPE = 'ERR_INVALID_ARG_TYPE', VALUE = 'ERR_INVALID_ARG_VALUE';
  const cases = [
    ['sleep 5', {}, TYPE, 'The "argv" argument must be an array of strings. Received type string (\'sleep 5\')'],
    [[], {}, VALUE, "The argument 'argv' must be a program and its arguments. Received []"],
    [[''], {}, VALUE, /'argv'/],
    [['sleep', 5], {}, TYPE, 'The "argv[1]" argument must be of type string. Received type number (5)'],
    [['echo', 'a\0b'], {}, VALUE, /'argv\[1\]' must be a string without null bytes/],
    [['true'], { env: 'A=B' }, TYPE, /options\.env/],
    [['true'], { env: { A: 1 } }, TYPE, /options\.env\.A/],
    [['true'], { env: { 'A=B': '1' } }, VALUE, /'options\.env'/],
    [['true'], { cwd: '' }, VALUE, "The property 'options.cwd' must be a path. Received ''"],
    [['true'], { stdoutPath: 1 }, TYPE, /options\.stdoutPath/],
    [['true'], { drainSignal: 'SIGNOTHING' }, VALUE, /options\.drainSignal.*Received 'SIGNOTHING'$/],
    [['true'], { drainSignal: 0 }, VALUE, /options\.drainSignal/],
    [['true'], { onLine: 'print' }, TYPE, /options\.onLine/],
    [['true'], { stdio: 'pipe' }, VALUE, /'options\.stdio'\. There are: name, spawner, .*, env, /],
    [['true'], { name: 'x'.repeat(256) }, 'ERR_OUT_OF_RANGE', /options\.name/],
  ];
  for (const [argv, options, code, message] of cases) {
    assert.throws(() => group.spawnProcess(argv, options), { code, message });
  }
  assert.equal(group.info().spawned, 0);
});
