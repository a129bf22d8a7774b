import { describe, expect, it } from 'vitest';
import { LONG, SEED } from '../../runs.ts';
import { BROKEN } from './broken.ts';
import { play } from './run.ts';

/** In a part of all stories; a build that is broken must show it in so many. */
const BROKEN_SEEDS = 1_500;

/** Seeds that have failed, and what it was. */
const KEPT: readonly (readonly [seed: number, what: string])[] = [
  [799765404, 'the answer of a write over which contact was lost was taken for that of the next one'],
  [
    799768731,
    'a configuration that a person gave was below one that nobody had any more, and never came into force',
  ],
  [21037, 'a leased task whose row was lost went to another than the one who went on with it'],
];

describe('the cluster, simulated', () => {
  const count = LONG ? 20_000 : 200;

  it(`finds nothing wrong in ${count} seeds`, () => {
    const began = performance.now();
    let rows = 0;
    let effects = 0;
    const faults = new Map<string, number>();
    for (let seed = SEED; seed < SEED + count; seed++) {
      const played = play(seed);
      const report = `seed ${seed}\n${played.violations.join('\n')}\n${played.lines.join('\n')}`;
      expect(played.violations.length === 0 ? 'nothing' : report).toBe('nothing');
      rows += played.rows;
      effects += played.effects;
      for (const [fault, times] of Object.entries(played.faults))
        faults.set(fault, (faults.get(fault) ?? 0) + times);
    }
    const pace = count / ((performance.now() - began) / 1000);
    console.log(
      `seeds ${SEED} to ${SEED + count - 1}, ${pace.toFixed(1)} a second: ${rows} rows, ${effects} effects,`,
      Object.fromEntries(faults),
    );
    // What never happened was not tested.
    expect(rows).toBeGreaterThan(count * 10);
    for (const times of faults.values()) expect(times).toBeGreaterThan(count / 10);
    expect(faults.size).toBe(12);
  });

  it.each(KEPT)('seed %i finds nothing any more: %s', seed => {
    expect(play(seed).violations).toEqual([]);
  });

  it('plays a seed the same way each time', () => {
    expect(play(SEED)).toEqual(play(SEED));
  });

  it.each(BROKEN)('a build in which $name is caught', ({ name, step, sign }) => {
    const others = new Set<string>();
    for (let seed = SEED; seed < SEED + BROKEN_SEEDS; seed++) {
      const { violations } = play(seed, step);
      if (violations.some(violation => sign.test(violation))) {
        console.log(`${name}: caught at seed ${seed - SEED + 1} of ${BROKEN_SEEDS}`);
        return;
      }
      for (const violation of violations) others.add(violation.replace(/\d+/g, 'N'));
    }
    expect.fail(`not seen for what it is, but as: ${[...others].join('\n') || 'nothing'}`);
  });
});
