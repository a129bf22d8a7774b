import type { RevisionKey, Tables } from './tables.ts';

export interface RevisionLimits {
  /** Of one path. */
  readonly perPath: number;
  /** Of all together, in bytes of the store. */
  readonly bytes: number;
}

/** A value of any length takes whole pages. */
const PAGE_BYTES = 4096;

export function bytesTaken(length: number): number {
  return Math.ceil((length + 64) / PAGE_BYTES) * PAGE_BYTES;
}

/**
 * Which versions of the primary's files are kept: a table of contents in memory, read from the keys
 * at the start, so that what has to go is known without reading anything.
 */
export class RevisionIndex {
  readonly #paths = new Map<string, RevisionKey[]>();
  #bytes = 0;
  #order = 0;

  constructor(keys: Iterable<RevisionKey>) {
    for (const key of keys) this.#add(key);
  }

  static of(tables: Tables): RevisionIndex {
    return new RevisionIndex(tables.revisions.getKeys());
  }

  get bytes(): number {
    return this.#bytes;
  }

  has(relationship: string, path: string, content: string): boolean {
    return this.#paths.get(`${relationship}/${path}`)?.some(key => key[3] === content) ?? false;
  }

  lists(key: RevisionKey): boolean {
    return this.#paths.get(`${key[0]}/${key[1]}`)?.includes(key) ?? false;
  }

  /** Takes in one more of `length` bytes, and says under which key, and which others have to go. */
  admit(
    revision: { readonly relationship: string; readonly path: string; readonly content: string },
    length: number,
    limits: RevisionLimits,
  ): { readonly key: RevisionKey; readonly gone: readonly RevisionKey[] } | undefined {
    const { relationship, path, content } = revision;
    const size = bytesTaken(length);
    if (size > limits.bytes) return undefined;
    const key: RevisionKey = [relationship, path, this.#order + 1, content, size];
    const own = this.#add(key);
    const gone: RevisionKey[] = [];
    while (own.length > limits.perPath) gone.push(this.#drop(own[0]!));
    while (this.#bytes > limits.bytes) gone.push(this.#drop(this.#victim(key)));
    return { key, gone };
  }

  /** The oldest that has a newer one of its path; when there is none, the oldest of all. */
  #victim(newest: RevisionKey): RevisionKey {
    let victim: RevisionKey | undefined;
    let last: RevisionKey | undefined;
    for (const keys of this.#paths.values()) {
      const [oldest] = keys;
      if (oldest === undefined || oldest === newest) continue;
      if (keys.length > 1 && (victim === undefined || oldest[2] < victim[2])) victim = oldest;
      if (last === undefined || oldest[2] < last[2]) last = oldest;
    }
    return victim ?? last!;
  }

  #add(key: RevisionKey): RevisionKey[] {
    const [relationship, path, order, , size] = key;
    const name = `${relationship}/${path}`;
    const keys = this.#paths.get(name) ?? [];
    keys.push(key);
    this.#paths.set(name, keys);
    this.#bytes += size;
    this.#order = Math.max(this.#order, order);
    return keys;
  }

  #drop(key: RevisionKey): RevisionKey {
    const name = `${key[0]}/${key[1]}`;
    const keys = this.#paths.get(name)!;
    keys.splice(keys.indexOf(key), 1);
    if (keys.length === 0) this.#paths.delete(name);
    this.#bytes -= key[4];
    return key;
  }
}
