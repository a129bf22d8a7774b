import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Failure, isFailure } from '../../../src/core/failure.ts';
import { type Journal, type JournalOptions, openJournal } from '../../../src/daemon/journal/journal.ts';
import { type JournalReader, openJournalReader } from '../../../src/daemon/journal/reader.ts';
import type { JournalEntry, JournalEvent } from '../../../src/daemon/journal/record.ts';

/** Runs work in a state folder of its own, removed whatever happens. */
export async function withState<T>(work: (state: string) => Promise<T>): Promise<T> {
  const state = mkdtempSync(join(tmpdir(), 'warmspare-journal-'));
  try {
    return await work(state);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** A journal that opens; every write that fails ends the test. */
export async function opened(state: string, options: JournalOptions = {}): Promise<Journal> {
  const onFailure = (failure: Failure) => {
    throw new Error(failure.message);
  };
  const journal = await openJournal(state, { onFailure, ...options });
  if (isFailure(journal)) throw new Error(journal.message);
  return journal;
}

export async function reading<T>(state: string, work: (reader: JournalReader) => Promise<T>): Promise<T> {
  const reader = await openJournalReader(state);
  if (reader === undefined || isFailure(reader)) throw new Error(reader?.message ?? 'no journal');
  return work(reader).finally(() => reader.close());
}

export const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const path = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const hash = fc.string({ maxLength: 3 }).map(sha256);
const reason = { reason: fc.string({ unit: 'grapheme' }) };
const failure: fc.Arbitrary<Failure> = fc.record(
  { failure: fc.constant('syntax' as const), message: fc.string(), hint: fc.string() },
  { requiredKeys: ['failure', 'message'] },
);
const file = fc.record(
  {
    path,
    before: fc.option(hash),
    after: fc.option(hash),
    operations: fc.nat(),
    swaps: fc.nat(),
    primary: hash,
    patch: fc.array(
      fc.record({
        op: fc.constant('add' as const),
        path: fc.string(),
        value: fc.json().map(text => JSON.parse(text)),
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['path', 'before', 'after', 'operations', 'swaps'] },
);
const change = {
  sequence: fc.nat(),
  plan: hash,
  what: fc.constantFrom('baseline' as const, 'update' as const),
  who: fc.string(),
  files: fc.array(file, { maxLength: 4 }),
  ...reason,
};
const must = <T extends object>(fields: T, ...optional: (keyof T)[]) => ({
  requiredKeys: (Object.keys(fields) as (keyof T)[]).filter(key => !optional.includes(key)),
});
const applied = {
  type: fc.constant('applied' as const),
  ...change,
  latency: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
};

export const event: fc.Arbitrary<JournalEvent> = fc.oneof(
  fc.record({ type: fc.constant('captured' as const), path, revision: fc.option(hash), size: fc.nat() }),
  fc.record(applied, must(applied, 'reason', 'latency')) as fc.Arbitrary<JournalEvent>,
  fc.record({ type: fc.constant('undone' as const), undoes: fc.nat(), ...change }),
  fc.record({
    type: fc.constant('held' as const),
    path,
    id: fc.string(),
    since: fc.nat(),
    failures: fc.array(failure),
  }),
  fc.record({ type: fc.constant('rejected' as const), path, id: fc.string(), who: fc.string(), ...reason }),
  fc.record({ type: fc.constant('paused' as const), who: fc.string(), until: fc.nat() }),
  fc.record({ type: fc.constant('failed' as const), failure }),
  fc.constantFrom<JournalEvent>(
    { type: 'sighted' },
    { type: 'resumed' },
    { type: 'stopped' },
    { type: 'started', version: '1.0.0', node: 'nas1' },
  ),
);

export const entry: fc.Arbitrary<JournalEntry> = fc.record({
  relationship: fc.constantFrom('', 'nas1-to-nas2', 'a', 'b_2'),
  at: fc.integer(),
  event,
});
