import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AnyAuthMethod } from 'ssh2';
import type { Failure } from '../../core/failure.ts';
import { code } from '../file/place.ts';

/** As ssh looks for them. */
const DEFAULTS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

type ParseKey = (text: Buffer) => unknown;

/**
 * The ways to log in, in the order in which they are tried: the key that was named, and no other; else the agent's, and
 * those that lie where ssh looks. A key with a passphrase is the agent's to use. Never a password.
 */
export async function waysIn(
  username: string,
  key: string | undefined,
  parse: ParseKey,
  env: NodeJS.ProcessEnv = process.env,
): Promise<AnyAuthMethod[] | Failure> {
  if (key !== undefined) {
    const found = await keyIn(key, parse);
    return Buffer.isBuffer(found) ? [{ type: 'publickey', username, key: found }] : unusable(key, found);
  }
  const ways: AnyAuthMethod[] = [];
  const agent = env.SSH_AUTH_SOCK;
  if (agent !== undefined && agent !== '') ways.push({ type: 'agent', username, agent });
  for (const name of DEFAULTS) {
    const found = await keyIn(join(homedir(), '.ssh', name), parse);
    if (Buffer.isBuffer(found)) ways.push({ type: 'publickey', username, key: found });
  }
  if (ways.length > 0) return ways;
  return {
    failure: 'root-missing',
    message: `there is no key to log in with: no agent runs, and ~/.ssh has none of ${DEFAULTS.join(', ')} that needs no passphrase`,
    hint: 'make one with `ssh-keygen -t ed25519`, or name one as `key:` beside the url',
  };
}

/** Why a key cannot be used, in words; never anything of it. */
async function keyIn(file: string, parse: ParseKey): Promise<Buffer | string> {
  try {
    if (((await stat(file)).mode & 0o077) !== 0)
      return 'others than its owner may read or write it: chmod 600 it';
    const bytes = await readFile(file);
    const parsed = parse(bytes);
    if (!(parsed instanceof Error)) return bytes;
    return /passphrase/i.test(parsed.message)
      ? 'it has a passphrase: have it in an agent (ssh-add), and leave `key` out'
      : 'it is no private key that is understood';
  } catch (error) {
    return `it cannot be read (${code(error)})`;
  }
}

function unusable(file: string, why: string): Failure {
  return {
    failure: 'root-missing',
    message: `the key ${file} cannot be used: ${why}`,
    hint: 'see `key` beside the url',
  };
}
