// serve.js - requests, one after the other, until a call is returned from.
import { refusalOf, world } from './made.js';
import { carry } from './operations.js';
import { wrong } from './requests.js';
import { read, write } from './wire.js';

let depth = 0;

function answer(request) {
  const why = wrong(request) ?? (request.op === 'reset' && depth > 1 ? 'reset: not inside a call' : undefined);
  if (why) return { status: 'unsupported', why };
  if (!['hello', 'reset'].includes(request.op) && !world.runtime) return { status: 'invalid' };
  try {
    return { status: 'ok', ...carry[request.op](request) };
  } catch (error) {
    const word = refusalOf(error);
    if (word === undefined) throw error;
    return { status: word };
  }
}

const withoutNulls = (request) =>
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== null));

// What the call returns; at the end of all it returns, and everything else is
// silent.
export function serve() {
  depth++;
  try {
    for (;;) {
      const request = read();
      if (request === undefined) {
        world.isSilent = true;
        return {};
      }
      if (request.op === 'return' && depth > 1) return withoutNulls(request);
      write(answer(withoutNulls(request)));
    }
  } finally {
    depth--;
  }
}

