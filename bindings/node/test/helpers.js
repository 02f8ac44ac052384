// helpers.js - what tests share.
import { Runtime } from 'ptg';

const immediate = () => new Promise((resolve) => { setImmediate(resolve); });

// A whole turn of the loop: what was spawned has started after it.
export const turn = async () => { await immediate(); await immediate(); };

// Ends when its signal says so, with the reason.
export const until = (signal) => new Promise((_, reject) => {
  if (signal.aborted) reject(signal.reason);
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
});

export const never = () => new Promise(() => {});

// A promise and how to end it.
export function deferred() {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  return it;
}

// A runtime on a manual clock, thrown away at the end of the test.
export function manual(t, root) {
  const runtime = new Runtime({ manualClock: true, root });
  t.after(async () => {
    runtime.root.shutdown({ force: true, graceMs: 0, cancelWaitMs: 0 });
    await runtime.advance(2000);
    runtime.close();
  });
  return runtime;
}
