// first.mjs - two tasks in a group; one fails, and the other is none the worse.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from 'ptg';

const app = root().group({
  name: 'app',
  graceMs: 2000,
  onError: (error, { name }) => console.log(`${name} failed: ${error.message}`),
});

app.spawn(async function greeter({ drainSignal }) {
  console.log('hello');
  await once(drainSignal, 'abort'); // the app is told to finish soon
  console.log('goodbye');
});

app.spawn(async function clumsy(task) {
  await task.sleep(100);
  throw new Error('I dropped it');
});

await sleep(1000);
const [{ path, drained }] = await app.shutdown();
console.log(`${path} is closed: ${drained} drained`);
