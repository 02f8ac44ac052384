// addon.js - finds the compiled addon: one that was built before, or here.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const places = [
  `../prebuilds/${process.platform}-${process.arch}/ptg_node.node`,
  '../build/Release/ptg_node.node',
].map((place) => fileURLToPath(new URL(place, import.meta.url)));

const found = places.find((place) => existsSync(place));
if (!found) throw new Error(`ptg: no addon for ${process.platform}-${process.arch}; run "npm rebuild ptg"`);

export const addon = createRequire(import.meta.url)(found);
