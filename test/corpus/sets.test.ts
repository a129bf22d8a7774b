/** The corpus as the oracle reads it: nothing here looks at src/core. */
import { describe, expect, test } from 'vitest';
import { oracleRewrite, oracleSwaps } from '../oracle/rules.ts';
import { corpusFolder, corpusMissing, corpusSets, demandCorpus } from './sets.ts';

const sets = corpusSets();

test('the corpus is there, or it is said where it was looked for', () => {
  demandCorpus(sentence => console.warn(sentence));
  expect(sets.length).toBe(corpusMissing() === undefined ? 14 : 0);
  expect(corpusMissing('/nonexistent/corpus')).toMatch(
    /looked for in \/nonexistent\/corpus and is not there/,
  );
  expect(corpusFolder()).toMatch(/shared.corpus$/);
});

const count = (text: string, part: string) => text.split(part).length - 1;

describe.each(sets)('$name', ({ text, format, mapping, lookalikes }) => {
  const swaps = oracleSwaps(text, format, mapping);
  const backup = oracleRewrite(text, format, mapping);

  test.each(mapping)('$kind $from occurs', ({ kind, from }) => {
    const own = swaps.filter(({ pair }) => pair.kind === kind && pair.from === from);
    if (own.length > 0) return;
    // It stands only inside longer identifiers, each of which is in the mapping (zrepl's a.example.com).
    const longer = swaps.filter(({ found }) => found.includes(from));
    expect(longer.length).toBeGreaterThan(0);
    expect(longer.length).toBe(count(text, from));
  });

  test('each form that identity.json lists follows from the rules', () => {
    const forms = mapping.flatMap(pair => pair.forms ?? []);
    for (const [found, put] of forms) expect(swaps).toContainEqual(expect.objectContaining({ found, put }));
  });

  test.each(lookalikes)('the lookalike %j occurs and is unchanged', lookalike => {
    expect(count(text, lookalike)).toBeGreaterThan(0);
    expect(count(backup, lookalike)).toBe(count(text, lookalike));
    for (const { at, found } of swaps) expect(text.slice(at, at + found.length)).not.toBe(lookalike);
  });

  test('the same mapping read backwards gives the primary back', () => {
    expect(backup).not.toBe(text);
    const backwards = mapping.map(({ kind, from, to }) => ({ kind, from: to, to: from }));
    expect(oracleRewrite(backup, format, backwards)).toBe(text);
  });

  test('no identifier of the primary is left, but where it is also the counterpart of another', () => {
    const counterparts = new Set(mapping.map(({ to }) => to));
    const left = mapping.filter(({ from }) => !counterparts.has(from));
    const found = oracleSwaps(backup, format, left, { swap: false });
    expect(found).toEqual([]);
  });
});
