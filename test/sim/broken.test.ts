import { describe, expect, it } from 'vitest';
import { SEED } from '../runs.ts';
import { BROKEN } from './broken.ts';
import { playSeeds } from './report.ts';
import { play } from './run.ts';

describe('each build with one thing wrong is caught within 200 seeds', () => {
  it.each(BROKEN)('$name', async ({ name, make, sign }) => {
    const { totals, found } = await playSeeds(SEED, 200, { breaks: () => new make() });
    expect(found, 'nothing was seen').toBeDefined();
    const { story, mode, violation } = found!;
    expect(`${violation.invariant}: ${violation.text}`).toMatch(sign);
    // The very same story, with nothing wrong in the build.
    expect((await play(story, mode)).violations).toEqual([]);
    console.log(`${name}: caught at seed ${totals.seeds} of 200, invariant ${violation.invariant}`);
  });
});
