import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Look, sameVersion } from '../../../src/core/capture/look.ts';
import {
  hintedAgain,
  looked,
  type Manner,
  overdue,
  type Settled,
  type Settling,
  unsettled,
} from '../../../src/core/capture/settle.ts';
import { runs } from '../../runs.ts';

const A: Look = { inode: '1:1', size: 10, modified: '100', changed: '100' };
const B: Look = { ...A, size: 20, modified: '200', changed: '200' };

const still = (settled: Settled): Settling => {
  if (settled.settled) throw new Error('settled');
  return settled.settling;
};

describe('settle', () => {
  it('a whole arrival may be read at once', () => {
    const settling = unsettled({ look: A, whole: true, at: 5 });
    expect(settling).toMatchObject({ whole: true, nextLook: 5 });
    expect(looked(settling, { look: A, writing: undefined, at: 5 }, 'unparsed')).toEqual({
      settled: true,
      look: A,
    });
  });

  it('a whole arrival takes the place of an unfinished one', () => {
    const unfinished = unsettled({ look: A, whole: false, at: 0 });
    expect(hintedAgain(unfinished, { look: B, whole: true, at: 3 })).toMatchObject({
      look: B,
      whole: true,
      nextLook: 3,
    });
  });

  it.each([
    ['another look', B],
    ['the same look, as of two writes within one tick', A],
  ])('a write after a whole arrival makes it not whole: %s', (_, look) => {
    const whole = unsettled({ look: A, whole: true, at: 0 });
    expect(hintedAgain(whole, { look, whole: false, at: 3 })).toMatchObject({
      look,
      whole: false,
      nextLook: 33,
    });
  });

  it('a whole arrival that changed before it was looked at is not whole', () => {
    const whole = unsettled({ look: A, whole: true, at: 0 });
    expect(still(looked(whole, { look: B, writing: false, at: 1 }, 'unparsed'))).toMatchObject({
      look: B,
      whole: false,
    });
  });

  it.each<[string, boolean | undefined, Manner, number]>([
    ['nobody writes', false, 'unparsed', 30],
    ['nobody writes', false, 'parsed', 30],
    ['nobody can tell', undefined, 'unparsed', 300],
    ['nobody can tell, but a parse would', undefined, 'parsed', 50],
  ])('%s (%s, %s): settled after %i ms of quiet and not before', (_, writing, manner, needed) => {
    const settling = unsettled({ look: A, whole: false, at: 1000 });
    expect(settling.nextLook).toBe(1030);
    if (needed > 30) {
      const waits = still(looked(settling, { look: A, writing, at: 1030 }, manner));
      expect(waits.nextLook).toBe(1000 + needed);
    }
    expect(looked(settling, { look: A, writing, at: 999 + needed }, manner).settled).toBe(false);
    expect(looked(settling, { look: A, writing, at: 1000 + needed }, manner).settled).toBe(true);
  });

  it('a file that is open for writing is looked at again after 50, 100, 200, 250, 250 ms, as long as it is open', () => {
    let settling = unsettled({ look: A, whole: false, at: 0 });
    const pauses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const at = settling.nextLook;
      settling = still(looked(settling, { look: A, writing: true, at }, 'parsed'));
      pauses.push(settling.nextLook - at);
    }
    expect(pauses).toEqual([50, 100, 200, 250, 250, 250]);
    expect(overdue(settling, 1_999)).toBe(false);
    expect(overdue(settling, 2_000)).toBe(true);
    expect(looked(settling, { look: A, writing: false, at: settling.nextLook }, 'parsed').settled).toBe(true);
  });

  it('a file that changes between two looks is quiet from the second on', () => {
    const settling = unsettled({ look: A, whole: false, at: 0 });
    const changed = still(looked(settling, { look: B, writing: false, at: 400 }, 'unparsed'));
    expect(changed).toMatchObject({ since: 0, quietSince: 400, nextLook: 430 });
  });

  it('a missing file is believed after 5 s in which each look finds it missing and nothing is heard of it', () => {
    let settling = unsettled({ look: undefined, whole: false, at: 100 });
    settling = still(looked(settling, { look: undefined, writing: false, at: 1_100 }, 'parsed'));
    // Perhaps it was there in between.
    settling = hintedAgain(settling, { look: undefined, whole: false, at: 1_500 });
    expect(settling).toMatchObject({ since: 100, quietSince: 1_500 });
    for (let at = 2_500; at < 6_500; at = settling.nextLook) {
      expect(settling.nextLook).toBe(at);
      settling = still(looked(settling, { look: undefined, writing: false, at }, 'parsed'));
    }
    expect(settling.nextLook).toBe(6_500);
    expect(overdue(settling, 6_499)).toBe(false);
    expect(looked(settling, { look: undefined, writing: false, at: 6_500 }, 'parsed')).toEqual({
      settled: true,
      look: undefined,
    });
  });

  it('a file that comes back was never missing, and its burst begins then', () => {
    const gone = unsettled({ look: undefined, whole: false, at: 0 });
    const back = still(looked(gone, { look: A, writing: false, at: 4_900 }, 'parsed'));
    expect(back).toMatchObject({ look: A, since: 4_900, nextLook: 4_930 });
    const goneAgain = still(looked(back, { look: undefined, writing: false, at: 4_930 }, 'parsed'));
    expect(goneAgain).toMatchObject({ quietSince: 4_930, nextLook: 5_930 });
    expect(hintedAgain(gone, { look: A, whole: true, at: 4_900 })).toMatchObject({
      whole: true,
      nextLook: 4_900,
    });
  });
});

