// addon.js - loads the compiled addon.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { places, platform } from './places.js';

const BUILD = '"npm rebuild ptg --ignore-scripts=false"';

function load() {
  const found = [places.prebuilt, places.built].find((place) => existsSync(place));
  if (found === undefined) {
    throw new Error(`ptg: its addon was not built for ${platform}: the install script was refused, or failed. ` +
      `Build it with ${BUILD} (it needs libptg, pkg-config and a C compiler)`);
  }
  try {
    return createRequire(import.meta.url)(found);
  } catch (cause) {
    const what = found === places.built ? `${BUILD} builds it again` : 'It came prebuilt, for another system perhaps';
    throw new Error(`ptg: its addon cannot be loaded (${cause.message.split('\n', 1)[0]}). ` +
      `Is libptg installed where it was? ${what}`, { cause });
  }
}

export const addon = load();
