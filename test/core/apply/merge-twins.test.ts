import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge } from '../../../src/core/apply/merge/merge.ts';
import { PLAIN_POLICY } from '../../../src/core/apply/merge/policy.ts';
import type { Document, FormatName } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { runs } from '../../runs.ts';

/**
 * Lists of few words, so that most entries have twins. How often each stands is plain arithmetic: as
 * often as before, and what either side put in or took out. Where both sides did something about equal
 * entries that can be meant in two ways, and the merge may be held; it may never count wrong.
 */
type List = readonly string[];

const WORDS = ['a 1', 'a 2', 'b 1', 'b 2', 'c 1'];

const SAMPLES: readonly { format: FormatName; name: string; print: (list: List) => string }[] = [
  { format: 'lines', name: 'lines', print: list => list.map(word => `${word}\n`).join('') },
  { format: 'lines', name: 'no final newline', print: list => list.join('\n') },
  {
    format: 'ini',
    name: 'ini',
    print: list => `[x]\n${list.map(word => `${word.replace(' ', ' = ')}\n`).join('')}[y]\n`,
  },
  { format: 'block', name: 'block', print: list => `x {\n${list.map(word => `\t${word}\n`).join('')}}\n` },
  {
    format: 'block',
    name: 'blocks',
    print: list => list.map(word => `x ${word[0]} {\n\t${word}\n}\n`).join(''),
  },
  { format: 'json', name: 'json', print: list => `${JSON.stringify({ x: list }, null, 1)}\n` },
  {
    format: 'json',
    name: 'records',
    print: list => `${JSON.stringify({ x: list.map(word => ({ [word[0]!]: word })) })}\n`,
  },
  {
    format: 'yaml',
    name: 'yaml',
    print: list => `x:\n${list.map(word => `  - ${word}\n`).join('')}  - end\n`,
  },
  { format: 'toml', name: 'toml', print: list => list.map(word => `[[x]]\nv = "${word}"\n`).join('') },
];

const edit = fc.record({
  sort: fc.constantFrom('add', 'delete', 'change', 'twin'),
  at: fc.nat(9),
  word: fc.constantFrom(...WORDS),
});
const edits = fc.array(edit, { maxLength: 3 });

/** The list after the edits; the words that they put in or took out are added to `touched`. */
function edited(
  list: List,
  all: readonly { sort: string; at: number; word: string }[],
  touched: Set<string>,
): List {
  return all.reduce((now, { sort, at, word }) => {
    const index = at % Math.max(1, now.length);
    const old = now[index];
    if (sort !== 'add' && old !== undefined) touched.add(old);
    if (sort === 'add' || sort === 'change' || old === undefined) touched.add(word);
    if (sort === 'add' || old === undefined) return now.toSpliced(at % (now.length + 1), 0, word);
    if (sort === 'twin') return now.toSpliced(index, 0, old);
    return sort === 'delete' ? now.toSpliced(index, 1) : now.with(index, word);
  }, list);
}

function parsed(format: FormatName, text: string): Document {
  const document = formatNamed(format).parse(text);
  if (isFailure(document)) throw new Error(`${document.message}\n${text}`);
  return document;
}

const countOf = (text: string, word: string) =>
  text.replaceAll(' = ', ' ').split(new RegExp(`\\b${word}\\b`)).length - 1;

describe.each(SAMPLES)('entries with twins, $name', ({ format, name, print }) => {
  it('stand as often as both sides say, or the change is held', () => {
    const shares = { cases: 0, held: 0, merged: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...WORDS), { maxLength: 6 }),
        edits,
        edits,
        (base, onNext, onLocal) => {
          const [byNext, byLocal] = [new Set<string>(), new Set<string>()];
          const [next, local] = [edited(base, onNext, byNext), edited(base, onLocal, byLocal)];
          const [b, n, l] = [print(base), print(next), print(local)];
          const result = merge({
            base: parsed(format, b),
            next: parsed(format, n),
            local: parsed(format, l),
            file: 'f',
            format: formatNamed(format),
            policy: PLAIN_POLICY,
          });
          shares.cases++;
          if (result.failures.length > 0) {
            shares.held++;
            expect([n === b, l === b, n === l]).toEqual([false, false, false]);
            return;
          }
          if (n !== b && l !== b && n !== l) shares.merged++;
          for (const word of WORDS) {
            const [was, then, own] = [b, n, l].map(text => countOf(text, word)) as [number, number, number];
            const now = countOf(result.text, word);
            const texts = `${b}~~~\n${n}~~~\n${l}~~~\n${result.text}\n${word}`;
            // Where both sides touched twins they may mean one and the same, or two.
            const sure = !byNext.has(word) || !byLocal.has(word);
            expect(now, texts).toBeLessThanOrEqual(sure ? then + own - was : then + own);
            expect(now, texts).toBeGreaterThanOrEqual(sure ? then + own - was : 0);
          }
        },
      ),
      runs(400),
    );
    console.log(`twins, ${name}: ${JSON.stringify(shares)}`);
  });
});
