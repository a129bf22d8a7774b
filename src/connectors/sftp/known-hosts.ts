import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A line of known_hosts(5): whom it is about, and which key it tells of. */
interface Known {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  readonly names: string;
  readonly type: string;
  /** The key as it goes over the wire, in base64. */
  readonly key: string;
}

/**
 * What known_hosts says of a server's key.
 *
 *     known       this key is the server's
 *     changed     another key of this type is
 *     other-type  only keys of other types are
 *     revoked     this key is nobody's any more
 *     authority   only an authority that signs keys is named, which cannot be asked here
 *     unknown     nothing
 */
export type Verdict = 'known' | 'changed' | 'other-type' | 'revoked' | 'authority' | 'unknown';

export class KnownHosts {
  private readonly lines: readonly Known[];

  /** The texts of all files that count. */
  constructor(texts: readonly string[]) {
    this.lines = texts.flatMap(text => text.split('\n').flatMap(line => parse(line) ?? []));
  }

  /** `name` is `host`, or `[host]:port` where that is not 22. */
  verdict(name: string, key: Buffer): Verdict {
    const about = this.about(name);
    const [type, encoded] = [typeOf(key), key.toString('base64')];
    const isKey = (one: Known) => one.key === encoded;
    if (about.some(one => one.marker === 'revoked' && isKey(one))) return 'revoked';
    const keys = about.filter(({ marker }) => marker === undefined);
    if (keys.some(isKey)) return 'known';
    if (keys.some(one => one.type === type)) return 'changed';
    if (keys.length > 0) return 'other-type';
    return about.some(({ marker }) => marker === 'cert-authority') ? 'authority' : 'unknown';
  }

  /** The types of the keys that a server is known by: those are to be asked for, as ssh does. */
  types(name: string): string[] {
    return [...new Set(this.about(name).flatMap(({ marker, type }) => (marker === undefined ? [type] : [])))];
  }

  private about(name: string): Known[] {
    return this.lines.filter(({ names }) => isNamed(names, name.toLowerCase()));
  }
}

function parse(line: string): Known | undefined {
  const words = line.trim().split(/[ \t]+/);
  if (words[0] === undefined || words[0] === '' || words[0].startsWith('#')) return undefined;
  const marker = words[0].startsWith('@') ? words.shift()!.slice(1) : undefined;
  const [names, type, key] = words;
  if (names === undefined || type === undefined || key === undefined) return undefined;
  if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return undefined;
  // The key itself says of which type it is; a line whose two words differ is of no use to anybody.
  if (typeOf(Buffer.from(key, 'base64')) !== type) return undefined;
  return { marker, names, type, key };
}

/** The first string in a key as it goes over the wire. */
export function typeOf(key: Buffer): string {
  if (key.length < 4) return '';
  return key.subarray(4, 4 + Math.min(key.readUInt32BE(0), key.length - 4)).toString('latin1');
}

function isNamed(names: string, name: string): boolean {
  if (names.startsWith('|')) return isHash(names, name);
  const patterns = names.toLowerCase().split(',');
  const matching = (pattern: string) => matches(pattern, name);
  // One that is ruled out is ruled out by the whole line, wherever that stands in it.
  if (patterns.some(pattern => pattern.startsWith('!') && matching(pattern.slice(1)))) return false;
  return patterns.some(matching);
}

/** `|1|salt|hash`: HMAC-SHA1 of the name. */
function isHash(names: string, name: string): boolean {
  const [, sort, salt = '', hash = ''] = names.split('|');
  if (sort !== '1') return false;
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  const wanted = Buffer.from(hash, 'base64');
  return found.length === wanted.length && timingSafeEqual(found, wanted);
}

/** `*` stands for any characters, `?` for one; a bracket is itself. */
function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
