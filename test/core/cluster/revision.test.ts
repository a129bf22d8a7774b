import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyRevision,
  type Captured,
  deltaRevision,
  fullRevision,
  type Manifest,
  type RevisedFile,
  type Revision,
  sameCaptured,
} from '../../../src/core/cluster/revision.ts';
import { runs } from '../../runs.ts';

const paths = ['a', 'b', 'c', 'd/e', '__proto__', 'constructor'];
const file: fc.Arbitrary<RevisedFile> = fc.record({
  hash: fc.constantFrom('1', '2', '3'),
  size: fc.nat(9),
  mode: fc.constantFrom(0o600, 0o644),
  uid: fc.nat(1),
  gid: fc.nat(1),
  inode: fc.constantFrom('1:1', '1:2'),
});
const entries = <T>(value: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...paths), value), { selector: ([path]) => path })
    .map(all => new Map(all));
const captured: fc.Arbitrary<Captured> = fc.record({
  files: entries(file),
  refused: entries(fc.record({ failure: fc.constant('unreadable' as const), message: fc.string() })),
  leading: fc.constant({ is: 'none' as const }),
  configuration: fc.constantFrom('x', 'y'),
  asOf: fc.nat(3),
});
/** A state that is told, whole or not, and whether it reaches the reader. */
const telling = fc.record({
  captured,
  isFull: fc.boolean(),
  isLost: fc.boolean(),
  isNew: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
  gap: fc.integer({ min: 1, max: 3 }),
});

interface Told {
  readonly revision: Revision;
  readonly sequence: number;
  readonly captured: Captured;
  readonly isLost: boolean;
}

/** A log as capturing members make one: the sequence rises with gaps, a new member begins with a full state. */
function logOf(tellings: readonly (typeof telling extends fc.Arbitrary<infer T> ? T : never)[]): Told[] {
  let [capturer, number, sequence] = [0, 0, 0];
  let before: (Captured & { sequence: number; number: number }) | undefined;
  return tellings.map(({ captured, isFull, isLost, isNew, gap }) => {
    if (isNew) [capturer, number, before] = [capturer + 1, 0, undefined];
    number += gap;
    sequence += gap;
    const stamp = { capturer: `c${capturer}`, number };
    const revision =
      isFull || before === undefined
        ? fullRevision('pair', stamp, captured)
        : deltaRevision('pair', stamp, before, captured);
    before = { ...captured, sequence, number };
    return { revision, sequence, captured, isLost };
  });
}

const isAs = (manifest: Manifest, told: Captured) => sameCaptured(manifest, told);

describe('revisions', () => {
  it('applied one after another are each the state that they were told of', () => {
    fc.assert(
      fc.property(fc.array(telling, { minLength: 1, maxLength: 20 }), tellings => {
        let manifest: Manifest | undefined;
        for (const { revision, sequence, captured } of logOf(tellings)) {
          const applied = applyRevision(manifest, revision, sequence);
          if (applied === 'gap') throw new Error('there was none');
          expect(isAs(applied, captured)).toBe(true);
          expect(applied.files.size).toBe(captured.files.size);
          manifest = applied;
        }
      }),
      runs(300),
    );
  });

  it('of which some are lost give a state that was told, or a gap, and never anything between', () => {
    fc.assert(
      fc.property(fc.array(telling, { minLength: 1, maxLength: 20 }), tellings => {
        let manifest: Manifest | undefined;
        let isBroken = false;
        for (const { revision, sequence, captured, isLost } of logOf(tellings)) {
          if (isLost) {
            isBroken = true;
            continue;
          }
          const applied = applyRevision(manifest, revision, sequence);
          if (revision.previous === null) isBroken = false;
          // A gap is found where there is one, and nowhere else.
          const isFirst = manifest === undefined && revision.previous !== null;
          expect(applied === 'gap').toBe(isBroken || isFirst);
          if (applied === 'gap') continue;
          expect(isAs(applied, captured)).toBe(true);
          manifest = applied;
        }
      }),
      runs(300),
    );
  });

  it('that come twice, or late, change nothing', () => {
    fc.assert(
      fc.property(fc.array(telling, { minLength: 1, maxLength: 12 }), fc.nat(11), (tellings, late) => {
        const log = logOf(tellings.map(each => ({ ...each, isNew: false })));
        let manifest: Manifest | undefined;
        for (const [at, { revision, sequence, captured }] of log.entries()) {
          manifest = applyRevision(manifest, revision, sequence) as Manifest;
          expect(applyRevision(manifest, revision, sequence)).toBe(manifest);
          const old = log[Math.min(at, late)]!;
          expect(applyRevision(manifest, old.revision, old.sequence)).toBe(manifest);
          expect(isAs(manifest, captured)).toBe(true);
        }
      }),
      runs(200),
    );
  });
});
