// program.js - programs that tests run in a process or a worker of its own:
// node program.js NAME. Each says `ready` when it is where the test wants it.
import { writeSync } from 'node:fs';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { CanceledError, Remote, Runtime, root, runtime, snapshot } from 'ptg';

const say = (text) => { writeSync(1, `${text}\n`); };
const never = () => new Promise(() => {});
const until = (signal) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
});

const ready = () => (isMainThread ? say('ready') : parentPort.postMessage('ready'));
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

// Groups with everything that can be alive in them.
async function live() {
  const app = root().group({ name: 'app', onError() {}, graceMs: Infinity, cancelWaitMs: Infinity });
  const inner = app.group({ name: 'inner' });
  for (let i = 0; i < 100; i++) inner.spawn(({ signal }) => (i % 2 ? until(signal) : never()));
  app.open({ cancel() {} });
  app.timer(() => {}, { everyMs: 1 });
  const queue = app.queue(() => inner.spawn(never), { capacity: 4 });
  queue.push('one');
  queue.push('two');
  await turn();
  await turn();
  const manual = new Runtime({ manualClock: true });
  manual.root.spawn(never);
  manual.advanceSync(1);
}

// A child process that ends by force only, and one that has left its group.
async function children() {
  const group = root().group({ name: 'children', graceMs: Infinity, cancelWaitMs: Infinity });
  const said = (argv) => new Promise((resolve) => {
    group.spawnProcess(argv, { onLine: (line) => resolve(Number(line)), stderrPath: '/dev/null' });
  });
  return Promise.all([
    said(['sh', '-c', 'trap "" TERM; echo $$; while :; do sleep 1000; done']),
    said(['setsid', '--wait', 'sh', '-c', 'echo $$; exec sleep 1000']),
  ]);
}

