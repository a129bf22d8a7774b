import { expect, test } from 'vitest';
import type { Ledger, LedgerEntry } from '../../../src/connectors/ledger.ts';
import { changesOf } from '../../../src/daemon/journal/changes.ts';
import type { JournalRecord } from '../../../src/daemon/journal/record.ts';
import { sha256 } from './world.ts';

const file = { path: 'smb.conf', before: sha256('old'), after: sha256('new') };

function ledger(...sequences: number[]): Ledger {
  const history = sequences.map(
    (sequence): LedgerEntry => ({
      sequence,
      at: 1000 + sequence,
      plan: `plan ${sequence}`,
      what: 'update',
      who: 'root',
      files: [{ ...file, deleted: 0, settings: 0 }],
    }),
  );
  return {
    version: 1,
    relationship: 'a',
    backup: 'b',
    epoch: 1,
    direction: 'forward',
    broken: false,
    configuration: sha256(''),
    sequence: sequences.at(-1) ?? 0,
    proven: 0,
    files: {},
    history,
  };
}

/** Newest first, as they are read. */
function journal(...changes: [sequence: number, plan?: string][]): JournalRecord[] {
  return changes.map(([sequence, plan = `plan ${sequence}`], index) => ({
    relationship: 'a',
    number: changes.length - index,
    at: 500 - index,
    event: {
      type: 'applied',
      sequence,
      plan,
      what: 'update',
      who: 'root',
      latency: 4,
      files: [{ ...file, operations: 2, swaps: 1 }],
    },
  }));
}

const told = (found: ReturnType<typeof changesOf>) =>
  found.map(
    ({ sequence, standing, latency }) => `${sequence} ${standing}${latency === undefined ? '' : ' +'}`,
  );

test.each([
  ['only a ledger', ledger(1, 2), journal(), ['2 kept', '1 kept']],
  ['both', ledger(2, 3), journal([3], [2], [1]), ['3 kept +', '2 kept +', '1 past +']],
  ['one-shot updates between', ledger(2, 3), journal([2]), ['3 kept', '2 kept +']],
  ['never committed', ledger(1, 2), journal([3], [2]), ['3 unknown +', '2 kept +', '1 kept']],
  ['another plan of that number', ledger(1, 2), journal([2, 'other']), ['2 kept', '2 unknown +', '1 kept']],
  ['a ledger begun anew', ledger(1), journal([1], [7], [6]), ['1 kept +', '7 earlier +', '6 earlier +']],
  ['a ledger that is gone', undefined, journal([2], [1]), ['2 earlier +', '1 earlier +']],
  ['a ledger that cannot be read', 'unread' as const, journal([2], [1]), ['2 unknown +', '1 unknown +']],
])('%s', (_, found, records, expected) => {
  expect(told(changesOf('a', found, records))).toEqual(expected);
});

test('the ledger decides what was changed, and the journal tells how, where it is the same', () => {
  const [same] = changesOf('a', ledger(1), journal([1]));
  expect(same!.files).toEqual([{ ...file, operations: 2, swaps: 1 }]);
  const [record] = journal([1]);
  const event = { ...record!.event, files: [{ ...file, after: sha256('other'), operations: 2, swaps: 1 }] };
  const [other] = changesOf('a', ledger(1), [{ ...record!, event: event as JournalRecord['event'] }]);
  expect(other!.files).toEqual([file]);
});
