import { posix } from 'node:path';
import type { Failure, Place } from '../../core/failure.ts';

/** A folder on another machine, as its URL names it. */
export interface Address {
  readonly user: string;
  /** In small letters; of an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Absolute there, without `..` and without `/` at its end. */
  readonly path: string;
}

const DEFAULT_PORT = 22;
const HINT = 'write it like sftp://user@host/folder, or sftp://user@host:2222/folder';

/** Takes a URL apart. `user` is who it is for where it names nobody. */
export function parseUrl(text: string, user: string, at?: Place): Address | Failure {
  const shown = withoutPassword(text);
  const place = at === undefined || shown === text ? at : withoutSource(at);
  const wrong = (why: string, hint = HINT): Failure => ({
    failure: 'config-invalid',
    message: `${shown} ${why}`,
    ...(place === undefined ? {} : { at: place }),
    hint,
  });
  let url: URL;
  let path: string;
  let named: string;
  try {
    url = new URL(text);
    path = decodeURIComponent(url.pathname);
    named = decodeURIComponent(url.username);
  } catch {
    return wrong('is no URL');
  }
  if (url.protocol !== 'sftp:' || url.hostname === '') return wrong('names no machine over SFTP');
  if (url.password !== '')
    return wrong(
      'holds a password: none is ever used',
      'use a key (`key:`) or an agent, and take it out of the file',
    );
  // As well `user:1/word@host`, of which no parser can tell that 1 is no port.
  if (/^\s*sftp:\/\/[^@/]*:\d*\/.*@/is.test(text))
    return wrong('may hold a password: none is ever used', 'write an @ in the folder as %40');
  if (url.search !== '' || url.hash !== '')
    return wrong('has something behind its folder', `${HINT}; # is %23, ? is %3F`);
  if (/[\u0000-\u001f\u007f]/.test(path)) return wrong('has a control character in its folder');
  if (/[/\u0000-\u0020\u007f]/.test(named)) return wrong('has a user whom no system knows');
  const folder = posix.normalize(path === '' ? '/' : path);
  return {
    user: named === '' ? user : named,
    host: url.hostname.replace(/^\[|\]$/g, '').toLowerCase(),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    path: folder.length > 1 && folder.endsWith('/') ? folder.slice(0, -1) : folder,
  };
}

/** What no message and no log may show. Up to the last `@`: nobody escapes what a generator made. */
function withoutPassword(text: string): string {
  return text.replace(/^(\s*[a-z]+:\/*[^:/]*):.*@/is, '$1:***@');
}

/** Without its line, which holds the same. */
function withoutSource({ source: _, ...place }: Place): Place {
  return place;
}

function hostNamed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The server as paths on it begin: one name for one session. */
export function serverName({ user, host, port }: Address): string {
  return `sftp:/${user}@${hostNamed(host)}:${port}`;
}

/** As the file connector knows the root. */
export function rootName(address: Address): string {
  return `${serverName(address)}${address.path === '/' ? '' : address.path}`;
}

/** For people. */
export function urlOf({ user, host, port, path }: Address): string {
  const at = port === DEFAULT_PORT ? '' : `:${port}`;
  return `sftp://${user}@${hostNamed(host)}${at}${path}`;
}

/** As known_hosts has it. */
export function knownAs({ host, port }: Pick<Address, 'host' | 'port'>): string {
  return port === DEFAULT_PORT ? host : `[${host}]:${port}`;
}
