/** Every set of the corpus with its own mapping, as raw text and in its own format. */
import { describe, expect, test } from 'vitest';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { lookalikes } from '../../../src/core/rewrite/coverage.ts';
import { findResidue } from '../../../src/core/rewrite/residue.ts';
import { rewrite } from '../../../src/core/rewrite/rewrite.ts';
import { valueRewriter } from '../../../src/core/rewrite/values.ts';
import { corpusSets, demandCorpus } from '../../corpus/sets.ts';
import { oracleRewrite } from '../../oracle/rules.ts';
import { mappingOf, plainFormat, rawDocument, rewriteText } from './texts.ts';

const sets = corpusSets();

test('the corpus is there, or it is said where it was looked for', () => {
  demandCorpus(sentence => console.warn(sentence));
});

const count = (text: string, part: string) => text.split(part).length - 1;

describe.each(sets)('$name', ({ file, format: name, text, mapping: pairs, lookalikes: listed }) => {
  const mapping = mappingOf(
    pairs.map(({ kind, from, to }) => ({
      kind: kind === 'other' ? 'text' : kind,
      primary: from,
      backup: to,
    })),
  );
  const raw = rewrite(rawDocument(text), mapping, file, plainFormat);

  test('raw, it becomes what the oracle says, and nothing is asked', () => {
    expect(raw.text).toBe(oracleRewrite(text, 'lines', pairs));
    expect(raw.text).not.toBe(text);
    expect(raw.failures).toEqual([]);
  });

  test('each swap says what stood where and what stands where', () => {
    for (const { from, to, found, put } of raw.swaps) {
      expect(text.slice(from.start, from.end)).toBe(found);
      expect(raw.text.slice(to.start, to.end)).toBe(put);
    }
  });

  test('nothing of the primary is left, and the other direction gives it back', () => {
    const left = findResidue(rawDocument(raw.text), mapping, file).filter(
      ({ span }) => !raw.swaps.some(({ to }) => to.start <= span.start && span.end <= to.end),
    );
    expect(left).toEqual([]);
    expect(rewriteText(raw.text, mapping.reversed(), file)).toBe(text);
  });

  test.each(listed)('the lookalike %j stays, and is no residue', lookalike => {
    expect(count(raw.text, lookalike)).toBe(count(text, lookalike));
    expect(findResidue(rawDocument(lookalike), mapping, file)).toEqual([]);
    const residue = findResidue(rawDocument(text), mapping, file).map(({ found }) => found);
    expect(residue).not.toContain(lookalike);
  });

  test('in its own format, it becomes what the oracle says, by text and by value', () => {
    const format = formatNamed(name);
    const document = format.parse(text, file);
    if (isFailure(document)) throw new Error(document.message);
    const rewritten = rewrite(document, mapping, file, format);
    expect(rewritten.failures).toEqual([]);
    expect(rewritten.text).toBe(oracleRewrite(text, name, pairs));
    const next = format.parse(rewritten.text, file);
    if (isFailure(next)) throw new Error(next.message);
    expect(valueRewriter(mapping, file).value(document.value, '')).toEqual(next.value);
    const left = findResidue(next, mapping, file).filter(
      ({ span }) => !rewritten.swaps.some(({ to }) => to.start <= span.start && span.end <= to.end),
    );
    expect(left).toEqual([]);
  });

  test('every look-alike has its place, and none is an identifier of the mapping', () => {
    const known = new Set(pairs.flatMap(({ from, to }) => [from, to]));
    for (const { found, span } of lookalikes(rawDocument(text), mapping, file)) {
      expect(text.slice(span.start, span.end)).toBe(found);
      expect(known.has(found)).toBe(false);
    }
  });
});
