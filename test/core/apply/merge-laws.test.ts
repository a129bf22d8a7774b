import { diffChars } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Merged, merge } from '../../../src/core/apply/merge/merge.ts';
import { type MergePolicy, PLAIN_POLICY } from '../../../src/core/apply/merge/policy.ts';
import { textEdits } from '../../../src/core/apply/text-edits.ts';
import { applyEdits, type Document } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { runs } from '../../runs.ts';
import { LAYOUTS, type Layout } from './merge-print.ts';
import {
  type Ability,
  type Edit,
  END,
  edited,
  edits,
  expectedOf,
  type World,
  worlds,
} from './merge-world.ts';
import { linesOf, said } from './said.ts';

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

const blankLines = (text: string) => text.split(/\r?\n/).filter(line => line === '').length;

function editedIn(from: string, to: string): number {
  return textEdits(from, to).reduce((sum, edit) => sum + edit.length + edit.content.length, 0);
}

function editedCharacters(from: string, to: string): number {
  return diffChars(from, to).reduce(
    (sum, { added, removed, value }) => sum + (added || removed ? value.length : 0),
    0,
  );
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
      runs(200),
    );
    console.log(`${format}, ${layout.name}: ${JSON.stringify(shares)}`);
  });

  it('gives back a side byte for byte where the other did nothing, or the same', () => {
    fc.assert(
      fc.property(cases(ability), ({ base, next }) => {
        const [b, n] = [print(base), print(next)];
        expect(merged(layout, b, n, b).text).toBe(n);
        expect(merged(layout, b, b, n).text).toBe(n);
        expect(merged(layout, b, n, n).text).toBe(n);
        for (const { failures } of [
          merged(layout, b, n, b),
          merged(layout, b, b, n),
          merged(layout, b, n, n),
        ]) {
          expect(failures).toEqual([]);
        }
      }),
      runs(30),
    );
  });

  it('says the same from either side, and the primary’s where the conflict is the primary’s to win', () => {
    fc.assert(
      fc.property(cases(ability), ({ base, next, local }) => {
        const [b, n, l] = [print(base), print(next), print(local)];
        const [there, back] = [merged(layout, b, n, l), merged(layout, b, l, n)];
        const texts = [b, n, l, there.text, back.text].join('\n~~~');
        const codes = ({ failures }: Merged) =>
          failures.map(({ failure, message }) => `${failure} ${message}`);
        expect(
          [codes(there), codes(back)].filter(all => all.length > 0).length,
          texts + codes(there) + codes(back),
        ).not.toBe(1);
        if (there.failures.length === 0) expect(said(back.document.value)).toBe(said(there.document.value));
        const won = merged(layout, b, n, l, 'primary');
        if (won.failures.length > 0) return;
        if (layout.name === 'one line') return;
        const settings = (world: World) =>
          linesOf(print(world))
            .filter(line => !/^\s*[#;]/.test(line))
            .map(line => line.replace(/ #.*/, ''));
        const before = settings(base);
        const now = linesOf(won.text).map(line => line.replace(/ #.*/, ''));
        // What the primary put in stands there; a list on one line holds more than that.
        for (const line of settings(next)) {
          if (!before.includes(line) && !line.includes('[') && !line.includes('{')) {
            expect(now, won.text).toContain(line);
          }
        }
      }),
      runs(30),
    );
  });

  it('stays the same through fifty changes: nothing local is lost, doubled or piled up', () => {
    const fifty = fc.array(edits('n', 2), { minLength: 50, maxLength: 50 });
    let [held, applied] = [0, 0];
    fc.assert(
      fc.property(worlds(ability), edits('l', 6), fifty, (start, own, changes) => {
        let base = start;
        let local = edited(start, own, ability);
        let text = print(local);
        changes.forEach((change, index) => {
          const fresh = change.map(edit => ({ ...edit, fresh: `${edit.fresh}x${index}` }));
          const next = edited(base, fresh, ability);
          const expected = expectedOf(base, next, local);
          const result = merged(layout, print(base), print(next), text);
          if (result.failures.length > 0 || expected.contested) {
            held++;
            return;
          }
          applied++;
          // An orphan is from then on a comment of the next entry or of the end: the walk ends the law there.
          if (expected.orphans.length > 0) return;
          base = next;
          local = expected.world;
          text = result.text;
          const wanted = print(local);
          expect(linesOf(text)).toEqual(linesOf(wanted));
          expect(blankLines(text), text).toBeLessThanOrEqual(blankLines(wanted) + 2);
        });
      }),
      { ...runs(1), endOnFailure: true },
    );
    console.log(`${format}, ${layout.name}: a chain of ${applied} changes applied, ${held} passed over`);
  });

  it('loses nothing at a baseline that keeps what is local, and a second one changes nothing', () => {
    fc.assert(
      fc.property(cases(ability), ({ next, local }) => {
        const [n, l] = [print(next), print(local)];
        const first = merged(layout, undefined, n, l, 'local');
        expect(first.failures, `${n}~~~\n${l}~~~\n${first.text}`).toEqual([]);
        const bare = (text: string) => linesOf(text).map(line => line.replace(/ #.*/, ''));
        const lines = bare(first.text);
        const multi = (line: string) => /[[{]/.test(line);
        for (const line of bare(l)) {
          if (!multi(line) && layout.name !== 'one line')
            expect(lines, `${n}~~~\n${l}~~~\n${first.text}`).toContain(line);
        }
        const keys = new Set(
          [...JSON.stringify(first.document.value).matchAll(/"(\w+)":/g)].map(match => match[1]),
        );
        for (const entry of next) {
          const lost =
            !keys.has(entry.key) && !JSON.stringify(first.document.value).includes(`${entry.key}"`);
          // Of two lists without a common past and without a key the backup's stays.
          if (entry.value !== END && !/documents/.test(layout.name))
            expect(lost, `${entry.key}\n${n}~~~\n${l}~~~\n${first.text}`).toBe(false);
        }
        expect(merged(layout, undefined, n, first.text, 'local').text).toBe(first.text);
      }),
      runs(30),
    );
  });

  it('changes no line that no edit is near', () => {
    fc.assert(
      fc.property(cases(ability), ({ base, next, local }) => {
        const [b, n, l] = [print(base), print(next), print(local)];
        const result = merged(layout, b, n, l);
        if (result.failures.length > 0) return;
        // On one line edits that are near each other may be one, and what is near differs from side to side.
        const size = l.trimEnd().includes('\n') ? editedIn : editedCharacters;
        expect(applyEdits(l, textEdits(l, result.text))).toBe(result.text);
        // Commas, line ends and spacing of neighbours are allowed on top.
        expect(size(l, result.text), `${b}~~~\n${n}~~~\n${l}~~~\n${result.text}`).toBeLessThanOrEqual(
          3 * size(b, n) + 40,
        );
      }),
      runs(30),
    );
  });
});
