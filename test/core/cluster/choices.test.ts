import { expect, it } from 'vitest';
import { type PlacedTask, place } from '../../../src/core/cluster/placement.ts';
import { after, loadsOf, task } from './clusters.ts';

/** Members that take tasks, by their capacities. */
const members = (capacities: Record<string, number>) =>
  Object.entries(capacities).map(([name, capacity]) => ({ name, capacity, takes: true }));

/** So many tasks of one weight for each member. */
function ones(counts: Record<string, number>, weight = 1): PlacedTask[] {
  const owners = Object.entries(counts).flatMap(([owner, count]) => Array<string>(count).fill(owner));
  return owners.map((owner, i) => task(i, weight, { owner }));
}

it('among equally loaded members the one of greater capacity is preferred', () => {
  expect(place(members({ a: 1, b: 2, c: 2 }), [task(0, 1)], 'orphans').owners.get('t000000')).toBe('b');
});

it('few tasks, each more than a share: they find their last owners', () => {
  const tasks = ['d', 'c', 'b'].map((last, i) => task(i, 1 + i / 100, { last }));
  const { owners } = place(members({ a: 1, b: 1, c: 1, d: 1 }), tasks, 'orphans');
  expect([...owners.values()]).toEqual(['d', 'c', 'b']);
});

it('a last owner that is fuller than the least loaded, but within its share, gets its orphan', () => {
  const tasks = [...ones({ a: 10, b: 15 }), task(99, 1, { last: 'b' }), ...ones({ c: 30 }).map(renamed)];
  expect(place(members({ a: 1, b: 1, c: 1 }), tasks, 'orphans').owners.get('t000099')).toBe('a');
  const wide = tasks.map(one => (one.owner === 'c' ? { ...one, weight: 0.5 } : one));
  expect(place(members({ a: 1, b: 1, c: 1 }), wide, 'orphans').owners.get('t000099')).toBe('a');
  const room = [...tasks, ...Array.from({ length: 8 }, (_, i) => task(200 + i, 1))];
  expect(place(members({ a: 1, b: 1, c: 1 }), room, 'orphans').owners.get('t000099')).toBe('b');
});

it('a last owner below its share that the orphan would bring above it: only where it is as empty as the emptiest', () => {
  const orphan = task(99, 9, { last: 'b' });
  const near = [...ones({ a: 12, b: 12 }), orphan];
  expect(place(members({ a: 1, b: 1 }), near, 'orphans').owners.get('t000099')).toBe('b');
  const far = [...ones({ a: 11, b: 13 }), orphan];
  expect(place(members({ a: 1, b: 1 }), far, 'orphans').owners.get('t000099')).toBe('a');
});

it('members within the band of each other exchange nothing while another one gives', () => {
  const tasks = ones({ f: 115, a: 101, b: 87, c: 97 });
  const { moves } = place(members({ a: 1, b: 1, c: 1, f: 1 }), tasks, 'balance');
  expect(moves.length).toBe(15);
  expect(new Set(moves.map(({ from }) => from))).toEqual(new Set(['f']));
});

it('on a join the fullest give first, down to one level', () => {
  const names = Array.from({ length: 100 }, (_, i) => `m${i + 100}`);
  const tasks = ones(Object.fromEntries(names.map((name, i) => [name, i < 50 ? 103 : 98])));
  const now = after(
    { members: members(Object.fromEntries([...names, 'new'].map(name => [name, 1]))), tasks },
    'balance',
  );
  const loads = loadsOf(now.tasks);
  expect(Math.max(...loads.values())).toBeLessThanOrEqual(102);
  expect(loads.get('new')).toBeGreaterThan(90);
  expect(now.tasks.filter(({ owner }, i) => owner !== tasks[i]!.owner && owner !== 'new')).toEqual([]);
});

it('a small member does not lose half of what it has for a little that a large one lacks', () => {
  const tasks = [
    task(1000, 5, { owner: 'small' }),
    task(1001, 5.5, { owner: 'small' }),
    ...ones({ large: 94 }),
    task(1002, 52.75, { owner: 'full' }),
    task(1003, 52.75, { owner: 'full' }),
  ];
  expect(place(members({ small: 1, large: 10, full: 10 }), tasks, 'balance', 0).moves).toEqual([]);
});

it('what one circle makes room for, another one uses: a takes no others, and gets rid of its own by way of b', () => {
  const tasks = [
    ...ones({ a: 48 }).map(one => ({ ...one, allowed: ['a', 'b'] })),
    ...ones({ b: 48 }).map(renamed),
  ];
  const loads = loadsOf(after({ members: members({ a: 1, b: 1, c: 1 }), tasks }, 'balance').tasks);
  expect(Math.max(...loads.values())).toBeLessThanOrEqual(36);
});

it('nobody gives a new member so much that it takes from the others next', () => {
  const weights = [
    0.7642414207020163, 0.588080540832064, 1, 1, 1, 0.5880805376559023, 1, 1.0000001970299326, 1,
  ];
  const tasks = weights.map((weight, i) => task(i, weight, { owner: 'bccabbcca'.charAt(i) }));
  const { moves } = place(members({ a: 1, b: 1, c: 2, d: 1 }), tasks, 'balance');
  expect(moves.length).toBeGreaterThan(0);
  expect(moves.filter(({ to }) => to !== 'd')).toEqual([]);
});

it('where several join at once, none gets more than its share', () => {
  const tasks = [9, 8, 7, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1].map((weight, i) =>
    task(i, weight, { owner: i % 2 === 0 ? 'a' : 'b' }),
  );
  const now = after({ members: members({ a: 1, b: 1, c: 1, d: 1, e: 1 }), tasks }, 'balance');
  const loads = loadsOf(now.tasks);
  for (const name of ['c', 'd', 'e']) expect(loads.get(name)).toBeLessThanOrEqual(12);
  expect(now.tasks.filter(({ owner }, i) => owner !== tasks[i]!.owner && 'ab'.includes(owner!))).toEqual([]);
});

/** Beside those that were numbered from 0 on. */
function renamed(one: PlacedTask): PlacedTask {
  return { ...one, name: `u${one.name}` };
}
