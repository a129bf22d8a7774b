/** How often a property runs: a sample in `npm test`, a hundred times that in `npm run test:long`. */
export const LONG = process.env.WARMSPARE_LONG === '1';

/** One seed for the whole run, printed at its start; WARMSPARE_SEED repeats a run. */
export const SEED = Number(process.env.WARMSPARE_SEED ?? Date.now() % 0x7fffffff);

/** Options of fc.assert for a property that runs `sample` times in `npm test`. */
export function runs(sample: number): { numRuns: number; seed: number; endOnFailure: boolean } {
  return { numRuns: LONG ? sample * 100 : sample, seed: SEED, endOnFailure: false };
}
