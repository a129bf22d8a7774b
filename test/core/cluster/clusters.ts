import fc from 'fast-check';
import {
  type PlacedMember,
  type PlacedTask,
  type Placement,
  place,
} from '../../../src/core/cluster/placement.ts';

/** A cluster to place: what the placement is given, and what its answer is judged by. */
export interface Cluster {
  readonly members: readonly PlacedMember[];
  readonly tasks: readonly PlacedTask[];
}

export type Weights = 'equal' | 'log-normal';

const member = (number: number) => `m${number}`;

/** Members of one capacity or of several, some of which take no tasks where that is wanted. */
export function membersOf(
  most: number,
  { some = false, least = 1, alike = false } = {},
): fc.Arbitrary<PlacedMember[]> {
  const capacity = fc.constantFrom(0.3, 1, 1, 2, 3.7);
  return fc
    .tuple(
      fc.array(fc.record({ capacity, takes: some ? fc.integer({ max: 4, min: 0 }) : fc.constant(1) }), {
        minLength: least,
        maxLength: most,
      }),
      alike ? fc.constant(true) : fc.boolean(),
    )
    .map(([all, isAlike]) =>
      all.map(({ capacity, takes }, i) => ({
        name: member(i),
        capacity: isAlike ? 1 : capacity,
        takes: takes > 0,
      })),
    );
}

export function weightOf(weights: Weights): fc.Arbitrary<number> {
  if (weights === 'equal') return fc.constant(0.1);
  // The sum of some even draws is near enough to normal.
  return fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
    .map(draws => Math.exp(draws.reduce((sum, one) => sum + one, 0)));
}

/** Tasks that nobody has or had, and anybody may have. */
export function freshTasks(weights: Weights, most: number, least = 0): fc.Arbitrary<PlacedTask[]> {
  return fc
    .array(weightOf(weights), { minLength: least, maxLength: most })
    .map(all => all.map((weight, i) => task(i, weight)));
}

export function task(number: number, weight: number, more: Partial<PlacedTask> = {}): PlacedTask {
  const name = `t${String(number).padStart(6, '0')}`;
  return { name, weight, owner: undefined, last: undefined, allowed: undefined, ...more };
}

/** Tasks in any state: owners that are there or gone, that may have it or not. */
export function anyTasks(weights: Weights, most: number, isRestricted: boolean): fc.Arbitrary<PlacedTask[]> {
  const name = fc.integer({ min: 0, max: 9 }).map(member);
  const maybe = fc.option(name, { nil: undefined });
  const set = fc.uniqueArray(name, { maxLength: 4 });
  const allowed = isRestricted ? fc.option(set, { nil: undefined }) : fc.constant(undefined);
  return fc
    .array(fc.record({ weight: weightOf(weights), owner: maybe, last: maybe, allowed }), { maxLength: most })
    .map(all => all.map(({ weight, ...more }, i) => task(i, weight, more)));
}

/** The tasks as they are once a placement was carried out. */
function carriedOut(tasks: readonly PlacedTask[], { owners }: Placement): PlacedTask[] {
  return tasks.map(one => {
    const owner = owners.get(one.name);
    return { ...one, owner, last: owner === one.owner ? one.last : one.owner };
  });
}

/** A placement, carried out. */
export function after(cluster: Cluster, mode: 'orphans' | 'balance', band?: number): Cluster {
  const { members, tasks } = cluster;
  return { members, tasks: carriedOut(tasks, place(members, tasks, mode, band)) };
}

/** Who may have a task now. */
export function usable({ members }: Cluster, { allowed }: PlacedTask): string[] {
  return members
    .filter(({ takes, name }) => takes && (allowed === undefined || allowed.includes(name)))
    .map(({ name }) => name);
}

export function loadsOf(tasks: readonly PlacedTask[]): Map<string, number> {
  const loads = new Map<string, number>();
  for (const { owner, weight } of tasks) {
    if (owner !== undefined) loads.set(owner, (loads.get(owner) ?? 0) + weight);
  }
  return loads;
}

/** By its capacity, of the load of all tasks that have an owner. */
export function shareOf({ members, tasks }: Cluster, name: string): number {
  const takers = members.filter(({ takes }) => takes);
  const room = takers.reduce((sum, { capacity }) => sum + capacity, 0);
  return (sum(tasks.filter(({ owner }) => owner !== undefined)) * capacityOf(members, name)) / room;
}

export function capacityOf(members: readonly PlacedMember[], name: string): number {
  return members.find(one => one.name === name)!.capacity;
}

export function sum(tasks: readonly PlacedTask[]): number {
  return tasks.reduce((all, { weight }) => all + weight, 0);
}

/** The greatest load per capacity. */
export function fullest({ members, tasks }: Cluster): number {
  const loads = loadsOf(tasks);
  return Math.max(0, ...members.map(({ name, capacity }) => (loads.get(name) ?? 0) / capacity));
}

/** The least that the greatest load per capacity can be, found by trying everything. */
export function leastFullest(cluster: Cluster): number {
  const { members, tasks } = cluster;
  const loads = new Map(members.map(({ name }) => [name, 0]));
  const tryAll = (at: number): number => {
    if (at === tasks.length) {
      return Math.max(...members.map(({ name, capacity }) => loads.get(name)! / capacity));
    }
    const { weight } = tasks[at]!;
    const each = usable(cluster, tasks[at]!).map(name => {
      loads.set(name, loads.get(name)! + weight);
      const reached = tryAll(at + 1);
      loads.set(name, loads.get(name)! - weight);
      return reached;
    });
    return Math.min(...(each.length === 0 ? [tryAll(at + 1)] : each));
  };
  return tryAll(0);
}
