import { describe, expect, it } from 'vitest';
import type { Look } from '../../../src/core/capture/look.ts';
import { SimulatedWorld } from './world.ts';

const begun = () => {
  const world = new SimulatedWorld(() => 1);
  world.begin();
  world.advance(100);
  return world;
};
const WHOLE = { hinted: true, whole: true };

describe('a file that the backup does not take', () => {
  it('is held by itself, keeps no other back, and goes through when it can', () => {
    const world = begun();
    world.unwritable.add('b');
    world.take({ is: 'paused', pause: {} });
    for (const path of ['a', 'b', 'c']) world.save(path, 'good', WHOLE);
    world.take({ is: 'resumed' });
    world.advance(world.now + 100);
    expect([...world.backup.keys()].sort()).toEqual(['a', 'c']);
    expect([...world.state.holds]).toMatchObject([
      ['b', { id: 'of b', failures: [{ failure: 'unwritable' }] }],
    ]);
    expect(world.state.phase.is).toBe('following');
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    expect(world.backup.get('a')).toBe(world.primary.get('a')?.number);
    world.unwritable.clear();
    world.advance(world.now + 60_000);
    expect([world.backup.has('b'), world.state.holds.size, world.state.apart.size]).toEqual([true, 0, 0]);
    expect(world.said.filter(text => text.startsWith('b is held'))).toHaveLength(1);
  });

  it('nor can be read is held, and goes through as soon as it can, though nobody touches it', () => {
    const world = begun();
    world.unreadable.add('a');
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 5_000);
    expect([...world.state.holds]).toMatchObject([['a', { failures: [{ failure: 'unreadable' }] }]]);
    world.unreadable.clear();
    // Long before the next scan would find it.
    world.advance(world.now + 10_000);
    expect([world.backup.has('a'), world.state.holds.size]).toEqual([true, 0]);
    expect(world.said.filter(text => text.startsWith('a is held'))).toHaveLength(1);
  });

  it('is tried later and later, and at once when it changes', () => {
    const world = begun();
    world.unwritable.add('a');
    world.save('a', 'good', WHOLE);
    const times: number[] = [];
    for (let turn = 0; turn < 200; turn++) {
      world.advance(world.now + 1_000);
      const attempt = world.state.holds.get('a')?.retry?.attempt ?? 0;
      if (attempt > times.length) times.push(world.now);
    }
    expect(times.length).toBeGreaterThan(5);
    expect(times.length).toBeLessThan(12);
    world.unwritable.clear();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 50);
    expect(world.backup.get('a')).toBe(world.primary.get('a')?.number);
  });

  it('is left alone for a while where it moves on the backup all the time', () => {
    const world = begun();
    world.take({ is: 'paused', pause: {} });
    for (const path of ['a', 'b']) world.save(path, 'good', WHOLE);
    world.moving.add('a');
    world.take({ is: 'resumed' });
    world.advance(world.now + 100);
    expect(world.backup.has('b')).toBe(true);
    expect(world.state.holds.get('a')?.failures[0]?.failure).toBe('plan-moved');
  });

  it('takes the other name of its rename with it, and nothing else', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.unwritable.add('c');
    world.take({ is: 'paused', pause: {} });
    world.rename('a', 'b');
    world.save('c', 'good', WHOLE);
    world.advance(world.now + 1_000);
    world.take({ is: 'resumed' });
    world.advance(world.now + 100);
    expect(world.commits.at(-1)?.toSorted()).toEqual(['a', 'b']);
    expect([...world.backup.keys()]).toEqual(['b']);
    expect([...world.state.holds.keys()]).toEqual(['c']);
  });
});

describe('a path that is gone', () => {
  it('is not held any more, though it was never replicated and nobody saw it go', () => {
    const world = begun();
    world.unwritable.add('a');
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    expect(world.state.holds.size).toBe(1);
    world.remove('a', false);
    world.advance(world.now + 30_000);
    expect([world.state.holds.size, world.state.doubts.size, world.state.active.size]).toEqual([0, 0, 0]);
  });

  it('is not held any more either where everything else was forgotten meanwhile', () => {
    const world = begun();
    world.save('a', 'guarded', WHOLE);
    world.advance(world.now + 100);
    expect(world.state.holds.size).toBe(1);
    world.remove('a', false);
    // A person's command has the relationship: after it nothing that was known of the primary counts.
    world.take({ is: 'asked', token: 1 });
    world.advance(world.now + 30_000);
    expect([world.state.holds.size, world.state.active.size]).toEqual([0, 0]);
  });

  it('is waited for where it went while it was read', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.save('a', 'good', WHOLE);
    world.remove('a', false);
    world.advance(world.now + 1);
    expect(world.state.active.get('a')?.settling?.look).toBeUndefined();
    expect(world.state.active.has('a')).toBe(true);
  });

  it('is forgotten once the backup is without it too', () => {
    const world = begun();
    for (let turn = 0; turn < 20; turn++) {
      const path = `b${turn}`;
      world.save(path, 'good', WHOLE);
      world.advance(world.now + 100);
      world.rename(path, `b${turn + 1}`);
      world.advance(world.now + 1_000);
    }
    expect([...world.state.known.keys()]).toEqual(['b20']);
  });
});

describe('what is said of the backup', () => {
  it('is not that it was read, before it was; and that soon after the first look at everything', () => {
    const world = new SimulatedWorld(() => 1);
    world.begin();
    world.save('a', 'good', WHOLE);
    world.advance(1);
    expect([world.proofs, world.state.proof.proven]).toEqual([0, undefined]);
    world.advance(1_000);
    expect(world.backup.has('a')).toBe(true);
    expect(world.proofs).toBe(1);
    const { proven } = world.state.proof;
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    expect(world.state.proof.proven).toBe(proven);
  });

  it('is taken back where a plan proved to be wrong: the path is planned anew, whatever the ledger says', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.take({ is: 'doubted', path: 'a' });
    expect(world.state.batch?.paths.get('a')).toMatchObject({ anew: true, look: lookOf(world) });
    world.take({ is: 'doubted', path: 'never seen' });
    expect(world.state.active.has('never seen')).toBe(false);
  });
});

function lookOf(world: SimulatedWorld): Look {
  return world.primary.get('a')!.look;
}
