import { describe, expect, it } from 'vitest';
import { RENAMED_MS } from '../../../src/core/capture/settle.ts';
import type { Failure } from '../../../src/core/failure.ts';
import { BLANK, PACE } from '../../../src/core/replicator/state.ts';
import { step, wakeAt } from '../../../src/core/replicator.ts';
import { SimulatedWorld } from './world.ts';

const begun = () => {
  const world = new SimulatedWorld(() => 1);
  world.begin();
  world.advance(100);
  return world;
};
const WHOLE = { hinted: true, whole: true };
const IN_PLACE = { hinted: true, whole: false };
const UNSEEN = { hinted: false, whole: false };

describe('a relationship', () => {
  it('takes what arrived whole at once, and waits for quiet where it did not', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.save('b', 'good', IN_PLACE);
    world.advance(world.now + 10);
    expect([...world.backup.keys()]).toEqual(['a']);
    world.advance(world.now + 100);
    expect([...world.backup.keys()]).toEqual(['a', 'b']);
  });

  it('waits as long as somebody writes', () => {
    const world = begun();
    world.writing.add('a');
    world.save('a', 'good', IN_PLACE);
    world.advance(world.now + 9_000);
    expect(world.backup.has('a')).toBe(false);
    world.writing.delete('a');
    world.advance(world.now + 1_000);
    expect(world.backup.has('a')).toBe(true);
  });

  it('finds by the scan what no event told', () => {
    const world = begun();
    world.save('a', 'good', UNSEEN);
    world.advance(world.now + 5_000);
    expect(world.backup.has('a')).toBe(false);
    world.advance(world.now + 10_000);
    expect(world.backup.has('a')).toBe(true);
  });

  it('looks sooner while it is blind, and at once when it sees again', () => {
    const world = begun();
    world.take({ is: 'sight', blind: { failure: 'unreadable', message: 'no watch' } });
    world.advance(world.now + 500);
    world.save('a', 'good', UNSEEN);
    world.advance(world.now + 2_500);
    expect(world.backup.has('a')).toBe(true);
    world.save('b', 'good', UNSEEN);
    world.take({ is: 'sight' });
    world.advance(world.now + 500);
    expect(world.backup.has('b')).toBe(true);
  });

  it('looks at everything when the process was asleep', () => {
    const world = begun();
    world.save('a', 'good', UNSEEN);
    world.take({ is: 'gap' });
    world.advance(world.now + 500);
    expect(world.backup.has('a')).toBe(true);
  });

  it('looks twice at what may be half-saved before it says held, and lets it heal', () => {
    const world = begun();
    world.save('a', 'broken', WHOLE);
    world.advance(world.now + 1_500);
    expect(world.state.holds.size).toBe(0);
    world.advance(world.now + 1_000);
    expect([...world.state.holds.keys()]).toEqual(['a']);
    world.save('b', 'good', WHOLE);
    world.advance(world.now + 100);
    expect(world.backup.has('b')).toBe(true);
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    expect(world.state.holds.size).toBe(0);
    expect(world.backup.has('a')).toBe(true);
  });

  it('never says held of a save that was finished in time', () => {
    const world = begun();
    world.save('a', 'broken', WHOLE);
    world.advance(world.now + 1_000);
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 5_000);
    expect(world.said.filter(text => text.includes('held'))).toEqual([]);
    expect(world.backup.has('a')).toBe(true);
  });

  it('holds what a guard stopped since it was first stopped, and folds later changes in', () => {
    const world = begun();
    world.save('a', 'guarded', WHOLE);
    world.advance(world.now + 100);
    const since = world.state.holds.get('a')?.since;
    expect(since).toBeDefined();
    world.advance(world.now + 5_000);
    world.save('a', 'guarded', WHOLE);
    world.advance(world.now + 100);
    expect(world.state.holds.get('a')).toMatchObject({ since, id: `v${world.primary.get('a')?.number}` });
  });

  it('believes that a file is gone after five seconds, and not at all when it came back', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.remove('a', true);
    world.advance(world.now + 4_000);
    world.save('a', 'good', IN_PLACE);
    world.advance(world.now + 8_000);
    expect(world.state.holds.size).toBe(0);
    world.remove('a', true);
    world.advance(world.now + 6_000);
    expect(world.state.holds.get('a')?.failures[0]?.failure).toBe('file-deleted');
  });

  it('begins to miss a file anew that came and went while its deletion waited', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.remove('a', true);
    world.advance(world.now + 1_000);
    world.take({ is: 'paused', pause: { until: world.now + 20_200 } });
    world.advance(world.now + 20_000);
    const isDue = () => world.state.active.get('a')?.due !== undefined;
    expect(isDue()).toBe(true);
    // A scan that misses it once more is no news.
    world.take({ is: 'rescan' });
    world.advance(world.now + 100);
    expect(isDue()).toBe(true);
    // Gone again before anybody could look.
    world.remove('a', true);
    world.advance(world.now + 4_800);
    expect([world.state.pause, world.state.holds.size]).toEqual([undefined, 0]);
    world.advance(world.now + 2_000);
    expect(world.state.holds.get('a')?.failures[0]?.failure).toBe('file-deleted');
  });

  it('does so too while the deletion is planned, which may take long', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.remove('a', true);
    world.planning = 20_000;
    world.advance(world.now + 6_000);
    expect([...(world.state.batch?.paths.keys() ?? [])]).toEqual(['a']);
    // A scan that misses it once more is no news.
    world.take({ is: 'rescan' });
    world.advance(world.now + 15_000);
    expect(world.state.batch?.stage).toBe('preparing');
    world.planning = 0;
    world.remove('a', true);
    world.advance(world.now + 4_900);
    expect([world.state.batch, world.state.holds.size]).toEqual([undefined, 0]);
    world.advance(world.now + 2_000);
    expect(world.state.holds.get('a')?.failures[0]?.failure).toBe('file-deleted');
  });

  it('takes a primary that is without its files for a moment for a save, and goes on', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.remove('a', true);
    world.isPrimaryAway = true;
    world.take({ is: 'rescan' });
    world.advance(world.now + 4_000);
    expect(world.state.phase.is).toBe('following');
    world.isPrimaryAway = false;
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    expect(world.backup.get('a')).toBe(world.primary.get('a')?.number);
    world.advance(world.now + 20_000);
    expect(world.state.away).toBeUndefined();
    expect(world.said).toEqual([]);
  });

  it('waits for a primary that stays away, says so once, and takes no file of it for deleted', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.remove('a', true);
    world.isPrimaryAway = true;
    world.take({ is: 'rescan' });
    world.advance(world.now + 5_100);
    expect(world.state.phase).toMatchObject({ is: 'waiting', attempt: 1 });
    world.advance(world.now + 60_000);
    expect(world.said).toEqual(['replication waits: root-missing']);
    expect(world.state.holds.size).toBe(0);
    world.isPrimaryAway = false;
    world.advance(world.now + 120_000);
    expect(world.said[1]).toBe('both sides are reached again');
    expect(world.state.holds.get('a')?.failures[0]?.failure).toBe('file-deleted');
  });

  it('takes the old name of a renamed file together with the new one, once it stayed away for a moment', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.rename('a', 'b');
    world.advance(world.now + RENAMED_MS - 10);
    expect(world.state.batch).toBeUndefined();
    world.advance(world.now + 100);
    expect(world.commits.at(-1)?.toSorted()).toEqual(['a', 'b']);
    expect([...world.backup.keys()]).toEqual(['b']);
  });

  it('takes a version that was only moved aside for no rename', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    world.rename('a', 'b');
    world.advance(world.now + 20);
    world.save('a', 'good', IN_PLACE);
    world.advance(world.now + 1_000);
    expect([...world.backup.keys()].sort()).toEqual(['a', 'b']);
    expect(world.applied.every(({ version }) => version !== undefined)).toBe(true);
    expect(world.said).toEqual([]);
  });

  it('replicates nothing while paused, ends a pause in time, and captures meanwhile', () => {
    const world = begun();
    world.take({ is: 'paused', pause: { until: world.now + 60_000 } });
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 59_000);
    expect(world.backup.has('a')).toBe(false);
    world.advance(world.now + 2_000);
    expect(world.backup.has('a')).toBe(true);
  });

  it('waits longer and longer for a backup that is away, and brings everything when it is back', () => {
    const world = begun();
    world.isReachable = false;
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 100);
    expect(world.state.phase).toMatchObject({ is: 'waiting', attempt: 1 });
    world.advance(world.now + 20_000);
    expect(world.state.phase).toMatchObject({ is: 'waiting', attempt: 5 });
    world.isReachable = true;
    world.advance(world.now + 40_000);
    expect(world.backup.has('a')).toBe(true);
    expect(world.said.filter(text => text.includes('replication waits'))).toHaveLength(1);
  });

  it('tries at once when it is told that what it waits for is there again', () => {
    const world = begun();
    world.isReachable = false;
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 20_000);
    expect(world.state.phase).toMatchObject({ is: 'waiting', attempt: 5 });
    world.isReachable = true;
    world.take({ is: 'reached' });
    world.advance(world.now + 100);
    expect(world.backup.has('a')).toBe(true);
    // Where nothing is waited for it is no news.
    const { phase } = world.state;
    world.take({ is: 'reached' });
    expect(world.state.phase).toEqual(phase);
  });

  it('tries again at once where it was told so while it tried', () => {
    const failure: Failure = { failure: 'unreachable', message: 'away' };
    const settings = { pace: PACE, manner: () => 'unparsed' as const };
    const opening = step(BLANK, { is: 'started', at: 0 }, settings).state;
    const told = step(opening, { is: 'reached', at: 1 }, settings).state;
    const refused = { is: 'opened', obstacle: { failure, unreachable: true } } as const;
    const again = step(told, { ...refused, at: 2 }, settings);
    expect(again.effects).toContainEqual({ is: 'open' });
    expect(again.state.phase).toEqual({ is: 'opening', attempt: 1, obstacle: refused.obstacle });
    // That counted once: from here on it waits.
    const waits = step(again.state, { ...refused, at: 3 }, settings);
    expect(waits.state.phase).toMatchObject({ is: 'waiting', attempt: 2 });
  });

  it('gives a person’s command the relationship to itself, and then plans everything anew', () => {
    const world = begun();
    world.save('a', 'guarded', WHOLE);
    world.advance(world.now + 100);
    world.take({ is: 'asked', token: 1 });
    expect(world.serving).toBe(1);
    world.save('b', 'good', WHOLE);
    expect(world.backup.has('b')).toBe(false);
    world.advance(world.now + 1_000);
    expect(world.backup.has('b')).toBe(true);
  });

  it('gives up what is only being prepared when it stops, and does nothing ever after', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    expect(world.state.batch?.stage).toBe('preparing');
    world.take({ is: 'stop' });
    expect(world.stopped).toBe(true);
    world.save('b', 'good', IN_PLACE);
    expect(wakeAt(world.state)).toBe(Number.POSITIVE_INFINITY);
    world.advance(world.now + 60_000);
    expect([world.applied, world.said]).toEqual([[], []]);
  });

  it('finishes a commit before it stops, and begins nothing after', () => {
    const world = begun();
    world.save('a', 'good', WHOLE);
    world.advance(world.now + 1);
    expect(world.state.batch?.stage).toBe('committing');
    world.take({ is: 'stop' });
    expect(world.stopped).toBe(false);
    world.save('b', 'good', WHOLE);
    world.advance(world.now + 1_000);
    expect(world.stopped).toBe(true);
    expect([...world.backup.keys()]).toEqual(['a']);
  });
});
