import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type PlacedTask, place, shouldRebalance } from '../../../src/core/cluster/placement.ts';
import { runs } from '../../runs.ts';
import {
  after,
  type Cluster,
  capacityOf,
  freshTasks,
  loadsOf,
  membersOf,
  shareOf,
  sum,
  task,
  type Weights,
} from './clusters.ts';

const WEIGHTS = ['equal', 'log-normal'] as const;
const MODES = ['orphans', 'balance'] as const;
const DUST = 1e-6;

/** Placed for the first time. */
const placed = (weights: Weights, { alike = false } = {}) =>
  fc
    .tuple(membersOf(8, { least: 2, alike }), freshTasks(weights, 120))
    .map(([members, tasks]) => after({ members, tasks }, 'orphans'));

const without = ({ members, tasks }: Cluster, name: string): Cluster => ({
  members: members.filter(one => one.name !== name),
  tasks,
});

const drained = ({ members, tasks }: Cluster, name: string): Cluster => ({
  members: members.map(one => (one.name === name ? { ...one, takes: false } : one)),
  tasks,
});

const joined = ({ members, tasks }: Cluster, name: string, capacity = 1): Cluster => ({
  members: [...members, { name, capacity, takes: true }],
  tasks,
});

/** The tasks that have another owner than before. */
function moved(before: Cluster, now: Cluster): PlacedTask[] {
  return before.tasks.filter(({ owner }, i) => owner !== now.tasks[i]!.owner);
}

