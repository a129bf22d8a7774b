import { expect, it } from 'vitest';
import { SEED } from '../runs.ts';
import { nameOf, type Point, sampleOf } from './points.ts';
import { faultsAfterUpdate, faultsAsOne } from './three-files.ts';
import { killedAt, MISSED_MAX, pointsOfUpdate } from './update.ts';

/** From the first effect on a file outside the own folder up to the one that acknowledges it. */
function effects(points: readonly Point[]): Point[] {
  const outside = ({ path }: Point) => path.startsWith('backup/') && !path.startsWith('backup/.warmspare');
  const isRename = ({ call }: Point) => call.startsWith('rename');
  const last = points.findLastIndex(point => outside(point) || isRename(point));
  return points.slice(points.findIndex(isRename), last + 1);
}

it('an update of three files that was killed anywhere is one change after the next: in history, and to undo', async () => {
  const points = effects(await pointsOfUpdate());
  expect(points.length).toBeGreaterThan(8);
  const sample = sampleOf(points, 5);
  const faults: Record<string, readonly string[]> = {};
  let missed = 0;
  for (const point of sample) {
    const isReached = await killedAt(point, async pair => {
      const found = [...(await faultsAfterUpdate(pair)), ...(await faultsAsOne(pair))];
      if (found.length > 0) faults[nameOf(point)] = found;
    });
    if (!isReached) missed++;
  }
  const inPieces = Object.keys(faults).length;
  console.log(`all or nothing: ${sample.length} of ${points.length} (seed ${SEED}): ${inPieces} in pieces`);
  expect(faults).toEqual({});
  expect(missed).toBeLessThanOrEqual(Math.ceil(sample.length * MISSED_MAX));
});
