// requests.js - is a request well formed?
import { isKnown } from './made.js';
import { isStatus } from './words.js';

const ofType = (type) => (value) => (typeof value === type ? undefined : `not a ${type}`);
const integer = (value) => (Number.isInteger(value) || typeof value === 'bigint' ? undefined : 'not an integer');
const duration = (value) => (value === 'forever' || value === 'at_once' ? undefined : integer(value));
const reference = (value) => {
  if (Number.isInteger(value)) return undefined;
  return isKnown(value) ? undefined : `nothing is named ${value}`;
};
const oneOf = (...words) => (value) => (words.includes(value) ? undefined : `not known: ${value}`);
const tell = oneOf('drain', 'cancel', 'kill', 'error', 'closed');
const tells = (value) => (Array.isArray(value) ? value.map(tell).find(Boolean) : 'not a list');
const text = ofType('string'), flag = ofType('boolean');

const fields = {
  as: text, name: text, type: text, place: text, reason: text, cleanup: flag, observed: flag, remote: flag,
  events: flag, killable: flag, force: flag, parallel: flag, admits_anyone: flag, in: reference, group: reference,
  task: reference, queue: reference, watch: reference, first: reference, later: reference, on: reference,
  waiter: reference, owner: reference, spawner: reference, pusher: reference, originator: reference,
  grace: duration, cancel_wait: duration, deadline: duration, for: duration, by: duration, after: duration,
  every: duration, max_tasks: integer, max_queued: integer, history: integer, capacity: integer, at_once: integer,
  code: integer, value: integer, when_full: oneOf('refuse', 'queue', 'replace_oldest'),
  on_failure: oneOf('report', 'shutdown_group', 'shutdown_root'), overlap: oneOf('skip', 'allow', 'replace'),
  what: oneOf('groups', 'tasks', 'abandoned'), tells,
  status: (value) => (isStatus(value) ? undefined : `not known: ${value}`),
};

const needed = {
  hello: [], reset: [], time: [], current: [], destroy: [], group: ['as', 'in'], edge: ['first', 'later'],
  shutdown: ['group'], watch: ['as', 'on'], unwatch: ['watch'], spawn: ['as', 'in'], finish: ['task'],
  cancel: ['task'], sleep: ['task', 'for'], extend_grace: ['task', 'for'], list: ['what', 'group'],
  count_names: ['group', 'capacity'], failures: ['group'], history: ['group'], plan: ['group'], report: ['group'],
  blame: ['group'], snapshot: ['group'], advance: ['by'], timer: ['as', 'in'], timer_info: ['task'],
  queue: ['as', 'in', 'capacity'], push: ['queue', 'message'], queue_close: ['queue'], queue_info: ['queue'],
  info: [],
};

const messages = { push: integer, finish: text };
const notThere = ['remote', 'events', 'killable'];

// What is wrong with a request; undefined: nothing.
export function wrong(request) {
  if (!Object.hasOwn(needed, request.op)) return `no such operation: ${request.op}`;
  const missing = needed[request.op].find((field) => request[field] === undefined);
  if (missing) return `${missing}: left out`;
  if (request.op === 'info' && (request.group === undefined) === (request.task === undefined)) {
    return 'info: of one group or of one task';
  }
  for (const [field, value] of Object.entries(request)) {
    if (request.op === 'reset' && field === 'owner') continue;
    const check = field === 'message' ? messages[request.op] : fields[field];
    const why = check?.(value);
    if (why) return `${field}: ${why}`;
    if (notThere.includes(field) && value) return `${field}: not offered`;
  }
  return undefined;
}
