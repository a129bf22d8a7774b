import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type Failure, isFailure, type Place } from '../../core/failure.ts';
import { SftpTarget } from './target.ts';
import { parseUrl } from './url.ts';

/** A side as the configuration names it. */
interface Named {
  readonly url: string;
  readonly key?: string;
  readonly knownHosts?: string;
  readonly hostKey?: string;
  readonly source: Place;
}

/** Opens a backup by its URL, as ssh would where nothing else is said: this user, its keys, its known hosts. */
export function openUrl({ url, key, knownHosts, hostKey, source }: Named): SftpTarget | Failure {
  const address = parseUrl(url, userInfo().username, source);
  if (isFailure(address)) return address;
  return new SftpTarget(address, {
    knownHosts: knownHosts === undefined ? [join(homedir(), '.ssh/known_hosts'), SYSTEM] : [knownHosts],
    ...(key === undefined ? {} : { key }),
    ...(hostKey === undefined ? {} : { hostKey }),
  });
}

const SYSTEM = '/etc/ssh/ssh_known_hosts';
