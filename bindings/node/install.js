// install.js - what npm runs when the package is installed: builds the addon,
// unless one that was built before came with it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { prebuilt } from './lib/addon_paths.js';
