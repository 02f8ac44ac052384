/**
 * Persistent task groups for Node.js.
 *
 * A {@link Group} owns tasks and child groups. It stays open when it is idle, gives the errors of its tasks to a
 * handler instead of spreading them, and is shut down in two phases (drain, then cancel), in a declared order and
 * within a deadline.
 *
 * Everything belongs to the thread that made it; {@link Remote} is the way in from others. All times are milliseconds
 * and may have fractions; as a limit, `0` is "at once", `Infinity` is "no limit", and leaving it out is "as the
 * parent".
 *
 * @packageDocumentation
 */
import type { EventEmitter } from 'node:events';

/** A status of libptg; see `ptg.h`. */
export type Code =
  | 'OK' | 'EINVAL' | 'ENOMEM' | 'ESTALE' | 'EKIND' | 'ECLOSED' | 'EBUSY' | 'EREENTRANT' | 'ETHREAD' | 'ERANGE'
  | 'ECANCELED' | 'ETIMEDOUT' | 'EABI' | 'EUV' | 'ECYCLE' | 'EFULL' | 'EFAILED' | 'EEXIT' | 'ESIGNAL' | 'EDEADLK';

/**
 * What the runtime refuses is thrown as this. Arguments of a wrong type or out of range are a `TypeError` or
 * `RangeError` with the codes of Node, as `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` and `ERR_OUT_OF_RANGE`.
 */
export class PtgError extends Error {
  /** @param message what happened; the default is what the code means */
  constructor(code: Code, message?: string);
  readonly code: Code;
}

/** Why a task was asked to end: the `reason` of its signal. `name` is `AbortError`, `code` is `ECANCELED`. */
export class CanceledError extends PtgError {
  constructor(reason?: string, originator?: number);
  /** The handle of the task or group that asked; left out: it came from outside. */
  readonly originator?: number;
}

/** How a child process failed. */
export class ProcessError extends PtgError {
  constructor(code: Code, message?: string, how?: { exitCode?: number; signal?: NodeJS.Signals; errno?: number });
  /** With the code `EEXIT`: its exit status. */
  readonly exitCode?: number;
  /** With the code `ESIGNAL`: what ended it. */
  readonly signal?: NodeJS.Signals;
  /** With the code `EUV`: why it could not be started, as of errors of Node. */
  readonly errno?: number;
}

/** The handle of a group or task: a number that is never given out twice in a process. */
export type Handle = number;

/** Something that has a handle. */
export interface HasHandle {
  readonly handle: Handle;
}

export type GroupState = 'open' | 'draining' | 'cancelling' | 'closed';
export type TaskState = 'pending' | 'running' | 'abandoned';

/** How a task ended. */
export interface Outcome {
  status: Code;
  /** The task's own: an exit status, a signal, an errno. */
  code: number;
  /** The task's own, 64 bits. */
  value: number | bigint;
  message?: string;
  /** Why it was asked to end; left out: it was not. */
  reason?: string;
  originator?: Handle;
  cancelRequested: boolean;
  neverRan: boolean;
  abandoned: boolean;
  killed: boolean;
}

/** What an error handler is told besides the error. */
export interface ErrorInfo {
  outcome: Outcome;
  /** Who failed; left out: a hook did, or a task of another language. */
  task?: Task<unknown> | OpenTask;
  /** The handle of who failed; 0: a hook did. */
  handle: Handle;
  name: string;
  ageMs: number;
  /** Where it happened. */
  group?: Group;
  state: GroupState;
  duringCancel: boolean;
  fromHook: boolean;
  /** Whose handler failed on this error before; with what it threw. */
  failedHandler?: Group;
  handlerStatus?: Code;
  handlerError?: unknown;
}

