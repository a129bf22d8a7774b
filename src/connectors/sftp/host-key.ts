import { readFile } from 'node:fs/promises';
import type { Failure } from '../../core/failure.ts';
import { code } from '../file/place.ts';
import { fingerprintOf, KnownHosts, typeOf, type Verdict } from './known-hosts.ts';
import { type Address, knownAs } from './url.ts';

/** How it is told that a server is the right one: by a fingerprint, or by these files. */
export interface Trust {
  /** `SHA256:...`; then no file counts. */
  readonly hostKey?: string;
  readonly knownHosts: readonly string[];
}

/** What a server shows is looked up there, and nowhere else. */
export interface Judge {
  /** The types of keys to ask for; none: any. */
  readonly types: readonly string[];
  /** Why this key is not the server's; undefined: it is. */
  refuse(key: Buffer): Failure | undefined;
}

/** Reads the files now: each connection goes by what stands in them when it is made. */
export async function judgeFor(address: Address, trust: Trust): Promise<Judge | Failure> {
  const { hostKey, knownHosts } = trust;
  if (hostKey !== undefined) return { types: [], refuse: key => pinned(address, hostKey, key) };
  const texts: string[] = [];
  for (const file of knownHosts) {
    try {
      texts.push(await readFile(file, 'utf8'));
    } catch (error) {
      if (code(error) !== 'ENOENT') return unread(file, error);
    }
  }
  const known = new KnownHosts(texts);
  const name = knownAs(address);
  return {
    types: known.types(name),
    refuse: key => {
      const verdict = known.verdict(name, key);
      return verdict === 'known' ? undefined : refused(address, knownHosts, key, verdict);
    },
  };
}

/** Then nothing is known of any host: also a key that another file knows may be revoked in this one. */
function unread(file: string, error: unknown): Failure {
  return {
    failure: 'host-key',
    message: `the file of known hosts ${file} cannot be read (${code(error) ?? (error as Error).message}): no host key is trusted`,
    hint: 'let the user that runs warmspare read it, or name another one as `known-hosts:` beside the url',
  };
}

function pinned(address: Address, wanted: string, key: Buffer): Failure | undefined {
  const found = fingerprintOf(key);
  if (found === wanted.replace(/=+$/, '')) return undefined;
  return {
    failure: 'host-key',
    message: `${knownAs(address)} shows the ${typeOf(key)} key ${found}, and \`host-key\` names ${wanted}: nothing was sent to it`,
    hint: `ask whoever runs ${address.host} whether its key is another one now; on it, \`${ON_IT}\` prints what it is`,
  };
}

const ON_IT = 'for k in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$k"; done';

const WHY: Readonly<Record<Exclude<Verdict, 'known'>, string>> = {
  changed: 'another key of this type is known: the server was set up anew, or somebody stands in between',
  'other-type': 'only keys of other types are known',
  revoked: 'that key is revoked',
  authority: 'only a @cert-authority is named, and certificates of hosts are not supported',
  unknown: 'no key of it is known',
};

function refused(
  address: Address,
  files: readonly string[],
  key: Buffer,
  verdict: Exclude<Verdict, 'known'>,
): Failure {
  const [name, file = '~/.ssh/known_hosts'] = [knownAs(address), files[0]];
  const isNew = verdict !== 'changed' && verdict !== 'revoked';
  const port = address.port === 22 ? '' : `-p ${address.port} `;
  const scan = `ssh-keyscan ${port}${address.host} >> ${file}`;
  return {
    failure: 'host-key',
    message: `${name} shows the ${typeOf(key)} key ${fingerprintOf(key)}; in ${files.join(' and ')} ${WHY[verdict]}: nothing was sent to it`,
    hint: isNew
      ? `compare it with what \`${ON_IT}\` prints on ${address.host}; where it is the same: \`${scan}\``
      : `ask whoever runs ${address.host}; only where the new key is right: \`ssh-keygen -R '${name}' -f ${file}\`, then \`${scan}\``,
  };
}
