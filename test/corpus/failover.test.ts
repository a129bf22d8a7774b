import { expect, test } from 'vitest';
import { withMachines } from '../e2e/failover.ts';
import { identityOf } from '../e2e/fixtures.ts';
import { oracleRewrite } from '../oracle/rules.ts';
import { LONG } from '../runs.ts';
import { editRuns } from './edits.ts';
import { type CorpusSet, corpusSets, demandCorpus } from './sets.ts';

demandCorpus(console.warn);

/**
 * A text as it comes back from the backup: what was first written there is in the mapping's own spelling (an
 * escaped address has lost its escapes on the way over); every line that the primary had before is its own.
 */
function written(set: CorpusSet, text: string, before: string): string {
  const turned = set.mapping.map(pair => ({ ...pair, from: pair.to, to: pair.from }));
  const again = oracleRewrite(oracleRewrite(text, set.format, set.mapping), set.format, turned).split('\n');
  const known = new Set(before.split('\n'));
  const lines = text.split('\n').map((line, at) => (known.has(line) ? line : again[at]));
  return lines.join('\n');
}

/**
 * A known limit: where the last entry is spelled otherwise on the side that follows, the loss of the final line
 * end alone does not come over. What the file says is the same.
 */
const END_STAYS = 'a table that is named after the node, with escapes';

/**
 * The whole story of one failover and back, on every set. What the backup's administrator writes is the
 * rewrite of what the primary's would have written, so that both sides are known byte for byte at each step.
 */
const stories = corpusSets().flatMap(set => {
  const runs = editRuns(set);
  const starts = runs.slice(0, -4).map((_, at) => at);
  return starts
    .filter(at => LONG || at === 0 || at === starts.length - 1)
    .map(at => [set.name, runs[at]!.name, set, runs.slice(at, at + 5).map(({ text }) => text)] as const);
});

test.each(stories)(
  '%s, from "%s" on: failover and back, byte for byte at each step',
  async (_, from, set, [first, second, third, fourth, fifth]) => {
    const relationship = { include: [set.file], identity: identityOf(set.mapping), guard: 'off' };
    const over = (text: string) => oracleRewrite(text, set.format, set.mapping);
    const exact = (text: string) => (from === END_STAYS ? text.replace(/(\r?\n)+$/, '') : text);
    await withMachines(relationship, async (machines, pair) => {
      const ran = async (step: string, exit: number, ...argv: string[]) => {
        const done = await pair.warmspare(...argv);
        expect([step, done.exit, exit === 0 ? done.stderr : '']).toEqual([step, exit, '']);
        return done;
      };
      pair.write('primary', set.file, set.text);
      await ran('baseline', 0, 'update');
      pair.write('primary', set.file, first!);
      await ran('update', 0, 'update');
      machines.primaryGone();
      await ran('break', 0, 'break', '--at', 'backup');
      await ran('activate', 0, 'activate', '--at', 'backup');
      expect(pair.read('backup', set.file)).toBe(over(first!));
      pair.write('backup', set.file, over(second!));
      machines.primaryReturns();
      pair.write('primary', set.file, third!);
      const serving = machines.everything('backup');
      await ran('the old primary', 5, 'update');
      const shown = await ran('orphans', 4, 'resync', '--reverse');
      expect(shown.stdout).toContain(`+++ b/${set.file}`);
      expect(machines.everything('backup')).toEqual(serving);
      expect(pair.read('primary', set.file)).toBe(third);
      await ran('reverse', 0, 'resync', '--reverse', '--orphans', 'drop');
      const reversed = written(set, second!, first!);
      expect(pair.read('primary', set.file)).toBe(reversed);
      expect(machines.everything('backup')).toEqual(serving);
      pair.write('backup', set.file, over(fourth!));
      await ran('the new leader', 0, 'update');
      expect(exact(pair.read('primary', set.file))).toBe(exact(written(set, fourth!, reversed)));
      await ran('break there', 0, 'break');
      pair.write('primary', set.file, fifth!);
      await ran('back', 0, 'resync', '--reverse');
      expect(pair.read('backup', set.file)).toBe(over(fifth!));
      expect(pair.read('primary', set.file)).toBe(fifth);
      await ran('the end', 0, 'verify');
    });
  },
);
