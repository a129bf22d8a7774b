import { expect, it } from 'vitest';
import type { ClusterEvent } from '../../../src/core/cluster/event.ts';
import { clusterStep, joining } from '../../../src/core/cluster/machine.ts';
import { CLUSTER_PACE } from '../../../src/core/cluster/pace.ts';
import type { Route } from '../../../src/core/cluster/route.ts';
import type { ClusterState } from '../../../src/core/cluster/state.ts';

const SELF = { member: 'nas1', incarnation: 'one', weight: 1, labels: [], tasks: {} };
const route = (owner: string, epoch: number): Route => ({
  ...{ task: 't', epoch, configuration: 'c', edition: 1, mark: `${owner} ${epoch}`, why: '', previous: [] },
  state: { is: 'owned', owner, incarnation: owner },
});

type Happening = ClusterEvent extends infer E ? (E extends ClusterEvent ? Omit<E, 'at'> : never) : never;

function after(events: readonly Happening[]): ClusterState {
  return events.reduce(
    (state, event) => clusterStep(state, { ...event, at: 0 } as ClusterEvent, CLUSTER_PACE).state,
    joining(SELF, 0),
  );
}

const TOLD: readonly Happening[] = [
  { is: 'contact' },
  { is: 'row', task: 't', route: route('nas2', 3), revision: 9 },
  { is: 'rows-told', tasks: ['t'] },
];
const rowOf = (state: ClusterState) => state.rows.get('t');

it('a row that never was gives way to the earlier one when a write that named it comes too late', () => {
  const real = { is: 'row', task: 't', route: route('nas3', 2), revision: 7 } as const;
  expect(rowOf(after([...TOLD, real]))).toMatchObject({ revision: 9 });
  expect(rowOf(after([...TOLD, { ...real, refuted: 8 }]))).toMatchObject({ revision: 9 });
  expect(rowOf(after([...TOLD, { ...real, refuted: 9 }]))).toMatchObject({
    revision: 7,
    route: { state: { owner: 'nas3' } },
  });
});

it('a row that never was, and that nobody has written, is none', () => {
  const none = { is: 'row', task: 't', route: undefined, revision: 0 } as const;
  expect(rowOf(after([...TOLD, none]))).toMatchObject({ revision: 9 });
  expect(rowOf(after([...TOLD, { ...none, refuted: 9 }]))).toBeUndefined();
});
