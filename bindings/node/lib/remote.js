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

const handleOf = (target) => target?.handle ?? target;

export class Remote {
  constructor(sent) {
    checks.remote.check(sent, 'sent');
    this.id = sent.id;
  }

  shutdown(group, options = {}) {
    checks.target.check(group, 'group');
    checks.ofRemoteShutdown.check(options);
    const given = shutdownOptions(options, handleOf(options.originator));
    check(addon.remoteShutdown({ ...given, id: this.id, group: handleOf(group) }), checks.ofRemoteShutdown, options);
  }

  cancel(task, reason, options = {}) {
    checks.target.check(task, 'task');
    if (reason !== undefined) checks.text.check(reason, 'reason');
    checks.ofRemoteCancel.check(options);
    const given = { id: this.id, task: handleOf(task), reason, originator: handleOf(options.originator) };
    check(addon.remoteCancel(given), checks.text, reason ?? '', 'reason');
  }
}
