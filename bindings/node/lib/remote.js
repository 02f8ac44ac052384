// remote.js - a way into the runtime of another thread. All that it has is a
// number, which survives postMessage().
import { addon } from './addon.js';
import * as checks from './checks.js';
import { EINVAL, OK, errorOf } from './errors.js';
import { shutdownOptions } from './group.js';

const meanings = { ECLOSED: 'the runtime is closed', EFULL: 'too much is on its way to the runtime; try again' };

function check(status, sort, ...given) {
  if (status === OK) return;
  if (status === EINVAL) sort.range(...given);
  const { code } = errorOf(status);
  throw errorOf(status, meanings[code]);
}

const handleOf = (target) => target.handle ?? target;

export class Remote {
  constructor(sent) {
    checks.remote.check(sent, 'sent');
    this.id = sent.id;
  }

  shutdown(group, options = {}) {
    checks.target.check(group, 'group');
    checks.ofShutdown.check(options);
    const given = { ...shutdownOptions(options), id: this.id, group: handleOf(group) };
    check(addon.remoteShutdown(given), checks.ofShutdown, options);
  }

  cancel(task, reason) {
    checks.target.check(task, 'task');
    if (reason !== undefined) checks.text.check(reason, 'reason');
    check(addon.remoteCancel({ id: this.id, task: handleOf(task), reason }), checks.text, reason ?? '', 'reason');
  }
}
