// install.test.js - a package whose addon was not built, or does not fit.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const platform = `${process.platform}-${process.arch}`;
const prebuilt = `prebuilds/${platform}/ptg_node.node`, built = 'build/Release/ptg_node.node';

// A copy of the package with files of ours in it.
function copy(t, ...files) {
  const folder = mkdtempSync(join(tmpdir(), 'ptg-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ['lib', 'package.json', 'install.js']) {
    cpSync(join(here, name), join(folder, name), { recursive: true });
  }
  for (const name of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), 'not an addon');
  }
  // Nothing that could compile anything is found.
  const options = { cwd: folder, env: { PATH: folder }, encoding: 'utf8' };
  const run = (program) => spawnSync(process.execPath, [program], options);
  return { load: () => run('lib/index.js').stderr, install: () => run('install.js') };
}

test('an addon that was not built is one clear error', (t) => {
  const text = copy(t).load();
  assert.ok(text.includes(`Error: ptg: its addon was not built for ${platform}: the install script was refused, ` +
    'or failed. Build it with "npm rebuild ptg --ignore-scripts=false" ' +
    '(it needs libptg, pkg-config and a C compiler)\n',
  ), text);
});

test('so is one that cannot be loaded', (t) => {
  const ours = copy(t, built).load();
  assert.match(ours, /its addon cannot be loaded \(.*ptg_node\.node.*"npm rebuild ptg --ignore-scripts=false" builds/);
  const theirs = copy(t, prebuilt, built).load();
  assert.match(theirs, /its addon cannot be loaded \(.*prebuilds.*It came prebuilt, for another system perhaps/);
});

test('the install script builds nothing where an addon came along, and says what it lacks', (t) => {
  const { status, stderr } = copy(t, prebuilt).install();
  assert.deepEqual([status, stderr], [0, '']);
  const lacking = copy(t).install();
  assert.deepEqual([lacking.status, lacking.stderr], [1,
    'ptg: pkg-config finds no libptg; PKG_CONFIG_PATH=PREFIX/lib/pkgconfig says where it is installed\n']);
});
