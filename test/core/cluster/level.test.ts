import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/core/cluster/decide.ts';
import { joining } from '../../../src/core/cluster/machine.ts';
import type { Known, Offer, Profile, Reported } from '../../../src/core/cluster/member.ts';
import { CLUSTER_PACE } from '../../../src/core/cluster/pace.ts';
import type { Route } from '../../../src/core/cluster/route.ts';
import type { ClusterState } from '../../../src/core/cluster/state.ts';

const TASKS = Array.from({ length: 8 }, (_, i) => `t${i}`);
const OFFER: Offer = { configuration: 'c', edition: 1, fields: {}, mayOwn: true, kind: 'fenced' };
const ownerOf = (task: string) => (Number(task.slice(1)) < 4 ? 'a' : 'b');

const profile = (member: string): Profile => ({
  member,
  incarnation: member,
  weight: 1,
  labels: [],
  tasks: Object.fromEntries(TASKS.map(task => [task, OFFER])),
});

/** A member that has been well for long, whose tasks cost what they do. */
function known(name: string, costs: Record<string, number>): Known {
  const reports = TASKS.filter(task => ownerOf(task) === name && task in costs).map(
    (task): [string, Reported] => [
      task,
      {
        task,
        epoch: 1,
        state: 'following',
        progress: 0,
        busy: false,
        cost: costs[task]!,
        stateSince: 0,
        progressSince: 0,
      },
    ],
  );
  return {
    name,
    profile: profile(name),
    incarnation: name,
    beat: 1,
    heard: 0,
    leaving: false,
    reports: new Map(reports),
    health: 'healthy',
    since: -1e9,
    penalty: 0,
    penaltyAt: 0,
  };
}

/** Eight tasks, four at each of two members, in balance since time 0. */
function settledAt(costs: Record<string, number>): ClusterState {
  const rows = TASKS.map((task): [string, { route: Route; revision: number }] => [
    task,
    {
      route: {
        task,
        epoch: 1,
        state: { is: 'owned', owner: ownerOf(task), incarnation: ownerOf(task) },
        configuration: 'c',
        edition: 1,
        previous: [],
        why: '',
        mark: '',
      },
      revision: 1,
    },
  ]);
  const state: ClusterState = {
    ...joining(profile('a'), 0),
    stage: 'running',
    contact: 0,
    isTold: true,
    coordinatesSince: 0,
    members: withCosts(costs),
    rows: new Map(rows),
  };
  const { rows: moved, inquire: _, ...looked } = decide(state, 1, CLUSTER_PACE, mark);
  expect(moved).toEqual([]);
  return { ...state, ...looked };
}

const withCosts = (costs: Record<string, number>) =>
  new Map(['a', 'b'].map(name => [name, known(name, costs)]));
const mark = (count: number) => `m${count}`;
const even = Object.fromEntries(TASKS.map(task => [task, 10]));

describe('balance', () => {
  it('counts a task that nobody has told of like the cheapest', () => {
    settledAt({ t0: 1, t1: 1, t2: 1, t3: 1 });
  });

  it('is looked at again when costs have drifted far apart, and not for a little', () => {
    const state = settledAt(even);
    const decided = (costs: Record<string, number>, at: number) =>
      decide({ ...state, members: withCosts(costs) }, at, CLUSTER_PACE, mark);
    const heavy = { ...even, t0: 200, t1: 200 };
    expect(decided(heavy, CLUSTER_PACE.level - 10).rows).toEqual([]);
    const { rows, levelled } = decided(heavy, CLUSTER_PACE.level + 1);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ state: now }) => now.is === 'releasing' && now.owner === 'a')).toBe(true);
    expect(levelled).toBe(CLUSTER_PACE.level + 1);
    const light = { ...even, t0: 12, t5: 9 };
    expect(decided(light, CLUSTER_PACE.level + 1).rows).toEqual([]);
    // And the next look comes only after as long again.
    const looked = decided(light, CLUSTER_PACE.level + 1);
    expect(looked.levelled).toBe(CLUSTER_PACE.level + 1);
  });
});
