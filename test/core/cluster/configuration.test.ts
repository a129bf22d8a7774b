import { expect, it } from 'vitest';
import { reedited } from '../../../src/core/cluster/configuration.ts';
import type { Profile } from '../../../src/core/cluster/member.ts';
import type { Route } from '../../../src/core/cluster/route.ts';
import type { Floor, Row } from '../../../src/core/cluster/state.ts';

/** A member that a person had read its configuration anew. */
const read = (configuration: string, edition: number): Profile => ({
  ...{ member: 'nas1', incarnation: 'one', weight: 1, labels: [] },
  tasks: { t: { configuration, edition, fields: {}, mayOwn: true, kind: 'fenced' } },
});

function editionOf(self: Profile, { row, floor }: { row?: [string, number]; floor?: number }): number {
  const inForce = row?.[0] ?? '';
  const route: Route = {
    ...{ task: 't', epoch: 5, state: { is: 'unowned' }, previous: [], why: '', mark: '' },
    ...{ configuration: inForce, edition: row?.[1] ?? 0 },
  };
  const rows = new Map<string, Row>(row === undefined ? [] : [['t', { route, revision: 1 }]]);
  const floors = new Map<string, Floor>(floor === undefined ? [] : [['t', { epoch: 5, edition: floor }]]);
  return reedited(self, { rows, floors }).tasks.t!.edition;
}

it('a configuration that a person gives is above the one in force, and the same one stays as it is', () => {
  expect(editionOf(read('b', 1), { row: ['a', 4], floor: 4 })).toBe(5);
  expect(editionOf(read('a', 1), { row: ['a', 4], floor: 4 })).toBe(4);
});

it('it is above one that was in force once, and that nobody has any more', () => {
  expect(editionOf(read('b', 2), { floor: 4 })).toBe(5);
  // Where nothing later is known it stays: a member that has just started has been told of no row yet.
  expect(editionOf(read('b', 4), { floor: 4 })).toBe(4);
  expect(editionOf(read('b', 1), {})).toBe(1);
});
