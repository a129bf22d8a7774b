/** The administrators' edits by themselves: each is what its sort says, and leaves a valid file. */
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type OracleFormat, oracleSwaps } from '../oracle/rules.ts';
import type { EditSort } from './edit.ts';
import { editRuns, editsOf, setsWithEdits } from './edits.ts';
import { corpusSets, demandCorpus } from './sets.ts';

/** The value of a structured file; throws where it is not valid. Of the others, what is no comment. */
function meaningOf(text: string, format: OracleFormat): unknown {
  if (format === 'json') return JSON.parse(text);
  // TOML keeps the line ends of a text over several lines, so CRLF is another value there.
  if (format === 'toml') return parseToml(text.replaceAll('\r\n', '\n'));
  if (format !== 'yaml')
    return text
      .replaceAll(/\r/g, '')
      .split('\n')
      .map(withoutComment)
      .filter(line => line !== '');
  return parseAllDocuments(text).map(document => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

const withoutComment = (line: string) => line.replace(/(^|\s)[#;!].*$/, '').trimEnd();
const sortedLines = (text: string) => text.split('\n').sort();
const EACH: readonly EditSort[] = [
  'add',
  'delete',
  'rename',
  'change',
  'reorder',
  'comment',
  'identifier',
  'crlf',
];

test('the edits are of the sets that there are', () => {
  demandCorpus(sentence => console.warn(sentence));
  const sets = corpusSets().map(({ name }) => name);
  if (sets.length > 0) expect(setsWithEdits().sort()).toEqual(sets);
  expect(setsWithEdits()).toHaveLength(14);
});

describe.each(corpusSets())('$name', set => {
  const { text, format, mapping } = set;
  const edits = editsOf(set);

  test('has each sort of edit', () => {
    expect(edits.length).toBeGreaterThanOrEqual(7);
    expect([...new Set(edits.map(({ sort }) => sort))]).toEqual(expect.arrayContaining([...EACH]));
    expect(new Set(edits.map(({ name }) => name)).size).toBe(edits.length);
  });

  test.each(edits)('$sort: $name', ({ sort, apply }) => {
    const edited = apply(text);
    if (sort === 'no-final-newline' && !text.endsWith('\n')) {
      expect(edited).toBeUndefined();
      return;
    }
    if (edited === undefined) throw new Error('the anchor of this edit is not in the file');
    expect(edited).not.toBe(text);
    const before = meaningOf(text, format);
    const after = meaningOf(edited, format);
    if (sort === 'comment' || sort === 'no-final-newline' || sort === 'crlf') expect(after).toEqual(before);
    else if (sort !== 'reorder') expect(after).not.toEqual(before);
    if (sort === 'reorder') expect(sortedLines(edited)).toEqual(sortedLines(text));
    if (sort === 'delete') expect(edited.length).toBeLessThan(text.length);
    if (sort === 'identifier') {
      const named = oracleSwaps(edited, format, mapping).length - oracleSwaps(text, format, mapping).length;
      expect(named).toBeGreaterThan(0);
    }
  });

  test('one after the other they leave a valid file each time', () => {
    const runs = editRuns(set);
    const possible = edits.filter(({ sort }) => sort !== 'no-final-newline' || text.endsWith('\n'));
    expect(runs.map(({ name }) => name)).toEqual(possible.map(({ name }) => name));
    for (const run of runs) expect(() => meaningOf(run.text, format)).not.toThrow();
  });
});
