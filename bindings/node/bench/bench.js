// bench.js - ratios against what Node has without the package, measured in one
// run, interleaved; medians. One line each: name, ours, baseline, ratio, goal.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROUNDS = 5;
const measure = fileURLToPath(new URL('measure.js', import.meta.url));

const rows = [
  ['spawn to finish, ns a task, against a promise in a Set', 'ours', 'bare', '1.5'],
  ['the same where the baseline keeps an AsyncLocalStorage', 'ours', 'bareWithContext', '-'],
  ['shutdown, ns a parked task, against a signal each', 'oursShutdown', 'bareShutdown', '-'],
];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const names = [...new Set(rows.flatMap(([, ours, baseline]) => [ours, baseline]))];
const seen = Object.fromEntries(names.map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const name of names) {
    seen[name].push(Number(execFileSync(process.execPath, ['--expose-gc', measure, name])));
  }
}
for (const [name, ours, baseline, goal] of rows) {
  const [a, b] = [median(seen[ours]), median(seen[baseline])];
  console.log([name, a.toFixed(1), b.toFixed(1), (a / b).toFixed(2), goal].join('\t'));
}
