import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';

/** Bytes as they lie in the store; every value is packed (see packed.ts). */
type Table<K extends (string | number)[] | string> = Database<Buffer, K>;

/** [relationship, number] */
export type RecordKey = [relationship: string, number: number];
/** [relationship, kind, hash of the path]: a path may be longer than a key. */
export type FactKey = [relationship: string, kind: string, pathHash: string];
/** [relationship, hash of the path, order, SHA-256 of the content, bytes taken] */
export type RevisionKey = [
  relationship: string,
  pathHash: string,
  order: number,
  content: string,
  size: number,
];

/** The store, opened. Keys are only ever a way to find a value: each value says itself what it is. */
export interface Tables {
  readonly root: RootDatabase<Buffer, string>;
  readonly records: Table<RecordKey>;
  /** By relationship: what its numbers are. */
  readonly heads: Table<string>;
  readonly facts: Table<FactKey>;
  readonly revisions: Table<RevisionKey>;
}

/** Address space, not memory or disk: large enough that the store is never mapped anew under a reader. */
const MAP_BYTES = 2 ** 31;

/**
 * Opens the store in this process, by code that trusts its pages: a damaged one can end the process.
 * Only for what is sound (see sound.ts), or in a child. Throws what lmdb throws; undefined where a table
 * is missing.
 */
export function openTables(folder: string, { readOnly = false } = {}): Tables | undefined {
  if (!readOnly) prepareFolder(folder);
  const root = open<Buffer, string>({
    path: folder,
    noSubdir: false,
    readOnly,
    encoding: 'binary',
    mapSize: MAP_BYTES,
    maxDbs: 4,
  });
  const table = <K extends (string | number)[] | string>(name: string) =>
    root.openDB<Buffer, K>({ name, encoding: 'binary' }) as Table<K> | undefined;
  const records = table<RecordKey>('records');
  const heads = table<string>('heads');
  const facts = table<FactKey>('facts');
  const revisions = table<RevisionKey>('revisions');
  if (!records || !heads || !facts || !revisions) {
    root.close();
    return undefined;
  }
  return { root, records, heads, facts, revisions };
}

/** lmdb makes its files with the mode of its own choice; empty ones of ours it takes as they are. */
function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of [DATA, 'lock.mdb']) closeSync(openSync(join(folder, name), 'a', 0o600));
}

export const DATA = 'data.mdb';

export function pathHash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 32);
}
