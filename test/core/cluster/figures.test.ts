import { expect, test } from 'vitest';
import { ANYBODY, NONE, type Problem } from '../../../src/core/cluster/placement/problem.ts';
import { solve } from '../../../src/core/cluster/placement/solve.ts';
import { SEED } from '../../runs.ts';

const CASES = [
  [10, 1_000, 'equal'],
  [10, 1_000, 'log-normal'],
  [100, 10_000, 'equal'],
  [100, 10_000, 'log-normal'],
  [400, 40_000, 'log-normal'],
] as const;

/** Mulberry32: numbers from 0 to below 1 of a seed. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function problemOf(members: number, weight: Float64Array, owner: Int32Array): Problem {
  return {
    capacity: new Float64Array(members).fill(1),
    takes: new Uint8Array(members).fill(1),
    weight,
    owner,
    last: new Int32Array(weight.length).fill(NONE),
    allowed: new Int32Array(weight.length).fill(ANYBODY),
    sets: [],
  };
}

/** The greatest load beside the mean one of those that have tasks. */
function maxToMean(weight: Float64Array, owner: Int32Array): number {
  const loads = new Map<number, number>();
  for (const [task, member] of owner.entries()) loads.set(member, (loads.get(member) ?? 0) + weight[task]!);
  return (Math.max(...loads.values()) * loads.size) / total(weight);
}

const total = (weight: Iterable<number>) => [...weight].reduce((sum, one) => sum + one, 0);

const rows: Record<string, string | number>[] = [];

test.each(CASES)(
  '%i members, %i tasks, %s weights: as level as can be, and no move too many',
  (size, count, kind) => {
    const random = dice(SEED);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const weight = Float64Array.from({ length: count }, () => (kind === 'equal' ? 1 : Math.exp(normal())));
    const heaviest = (of: Float64Array) => Math.max(...of) / (total(of) / size);

    const fresh = solve(problemOf(size, weight, new Int32Array(count).fill(NONE)), 'orphans');
    const moved = (now: Int32Array) =>
      [...now].flatMap((member, task) => (member === fresh[task] ? [] : [task]));

    // The last member leaves: those before it keep their numbers.
    const left = solve(
      problemOf(
        size - 1,
        weight,
        fresh.map(member => (member === size - 1 ? NONE : member)),
      ),
      'balance',
    );
    const own = fresh.filter(member => member === size - 1).length;
    const joined = solve(problemOf(size + 1, weight, fresh), 'balance');
    const swung = weight.map(one => one * (0.9 + 0.2 * random()));
    const before = maxToMean(swung, fresh);
    const levelled = solve(problemOf(size, swung, fresh), 'balance', 0);

    const row = {
      fresh: maxToMean(weight, fresh),
      left: maxToMean(weight, left),
      leftMoved: moved(left).length / own,
      joined: maxToMean(weight, joined),
      joinedLoad: total(moved(joined).map(task => weight[task]!)) / (total(weight) / (size + 1)),
      joinedCount: moved(joined).length / (count / (size + 1)),
      swung: before,
      levelled: maxToMean(swung, levelled),
    };
    rows.push({ case: `${size} x ${count} ${kind}`, ...row });
    // Whoever has the heaviest has no less than that.
    expect(row.fresh).toBeLessThanOrEqual(kind === 'equal' ? 1 : Math.max(1.005, heaviest(weight) + 0.005));
    expect(row.left).toBeLessThanOrEqual(1 + heaviest(weight));
    expect(row.leftMoved).toBe(1);
    expect(row.joined).toBeLessThanOrEqual(Math.max(1.02, (heaviest(weight) * (size + 1)) / size + 0.02));
    expect(row.joinedLoad).toBeLessThanOrEqual(1.05);
    expect(row.joinedLoad).toBeGreaterThan(0.95);
    // Many givers with little to spare each must not give crumbs.
    expect(row.joinedCount).toBeLessThanOrEqual(kind === 'equal' ? 1.05 : 1.5);
    expect(row.levelled).toBeLessThanOrEqual(Math.min(1 + heaviest(swung), row.swung));
  },
);

test('the figures', () => {
  const titles = Object.keys(rows[0]!);
  const cell = (value: string | number) =>
    typeof value === 'string' ? value.padEnd(24) : value.toFixed(4).padStart(11);
  const lines = [
    titles.map((title, i) => (i === 0 ? title.padEnd(24) : title.padStart(11))).join(' '),
    ...rows.map(row => titles.map(title => cell(row[title]!)).join(' ')),
  ];
  console.info(
    [
      'placement: max/mean of fresh, left, joined; moved / what has to move of leftMoved, joinedLoad, joinedCount;',
      'max/mean once weights have swung by up to a tenth, and levelled with a band of 0',
      ...lines,
    ].join('\n'),
  );
  expect(rows.length).toBe(CASES.length);
});
