import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  asRecord,
  bounded,
  type JournalEntry,
  type JournalRecord,
} from '../../../src/daemon/journal/record.ts';
import { runs } from '../../runs.ts';
import { entry, event, opened, reading, sha256, withState } from './world.ts';

/** What is to be read again: by relationship the last first, numbered from 1. */
function expected(entries: readonly JournalEntry[], relationship: string): JournalRecord[] {
  return entries
    .filter(one => one.relationship === relationship)
    .map((one, index) => ({ ...one, number: index + 1 }))
    .reverse();
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test('what is written is read, in order, in the same process, after a stop, and by a reader', async () => {
  const law = fc.asyncProperty(fc.array(entry, { maxLength: 30 }), fc.nat(30), (entries, cut) =>
    withState(async state => {
      const first = await opened(state);
      for (const one of entries.slice(0, cut)) first.append(one);
      await first.close();
      const journal = await opened(state);
      for (const one of entries.slice(cut)) journal.append(one);
      await journal.flushed();
      const names = [...new Set(entries.map(one => one.relationship))];
      for (const name of names) {
        const page = journal.read({ relationships: [name] });
        expect(page).toEqual({ records: plain(expected(entries, name)), failures: [] });
      }
      const all = journal.read();
      expect(all.records.length).toBe(entries.length);
      expect(all.failures).toEqual([]);
      for (const name of names) {
        const query = { relationships: [name], types: ['captured' as const, 'held' as const], limit: 2 };
        const some = expected(entries, name).filter(({ event }) => ['captured', 'held'].includes(event.type));
        expect(journal.read(query).records).toEqual(plain(some.slice(0, 2)));
      }
      await journal.close();
      await reading(state, async reader => expect(await reader.read()).toEqual(all));
    }),
  );
  await fc.assert(law, runs(40));
});

test('every event survives its cut, and a second cut changes nothing', () => {
  fc.assert(
    fc.property(event, one => {
      const record = { relationship: 'a', number: 1, at: 1, event: plain(bounded(one)) };
      expect(asRecord(record)).toEqual(record);
      expect(bounded(bounded(one))).toEqual(bounded(one));
    }),
    runs(1000),
  );
});

test('a patch that is too large is counted, and a change of too many files is cut', () => {
  const file = (size: number) => ({
    path: 'smb.conf',
    before: null,
    after: sha256('x'),
    operations: 1,
    swaps: 0,
    patch: [{ op: 'add' as const, path: '/a', value: 'x'.repeat(size) }],
  });
  const files = [
    file(10),
    file(20_000),
    ...Array.from({ length: 30 }, () => file(15_000)),
    ...Array.from({ length: 600 }, () => file(1)),
  ];
  const cut = bounded({ type: 'applied', sequence: 1, plan: 'p', what: 'update', who: 'me', files });
  if (cut.type !== 'applied') throw new Error(cut.type);
  expect(cut.files.length + cut.more!).toBe(files.length);
  expect(cut.files[0]).toEqual(file(10));
  expect(cut.files[1]).toMatchObject({ operations: 1 });
  expect(cut.files[1]).not.toHaveProperty('patch');
  expect(JSON.stringify(cut).length).toBeLessThan(300_000);
});

test('what is no record is none', () => {
  const good = { relationship: 'a', number: 1, at: 1, event: { type: 'sighted' } };
  expect(asRecord(good)).toEqual(good);
  for (const bad of [
    undefined,
    null,
    { ...good, number: 0 },
    { ...good, at: '1' },
    { ...good, event: { type: 'other' } },
    { ...good, event: { type: 'captured', path: 'x', revision: 'short', size: 1 } },
    { ...good, event: { type: 'failed', failure: { message: 'no code' } } },
  ]) {
    expect(asRecord(bad)).toBeUndefined();
  }
});
