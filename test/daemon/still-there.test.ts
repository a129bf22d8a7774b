import { describe, expect, it } from 'vitest';
import type { Look } from '../../src/core/capture/look.ts';
import type { Verdict } from '../../src/core/event.ts';
import type { Failure } from '../../src/core/failure.ts';
import { BLANK, type State } from '../../src/core/replicator/state.ts';
import { withDeletionsSeen } from '../../src/daemon/still-there.ts';

const LOOK: Look = { inode: '1:1', size: 1, modified: '1', changed: '1' };
const AWAY: Failure = { failure: 'root-missing', message: 'the root is gone' };
const SETTLED = [
  { path: 'gone', look: undefined, since: 0, at: 0 },
  { path: 'new', look: LOOK, since: 0, at: 0 },
];
const VERDICTS: readonly Verdict[] = [
  { path: 'gone', is: 'ready', write: true },
  { path: 'new', is: 'ready', write: true },
];

/** The verdicts after one more scan that finds this, and what was hinted at. */
async function seen(
  found: Record<string, Look>,
  failure?: Failure,
  verdicts = VERDICTS,
  missed: string[] = [],
) {
  const hinted: string[] = [];
  let scans = 0;
  const eyes = {
    scan: async () => {
      scans += 1;
      return {
        looks: new Map(Object.entries(found)),
        refused: [],
        ...(failure === undefined ? {} : { failure }),
      };
    },
  };
  const active = new Map(missed.map(path => [path, { due: { path, look: undefined, since: 0, at: 0 } }]));
  const known = new Map([['other', LOOK]]);
  const state: State = { ...BLANK, active, known };
  const judged = { settled: SETTLED, verdicts };
  const now = await withDeletionsSeen(eyes, state, judged, ({ path }) => void hinted.push(path));
  return { now, hinted, scans };
}

describe('a deletion, looked at once more', () => {
  it('stands where the file is gone and others are there', async () => {
    expect(await seen({ other: LOOK })).toEqual({ now: VERDICTS, hinted: [], scans: 1 });
  });

  it('does not stand where nothing is there, the primary is away, or the file is there again', async () => {
    const moved = (look?: Look) => [{ path: 'gone', is: 'moved', look }, VERDICTS[1]];
    expect((await seen({})).now).toEqual(moved());
    expect((await seen({ other: LOOK }, AWAY)).now).toEqual(moved());
    expect((await seen({ gone: LOOK })).now).toEqual(moved(LOOK));
  });

  it('tells of what it found otherwise than it was known', async () => {
    const found = { back: LOOK, other: LOOK, fresh: LOOK };
    expect((await seen(found, undefined, VERDICTS, ['back'])).hinted).toEqual(['back', 'fresh']);
    expect((await seen({ other: { ...LOOK, modified: '2' } })).hinted).toEqual(['other']);
  });

  it('costs nothing where nothing is deleted', async () => {
    const held: Verdict = { path: 'gone', is: 'held', id: 'x', failures: [AWAY] };
    const verdicts = [held, VERDICTS[1]!];
    expect(await seen({}, undefined, verdicts)).toEqual({ now: verdicts, hinted: [], scans: 0 });
  });
});
