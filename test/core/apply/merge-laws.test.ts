import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Merged, merge } from '../../../src/core/apply/merge/merge.ts';
import { type MergePolicy, PLAIN_POLICY } from '../../../src/core/apply/merge/policy.ts';
import { canonical } from '../../../src/core/change/align.ts';
import type { Document, Json } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { runs } from '../../runs.ts';
import { LAYOUTS, type Layout } from './merge-print.ts';
import { type Ability, type Edit, edited, edits, expectedOf, type World, worlds } from './merge-world.ts';

function parsed({ format }: Layout, text: string): Document {
  const document = formatNamed(format).parse(text);
  if (isFailure(document)) throw new Error(`${document.message}\n${text}`);
  return document;
}

function merged(
  layout: Layout,
  base: string | undefined,
  next: string,
  local: string,
  conflict: MergePolicy['conflict'] = 'hold',
): Merged {
  return merge({
    base: base === undefined ? undefined : parsed(layout, base),
    next: parsed(layout, next),
    local: parsed(layout, local),
    file: 'f',
    format: formatNamed(layout.format),
    policy: { ...PLAIN_POLICY, conflict },
  });
}

interface Case {
  readonly base: World;
  readonly next: World;
  readonly local: World;
}

/** A file, and edits of it on both sides; some of them are made on both. */
function cases(ability: Ability): fc.Arbitrary<Case> {
  const both = fc.oneof({ weight: 4, arbitrary: fc.constant([] as Edit[]) }, edits('x', 1));
  return fc.tuple(worlds(ability), edits('n'), edits('l'), both).map(([base, onNext, onLocal, same]) => ({
    base,
    next: edited(base, [...same, ...onNext], ability),
    local: edited(base, [...same, ...onLocal], ability),
  }));
}

/** Lines that can be counted: without line ends and commas, comments without indentation, none that are blank. */
function linesOf(text: string): string[] {
  const inOrder = (list: string) =>
    list
      .split(/[,[\]{}]+ ?/)
      .sort()
      .join();
  return text
    .split(/\r?\n/)
    .map(line => (/^\s*[#;]/.test(line) ? line.trim() : line.replace(/,$/, '')))
    .map(line => (line.startsWith('{"') ? inOrder(line) : line.replace(/(?<=\[)[^\]]+(?=\])/, inOrder)))
    .filter(line => line.trim() !== '')
    .sort();
}

const blankLines = (text: string) => text.split(/\r?\n/).filter(line => line === '').length;

/** What a value says, whatever the order of its lists. */
function said(value: Json): string {
  const sets = (each: Json): Json =>
    Array.isArray(each)
      ? each.map(sets).sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))
      : each !== null && typeof each === 'object'
        ? Object.fromEntries(Object.entries(each).map(([key, item]) => [key, sets(item)]))
        : each;
  return canonical(sets(value));
}

describe.each(LAYOUTS)('the merge, $format: $name', layout => {
  const { ability, print, format } = layout;
  const comment = format === 'ini' ? ';' : '#';

  it('says what set arithmetic says, keeps every byte of both, and never holds disjoint edits', () => {
    const shares = { cases: 0, held: 0, disjoint: 0, conflict: 0 };
    fc.assert(
      fc.property(cases(ability), ({ base, next, local }) => {
        const [b, n, l] = [print(base), print(next), print(local)];
        const expected = expectedOf(base, next, local);
        const result = merged(layout, b, n, l);
        shares.cases++;
        if (b !== n && b !== l && n !== l && !expected.contested) shares.disjoint++;
        const texts = `${['base', b, 'next', n, 'local', l, 'result', result.text].join('\n~~~')}\n`;
        const held = result.failures.map(({ failure, message }) => `${failure}: ${message}`);
        if (expected.conflict) {
          shares.conflict++;
          expect(held.join(), texts).toContain('conflict');
        }
        if (held.length > 0) {
          shares.held++;
          expect({ held, contested: expected.contested }, texts).toEqual({ held, contested: true });
          return;
        }
        const wanted = print(expected.world);
        const orphans = expected.orphans.map(line => `${comment} ${line}`);
        expect(linesOf(result.text), texts).toEqual([...linesOf(wanted), ...orphans].sort());
        expect(said(result.document.value), texts).toBe(said(parsed(layout, wanted).value));
        expect(blankLines(result.text), texts).toBeLessThanOrEqual(blankLines(wanted) + 1);
      }),
      runs(400),
    );
    console.log(`${format}, ${layout.name}: ${JSON.stringify(shares)}`);
  });
});
