// types.test.ts - the types as a program uses them; compiled with tsc --strict, and
// run: `await using` is what TypeScript makes of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CanceledError, ProcessError, PtgError, Remote, currentTask, root, runtime, type Group, type Process, type ReportRow,
  type Task,
} from 'ptg';

test('a scope by await using is shut down at its end', async () => {
  let scope: Group;
  {
    await using group = root().group({ name: 'scope', graceMs: 1000 });
    scope = group;
    const task: Task<number> = group.spawn(async ({ signal }) => (signal.aborted ? 0 : 7));
    const result: number = await task.result;
    assert.equal(result, 7);
  }
  assert.equal(scope.state, 'closed');
});

test('what is thrown at the end of a scope passes through it', async () => {
  await assert.rejects(async () => {
    await using group = root().group({ graceMs: 0 });
    group.spawn(({ signal }) => new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    }));
    throw new RangeError('mine');
  }, RangeError);
});

test('types of what is told', async () => {
  const group = root().group({ onError: (error: unknown, { name }) => { assert.ok(error, name); } });
  const rows: ReportRow[] = await group.shutdown({ graceMs: 5, force: true });
  assert.equal(rows[0]?.abandoned, 0);
  group.events.on('closed', (report: ReportRow[]) => report);
  const queue = group.state === 'closed' ? undefined : group.queue((n: number) => { n.toFixed(); }, { capacity: 1 });
  queue?.push(1);
  assert.equal(currentTask(), undefined);
  assert.ok(new CanceledError() instanceof PtgError);
  // @ts-expect-error: a task is a function
  assert.throws(() => group.spawn(1), TypeError);
  // @ts-expect-error: not a policy
  assert.throws(() => root().group({ onFailure: 'panic' }), TypeError);
});

test('types of processes and of ways in', async () => {
  const group = root().group({ onError() {} });
  const child: Process = group.spawnProcess(['sh', '-c', 'exit 4'], {
    env: process.env, drainSignal: 'SIGINT', onLine: (line: string, stream: 'stdout' | 'stderr') => [line, stream],
  });
  const error: unknown = await child.result.then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof ProcessError);
  const code: number | undefined = error.exitCode;
  assert.deepEqual([code, typeof child.pid], [4, 'number']);
  // @ts-expect-error: not a signal
  assert.throws(() => child.kill('SIGNOTHING'), TypeError);
  new Remote(runtime().remote()).shutdown(group.handle, { force: true });
});
