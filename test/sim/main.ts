import { parseArgs } from 'node:util';
import { modeOf, playSeeds, reportOn } from './report.ts';
import { type Mode, play } from './run.ts';
import { storyOf } from './story.ts';

const USAGE = 'npm run sim -- --seed N [--seeds COUNT] [--mode safety|liveness]';

/** Plays one seed and tells its story, or many and tells the first that breaks an invariant. */
async function main(): Promise<number> {
  const options = { seed: { type: 'string' }, seeds: { type: 'string' }, mode: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  const seed = Number(values.seed ?? Date.now() % 0x7fffffff);
  const count = Number(values.seeds ?? (values.seed === undefined ? 1_000 : 1));
  const mode = values.mode as Mode | undefined;
  const isMode = mode === undefined || mode === 'safety' || mode === 'liveness';
  if (!Number.isInteger(seed) || !Number.isInteger(count) || count < 1 || !isMode) {
    console.error(USAGE);
    return 2;
  }
  if (count === 1) {
    const { violations, lines } = await play(storyOf(seed), mode ?? modeOf(seed));
    console.log([`seed ${seed}, ${mode ?? modeOf(seed)}`, ...lines].join('\n'));
    return violations.length === 0 ? 0 : 1;
  }
  const began = performance.now();
  const { totals, found } = await playSeeds(seed, count, mode === undefined ? {} : { mode });
  const pace = totals.seeds / ((performance.now() - began) / 1000);
  console.log(`seeds ${seed} to ${seed + totals.seeds - 1}, ${pace.toFixed(1)} a second:`, totals);
  if (found !== undefined) console.log(await reportOn(found));
  return found === undefined ? 0 : 1;
}

process.exitCode = await main();
