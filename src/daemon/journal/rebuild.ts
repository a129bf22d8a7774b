import type { Failure } from '../../core/failure.ts';
import { asHead, type Head, newHead } from './head.ts';
import { readMark } from './mark.ts';
import { pack, unpack, unpackUnder } from './packed.ts';
import { factAt, lost, recordAt } from './reading.ts';
import { seal } from './seal.ts';
import { openTables, type Tables } from './tables.ts';

/** What a rebuild brought over, and what it could not. */
export interface Rebuilt {
  readonly records: number;
  readonly facts: number;
  readonly revisions: number;
  readonly failures: readonly Failure[];
}

/** So many writes are under way at most, so that a large store does not stand twice in memory. */
const UNDER_WAY = 500;

/**
 * Copies everything that proves itself from a store that may be damaged into a new one, and seals
 * that. May end the process, by lmdb: to be called in a child.
 */
export async function rebuild(from: string, to: string): Promise<Rebuilt> {
  const old = openTables(from, { readOnly: true });
  const fresh = openTables(to)!;
  const failures: Failure[] = [];
  const copied = { records: 0, facts: 0, revisions: 0 };
  if (old === undefined) failures.push(lost('', 'a part of the store is missing'));
  else {
    const heads = new Map<string, Head>();
    copied.records = await copy(old.records, failures, (key, value) => {
      const record = recordAt(key, value);
      if (record === undefined) return undefined;
      const head = heads.get(record.relationship) ?? {
        ...newHead(record.relationship),
        first: record.number,
      };
      heads.set(record.relationship, { ...head, last: record.number, at: record.at });
      return fresh.records.put([record.relationship, record.number], Buffer.from(value));
    });
    copied.facts = await copy(old.facts, failures, (key, value) =>
      factAt(key, value) === undefined ? undefined : fresh.facts.put(key as never, Buffer.from(value)),
    );
    copied.revisions = await copy(old.revisions, failures, (key, value) =>
      unpackUnder(key, value) === undefined
        ? undefined
        : fresh.revisions.put(key as never, Buffer.from(value)),
    );
    await copyHeads(old, fresh, heads, failures, await readMark(from));
  }
  await fresh.root.flushed;
  await fresh.root.close();
  await seal(to);
  return { ...copied, failures };
}

/** Goes through one table; what `put` refuses is counted as damaged, and what cannot be reached is said. */
async function copy(
  table: Tables['records'] | Tables['facts'] | Tables['revisions'],
  failures: Failure[],
  put: (key: readonly unknown[], value: Uint8Array) => Promise<boolean> | undefined,
): Promise<number> {
  let copied = 0;
  let seen = 0;
  const underWay: Promise<boolean>[] = [];
  try {
    for (const { key, value } of table.getRange({ snapshot: true }) as Iterable<{
      key: unknown;
      value: Uint8Array;
    }>) {
      seen++;
      const done = Array.isArray(key) ? put(key, value) : undefined;
      if (done === undefined) {
        const [relationship = '', number] = Array.isArray(key) ? key : [];
        failures.push(
          lost(String(relationship), `${String(number ?? 'an entry')} is damaged and was left out`),
        );
        continue;
      }
      copied++;
      underWay.push(done);
      if (underWay.length >= UNDER_WAY) await Promise.all(underWay.splice(0));
    }
    // lmdb keeps the number elsewhere than the entries, so that an emptied page is noticed.
    const { entryCount } = table.getStats() as { entryCount: number };
    if (seen !== entryCount) failures.push(lost('', `of ${entryCount} entries ${seen} are left`));
  } catch {
    failures.push(lost('', 'a part of it cannot be reached any more'));
  }
  await Promise.all(underWay);
  return copied;
}

/** Numbers are never given twice: a head that is damaged is made of the records that are left. */
async function copyHeads(
  old: Tables,
  fresh: Tables,
  counted: ReadonlyMap<string, Head>,
  failures: Failure[],
  mark: number,
): Promise<void> {
  let written = 0;
  const known = new Set<string>(counted.keys());
  const noted = new Map<string, Head>();
  try {
    for (const { key, value } of old.heads.getRange({})) {
      const head = asHead(unpack(value));
      if (head === undefined || head.relationship !== key) {
        failures.push(lost(String(key), 'the note of what it holds is damaged'));
        continue;
      }
      noted.set(key, head);
      known.add(key);
    }
  } catch {
    failures.push(lost('', 'a part of it cannot be reached any more'));
  }
  for (const name of known) {
    const [is, was] = [counted.get(name), noted.get(name)];
    if (was === undefined) failures.push(lost(name, 'the note of what it holds is missing'));
    if (was !== undefined && was.last >= was.first && (is?.last !== was.last || is.first !== was.first))
      failures.push(lost(name, 'records are missing'));
    await fresh.heads.put(name, pack(was ?? is));
    written += (was ?? is)!.last;
  }
  if (written < mark) failures.push(lost('', 'the newest records are missing'));
}
