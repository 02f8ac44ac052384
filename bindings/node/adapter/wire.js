// wire.js - lines of JSON over standard input and output, one side at a time.
import { readSync, writeSync } from 'node:fs';

// The value of an outcome has 64 bits, which are more than those of a number.
const WIDE = /"value":\s*(-?\d{16,})/g;
const revive = (_, value) =>
  (typeof value === 'string' && value.startsWith('bigint:') ? BigInt(value.slice(7)) : value);

const chunk = Buffer.alloc(65536);
let rest = Buffer.alloc(0);

// The next request; undefined: nobody asks any more.
export function read() {
  for (;;) {
    const end = rest.indexOf(10);
    if (end >= 0) {
      const line = rest.subarray(0, end).toString();
      rest = rest.subarray(end + 1);
      return parse(line);
    }
    const size = readSync(0, chunk, 0, chunk.length, null);
    if (size === 0) return undefined;
    rest = Buffer.concat([rest, chunk.subarray(0, size)]);
  }
}

function parse(line) {
  try {
    const request = JSON.parse(line.replace(WIDE, '"value":"bigint:$1"'), revive);
    if (request !== null && typeof request === 'object') return request;
  } catch {
    // Answered as what it is.
  }
  return { op: 'malformed' };
}

export function write(line) {
  const text = JSON.stringify(line, (_, value) => (typeof value === 'bigint' ? `bigint:${value}` : value));
  const bytes = Buffer.from(`${text.replace(/"bigint:(-?\d+)"/g, '$1')}\n`);
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
