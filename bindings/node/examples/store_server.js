// store_server.js - a line protocol over TCP, stopped in order under load.
//
//   node store_server.js --port 0 --store FILE
//
// `put KEY VALUE` is answered `stored KEY` once the line is in FILE, `count`
// by how many there are. On SIGTERM or SIGINT the listener closes, then each
// handler answers what it has read, then the store writes what is left.
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { root } from 'ptg';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '0' }, store: { type: 'string' } },
});

const app = root();
const store = app.group({ name: 'store' });
const handlers = app.group({ name: 'handlers' });
const accept = app.group({ name: 'accept' });
accept.stopsBefore(handlers);
handlers.stopsBefore(store);

const file = await open(options.store, 'a');
const CAPACITY = 10_000;
let stored = 0;

// One writer, in order: a message is handled when its task is over.
const writes = store.queue(({ line, done, fail }) => store.spawn(async function write() {
  try {
    await file.appendFile(line);
    stored++;
    done();
  } catch (error) {
    fail(error);
    throw error;
  }
}), { name: 'writes', capacity: CAPACITY, drop: ({ fail }) => fail(new Error('the store is closed')) });

const put = (key, value) => new Promise((done, fail) => {
  writes.push({ line: `${key} ${value}\n`, done, fail });
});

async function answer(line) {
  const [word, key, value, ...rest] = line.split(' ');
  if (word === 'count' && key === undefined) return `${stored}\n`;
  if (word !== 'put' || !key || !value || rest.length > 0) return 'error: put KEY VALUE, or count\n';
  try {
    await put(key, value);
    return `stored ${key}\n`;
  } catch (error) {
    return `error: ${error.message}\n`;
  }
}

// The lines that were read from a socket, until it is done or no more is wanted.
class Lines {
  #socket;
  #text = '';
  #isOver = false;
  #wake = () => {};

  constructor(socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text) => this.#take(text)).once('close', () => this.end());
  }

  #take(text) {
    if (this.#isOver) return;
    this.#text += text;
    this.#socket.pause();
    this.#wake();
  }

  end() {
    this.#isOver = true;
    this.#wake();
  }

  async* [Symbol.asyncIterator]() {
    for (;;) {
      const lines = this.#text.split('\n');
      this.#text = lines.pop();
      yield* lines;
      if (this.#isOver) return;
      this.#socket.resume();
      await new Promise((resolve) => { this.#wake = resolve; });
    }
  }
}

// Answers line by line until the peer has closed, or the task is told to finish:
// then what was read is answered. What comes after that is read and forgotten,
// so that the peer gets the last answers, until it closes too.
async function handle(socket, { signal, drainSignal }) {
  const closed = new Promise((resolve) => { socket.once('close', resolve); });
  const lines = new Lines(socket);
  socket.once('end', () => lines.end());
  drainSignal.addEventListener('abort', () => lines.end());
  signal.addEventListener('abort', () => socket.destroy());
  for await (const line of lines) socket.write(await answer(line));
  socket.end();
  socket.resume();
  await closed;
}

function connected(socket) {
  socket.on('error', () => {}); // a peer that goes away is no failure; 'close' follows
  try {
    handlers.spawn((task) => handle(socket, task), { name: 'connection' });
  } catch {
    socket.destroy(); // it came too late
  }
}

const server = createServer({ allowHalfOpen: true }, connected);

accept.open({
  start: () => server.listen(Number(options.port), '127.0.0.1', () => {
    process.stdout.write(`listening on 127.0.0.1:${server.address().port}\n`);
  }),
  // Its connections are the handlers' to close.
  drain: (task) => { server.close(); task.finish(); },
  cancel: (task) => { server.close(); task.finish(); },
}, { name: 'listener' });

async function stop() {
  const report = await app.shutdown({ graceMs: 2000, cancelWaitMs: 1000, deadlineMs: 5000 });
  await file.close();
  for (const { path, drained, cancelled, failed, refused, abandoned } of report) {
    process.stdout.write(`report ${path} drained=${drained} cancelled=${cancelled} failed=${failed} ` +
      `refused=${refused} abandoned=${abandoned}\n`);
  }
  process.exitCode = report.some(({ failed, abandoned }) => failed + abandoned > 0) ? 1 : 0;
}

let stopping;
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => { stopping ??= stop(); });