describe.each(WEIGHTS)('%s weights', weights => {
  test.each(MODES)('on a leave, and on a drain, only the tasks of that member move; mode %s', mode => {
    fc.assert(
      fc.property(placed(weights), fc.nat(), fc.boolean(), (cluster, at, isDrained) => {
        const { name } = cluster.members[at % cluster.members.length]!;
        const left = isDrained ? drained(cluster, name) : without(cluster, name);
        const now = after(left, mode);
        expect(moved(left, now)).toEqual(cluster.tasks.filter(({ owner }) => owner === name));
      }),
      runs(200),
    );
  });

  test('on a join only the new member gets tasks, and no more than its share', () => {
    fc.assert(
      fc.property(placed(weights), fc.constantFrom(0.3, 1, 2.5), (cluster, capacity) => {
        const before = joined(cluster, 'new', capacity);
        const now = after(before, 'balance');
        const went = moved(before, now);
        expect(now.tasks.filter(({ owner }) => owner === 'new').length).toBe(went.length);
        expect(sum(went)).toBeLessThanOrEqual(shareOf(now, 'new') + DUST);
      }),
      runs(200),
    );
  });

  test('through joins, leaves and drains, one after the other, no more moves than has to', () => {
    const event = fc.record({
      is: fc.constantFrom('join', 'leave', 'fail', 'drain'),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(placed(weights, { alike: true }), fc.array(event, { maxLength: 12 }), (start, events) => {
        let cluster = start;
        for (const [number, { is, at }] of events.entries()) {
          const takers = cluster.members.filter(({ takes }) => takes);
          const { name } = takers[at % takers.length]!;
          if (is !== 'join' && takers.length < 3) continue;
          const before =
            is === 'join'
              ? joined(cluster, `new${number}`)
              : (is === 'drain' ? drained : without)(cluster, name);
          cluster = after(before, is === 'fail' ? 'orphans' : 'balance');
          const went = moved(before, cluster);
          // Where a few tasks are all that a member has, a move may make room for another one.
          if (is === 'join') {
            const share = shareOf(cluster, `new${number}`);
            const heaviest = Math.max(0, ...cluster.tasks.map(({ weight }) => weight));
            const isFine = weights === 'equal' || heaviest <= share / 8;
            expect(sum(went)).toBeLessThanOrEqual(share * 1.05 + (isFine ? 0 : heaviest) + DUST);
          } else expect(went).toEqual(before.tasks.filter(({ owner }) => owner === name));
          expectNearShare(cluster);
        }
      }),
      runs(150),
    );
  });

  test('a new member does get what it can carry, as far as tasks can be divided', () => {
    fc.assert(
      fc.property(placed(weights, { alike: true }), cluster => {
        const now = after(joined(cluster, 'new'), 'balance');
        const heaviest = Math.max(0, ...now.tasks.map(({ weight }) => weight));
        const load = loadsOf(now.tasks).get('new') ?? 0;
        expect(load).toBeGreaterThanOrEqual(shareOf(now, 'new') * 0.95 - heaviest - DUST);
      }),
      runs(200),
    );
  });

  test('all members gone and back: every task finds its last owner again', () => {
    fc.assert(
      fc.property(placed(weights), cluster => {
        const tasks = cluster.tasks.map(one => ({ ...one, owner: undefined, last: one.owner }));
        const now = after({ members: cluster.members, tasks }, 'orphans');
        expect(now.tasks.map(({ owner }) => owner)).toEqual(tasks.map(({ last }) => last));
      }),
      runs(200),
    );
  });

  test('an orphan goes to its last owner, unless that would have more than its share', () => {
    fc.assert(
      fc.property(placed(weights), fc.nat(), fc.nat(), (cluster, which, at) => {
        if (cluster.tasks.length === 0) return;
        const orphan = which % cluster.tasks.length;
        const last = cluster.members[at % cluster.members.length]!.name;
        const tasks = cluster.tasks.map((one, i) =>
          i === orphan ? { ...one, owner: undefined, last } : one,
        );
        const { owner, weight } = after({ ...cluster, tasks }, 'orphans').tasks[orphan]!;
        const load = loadsOf(tasks).get(last) ?? 0;
        const share = waterLevel(cluster, tasks) * capacityOf(cluster.members, last);
        if (load + weight <= share - DUST) expect(owner).toBe(last);
        // Else it is one of the least loaded, or as good as.
        const full = (name: string) => (loadsOf(tasks).get(name) ?? 0) / capacityOf(cluster.members, name);
        const least = Math.min(...cluster.members.map(({ name }) => full(name)));
        if (owner !== last) expect(full(owner!)).toBeLessThanOrEqual(least + DUST);
      }),
      runs(200),
    );
  });

  test('weights that change by less than half the band move nothing', () => {
    fc.assert(
      fc.property(
        placed(weights),
        fc.array(fc.double({ min: -0.024, max: 0.024, noNaN: true }), { minLength: 120, maxLength: 120 }),
        ({ members, tasks }, swings) => {
          const swung = tasks.map((one, i) => ({ ...one, weight: one.weight * (1 + swings[i]!) }));
          expect(shouldRebalance(members, swung, 0.05)).toBe(false);
          expect(place(members, swung, 'balance', 0.05).moves).toEqual([]);
        },
      ),
      runs(200),
    );
  });
});

it('weights that have drifted far are balanced once, and that is enough', () => {
  const members = ['a', 'b', 'c'].map(name => ({ name, capacity: 1, takes: true }));
  const tasks = Array.from({ length: 30 }, (_, i) =>
    task(i, i % 3 === 0 ? 2 : 1, { owner: ['a', 'b', 'c'][i % 3]! }),
  );
  expect(shouldRebalance(members, tasks)).toBe(true);
  const level = after({ members, tasks }, 'balance');
  expect([...loadsOf(level.tasks).values()].sort()).toEqual([12, 14, 14]);
  expect(shouldRebalance(level.members, level.tasks)).toBe(false);
});

it('an orphan alone is no reason to rebalance', () => {
  const members = ['a', 'b'].map(name => ({ name, capacity: 1, takes: true }));
  expect(shouldRebalance(members, [task(0, 1), task(1, 1, { owner: 'b' }), task(2, 1, { owner: 'z' })])).toBe(
    false,
  );
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a weight or capacity of %s is refused', wrong => {
  const members = [{ name: 'a', capacity: 1, takes: true }];
  expect(() => place(members, [task(0, wrong)], 'orphans')).toThrow(RangeError);
  expect(() => place([{ ...members[0]!, capacity: wrong }], [], 'orphans')).toThrow(RangeError);
});

it('a name that comes twice is refused', () => {
  const member = { name: 'a', capacity: 1, takes: true };
  expect(() => place([member, member], [], 'orphans')).toThrow('two of one name: a');
  expect(() => place([member], [task(1, 1), task(0, 1), task(1, 2)], 'balance')).toThrow(
    'two of one name: t000001',
  );
});

/** Where every member has the same capacity: nobody is above its share, and the band, by more than its heaviest task. */
function expectNearShare(cluster: Cluster): void {
  for (const [name, load] of loadsOf(cluster.tasks)) {
    const own = cluster.tasks.filter(({ owner }) => owner === name).map(({ weight }) => weight);
    expect(load).toBeLessThanOrEqual(shareOf(cluster, name) * 1.05 + Math.max(...own) + DUST);
  }
}

/** The level that a total reaches over loads that stay, by trying: the oracle's way. */
function waterLevel({ members }: Cluster, tasks: readonly PlacedTask[]): number {
  const loads = loadsOf(tasks);
  const needed = (level: number) =>
    members.reduce((all, { name, capacity }) => all + Math.max(loads.get(name) ?? 0, level * capacity), 0);
  let low = 0;
  let high = sum(tasks) / Math.min(...members.map(({ capacity }) => capacity));
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (needed(middle) < sum(tasks)) low = middle;
    else high = middle;
  }
  return low;
}
