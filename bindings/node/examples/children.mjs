// children.mjs - child processes as tasks of a group.
import { once } from 'node:events';
import { root } from 'ptg';

const app = root().group({
  name: 'app',
  graceMs: 2000,
  onError: (error, { name }) => console.log(`${name} failed: ${error.message}`),
});

const onLine = (line, stream, { name }) => console.log(`${name}, ${stream}: ${line}`);

const job = app.spawnProcess(['sh', '-c', 'echo "half done"; exit 3'], { name: 'job', onLine });
await job.result.catch(({ exitCode }) => console.log(`exit code ${exitCode}`));

const server = new EventTarget();
app.spawnProcess(['sleep', '1000'], {
  started: () => server.dispatchEvent(new Event('started')),
});
await once(server, 'started');

const [{ cancelled }] = await app.shutdown(); // sends it SIGTERM
console.log(`${cancelled} cancelled, and no child is left`);
