// signals.js - signals by their names and numbers.
import { constants } from 'node:os';

const { signals } = constants;

export const isSignal = (signal) =>
  (typeof signal === 'string' ? Object.hasOwn(signals, signal) : Object.values(signals).includes(signal));

export const signalNumber = (signal) => signals[signal] ?? signal;

export const signalName = (number) => Object.keys(signals).find((name) => signals[name] === number) ?? `SIG${number}`;
