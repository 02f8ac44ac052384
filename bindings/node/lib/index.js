// index.js - the package.
export { CanceledError, ProcessError, PtgError } from './errors.js';
export { Group } from './group.js';
export { Process, Queue, Timer } from './kinds.js';
export { Remote } from './remote.js';
export { Runtime, currentGroup, currentTask, root, runtime, snapshot } from './runtime.js';
export { OpenTask, Task } from './task.js';
