import type { Failure } from '../../core/failure.ts';
import { asFact, type Fact } from './facts.ts';
import { asHead, type Head } from './head.ts';
import { interleaved } from './interleaved.ts';
import { unpack, unpackUnder } from './packed.ts';
import { asRecord, type JournalEvent, type JournalRecord } from './record.ts';
import { pathHash, type RevisionKey, type Tables } from './tables.ts';

/** Which records are wanted, newest first. */
export interface Query {
  /** Absent: of all relationships, and of the daemon itself. */
  readonly relationships?: readonly string[];
  /** Absent: of all types. */
  readonly types?: readonly JournalEvent['type'][];
  readonly limit?: number;
}

/** Records as they were written; what is damaged or missing is a failure, and left out. */
export interface Page {
  readonly records: readonly JournalRecord[];
  readonly failures: readonly Failure[];
}

export function readPage(tables: Tables, query: Query): Page {
  const failures: Failure[] = [];
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  const lists = (query.relationships ?? relationshipsOf(tables)).map(relationship =>
    readOne(tables, relationship, query.types, limit, failures),
  );
  return { records: interleaved(lists).slice(0, limit), failures };
}

export function relationshipsOf(tables: Tables): string[] {
  return [...tables.heads.getKeys()].filter(key => typeof key === 'string');
}

/** How many records were ever written, by the store's own word. */
export function writtenIn(tables: Tables): number {
  return relationshipsOf(tables).reduce((sum, name) => sum + (readHead(tables, name)?.last ?? 0), 0);
}

export function readHead(tables: Tables, relationship: string): Head | undefined {
  const packed = tables.heads.get(relationship);
  const head = packed === undefined ? undefined : asHead(unpack(packed));
  return head?.relationship === relationship ? head : undefined;
}

function readOne(
  tables: Tables,
  relationship: string,
  types: Query['types'],
  limit: number,
  failures: Failure[],
): JournalRecord[] {
  const found: JournalRecord[] = [];
  const head = readHead(tables, relationship);
  if (head === undefined && tables.heads.doesExist(relationship)) {
    failures.push(lost(relationship, 'the note of what it holds is damaged'));
  }
  // Numbers have no gap, so that one who is absent is noticed.
  let expected = head?.last;
  for (const { key, value } of recordsOf(tables, relationship, true)) {
    if (found.length >= limit) return found;
    const number = key[1];
    if (expected !== undefined && number !== expected)
      failures.push(lost(relationship, `${spanOf(number + 1, expected)} missing`));
    expected = number - 1;
    const record = recordAt(key, value);
    if (record === undefined)
      failures.push(lost(relationship, `record ${number} is damaged and was left out`));
    else if (types === undefined || types.includes(record.event.type)) found.push(record);
  }
  if (head !== undefined && found.length < limit && expected !== undefined && expected >= head.first)
    failures.push(lost(relationship, `${spanOf(head.first, expected)} missing`));
  return found;
}

export function recordsOf(tables: Tables, relationship: string, reverse: boolean) {
  const [low, high] = [
    [relationship, 0],
    [relationship, Number.MAX_SAFE_INTEGER],
  ] as [[string, number], [string, number]];
  return tables.records.getRange(reverse ? { start: high, end: low, reverse } : { start: low, end: high });
}

/** The record that a key finds, if it is the one that was put there. */
export function recordAt(key: readonly unknown[], value: Uint8Array): JournalRecord | undefined {
  const record = asRecord(unpack(value));
  const isOwn = record !== undefined && record.relationship === key[0] && record.number === key[1];
  return isOwn ? record : undefined;
}

/** The fact that a key finds, if it is the one that was put there. */
export function factAt(key: readonly unknown[], value: Uint8Array): Fact | undefined {
  const fact = asFact(unpack(value));
  const isOwn =
    fact !== undefined &&
    fact.relationship === key[0] &&
    fact.kind === key[1] &&
    pathHash(fact.path) === key[2];
  return isOwn ? fact : undefined;
}

export function readFacts(tables: Tables, relationship: string): { facts: Fact[]; failures: Failure[] } {
  const facts: Fact[] = [];
  const failures: Failure[] = [];
  for (const { key, value } of tables.facts.getRange({
    start: [relationship, '', ''],
    end: [relationship, '\uffff', ''],
  })) {
    const fact = factAt(key, value);
    if (fact === undefined) failures.push(lost(relationship, `what it knew (${key[1]}) is damaged`));
    else facts.push(fact);
  }
  return { facts, failures };
}

/** The bytes of a path with that SHA-256, undefined where they are not kept or not what they were. */
export function readRevision(
  tables: Tables,
  relationship: string,
  path: string,
  content: string,
): Buffer | undefined {
  for (const key of revisionKeys(tables, relationship, pathHash(path))) {
    if (key[3] !== content) continue;
    const value = tables.revisions.get(key);
    const bytes = value === undefined ? undefined : unpackUnder(key, value);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

function revisionKeys(tables: Tables, relationship: string, path: string): RevisionKey[] {
  return [
    ...tables.revisions.getKeys({
      start: [relationship, path, 0, '', 0],
      end: [relationship, path, Number.MAX_SAFE_INTEGER, '', 0],
    }),
  ];
}

function spanOf(from: number, to: number): string {
  return from === to ? `record ${from} is` : `records ${from} to ${to} are`;
}

export function lost(relationship: string, what: string): Failure {
  return {
    failure: 'unreadable',
    message: `${relationship === '' ? 'the journal' : `the journal of ${relationship}`}: ${what}`,
    hint: 'nothing needs to be done: what was replicated is known from the backup’s ledger',
  };
}
