import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Runtime, root, runtime, snapshot } from 'ptg';
import { manual } from './helpers.js';

const TYPE = 'ERR_INVALID_ARG_TYPE', VALUE = 'ERR_INVALID_ARG_VALUE', RANGE = 'ERR_OUT_OF_RANGE';

const group = root().group({ name: 'checks' });
const task = () => group.open({});
const queue = () => group.queue(() => {}, { capacity: 1 });
const nothing = () => {};

const cases = {
  'a group': [
    [() => group.group({ graceMs: '3' }), TYPE,
      'The "options.graceMs" property must be of type number. Received type string (\'3\')'],
    [() => group.group({ graceMs: -1 }), RANGE,
      'The value of "options.graceMs" is out of range. It must be a number >= 0, or Infinity. Received -1'],
    [() => group.group({ cancelWaitMs: NaN }), RANGE,
      'The value of "options.cancelWaitMs" is out of range. It must be a number >= 0, or Infinity. Received NaN'],
    [() => group.group({ deadlineMs: null }), TYPE,
      'The "options.deadlineMs" property must be of type number. Received null'],
    [() => group.group({ maxTasks: -1 }), RANGE,
      'The value of "options.maxTasks" is out of range. It must be an integer >= 1. Received -1'],
    [() => group.group({ maxTasks: 0 }), RANGE, /maxTasks.* >= 1\. Received 0$/],
    [() => group.group({ maxQueued: 1.5 }), RANGE, /maxQueued.* Received 1\.5$/],
    [() => group.group({ history: Infinity }), RANGE, /history.* >= 0\. Received Infinity$/],
    [() => group.group({ history: 2 ** 53 }), RANGE, /history/],
    [() => group.group({ whenFull: 'panic' }), VALUE,
      "The property 'options.whenFull' must be one of: 'refuse', 'queue', 'replace_oldest'. Received 'panic'"],
    [() => group.group({ onFailure: 1 }), VALUE, /^The property 'options\.onFailure' must be one of: .* Received 1$/],
    [() => group.group({ name: 5 }), TYPE, /options\.name.*string.*\(5\)$/],
    [() => group.group({ name: 'a\0b' }), VALUE, /options\.name.*without null bytes/],
    [() => group.group({ name: '\u00e9'.repeat(128) }), RANGE,
      'The value of "options.name" is out of range. It must be at most 255 bytes long. Received 256 bytes'],
    [() => group.group({ parallel: 1 }), TYPE, /options\.parallel.*boolean/],
    [() => group.group({ owner: 7 }), TYPE,
      'The "options.owner" property must be a group or a task. Received type number (7)'],
    [() => group.group({ onError: {} }), TYPE,
      'The "options.onError" property must be of type function. Received an instance of Object'],
    [() => group.group({ gracems: 3 }), VALUE, /^There is no property 'options\.gracems'\. There are: name, graceMs, /],
    [() => group.group({ toString: 3 }), VALUE, /^There is no property 'options\.toString'/],
    [() => group.group('name'), TYPE, /^The "options" argument must be of type object/],
    [() => group.group(['name']), TYPE, /^The "options" argument must be of type object.*of Array$/],
    [() => group.group(Object.create({ gracems: 3 })), VALUE, /'options\.gracems'/],
    [() => group.group(Object.create({ graceMs: -3 })), RANGE, /options\.graceMs/],
    [() => group.group(null), TYPE, 'The "options" argument must be of type object. Received null'],
    [() => group.stopsBefore('other'), TYPE, /^The "later" argument must be a group or a task/],
    [() => group.names(-1), RANGE, /"capacity"/],
  ],
  'a shutdown': [
    [() => group.shutdown({ forced: true }), VALUE, /'options\.forced'/],
    [() => group.shutdown({ force: 'yes' }), TYPE, /options\.force/],
    [() => group.shutdown({ originator: 5 }), TYPE, /options\.originator/],
    [() => group.shutdown({ deadlineMs: -0.5 }), RANGE, /options\.deadlineMs.* Received -0\.5$/],
  ],
  'a task': [
    [() => group.spawn('text'), TYPE,
      'The "fn" argument must be of type function. Received type string (\'text\')'],
    [() => group.spawn(nothing, { nam: 'x' }), VALUE, /'options\.nam'/],
    [() => group.spawn(nothing, { spawner: 3 }), TYPE, /options\.spawner/],
    [() => group.spawn(nothing, { cleanup: 0 }), TYPE, /options\.cleanup/],
    [() => group.open(null), TYPE, /"callbacks"/],
    [() => group.open({ drain: 'soon' }), TYPE, /callbacks\.drain/],
    [() => group.open({}, { type: 3 }), TYPE, /options\.type/],
    [() => task().cancel(new Error('no text')), TYPE, 'The "reason" argument must be of type string. ' +
      'Received an instance of Error'],
    [() => task().cancel('x'.repeat(256)), RANGE, /"reason"/],
    [() => task().cancel('x', { originator: null }), TYPE, /options\.originator/],
    [() => task().extendGrace(Infinity), RANGE, /"ms".*finite.* Received Infinity$/],
    [() => task().sleep('1'), TYPE, /"ms"/],
    [() => task().sleep(NaN), RANGE, /"ms"/],
    [() => task().finish(undefined, { code: 2 ** 32 }), RANGE, /outcome\.code.* 32 bits/],
    [() => task().cancel('x', { originator: { handle: NaN } }), TYPE, /options\.originator/],
    [() => task().finish(undefined, { value: 2n ** 64n }), RANGE, /outcome\.value.* 64 bits/],
    [() => task().finish(undefined, { value: 0.5 }), RANGE, /outcome\.value/],
    [() => task().finish(undefined, { message: 5 }), TYPE, /outcome\.message/],
  ],
  'a timer or a queue': [
    [() => group.timer(nothing), 'ERR_MISSING_OPTION', 'A timer needs the option "afterMs" or "everyMs"'],
    [() => group.timer(undefined, { everyMs: 1 }), TYPE, /"fire" argument/],
    [() => group.timer(nothing, { everyMs: 0 }), RANGE, /options\.everyMs.* > 0\. Received 0$/],
    [() => group.timer(nothing, { afterMs: Infinity }), RANGE, /options\.afterMs/],
    [() => group.timer(nothing, { everyMs: 1, overlap: 'x' }), VALUE, /'skip', 'allow', 'replace'\. Received 'x'$/],
    [() => group.queue(nothing), TYPE,
      'The "options.capacity" property must be of type number. Received undefined'],
    [() => group.queue(nothing, { capacity: 0 }), RANGE, /options\.capacity.* >= 1/],
    [() => group.queue(nothing, { capacity: 1, atOnce: Infinity }), RANGE, /options\.atOnce/],
    [() => queue().push(1, { pusher: 'me' }), TYPE, /options\.pusher/],
  ],
  'a runtime': [
    [() => new Runtime({ manual: true }), VALUE, /'options\.manual'\. There are: manualClock, root/],
    [() => new Runtime({ root: { graceMs: true } }), TYPE, /options\.root\.graceMs/],
    [() => runtime().groupOf(-1), RANGE, /"handle"/],
    [() => runtime().taskOf('1'), TYPE, /"handle"/],
    [() => runtime().watch({}, nothing), TYPE, /"target"/],
    [() => runtime().watch(group, undefined), TYPE, /"over"/],
    [() => runtime().watch(group, nothing, { waiter: 3 }), TYPE, /options\.waiter/],
    [() => runtime().watch({ handle: -1 }, nothing), TYPE, /"target"/],
    [() => runtime().unwatch(), TYPE, 'The "watch" argument must be what watch() returned. Received undefined'],
    [() => runtime().unwatch({ handle: 0.5 }), TYPE, /"watch"/],
    [() => snapshot({ timeoutMs: Infinity }), RANGE, /options\.timeoutMs/],
    [() => snapshot({ timeout: 1 }), VALUE, /'options\.timeout'/],
  ],
};

