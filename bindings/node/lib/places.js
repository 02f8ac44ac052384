// places.js - where the compiled addon is: one that was built before, or here.
import { fileURLToPath } from 'node:url';

const path = (place) => fileURLToPath(new URL(`../${place}`, import.meta.url));

export const platform = `${process.platform}-${process.arch}`;

export const places = {
  prebuilt: path(`prebuilds/${platform}/ptg_node.node`),
  built: path('build/Release/ptg_node.node'),
};
