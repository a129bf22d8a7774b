import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type PlacedTask, place, shouldRebalance } from '../../../src/core/cluster/placement.ts';
import { runs } from '../../runs.ts';
import {
  after,
  anyTasks,
  type Cluster,
  capacityOf,
  freshTasks,
  fullest,
  leastFullest,
  loadsOf,
  membersOf,
  shareOf,
  sum,
  task,
  usable,
  type Weights,
} from './clusters.ts';

const WEIGHTS = ['equal', 'log-normal'] as const;
const MODES = ['orphans', 'balance'] as const;
/** Sums of the same numbers in another order. */
const DUST = 1e-6;

/** Any members and any tasks, also such that nobody may have. */
const anything = fc
  .constantFrom<Weights>(...WEIGHTS)
  .chain(weights => fc.tuple(membersOf(8, { some: true, least: 0 }), anyTasks(weights, 60, true)))
  .map(([members, tasks]) => ({ members, tasks }));

/** Any members, all of which take tasks, and tasks in any state that anybody may have. */
const unrestricted = (weights: Weights) =>
  fc.tuple(membersOf(8), anyTasks(weights, 80, false)).map(([members, tasks]) => ({ members, tasks }));

describe.each(MODES)('whatever there is, mode %s', mode => {
  test('a task has an owner that may have it, or none where nobody may', () => {
    fc.assert(
      fc.property(anything, cluster => {
        const { owners } = place(cluster.members, cluster.tasks, mode);
        expect([...owners.keys()]).toEqual(cluster.tasks.map(({ name }) => name));
        for (const one of cluster.tasks) {
          const able = usable(cluster, one);
          if (able.length === 0) expect(owners.get(one.name)).toBeUndefined();
          else expect(able).toContain(owners.get(one.name));
        }
      }),
      runs(300),
    );
  });

  test('moves are the tasks whose owner changes', () => {
    fc.assert(
      fc.property(anything, ({ members, tasks }) => {
        const { owners, moves } = place(members, tasks, mode);
        expect(moves).toEqual(
          tasks
            .filter(({ name, owner }) => owners.get(name) !== owner)
            .map(({ name, owner }) => ({ task: name, from: owner, to: owners.get(name) })),
        );
      }),
      runs(100),
    );
  });

  test('the order of members, tasks and names does not matter', () => {
    const shuffled = anything.chain(({ members, tasks }) =>
      fc.tuple(
        fc.constant({ members, tasks }),
        fc.shuffledSubarray(members, { minLength: members.length }),
        fc.shuffledSubarray(tasks, { minLength: tasks.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([{ members, tasks }, otherMembers, otherTasks]) => {
        const turned = otherTasks.map(one => ({ ...one, allowed: one.allowed?.toReversed() }));
        expect(place(otherMembers, turned, mode)).toEqual(place(members, tasks, mode));
      }),
      runs(200),
    );
  });

  test('what was placed stays: the same once more moves nothing', () => {
    fc.assert(
      fc.property(anything, cluster => {
        const once = after(cluster, mode);
        expect(place(once.members, once.tasks, mode).moves).toEqual([]);
        expect(shouldRebalance(once.members, once.tasks)).toBe(
          mode === 'balance' ? false : place(once.members, once.tasks, 'balance').moves.length > 0,
        );
      }),
      runs(200),
    );
  });
});

test('orphans: a task moves only where its owner is gone, may not have it, or takes none', () => {
  fc.assert(
    fc.property(anything, cluster => {
      const { owners } = place(cluster.members, cluster.tasks, 'orphans');
      for (const one of cluster.tasks) {
        if (usable(cluster, one).includes(one.owner ?? '')) expect(owners.get(one.name)).toBe(one.owner);
      }
    }),
    runs(300),
  );
});

describe('balance', () => {
  test('tasks of one weight: never more than the share rounded up, whoever got one', () => {
    fc.assert(
      fc.property(unrestricted('equal'), cluster => {
        const { tasks, members } = after(cluster, 'orphans');
        const got = new Set(
          tasks.filter(({ owner }, i) => owner !== cluster.tasks[i]!.owner).map(one => one.owner!),
        );
        for (const name of got)
          expect(countOf(tasks, name)).toBeLessThanOrEqual(roundedUp({ members, tasks }, name));
      }),
      runs(300),
    );
  });

  test('tasks of one weight: levelled from any state to the share rounded up', () => {
    fc.assert(
      fc.property(unrestricted('equal'), cluster => {
        const level = after(cluster, 'balance', 0);
        for (const { name } of level.members) {
          expect(countOf(level.tasks, name)).toBeLessThanOrEqual(roundedUp(level, name));
        }
      }),
      runs(300),
    );
  });

  test('any weights: levelled from any state to the share and less than one task', () => {
    fc.assert(
      fc.property(unrestricted('log-normal'), fc.constantFrom(0, 0.05, 0.2), (cluster, band) => {
        const { tasks, members } = after(cluster, 'balance', band);
        for (const { name } of members) {
          const own = tasks.filter(({ owner }) => owner === name);
          const heaviest = Math.max(0, ...own.map(({ weight }) => weight));
          expect(sum(own)).toBeLessThanOrEqual(
            shareOf({ members, tasks }, name) * (1 + band) + heaviest + DUST,
          );
        }
      }),
      runs(300),
    );
  });

  test('placed anew, the fullest is at most a third fuller than at best', () => {
    const few = fc.tuple(membersOf(3, { alike: true }), freshTasks('log-normal', 8, 1));
    fc.assert(
      fc.property(few, ([members, tasks]) => {
        const best = leastFullest({ members, tasks });
        // Graham's bound, and what weights that are taken for equal differ by.
        expect(fullest(after({ members, tasks }, 'orphans'))).toBeLessThanOrEqual(best * (4 / 3 + 1 / 32));
      }),
      runs(100),
    );
  });

  test('with tasks that only some may have, the fullest is near the best', () => {
    const few = fc.tuple(membersOf(3, { alike: true, least: 3 }), anyTasks('log-normal', 8, true));
    fc.assert(
      fc.property(few, ([members, all]) => {
        const tasks = all.map(one => ({ ...one, owner: undefined, last: undefined }));
        const best = leastFullest({ members, tasks });
        // The bound of greedy placement: 1 + log2 of the members.
        expect(fullest(after({ members, tasks }, 'orphans'))).toBeLessThanOrEqual(best * (1 + Math.log2(3)));
      }),
      runs(100),
    );
  });

  test.each(WEIGHTS)('%s: tasks that one member alone may have are made room for', weights => {
    fc.assert(
      fc.property(membersOf(6, { alike: true }), freshTasks(weights, 100), fc.nat(), (members, all, at) => {
        const only = members[at % members.length]!.name;
        let pinned = 0;
        // As many as fit its share, the last ones by name, and the light as well as the heavy.
        const tasks = all.toReversed().map(one => {
          const fits = pinned + one.weight <= sum(all) / members.length;
          if (fits) pinned += one.weight;
          return fits ? { ...one, allowed: [only] } : one;
        });
        const { tasks: now } = after({ members, tasks }, 'orphans');
        const heaviest = Math.max(0, ...all.map(({ weight }) => weight));
        for (const load of loadsOf(now).values()) {
          expect(load).toBeLessThan(sum(all) / members.length + heaviest - DUST);
        }
      }),
      runs(100),
    );
  });

  it('levels what one heavy task leaves to the others', () => {
    const members = ['a', 'b', 'c', 'd'].map(name => ({ name, capacity: 1, takes: true }));
    const light = Array.from({ length: 20 }, (_, i) => task(i, 1, { owner: i % 2 === 0 ? 'b' : 'c' }));
    for (const allowed of [undefined, ['a'], ['a', 'z']]) {
      const tasks = [task(99, 100, { owner: 'a', allowed }), ...light];
      const loads = loadsOf(after({ members, tasks }, 'balance').tasks);
      expect(['a', 'b', 'c', 'd'].map(name => loads.get(name))).toEqual([100, 7, 7, 6]);
    }
  });

  it('levels the members of one site beside those of another', () => {
    const members = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'].map(name => ({ name, capacity: 1, takes: true }));
    const tasks = [
      ...Array.from({ length: 90 }, (_, i) =>
        task(i, 1, { owner: `a${1 + (i % 2)}`, allowed: ['a1', 'a2', 'a3'] }),
      ),
      ...Array.from({ length: 12 }, (_, i) => task(100 + i, 1, { owner: `b${1 + (i % 2)}` })),
    ];
    const loads = loadsOf(after({ members, tasks }, 'balance').tasks);
    expect(members.map(({ name }) => loads.get(name))).toEqual([30, 30, 30, 4, 4, 4]);
  });
});

function countOf(tasks: readonly PlacedTask[], name: string): number {
  return tasks.filter(({ owner }) => owner === name).length;
}

/** Tasks of one weight: how many at most are within one task of the share. */
function roundedUp({ members, tasks }: Cluster, name: string): number {
  const room = members.reduce((all, { capacity }) => all + capacity, 0);
  return Math.ceil((tasks.length * capacityOf(members, name)) / room - DUST);
}
