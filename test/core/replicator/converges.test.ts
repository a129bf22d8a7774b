import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../runs.ts';
import { type Content, PATHS, SimulatedWorld } from './world.ts';

const path = fc.constantFrom(...PATHS);
const content = fc.constantFrom<Content>('good', 'good', 'good', 'broken', 'guarded');
const deed = fc.oneof(
  fc.record({ do: fc.constant('save' as const), path, content, hinted: fc.boolean(), whole: fc.boolean() }),
  fc.record({
    do: fc.constant('save' as const),
    path,
    content: fc.constant<Content>('good'),
    hinted: fc.constant(true),
    whole: fc.boolean(),
  }),
  fc.record({ do: fc.constant('remove' as const), path, hinted: fc.boolean() }),
  fc.record({ do: fc.constantFrom('primary away' as const, 'primary back' as const) }),
  fc.record({ do: fc.constantFrom('stuck' as const, 'moving' as const, 'free' as const), path }),
  fc.record({ do: fc.constantFrom('rename' as const, 'doubt' as const), path, to: path }),
  fc.record({ do: fc.constantFrom('away' as const, 'back' as const, 'pause' as const, 'resume' as const) }),
  fc.record({ do: fc.constantFrom('ask' as const, 'gap' as const, 'blind' as const, 'sighted' as const) }),
);
const story = fc.array(fc.tuple(deed, fc.integer({ min: 0, max: 4_000 })), { minLength: 1, maxLength: 40 });

function act(
  world: SimulatedWorld,
  one: typeof deed extends fc.Arbitrary<infer D> ? D : never,
  token: number,
): void {
  switch (one.do) {
    case 'save':
      return world.save(one.path, one.content, one);
    case 'remove':
      return world.remove(one.path, one.hinted);
    case 'stuck':
      world.unwritable.add(one.path);
      return;
    case 'moving':
      world.moving.add(one.path);
      return;
    case 'free':
      world.unwritable.delete(one.path);
      world.moving.delete(one.path);
      return;
    case 'rename':
      if (world.primary.has(one.path) && one.path !== one.to) world.rename(one.path, one.to);
      return;
    case 'doubt':
      return world.take({ is: 'doubted', path: one.path });
    case 'away':
      world.isReachable = false;
      return;
    case 'back':
      world.isReachable = true;
      return;
    case 'primary away':
      world.isPrimaryAway = true;
      return;
    case 'primary back':
      world.isPrimaryAway = false;
      return;
    case 'pause':
      return world.take({ is: 'paused', pause: {} });
    case 'resume':
      return world.take({ is: 'resumed' });
    case 'ask':
      return world.take({ is: 'asked', token });
    case 'gap':
      return world.take({ is: 'gap' });
    case 'blind':
      return world.take({ is: 'sight', blind: { failure: 'unreadable', message: 'no watch' } });
    case 'sighted':
      return world.take({ is: 'sight' });
  }
}

const isBusy = ({ state }: SimulatedWorld) =>
  state.batch !== undefined || state.active.size + state.doubts.size > 0;

/** Whether each was there after the one before it, perhaps still. */
function isInOrder(
  applied: readonly (number | undefined)[],
  history: readonly (number | undefined)[],
): boolean {
  let at = 0;
  for (const version of applied) {
    while (at < history.length && history[at] !== version) at++;
    if (at === history.length) return false;
  }
  return true;
}

describe('whatever happens, when it stops', () => {
  it('every path is on the backup in its last version, or held; and never went backwards', () => {
    const seen = { held: 0, applied: 0 };
    fc.assert(
      fc.property(story, fc.infiniteStream(fc.integer({ min: 0, max: 700 })), (deeds, delays) => {
        const world = new SimulatedWorld(() => delays.next().value as number);
        world.begin();
        for (const [index, [one, wait]] of deeds.entries()) {
          act(world, one, index + 1);
          world.advance(world.now + wait);
        }
        world.isReachable = true;
        world.isPrimaryAway = false;
        world.unwritable.clear();
        world.moving.clear();
        world.take({ is: 'resumed' });
        world.advance(world.now + 240_000);
        // What is held is planned anew at each proof, perhaps at this very moment.
        for (let turn = 0; turn < 10 && isBusy(world); turn++) world.advance(world.now + 1_000);
        for (const path of PATHS) {
          const version = world.primary.get(path);
          const hold = world.state.holds.get(path);
          if (version?.content === 'good') {
            expect([path, world.backup.get(path), hold]).toEqual([path, version.number, undefined]);
          } else if (version !== undefined || world.backup.has(path)) {
            expect([path, hold?.failures.length]).toEqual([path, 1]);
            seen.held += 1;
          }
          const applied = world.applied.filter(each => each.path === path).map(each => each.version);
          expect(isInOrder(applied, world.history.get(path) ?? [])).toBe(true);
          seen.applied += applied.length;
        }
        expect(world.state.phase.is).toBe('following');
        expect(isBusy(world)).toBe(false);
      }),
      runs(300),
    );
    expect(seen.held).toBeGreaterThan(10);
    expect(seen.applied).toBeGreaterThan(100);
  });
});
