import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coordinates,
  leaseDue,
  leaseSeen,
  leaseSent,
  leaseWritten,
  noLease,
} from '../../../src/core/cluster/lease.ts';
import { CLUSTER_PACE } from '../../../src/core/cluster/pace.ts';
import { runs } from '../../runs.ts';

const ME = { member: 'nas1', incarnation: 'nas1.1', rank: 0 };
const due = (view: ReturnType<typeof noLease>, at: number) => leaseDue(view, ME, at, CLUSTER_PACE);

describe('the lease of the coordinator', () => {
  it('is not asked for again at once, whatever came of it: an engine without contact answers at once', () => {
    fc.assert(
      fc.property(fc.constantFrom('unknown', 'conflict'), fc.nat(99), (is, soon) => {
        const lease = due(noLease(0), 0)!;
        const answered = leaseWritten(leaseSent(noLease(0), lease, 0), 0, { is }, 0);
        expect(due(answered, soon)).toBeUndefined();
        expect(due(answered, 100)).toBeDefined();
      }),
      runs(100),
    );
  });

  it('ends for its holder before anybody else may take it', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(3_000), (delay, later) => {
        const lease = due(noLease(0), 0)!;
        const held = leaseWritten(leaseSent(noLease(0), lease, 0), 0, { is: 'written', revision: 1 }, 0);
        // Another one sees it when it is written or later, and counts from then.
        const seen = leaseSeen(noLease(0), lease, 1, delay);
        const other = { member: 'nas2', incarnation: 'nas2.1', rank: 0 };
        const takes = leaseDue(seen, other, later, CLUSTER_PACE) !== undefined;
        expect(takes && coordinates(held, 'nas1.1', later, CLUSTER_PACE)).toBe(false);
      }),
      runs(300),
    );
  });

  it('is not held by the answer of another write than the newest', () => {
    const lease = due(noLease(0), 0)!;
    // The first got no answer in time; contact was lost over it, or it was asked again.
    const again = leaseSent(leaseSent(noLease(0), lease, 0), { ...lease, renewal: 1 }, 2_000);
    const late = leaseWritten(again, 0, { is: 'written', revision: 1 }, 2_010);
    expect(late).toBe(again);
    expect(coordinates(late, 'nas1.1', 2_010, CLUSTER_PACE)).toBe(false);
    const held = leaseWritten(again, 2_000, { is: 'written', revision: 2 }, 2_020);
    expect([held.revision, held.confirmed]).toEqual([2, 2_000]);
  });

  it('is renewed in time, and taken in the next term when it was laid down', () => {
    const lease = due(noLease(0), 0)!;
    const held = leaseWritten(leaseSent(noLease(0), lease, 0), 0, { is: 'written', revision: 1 }, 5);
    expect(due(held, CLUSTER_PACE.renew - 1)).toBeUndefined();
    expect(due(held, CLUSTER_PACE.renew)).toMatchObject({ holder: 'nas1', term: 1, renewal: 1 });
    const resigned = leaseSeen(held, { ...lease, resigned: true }, 2, 600);
    const other = { member: 'nas2', incarnation: 'nas2.1', rank: 0 };
    expect(leaseDue(resigned, other, 600, CLUSTER_PACE)).toMatchObject({ holder: 'nas2', term: 2 });
  });

  it('as it was told is believed until the newer one, or until a write that named it came too late', () => {
    const lease = due(noLease(0), 0)!;
    const taken = { ...lease, holder: 'nas2', incarnation: 'two', term: 2 };
    const told = leaseSeen(noLease(0), taken, 9, 100);
    // A server that was cut off had taken what the others never did: they count on from an earlier revision.
    expect(leaseSeen(told, lease, 7, 200)).toBe(told);
    expect(leaseSeen(told, lease, 7, 200, 8)).toBe(told);
    expect(leaseSeen(told, taken, 9, 200, 9)).toBe(told);
    expect(leaseSeen(told, lease, 7, 200, 9)).toMatchObject({ lease, revision: 7, seen: 200 });
    expect(leaseSeen(told, undefined, 0, 200, 9)).toMatchObject({ lease: undefined, revision: undefined });
  });
});