/**
 * A file's life: at each time it is one of three versions or missing, and is open for writing or not. The
 * caller looks exactly when it is asked to, and hears of some of the changes.
 */
const life = fc.array(
  fc.record({
    pause: fc.integer({ min: 0, max: 700 }),
    version: fc.integer({ min: 0, max: 3 }),
    writing: fc.boolean(),
    heard: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

const VERSIONS: readonly (Look | undefined)[] = [undefined, A, B, { ...A, inode: '1:2' }];

describe('settle, over whole lives of a file', () => {
  it.each<[Manner, boolean]>([
    ['parsed', true],
    ['parsed', false],
    ['unparsed', true],
    ['unparsed', false],
  ])('%s, told who writes: %s', (manner, told) => {
    fc.assert(
      fc.property(life, steps => {
        let clock = 0;
        let settling: Settling | undefined;
        const changes = steps.map(step => {
          clock += step.pause;
          return { ...step, at: clock };
        });
        const stateAt = (time: number) => changes.findLast(one => one.at <= time);
        const queue = [...changes];
        for (let now = 0, looks = 0; looks < 500; ) {
          const next = queue[0];
          if (next !== undefined && (settling === undefined || next.at <= settling.nextLook)) {
            queue.shift();
            now = Math.max(now, next.at);
            if (!next.heard && settling === undefined && queue.length > 0) continue;
            const hint = { look: VERSIONS[next.version], whole: false, at: now };
            if (settling === undefined) settling = unsettled(hint);
            else if (next.heard) settling = hintedAgain(settling, hint);
            continue;
          }
          if (settling === undefined) return;
          now = Math.max(now, settling.nextLook);
          looks++;
          const state = stateAt(now)!;
          const seen = { look: VERSIONS[state.version], writing: told ? state.writing : undefined, at: now };
          const answer = looked(settling, seen, manner);
          if (!answer.settled) {
            // Time always goes on: no look is asked for at a time that is past.
            expect(answer.settling.nextLook).toBeGreaterThan(now);
            settling = answer.settling;
            // Open for good: nothing more will happen.
            if (queue.length === 0 && seen.writing === true && looks > 100) return;
            continue;
          }
          // It settled on what is there, which nobody was seen writing, and which had been quiet.
          expect(sameVersion(answer.look, VERSIONS[state.version])).toBe(true);
          if (answer.look !== undefined) expect(seen.writing).not.toBe(true);
          const quiet = told ? 30 : manner === 'parsed' ? 50 : 300;
          const heard = changes.filter(one => one.heard && one.at <= now).at(-1)?.at ?? -Infinity;
          expect(now - heard).toBeGreaterThanOrEqual(answer.look === undefined ? 5_000 : quiet);
          settling = undefined;
        }
        throw new Error('never settled');
      }),
      runs(1000),
    );
  });
});
