// examples.test.js - the programs of the README, and the larger example under load.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const read = (name) => readFileSync(path(name), 'utf8');

async function output(name) {
  const child = spawn(process.execPath, [path(name)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => { text += part; });
  assert.deepEqual(await once(child, 'close'), [0, null]);
  return text;
}

for (const name of ['first.mjs', 'order.mjs', 'children.mjs']) {
  test(`the README shows ${name}, and what it prints`, async () => {
    const [readme, program] = [read('README.md'), read(`examples/${name}`)];
    assert.ok(readme.includes(`\`\`\`js\n${program}\`\`\``));
    const printed = await output(`examples/${name}`);
    assert.ok(readme.includes(`    $ node ${name}\n\n${printed.replace(/^/gm, '    ').trimEnd()}\n`), printed);
  });
}

// Puts lines and counts what was acknowledged, until the server hangs up.
async function load(port, client, acknowledged, isEnough) {
  const socket = connect(port, '127.0.0.1');
  const sent = [];
  const send = () => {
    const line = `put c${client}-${sent.length} v${sent.length}`;
    sent.push(line.slice(4));
    socket.write(`${line}\n`);
  };
  socket.on('error', () => {});
  for (let i = 0; i < 10; i++) send();
  for await (const answer of createInterface({ input: socket })) {
    const [word, key] = answer.split(' ');
    assert.equal(word, 'stored');
    acknowledged.push(key);
    isEnough(acknowledged.length);
    if (socket.writable) send();
  }
  socket.destroy();
  return sent;
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`every acknowledged put is stored once, ${signal} in the middle of the load`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'ptg-'));
    const file = join(folder, 'store');
    t.after(() => rmSync(folder, { recursive: true }));
    const server = spawn(process.execPath, [path('examples/store_server.js'), '--port', '0', '--store', file],
      { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => server.kill('SIGKILL'));
    const exit = once(server, 'close');
    const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
    const port = Number(/^listening on 127\.0\.0\.1:(\d+)$/.exec((await lines.next()).value)[1]);

    const acknowledged = [];
    const stop = (count) => { if (count === 1000) server.kill(signal); };
    const clients = Array.from({ length: 8 }, (_, client) => load(port, client, acknowledged, stop));
    const sent = new Set((await Promise.all(clients)).flat());
    const report = [];
    for (let line = await lines.next(); !line.done; line = await lines.next()) report.push(line.value);

    assert.deepEqual(await exit, [0, null]);
    const stored = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    assert.ok(acknowledged.length >= 1000);
    assert.equal(new Set(stored).size, stored.length);
    assert.deepEqual(stored.filter((line) => !sent.has(line)), []);
    assert.deepEqual(new Set(stored.map((line) => line.split(' ')[0])), new Set(acknowledged));
    assert.deepEqual(report.map((line) => line.split(' ')[1]), ['/accept', '/handlers', '/store', '/']);
    for (const line of report) assert.match(line, / failed=0 refused=\d+ abandoned=0$/);
  });
}