export interface GroupOptions {
  /** Need not be unique; the default is made up. */
  name?: string;
  /** From drain to cancel. */
  graceMs?: number;
  /** From cancel to giving up. */
  cancelWaitMs?: number;
  /** For this group with all below it, from the beginning of its shutdown. */
  deadlineMs?: number;
  /** Its children close together where no order edge holds them back. */
  parallel?: boolean;
  /** While it drains it accepts spawns from anyone, not only from inside. */
  admitsAnyone?: boolean;
  /** Tasks started and live at once, at least 1; `Infinity`, as leaving it out: no bound. */
  maxTasks?: number;
  /** What a spawn past `maxTasks` meets. */
  whenFull?: 'refuse' | 'queue' | 'replace_oldest';
  /** How many may wait for a place; likewise. */
  maxQueued?: number;
  /** What the failure of a task does beyond being reported. */
  onFailure?: 'report' | 'shutdown_group' | 'shutdown_root';
  /** The task whose end shuts the group down; of the parent group, or of one above it. */
  owner?: HasHandle;
  /** How many ended tasks are remembered. */
  history?: number;
  /**
   * Is given the failures of its tasks, and of descendants without a handler, once each and at once: the error is the
   * very thing that was thrown. If it throws, the next ancestor's handler is given both. Without any handler there is
   * a line on standard error. It is a plain function: of a promise that it returns nobody waits for the end.
   */
  onError?(error: unknown, info: ErrorInfo): void;
  /** Once, when the group is told to drain. What it throws is a failure of the group. */
  onDrain?(group: Group): void;
  /** Once, when the group is closed. */
  onClosed?(group: Group, report: ReportRow[]): void;
}

/** What every task may be given. */
export interface TaskOptions {
  /** The default is the name of the function, the program of a process, or what sort of task it is. */
  name?: string;
  /** Somebody waits for its end: a failure that is waited for is counted, and given to no handler. */
  observed?: boolean;
  /** On whose behalf; the default is the current task. */
  spawner?: HasHandle;
}

export interface SpawnOptions extends TaskOptions {
  /** Where in the source. */
  place?: string;
  /** Accepted by a group that is cancelling, from inside. */
  cleanup?: boolean;
}

export interface ShutdownOptions {
  /** Straight to the cancel phase. */
  force?: boolean;
  /** Limits given here only ever shorten. */
  graceMs?: number;
  cancelWaitMs?: number;
  /** From now to all closed. */
  deadlineMs?: number;
  /** Who asks, for the report; the default is the current task, or the group whose handler or hook runs. */
  originator?: HasHandle;
}

/** What every task has. */
export interface AnyTask extends HasHandle {
  readonly group: Group;
  readonly name: string;
  readonly isEnded: boolean;
  /** It was told to finish soon. */
  readonly isDraining: boolean;
  readonly isCancelRequested: boolean;
  /**
   * Asks it to end. One that has not started never will. Asking again does nothing. The default of `originator` is the
   * current task, or the group whose handler or hook runs.
   */
  cancel(reason?: string, options?: { originator?: HasHandle }): void;
  /** Asks for the drain phase to last so long from now; returns how long it lasts. */
  extendGrace(ms: number): number;
  info(): TaskInfo;
}

/** A task made of a promise, and what its function is given. */
export class Task<T = unknown> implements AnyTask {
  private constructor();
  readonly handle: Handle;
  readonly group: Group;
  readonly name: string;
  readonly isEnded: boolean;
  readonly isDraining: boolean;
  readonly isCancelRequested: boolean;
  /** Aborts when the task is asked to end, with a {@link CanceledError}. Its own; made when it is first asked for. */
  readonly signal: AbortSignal;
  /** Aborts when the task is told to finish soon. Its own; made when it is first asked for. */
  readonly drainSignal: AbortSignal;
  /**
   * What the function returns, once the task is over; or rejects with what it threw, or with `EDEADLK` if who waits is
   * part of what is waited for. Made when it is first asked for: who does not ask need not catch.
   */
  readonly result: Promise<T>;
  /**
   * Resolves after so long on the runtime's clock, never early; rejects when the task is asked to end. A task has one
   * sleep at a time.
   */
  sleep(ms: number): Promise<void>;
  cancel(reason?: string, options?: { originator?: HasHandle }): void;
  extendGrace(ms: number): number;
  info(): TaskInfo;
}

/** What a task of callbacks does; each is called with `this` being the object that it is of. */
export interface Callbacks {
  start?(task: OpenTask): void;
  /** Finish soon: once. */
  drain?(task: OpenTask): void;
  /** Finish now: once. Without it the task cannot be hurried. */
  cancel?(task: OpenTask, reason: CanceledError): void;
  /** The cancel wait is over: end it by force. */
  kill?(task: OpenTask): void;
  /** The end of a sleep. */
  wake?(task: OpenTask): void;
  /** Exactly once, whatever happened. */
  done?(task: OpenTask, outcome: Outcome): void;
}

