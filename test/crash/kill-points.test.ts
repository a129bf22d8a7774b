import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LONG, SEED } from '../runs.ts';
import { injected, nameOf, pointsOf, sampleOf } from './points.ts';
import { faultsAfterUpdate, torn, withThree } from './three-files.ts';
import { killedAt, MISSED_MAX, pointsOfUpdate } from './update.ts';

const IN_PLACE = fileURLToPath(new URL('./in-place-writer.js', import.meta.url));

describe('kill -9 at a system call of an update of three files', () => {
  it('tears nothing, and the next update brings it to its end, once', async () => {
    const points = await pointsOfUpdate();
    expect(points.length).toBeGreaterThan(40);
    const sample = sampleOf(points, 5);
    const faults: Record<string, readonly string[]> = {};
    let [tornCount, diverged, missed] = [0, 0, 0];
    for (const point of sample) {
      const isReached = await killedAt(point, async pair => {
        const before = torn(pair).map(file => `${file} is torn`);
        const after = await faultsAfterUpdate(pair);
        const found = [...before, ...after];
        if (found.length > 0) faults[nameOf(point)] = found;
        tornCount += before.length;
        diverged += after.length > 0 ? 1 : 0;
      });
      if (!isReached) missed++;
    }
    console.log(
      `kill points: ${sample.length} of ${points.length} (seed ${SEED}): ${tornCount} torn, ${diverged} diverged`,
    );
    expect(faults).toEqual({});
    expect(missed).toBeLessThanOrEqual(Math.ceil(sample.length * MISSED_MAX));
  });

  it('is told from a writer in place, which tears', async () => {
    const argv = [IN_PLACE];
    const all = await withThree(async pair => pointsOf({ folder: pair.folder, argv }, ['backup']));
    const points = all.filter(({ call }) => LONG || call === 'write');
    let found = 0;
    for (const point of points) {
      await withThree(async pair => {
        expect(injected({ folder: pair.folder, argv }, point, 'signal=KILL').exit).toBe(137);
        if (torn(pair).length > 0) found++;
      });
    }
    console.log(`kill points, in place: ${points.length} of ${all.length}: ${found} torn`);
    expect(found).toBeGreaterThan(0);
  });
});