const programs = {
  // Whoever reads its output sees the end of that when the last of them is gone.
  async exitWithChildren() {
    root().group().spawnProcess(['sh', '-c', 'trap "" TERM; while :; do sleep 1000; done'], {
      started: () => process.exit(5),
    });
  },

  async childKeepsAlive() {
    root().group().spawnProcess(['true'], {
      done: (_, { status }) => say(status),
    });
  },

  async workerWithChildren() {
    parentPort.postMessage(await children());
    await never();
  },

  async workerWithChildOnManualClock() {
    const standing = new Runtime({ manualClock: true });
    const child = standing.root.spawnProcess(['sleep', '1000']);
    while (child.pid === undefined) await standing.advance(0);
    parentPort.postMessage([child.pid]);
    await never();
  },

  async exit() {
    await live();
    ready();
    process.exit(3);
  },

  // In the middle of a callback of the runtime, and of one of its batches.
  async exitInHook() {
    await live();
    ready();
    await root().group({ onDrain: () => process.exit(4) }).shutdown();
  },

  async exitInTask() {
    await live();
    ready();
    root().group().spawn(() => process.exit(4));
  },

  // Nothing keeps it alive but what the groups have to do.
  idle() {
    root().group({ name: 'idle' }).spawn(async () => { say('ran'); });
  },

  async ref() {
    const group = root().group().ref();
    setTimeout(() => { say('unref'); group.unref(); }, 1).unref();
  },

  // The end of the loop with tasks that wait for nothing that Node knows.
  async end() {
    await live();
    root().shutdown({ force: true, cancelWaitMs: 0 }).then(() => say('closed'));
  },

  async parked() {
    root().group().spawn(never);
    ready();
  },

  async uncaught() {
    await live();
    ready();
    throw new Error('nobody catches this');
  },

  async throws() {
    process.on('uncaughtException', (error) => { say(`uncaught ${error.message}`); });
    const group = root().group({ graceMs: 1000 });
    group.open({ drain(task) { task.finish(); throw new Error('in a callback'); } });
    group.open({ start(task) { task.finish(); throw new Error('after its end'); } });
    group.timer((timer) => { timer.finish(); throw new Error('after its end'); }, { afterMs: 0 });
    await turn();
    while (group.info().live > 1) await turn();
    await group.shutdown();
    say('closed');
  },

  // Runtimes with everything that there is, and with what was refused.
  async closes() {
    for (let i = 0; i < 20; i++) {
      const short = new Runtime({ manualClock: true });
      const group = short.root.group({ name: 'short', onError() {} });
      group.spawn(() => {}, { name: 'named', place: 'here' });
      group.open({ start: (task) => task.finish(new Error('it failed')), kill() {} }, { type: 'a type' });
      group.timer(() => {}, { afterMs: 1, name: 'timer' });
      group.queue(() => {}, { capacity: 2 }).push('message');
      group.spawn(never);
      short.watch(group, () => {});
      short.remote();
      for (const refused of [() => group.group({ name: 'a', owner: { handle: 5 } }),
        () => group.spawnProcess(['x'], { name: 'x'.repeat(300) }), () => group.stopsBefore(group)]) {
        try {
          refused();
        } catch {
          // On purpose.
        }
      }
      await short.advance(2);
      JSON.stringify([group.snapshot(), group.failures(), group.info(), group.names(), group.plan()]);
      short.root.shutdown({ force: true, cancelWaitMs: 0 });
      await short.advance(1);
      short.close();
    }
    await root().group().spawnProcess(['true'], { onLine() {}, cwd: '/' }).result;
    say('closed');
  },

  async listenerThrows() {
    process.on('uncaughtException', (error) => { say(`uncaught ${error.message}`); });
    const group = root().group({ onError() {}, onClosed: () => say('on closed') });
    for (const event of ['failure', 'closed']) {
      group.events.on(event, () => { throw new Error(event); });
    }
    group.spawn(() => { throw new Error('a failure'); });
    say(await group.spawn(() => 'the next task').result);
    const [{ failed }] = await group.shutdown();
    say(`${failed} failures of the end`);
  },

  async unhandled() {
    const group = root().group({ name: 'app', onDrain() { throw new RangeError('nor this'); } });
    group.spawn(async function loud() { throw new TypeError('nobody handles this'); });
    const inner = group.group({ onError() { throw new Error('the handler'); } });
    inner.spawn(async function quiet() { throw null; });
    await turn();
    await group.shutdown();
    say('closed');
  },

  async signal() {
    const app = root().group({ name: 'app' });
    app.spawn(async ({ drainSignal }) => { await until(drainSignal).catch(() => {}); });
    process.once('SIGTERM', async () => {
      const report = await root().shutdown({ graceMs: 1000 });
      say(report.map(({ path, drained }) => `${path} ${drained}`).join(', '));
    });
    setInterval(() => {}, 1000).unref();
    app.ref();
    ready();
  },

  async worker() {
    await live();
    ready();
    await never();
  },

  async workerEnds() {
    await live();
    ready();
    process.exit(0);
  },

  async workerThrows() {
    await live();
    throw new Error('the worker dies');
  },

  async workerWorks() {
    const group = root().group({ name: 'in a worker' });
    const task = group.spawn(async ({ signal }) => {
      ready();
      await until(signal).catch((error) => { if (!(error instanceof CanceledError)) throw error; });
      return 'done';
    });
    const picture = snapshot();
    await new Promise((resolve) => { parentPort.once('message', resolve); });
    task.cancel();
    parentPort.postMessage([await task.result, picture.runtimes]);
    await root().shutdown();
  },

  // Does what it is told, on a runtime of another thread.
  workerRemote() {
    parentPort.on('message', ({ sent, call, given }) => {
      try {
        new Remote(sent)[call](...given);
        parentPort.postMessage('sent');
      } catch (error) {
        parentPort.postMessage(error.code);
      }
    });
  },

  // Until there is nobody there any more.
  workerSendsOn() {
    parentPort.once('message', ({ sent, group }) => {
      const remote = new Remote(sent);
      let code;
      parentPort.postMessage('begun');
      while (code !== 'ECLOSED') {
        try {
          remote.shutdown(group);
        } catch (error) {
          ({ code } = error);
        }
      }
    });
  },

  workerHasRemote() {
    parentPort.postMessage({ sent: runtime().remote(), group: root().handle });
    parentPort.once('message', () => {});
  },

  async manyWorkers() {
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 4 }, async () => {
        const worker = new Worker(new URL(import.meta.url), { workerData: 'worker' });
        await new Promise((resolve) => { worker.once('message', resolve); });
        await worker.terminate();
      }));
    }
    say('terminated');
  },
};

await programs[isMainThread ? process.argv[2] : workerData]();
