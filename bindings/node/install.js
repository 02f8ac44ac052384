// install.js - what npm runs: builds the addon, unless one came along that was
// built before.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { places } from './lib/places.js';

const run = (command, ...args) => spawnSync(command, args, { stdio: 'inherit' }).status === 0;

function fail(message) {
  console.error(`ptg: ${message}`);
  process.exit(1);
}

if (!existsSync(places.prebuilt)) {
  if (!run('pkg-config', '--exists', 'ptg')) {
    fail('pkg-config finds no libptg; PKG_CONFIG_PATH=PREFIX/lib/pkgconfig says where it is installed');
  }
  if (!run('node-gyp', 'rebuild')) fail('the addon does not build; it needs a C compiler, make and Python');
}
