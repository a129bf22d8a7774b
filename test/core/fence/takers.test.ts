import { expect, test } from 'vitest';
import { LONG } from '../../runs.ts';
import { explore, nextWorlds } from './takers.ts';
import {
  BROKEN_TENURES,
  BROKEN_VARIANTS,
  begin,
  CLUSTERS,
  LARGE,
  type TenureVariant,
  type World,
} from './world.ts';

test('three takers, in every order of their calls: no effect follows one of a higher epoch', () => {
  const { states, wrong, epochs } = explore('right');
  console.info(`three takers: ${states} states, up to epoch ${epochs}`);
  expect(wrong).toBeUndefined();
  expect(states).toBeGreaterThan(1000);
});

test.each(BROKEN_VARIANTS)('%s: is seen to be unsafe', variant => {
  const { states, wrong } = explore(variant);
  console.info(`${variant}: ${states} states, ${wrong}`);
  expect(wrong).toBeDefined();
});

test.each(Object.entries({ ...CLUSTERS, ...(LONG ? LARGE : {}) }))(
  '%s: whoever was let in is followed by no lower one',
  (name, world) => {
    const { states, wrong, epochs } = explore('right', world());
    console.info(`${name}: ${states} states, up to epoch ${epochs}`);
    expect(wrong).toBeUndefined();
    expect(states).toBeGreaterThan(200);
  },
);

test.each(Object.entries(BROKEN_TENURES))('a tenure that is %s: is seen to be unsafe', (variant, world) => {
  const { states, wrong } = explore(variant as TenureVariant, world());
  console.info(`${variant}: ${states} states, ${wrong}`);
  expect(wrong).toMatch(/had been let in/);
});

/** Moves one taker as long as it goes, or until it is about to make that step. */
function advance(world: World, at: number, until?: string): World {
  let now = world;
  while (now.takers[at]!.step !== 'out' && now.takers[at]!.step !== until) {
    const before = now.takers.filter(({ step }, i) => step !== 'out' && i < at).length;
    now = nextWorlds(now, 'right')[before]!;
  }
  return now;
}

test('the model does what it is meant to: alone a taker commits, and one that is taken over is ended for', () => {
  const alone = advance(begin(), 0);
  expect([alone.file, alone.others, alone.ledger]).toMatchObject([
    'from A',
    ['other of B'],
    { epoch: 1, sequence: 1 },
  ]);
  const halfway = advance(begin(), 0, 'delete');
  expect([halfway.file, halfway.others.length, halfway.ledger.sequence]).toEqual(['from A', 2, 0]);
  const settled = advance(halfway, 1, 'stage');
  expect([settled.file, settled.others, settled.ledger]).toMatchObject([
    'from A',
    ['other of B'],
    { epoch: 2, sequence: 1, content: 'from A' },
  ]);
  const woken = advance(settled, 0);
  expect([woken.takers[0]!.step, woken.ledger, woken.homes.length]).toEqual(['out', settled.ledger, 1]);
  const broken = advance(advance(woken, 2), 1);
  expect([broken.ledger.broken, broken.file, broken.others]).toEqual([true, 'from A', ['other of B']]);
});
