import { describe, expect, it } from 'vitest';
import { SEED } from '../runs.ts';
import { BROKEN } from './broken.ts';
import { playSeeds } from './report.ts';
import { play } from './run.ts';

const SEEDS = 200;

describe(`each build with one thing wrong is caught within ${SEEDS} seeds`, () => {
  it.each(BROKEN)('$name', async ({ name, make, sign }) => {
    const others: string[] = [];
    // What is wrong may show itself otherwise first; it must also show what it is.
    for (let played = 0; played < SEEDS; ) {
      const { totals, found } = await playSeeds(SEED + played, SEEDS - played, { breaks: () => new make() });
      played += totals.seeds;
      if (found === undefined) break;
      const { story, mode, violation } = found;
      // The very same story, with nothing wrong in the build.
      expect((await play(story, mode)).violations).toEqual([]);
      const told = `${violation.invariant}: ${violation.text}`;
      if (sign.test(told)) {
        console.log(`${name}: caught at seed ${played} of ${SEEDS}, invariant ${violation.invariant}`);
        return;
      }
      others.push(told);
    }
    expect.fail(`not seen for what it is, but as: ${others.join('\n') || 'nothing'}`);
  });
});
