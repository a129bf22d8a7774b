import { describe, expect, it } from 'vitest';
import { oracleRewrite } from '../oracle/rules.ts';
import { withPair } from '../support/pair.ts';
import { editRuns } from './edits.ts';
import { corpusSets, demandCorpus } from './sets.ts';

demandCorpus(console.warn);

/** The corpus' mapping as a configuration file has it: `from`, `to` and `other` are its own words. */
function identityOf(mapping: readonly { kind: string; from: string; to: string }[]) {
  return mapping.map(({ kind, from, to }) => ({
    kind: kind === 'other' ? 'text' : kind,
    primary: from,
    backup: to,
  }));
}

describe('the corpus, replicated', () => {
  it.each(corpusSets().map(set => [set.name, set] as const))(
    '%s: a baseline and every edit, byte for byte',
    async (_, set) => {
      const relationship = { include: [set.file], identity: identityOf(set.mapping), guard: 'off' };
      await withPair(relationship, async pair => {
        const runs = [{ name: 'baseline', text: set.text }, ...editRuns(set)];
        expect(runs.length).toBeGreaterThanOrEqual(6);
        for (const { name, text } of runs) {
          pair.write('primary', set.file, text);
          const { exit, stderr } = await pair.warmspare('update');
          expect([name, exit, stderr]).toEqual([name, 0, '']);
          expect(pair.read('backup', set.file)).toBe(oracleRewrite(text, set.format, set.mapping));
        }
        const after = await pair.warmspare('verify');
        expect([after.exit, after.stderr]).toEqual([0, '']);
      });
    },
  );

  it.each(corpusSets().map(set => [set.name, set] as const))(
    '%s: none of its look-alikes is held, nor residue',
    async (_, set) => {
      await withPair({ include: [set.file], identity: identityOf(set.mapping) }, async pair => {
        pair.write('primary', set.file, set.text);
        const { exit, stdout } = await pair.warmspare('diff', '--json');
        const [plan] = JSON.parse(stdout).plans;
        expect([exit, plan.files[0].held]).toEqual([3, []]);
        const swapped = plan.files[0].swaps.map((swap: { found: string }) => swap.found);
        expect(swapped.filter((found: string) => set.lookalikes.includes(found))).toEqual([]);
        expect(swapped.length).toBeGreaterThan(0);
      });
    },
  );
});