/** A task without a promise, as for a socket or another thing with events: it lasts until {@link OpenTask.finish}. */
export class OpenTask implements AnyTask {
  protected constructor();
  readonly handle: Handle;
  readonly group: Group;
  readonly name: string;
  readonly isEnded: boolean;
  readonly isDraining: boolean;
  readonly isCancelRequested: boolean;
  /**
   * Ends it: well without an error, cancelled with `ECANCELED`, else it failed with that very error.
   * @param outcome `message: null` is no message
   */
  finish(error?: unknown, outcome?: { code?: number; value?: number | bigint; message?: string | null }): void;
  /** Calls `wake` after so long; one sleep at a time. */
  sleep(ms: number): void;
  unsleep(): void;
  cancel(reason?: string, options?: { originator?: HasHandle }): void;
  extendGrace(ms: number): number;
  info(): TaskInfo;
}

/** A task that fires. It ends after its firing, or, with a period, when it is told to drain. */
export class Timer extends OpenTask {
  timerInfo(): { fired: number; skipped: number; missed: number };
}

/** A bounded queue of messages, handled in order. It drains to its end. */
export class Queue<M = unknown> extends OpenTask {
  /** Puts a message at the end. Throws `EFULL` if there is no room, `ECLOSED` if it takes no more. */
  push(message: M, options?: { pusher?: HasHandle }): void;
  /** Nothing is accepted after this; everything before it is handled. */
  close(): void;
  queueInfo(): {
    isClosed: boolean; length: number; capacity: number; running: number; atOnce: number; accepted: number;
    handled: number; refused: number;
  };
}

/** What a child process is given. */
export interface ProcessOptions extends TaskOptions {
  /** Accepted by a group that is cancelling, from inside. */
  cleanup?: boolean;
  /** Instead of `process.env`. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** A file to append standard output to; the default is `onLine`, or else the standard output of this process. */
  stdoutPath?: string;
  /** Likewise; may be the same file. */
  stderrPath?: string;
  /** What tells it to end, when its group drains or it is cancelled; the default is `SIGTERM`. */
  drainSignal?: NodeJS.Signals | number;
  /** A line of output without its end, decoded as UTF-8; one longer than 65,536 bytes comes in pieces. */
  onLine?(line: string, stream: 'stdout' | 'stderr', process: Process): void;
  /** It runs: its `pid` is known. */
  started?(process: Process): void;
  done?(process: OpenTask, outcome: Outcome): void;
}

/** A child process: a task that is over when the process and all its descendants are gone. */
export class Process extends OpenTask {
  /** Left out until it runs. */
  readonly pid?: number;
  /** Once it has ended: its exit status, if it exited, also after it was told to end. */
  readonly exitCode?: number;
  /** Once it has ended: the signal that ended it, if one did. */
  readonly signalCode?: NodeJS.Signals;
  /**
   * Resolves when it has exited with status 0. Rejects with a {@link ProcessError}, or with a {@link CanceledError} if
   * it ended otherwise after it was told to.
   */
  readonly result: Promise<void>;
  /**
   * Sends a signal, by default `SIGTERM`, to its process group: an end that comes of it is a failure, unlike after
   * `cancel()`. Throws `EBUSY` before it runs, `ESTALE` once it has ended.
   */
  kill(signal?: NodeJS.Signals | number): void;
}

export interface GroupInfo {
  name: string; group: Handle; parent?: Handle; owner?: Handle; state: GroupState; isEnding: boolean;
  children: number; spawned: number; live: number; pending: number; queued: number; succeeded: number; failed: number;
  cancelled: number; abandoned: number; late: number; killed: number; refused: number; peak: number;
  createdMs: number; graceMs: number; cancelWaitMs: number; deadlineMs?: number; phaseLeftMs?: number;
  oldestAgeMs?: number;
}

export interface TaskInfo {
  name: string; type?: string; task: Handle; group: Handle; state: TaskState; ageMs: number;
  isCancelRequested: boolean; isKilled: boolean; reason?: string; originator?: Handle; spawner?: Handle;
  place?: string;
}

