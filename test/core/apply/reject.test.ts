import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFile } from '../../../src/core/apply/plan-file.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { runs } from '../../runs.ts';
import { digest, rulesOf } from '../../support/rules.ts';
import { LAYOUTS, type Layout } from './merge-print.ts';
import { type Edit, edited, edits, expectedOf, type World, worlds } from './merge-world.ts';
import { linesOf, said } from './said.ts';

/**
 * Rejecting a conflict, on files of every format that both administrators edited: what both changed stays the
 * backup's, and all else of the primary's change arrives. Then the primary goes on, and nothing of that is
 * lost: where it was rejected its next change is welcome, and what was the backup's own all along is held.
 */
const encode = (text: string) => new TextEncoder().encode(text);

interface Known {
  readonly text: string;
  readonly local: readonly string[];
}

function plan({ format }: Layout, known: Known, primary: string, local: string, conflict: 'hold' | 'backup') {
  const { text, local: places } = known;
  const entry = { format, base: digest(text), file: digest(local), local: places, text };
  return planFile(
    { path: 'f', primary: encode(primary), local: encode(local), known: entry, deletedBefore: 0 },
    rulesOf({ pairs: [], shared: [] }, { format, conflict }),
  );
}

function saidBy({ format }: Layout, text: string): string {
  const document = formatNamed(format).parse(text);
  if (isFailure(document)) throw new Error(`${document.message}\n${text}`);
  return said(document.value);
}

interface Case {
  readonly base: World;
  readonly next: World;
  readonly local: World;
  /** What the primary does after the reject. */
  readonly more: readonly Edit[];
}

/** Some edits are made at one spot by both sides, and again afterwards at spots that were edited before. */
function cases({ ability }: Layout): fc.Arbitrary<Case> {
  const by = (side: string, all: readonly Edit[]) =>
    all.map(edit => ({ ...edit, fresh: `${edit.fresh}${side}` }));
  const valuesOf = (all: readonly Edit[]) => all.map(edit => ({ ...edit, sort: 'value' as const }));
  return fc
    .record({
      base: worlds(ability),
      both: fc.oneof(edits('x', 2).map(valuesOf), edits('x', 2)),
      onNext: edits('n', 3),
      own: edits('o', 1).map(valuesOf),
      onLocal: edits('l', 2),
      onward: edits('m', 2),
      again: fc.subarray(['both', 'own', 'onLocal', 'onward'] as const),
    })
    .map(({ base, again, ...all }) => ({
      base,
      next: edited(base, [...by('n', all.both), ...all.onNext], ability),
      local: edited(base, [...by('l', all.both), ...all.own, ...all.onLocal], ability),
      more: again.flatMap(which => by('m', all[which])),
    }));
}

describe.each(LAYOUTS)('a rejected conflict, $format: $name', layout => {
  const { ability, print, format, name } = layout;
  const comment = format === 'ini' ? ';' : '#';
  // An entry of a list has no name that the backup could remember after deleting it.
  const isNameless = /records|documents/.test(name);

  it('keeps what both changed, brings the rest, and is open to the primary’s next change', () => {
    const shares = { cases: 0, rejected: 0, welcome: 0, heldAgain: 0, quiet: 0 };
    fc.assert(
      fc.property(cases(layout), ({ base, next, local, more }) => {
        shares.cases++;
        const [b, n, l] = [print(base), print(next), print(local)];
        const expected = expectedOf(base, next, local, { now: true, before: new Set() });
        if (expected.contested || expected.kept.size === 0 || n === '' || l === '') return;
        const before = plan(layout, { text: b, local: [] }, n, l, 'hold');
        expect(before.held.map(({ failure }) => failure)).toContain('conflict');
        const rest = plan(layout, { text: b, local: [] }, n, l, 'backup');
        const texts = `${['base', b, 'next', n, 'local', l, 'result', rest.text].join('\n~~~')}\n`;
        expect(
          rest.held.map(({ message }) => message),
          texts,
        ).toEqual([]);
        const after = rest.text ?? l;
        const orphans = expected.orphans.map(line => `${comment} ${line}`);
        expect(linesOf(after), texts).toEqual([...linesOf(print(expected.world)), ...orphans].sort());
        expect(saidBy(layout, after), texts).toBe(saidBy(layout, print(expected.world)));
        shares.rejected++;
        if (orphans.length > 0) return;

        const now = edited(next, more, ability);
        const then = expectedOf(next, now, expected.world, { now: false, before: expected.kept });
        if ((then.contested && !then.conflict) || print(now) === '') return;
        const known = { text: n, local: rest.local };
        const later = plan(layout, known, print(now), after, 'hold');
        const story = `${texts}~~~marked ${rest.local.join(' ')}\n~~~now\n${print(now)}~~~then\n${later.text}\n`;
        const held = later.held.map(({ failure }) => failure);
        if (then.conflict) {
          shares.heldAgain++;
          expect(held, story).toContain('conflict');
          return;
        }
        if (isNameless && held.includes('conflict')) return;
        expect(held, story).toEqual([]);
        if (print(now) === n) shares.quiet++;
        else shares.welcome++;
        expect(saidBy(layout, later.text ?? after), story).toBe(saidBy(layout, print(then.world)));
      }),
      runs(60),
    );
    console.log(`${format}, ${name}: ${JSON.stringify(shares)}`);
    expect(shares.rejected).toBeGreaterThan(0);
  });
});
