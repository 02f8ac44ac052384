// soak.js - ten million short tasks, and the memory that is left of them. Not
// one of the tests of `node --test`: `check soak` runs it.
//
//   node --expose-gc soak.js [COUNT]
import assert from 'node:assert/strict';
import { root } from 'ptg';

const COUNT = Number(process.argv[2] ?? 10_000_000);
const ALIVE = 1000;
const WARM = COUNT / 10;
const HEAP_SLACK = 4 * 2 ** 20, RESIDENT_SLACK = 64 * 2 ** 20;

const immediate = () => new Promise((resolve) => { setImmediate(resolve); });

function used() {
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  return { heapUsed, rss };
}

const group = root().group({ name: 'soak', onError() { failed++; } });
let done = 0, failed = 0;

// Of all sorts of end: well, with a result that is waited for, failed, cancelled.
async function spawnMany() {
  for (let i = 0; i < ALIVE - 4; i++) group.spawn(async () => { done++; });
  const waited = group.spawn(async () => ({ done }));
  group.spawn(async () => { throw new Error('on purpose'); });
  group.spawn(() => assert.fail('it ran')).cancel();
  group.open({ start: (task) => task.finish() });
  await waited.result;
  while (group.info().live > 0) await immediate();
}

let warm;
for (let spawned = 0; spawned < COUNT; spawned += ALIVE) {
  if (spawned === WARM) warm = used();
  await spawnMany();
}
const end = used();
const { spawned, succeeded, cancelled } = group.info();
const grown = (what) => ((end[what] - warm[what]) / 2 ** 20).toFixed(1);
console.log(`soak: ${spawned} tasks, ${succeeded} well, ${failed} failed, ${cancelled} cancelled; ` +
  `heap ${grown('heapUsed')} MiB, resident ${grown('rss')} MiB since the first tenth`);
assert.equal(spawned, COUNT);
assert.equal(succeeded + failed + cancelled, COUNT);
assert.equal(failed, COUNT / ALIVE);
assert.ok(end.heapUsed - warm.heapUsed < HEAP_SLACK);
assert.ok(end.rss - warm.rss < RESIDENT_SLACK);