export interface ReportRow {
  group: Handle; parent?: Handle; name: string;
  /** As `/app/http`. */
  path: string;
  state: GroupState; waitedFor?: Handle; begunMs?: number; drainMs?: number; cancelMs?: number; closedMs?: number;
  drained: number; cancelled: number; failed: number; refused: number; abandoned: number; killed: number;
  originator?: Handle;
}

export interface PlanStep {
  group: Handle; waitsFor?: Handle; beginMs: number; cancelMs: number; closedMs: number; isCritical: boolean;
}

export interface BlameRow {
  group: Handle; name: string; heldMs: number; abandoned: number; task?: Handle; taskName?: string;
  taskHeldMs: number;
}

export interface FailureRow {
  name: string; status: Code; code: number; message: string; count: number; firstMs: number; lastMs: number;
}

export interface HistoryRow {
  task: Handle; name: string; status: Code; code: number; spawner?: Handle; originator?: Handle; spawnedMs: number;
  endedMs: number; cancelRequested: boolean; neverRan: boolean; abandoned: boolean; killed: boolean;
}

/** A picture in the format of `spec/snapshot.md`. */
export interface Snapshot {
  version: number; runtimes: number; unanswered: number;
  groups: {
    group: Handle; parent: Handle; owner: Handle; runtime: number; name: string; state: GroupState; ending: 0 | 1;
    age_ns: number; phase_left_ns: number; spawned: number; succeeded: number; failed: number; cancelled: number;
    abandoned: number; refused: number;
    tasks: {
      task: Handle; name: string; type: string; state: TaskState; age_ns: number; cancel_requested: 0 | 1;
      spawner: Handle;
    }[];
  }[];
}

/** What {@link Group.events} emits: observations, which change nothing. */
export interface GroupEvents {
  /** A task of the group failed. */
  failure: [error: unknown, task: Task | OpenTask];
  drain: [];
  closed: [report: ReportRow[]];
}

/** A node of the tree: owns tasks and child groups. Made by {@link Group.group}; {@link root} is there. */
export class Group implements HasHandle, AsyncDisposable {
  private constructor();
  readonly handle: Handle;
  readonly parent?: Group;
  readonly name: string;
  /** As `/app/http`. */
  readonly path: string;
  readonly state: GroupState;
  readonly isClosed: boolean;
  /** An emitter, made when it is first asked for. */
  readonly events: EventEmitter<GroupEvents>;

  /** Makes a child group. */
  group(options?: GroupOptions): Group;
  /**
   * Puts a task into the group. The function is called on a later turn of the loop, never inside this call, with the
   * task itself. Throws `ECLOSED` or `EFULL` if the group does not take it.
   */
  spawn<T>(fn: (task: Task<T>) => PromiseLike<T> | T, options?: SpawnOptions): Task<T>;
  /** A task of callbacks. */
  open(callbacks: Callbacks, options?: SpawnOptions & { type?: string }): OpenTask;
  /**
   * A task that calls `fire` after a time, or every so often. What it throws ends the timer; a task that it returns is
   * the one to which `overlap` applies. It must not return a promise.
   */
  timer(fire: (timer: Timer) => HasHandle | void, options: TaskOptions & {
    afterMs?: number; everyMs?: number; overlap?: 'skip' | 'allow' | 'replace';
    done?(timer: OpenTask, outcome: Outcome): void;
  }): Timer;
  /**
   * A queue. A message is handled when `handle` has returned, or when the task that it returned is over; what it throws
   * ends the queue, and it must not return a promise. Messages that are left are each given to `drop`.
   */
  queue<M>(handle: (message: M, queue: Queue<M>) => HasHandle | void, options: TaskOptions & {
    capacity: number; atOnce?: number; drop?(message: M, queue: Queue<M>): void; hasRoom?(queue: Queue<M>): void;
    done?(queue: OpenTask, outcome: Outcome): void;
  }): Queue<M>;
  /**
   * A child process: a program, which is looked up in `PATH`, and its arguments. When the group drains it is sent its
   * drain signal; when it still runs at the end of the cancel wait it is killed, with all that it has started.
   */
  spawnProcess(argv: readonly string[], options?: ProcessOptions): Process;
  /** Declares that this group is closed before a sibling begins to drain. Throws `ECYCLE` with the circle. */
  stopsBefore(later: HasHandle): void;
  /**
   * Begins the shutdown, at once, and resolves with the report when the group is closed. Again: limits can be
   * shortened and the end forced. Throws `ESTALE` of a group that is gone. Rejects with `EDEADLK` if the current task
   * is part of the group; the shutdown goes on all the same, and who does not wait need not catch.
   */
  shutdown(options?: ShutdownOptions): Promise<ReportRow[]>;
  /** As {@link Group.shutdown}, without beginning it. */
  whenClosed(): Promise<ReportRow[]>;
  /** Shuts it down and waits: for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** Keeps the process alive while the group is open, also when it is idle. */
  ref(): this;
  unref(): this;