for (const [name, rows] of Object.entries(cases)) {
  test(`what ${name} is given is checked, and named when it is wrong`, () => {
    const { spawned, live } = group.info();
    for (const [call, code, message] of rows) {
      assert.throws(call, { name: code === RANGE ? 'RangeError' : 'TypeError', code, message });
    }
    assert.equal(group.groups().length, 0);
    const made = rows.filter(([call]) => /(task|queue)\(\)\./.test(call)).length;
    assert.deepEqual([group.info().spawned - spawned, group.info().live - live], [made, made]);
    assert.equal(group.state, 'open');
  });
}

test('a clock is moved by a length of time', async (t) => {
  await assert.rejects(manual(t).advance(-1), { name: 'RangeError', code: RANGE });
  assert.throws(() => manual(t).advanceSync(Infinity), { code: RANGE });
});

test('a runtime that is closed says so', async () => {
  const over = new Runtime({ manualClock: true });
  const inner = over.root.group();
  const stuck = inner.spawn(() => new Promise(() => {}));
  await over.advance(0);
  const waited = assert.rejects(stuck.result, { code: 'ECANCELED' });
  over.root.shutdown({ force: true, cancelWaitMs: 0 });
  await over.advance(1);
  over.close();
  await waited;
  over.close();
  const closed = { code: 'ECLOSED', message: 'the runtime is closed' };
  for (const call of [() => over.now(), () => inner.spawn(nothing), () => stuck.info(), () => over.root.info(),
    () => over.root.open({}), () => over.advanceSync(1)]) assert.throws(call, closed);
  await assert.rejects(over.advance(1), closed);
  await assert.rejects(over.groupOf(1).whenClosed(), closed);
});

test('what is not given is as if it were left out, and Infinity is no bound', async () => {
  const inner = group.group({ name: undefined, graceMs: undefined, maxTasks: Infinity, maxQueued: Infinity });
  await inner.spawn(() => {}, { name: undefined, observed: undefined }).result;
  await inner.shutdown({ force: undefined, graceMs: Infinity });
});

test('lengths past all bounds are as long as there is', async (t) => {
  const { root: top } = manual(t);
  const inner = top.group({ graceMs: 1e300 });
  assert.ok(inner.info().graceMs > 1e12);
  inner.open({}).sleep(1e300);
  inner.timer(nothing, { everyMs: 1e-300 });
});
