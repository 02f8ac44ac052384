// first.js - two tasks in a group; one fails, and the other is none the worse.
import { root } from 'ptg';

const app = root().group({
  name: 'app',
  graceMs: 2000,
  onError: (error, { name }) => console.log(`${name} failed: ${error.message}`),
});

app.spawn(async function greeter(task) {
  while (!task.isDraining) {
    console.log('hello');
    await task.sleep(100);
  }
  console.log('goodbye');
});

app.spawn(async function clumsy(task) {
  await task.sleep(150);
  throw new Error('I dropped it');
});

setTimeout(async () => {
  const [{ path, drained }] = await app.shutdown();
  console.log(`${path} is closed: ${drained} drained`);
}, 250);