  info(): GroupInfo;
  /** The child groups, oldest first; one that was made by another language is its handle. */
  groups(): (Group | Handle)[];
  /** The tasks that have not ended, oldest first. */
  tasks(): Handle[];
  abandoned(): Handle[];
  /** The most frequent types and names among the tasks here and below. */
  names(capacity?: number): { type?: string; name: string; count: number }[];
  failures(): FailureRow[];
  history(): HistoryRow[];
  /** What a shutdown would do in the worst case. */
  plan(): PlanStep[];
  /** What the shutdown has done so far. */
  report(): ReportRow[];
  /**
   * Who held the shutdown up. Throws `EBUSY` until the group is closed. Once it is gone, both are what was there when
   * it was closed if its shutdown was asked or waited for; else they throw `ESTALE`.
   */
  blame(): BlameRow[];
  snapshot(): Snapshot;
}

/** A tree of groups on this thread's loop. Most programs use {@link root} and make none. */
export class Runtime {
  /** @param options `manualClock`: time stands still until {@link Runtime.advance} moves it */
  constructor(options?: { manualClock?: boolean; root?: GroupOptions });
  readonly root: Group;
  /** The runtime's clock: monotonic. */
  now(): number;
  /** Moves a manual clock in steps of a millisecond; promises settle at each at which something happened. */
  advance(ms: number): Promise<void>;
  /** Moves it at once, through every instant exactly; promises settle after it. */
  advanceSync(ms: number): void;
  /** Where its `ptg_runtime` is, for another language in the process and on this thread; `0n` once it is closed. */
  readonly address: bigint;
  /** A way in for other threads. */
  remote(): Remote;
  /** The object of a handle, which may be another language's. */
  groupOf(handle: Handle): Group;
  taskOf(handle: Handle): Task | OpenTask;
  /** Calls `over` once, when a group or task is done with. `waiter` is who waits: `EDEADLK` if it waits for itself. */
  watch(target: HasHandle, over: (outcome: Outcome) => void, options?: { waiter?: HasHandle }): HasHandle;
  unwatch(watch: HasHandle): void;
  /** Ends it. Throws `EBUSY` unless the root is closed. */
  close(): void;
}

/**
 * A way into the runtime of another thread. It can be sent there with `postMessage()` or as `workerData`; what is
 * received is a plain object, of which `new Remote(received)` makes one again. Nothing has to be given back, whatever
 * ends first.
 */
export class Remote {
  constructor(sent: { readonly id: number });
  readonly id: number;
  /**
   * Begins a shutdown there, soon; there is nobody to tell if that fails, as of a group that is gone. Throws `ECLOSED`
   * if the runtime is over, `EFULL` if too much is on its way.
   */
  shutdown(
    group: HasHandle | Handle, options?: Omit<ShutdownOptions, 'originator'> & { originator?: HasHandle | Handle },
  ): void;
  /** Asks a task there to end; likewise. On whose behalf has to be named: what runs here is not of that runtime. */
  cancel(task: HasHandle | Handle, reason?: string, options?: { originator?: HasHandle | Handle }): void;
}

/** The runtime of this thread, made when it is first asked for. It ends with the thread. */
export function runtime(): Runtime;
/** The root group of {@link runtime}. */
export function root(): Group;
/** The task on whose behalf code runs, through every `await`. */
export function currentTask(): Task<unknown> | OpenTask | undefined;
/** Its group; or the group whose handler or hook runs. */
export function currentGroup(): Group | undefined;
/** A picture of every runtime of the process, of whatever language; those that do not answer in time are counted. */
export function snapshot(options?: { timeoutMs?: number }): Snapshot;
