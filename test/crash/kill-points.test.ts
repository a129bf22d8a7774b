import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LONG, SEED } from '../runs.ts';
import { injected, nameOf, pointsOf, sampleOf } from './points.ts';
import { faultsAfterUpdate, torn, withThree } from './three-files.ts';
import { pointsOfUpdate, updateIn } from './update.ts';

const IN_PLACE = fileURLToPath(new URL('./in-place-writer.js', import.meta.url));

describe('kill -9 at a system call of an update of three files', () => {
  it('tears nothing, and the next update brings it to its end, once', async () => {
    const points = await pointsOfUpdate();
    expect(points.length).toBeGreaterThan(40);
    const sample = sampleOf(points, 5);
    const faults: Record<string, readonly string[]> = {};
    let [tornCount, diverged] = [0, 0];
    for (const point of sample) {
      await withThree(async pair => {
        const { exit, stderr } = injected(updateIn(pair), point, 'signal=KILL');
        const before = torn(pair).map(file => `${file} is torn`);
        const after = await faultsAfterUpdate(pair);
        const found = exit === 137 ? [...before, ...after] : [`not killed: ${exit} ${stderr}`];
        if (found.length > 0) faults[nameOf(point)] = found;
        tornCount += before.length;
        diverged += after.length > 0 ? 1 : 0;
      });
    }
    console.log(
      `kill points: ${sample.length} of ${points.length} (seed ${SEED}): ${tornCount} torn, ${diverged} diverged`,
    );
    expect(faults).toEqual({});
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
