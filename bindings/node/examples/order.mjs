// order.mjs - an order edge: no request is served without its database.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, snapshot } from 'ptg';

const app = root().group({ name: 'app', graceMs: 2000 });
const onClosed = ({ name }) => console.log(`${name} is closed`);
const http = app.group({ name: 'http', onClosed });
const db = app.group({ name: 'db', onClosed }); // as the newest it would be closed first
http.stopsBefore(db);

for (const group of [http, db]) group.spawn(({ drainSignal }) => once(drainSignal, 'abort'));
await sleep(100);

const { groups } = snapshot(); // of the whole process, from any thread and at any time
console.log(groups.map(({ name, tasks }) => `${name}: ${tasks.length}`).join(', '));

await app.shutdown();
