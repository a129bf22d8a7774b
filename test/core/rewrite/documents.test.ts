/** Isolated scalars are read decoded and by themselves; values without any text obey the same rules. */
import { describe, expect, test } from 'vitest';
import type { Document, Json } from '../../../src/core/document.ts';
import { FailureError, isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import { rewrite } from '../../../src/core/rewrite/rewrite.ts';
import { valueRewriter } from '../../../src/core/rewrite/values.ts';
import { mappingOf, plainFormat, rawDocument, scalarAt } from './texts.ts';

const mapping = mappingOf([
  ['hostname', 'nas1', 'nas2'],
  ['ipv4', '10.0.0.1', '10.0.1.1'],
  ['text', '150', '100'],
  { kind: 'text', primary: 'old', backup: 'new', swap: false },
  { kind: 'text', primary: 'on', backup: '7', at: '/a/1/b' },
]);

function parsed(name: 'json' | 'yaml' | 'toml', text: string): Document {
  const document = formatNamed(name).parse(text, 'f');
  if (isFailure(document)) throw new Error(document.message);
  return document;
}

describe('an isolated scalar', () => {
  test('is read decoded, and its edits are carried to the source', () => {
    const source = '"\\u006eas1\\nnas1"';
    const text = `x=${source}nas1`;
    const start = text.indexOf('"') + 1;
    const offsets = [start, start + 6, start + 7, start + 8, start + 9];
    for (let i = 0; i <= 4; i++) offsets.push(start + 11 + i);
    const scalar = scalarAt(text, source, { isolated: true, text: 'nas1\nnas1', offsets });
    const { text: result, swaps } = rewrite(rawDocument(text, [scalar]), mapping, 'f', plainFormat);
    // The raw nas1 stands next to a quote, the first decoded one next to nothing.
    expect(result).toBe('x="nas2\\nnas2"nas2');
    expect(swaps.map(({ from }) => text.slice(from.start, from.end))).toEqual(['\\u006eas1', 'nas1', 'nas1']);
    expect(swaps.map(({ to }) => result.slice(to.start, to.end))).toEqual(['nas2', 'nas2', 'nas2']);
    expect(swaps.map(({ pointer }) => pointer)).toEqual(['', '', undefined]);
  });

  test('has no neighbours outside of itself', () => {
    const text = 'anas1b';
    const scalar = scalarAt(text, 'nas1', { isolated: true });
    expect(rewrite(rawDocument(text, [scalar]), mapping, 'f', plainFormat).text).toBe('anas2b');
    expect(rewrite(rawDocument(text, [{ ...scalar, isolated: false }]), mapping, 'f', plainFormat).text).toBe(
      text,
    );
  });

  test.each([
    [
      'json',
      '{"nas1": ["\\nnas1", "\\u006eas1", "mynas1", 150]}',
      '{"nas2": ["\\nnas2", "nas2", "mynas1", 100]}',
    ],
    [
      'yaml',
      '# on nas1\nnas1: "\\x6eas1"\nb: | # 10.0.0.1\n  at nas1\n',
      '# on nas2\nnas2: "nas2"\nb: | # 10.0.1.1\n  at nas2\n',
    ],
    ['toml', '# nas1\n[nas1]\nx = 150\ny = "a\\tnas1"\n', '# nas2\n[nas2]\nx = 100\ny = "a\\tnas2"\n'],
  ] as const)('of %s: %j', (name, before, after) => {
    const document = parsed(name, before);
    const rewritten = rewrite(document, mapping, 'f', formatNamed(name));
    expect(rewritten.text).toBe(after);
    for (const { to, put } of rewritten.swaps) expect(after.slice(to.start, to.end)).toBe(put);
    expect(valueRewriter(mapping, 'f').value(document.value, '')).toEqual(parsed(name, after).value);
  });

  test('a scalar that has to be quoted keeps the places of its swaps', () => {
    const before = 'a:\n  - {b: off}\n  - {b: on}\n';
    const document = parsed('yaml', before);
    const { text, swaps } = rewrite(document, mapping, 'f', formatNamed('yaml'));
    expect(parsed('yaml', text).value).toEqual({ a: [{ b: 'off' }, { b: '7' }] });
    expect(swaps).toHaveLength(1);
    expect(text.slice(swaps[0]!.to.start, swaps[0]!.to.end)).toBe('7');
  });
});

describe('values', () => {
  const rewriter = valueRewriter(mapping, 'f');
  const rows: [Json, Json][] = [
    ['nas1', 'nas2'],
    ['mynas1', 'mynas1'],
    [150, 100],
    [1500, 1500],
    [true, true],
    [null, null],
    [
      ['nas1', { nas1: 150 }],
      ['nas2', { nas2: 100 }],
    ],
    [
      { a: 'x', b: { c: '10.0.0.1:80' } },
      { a: 'x', b: { c: '10.0.1.1:80' } },
    ],
  ];
  test.each(rows)('%j becomes %j', (before, after) => {
    expect(rewriter.value(before, '')).toEqual(after);
  });

  test('what is no string is a value of the same sort again where it can be', () => {
    const types = mappingOf([
      ['text', '1', 'true'],
      ['text', '2', '007'],
      ['text', 'false', 'null'],
      ['text', '4', '1.5e3'],
      ['text', '5', '-0.5'],
    ]);
    const value = valueRewriter(types, 'f').value([1, 2, false, 4, 5, '5', 45], '');
    expect(value).toEqual([true, '007', null, '1.5e3', -0.5, '-0.5', 45]);
  });

  test('places are those of the value', () => {
    expect(rewriter.value({ a: [{ b: 'on' }, { b: 'on', c: 'on' }] }, '')).toEqual({
      a: [{ b: 'on' }, { b: '7', c: 'on' }],
    });
    expect(rewriter.value('on', '/a/1/b')).toBe('7');
    expect(rewriter.value({ b: 'on' }, '/a/1')).toEqual({ b: '7' });
  });

  test('pointers are unescaped first, and list indexes stay', () => {
    expect(rewriter.pointer('/hosts/nas1/srv~1nas1/~0nas1')).toBe('/hosts/nas2/srv~1nas2/~0nas2');
    expect(rewriter.pointer('/x/150/-')).toBe('/x/150/-');
    expect(rewriter.pointer('/x/150', { x: { 150: 1 } })).toBe('/x/100');
    expect(rewriter.pointer('/x/150', { x: [] })).toBe('/x/150');
    expect(rewriter.pointer('')).toBe('');
    // A reserved name is a key like any other; nothing is looked up on a prototype.
    expect(rewriter.pointer('/constructor/nas1', {})).toBe('/constructor/nas2');
  });

  test('two keys that would become one are refused, by value and by text', () => {
    const value = { old: 1, new: 2 };
    const thrown = (() => {
      try {
        rewriter.value({ at: value }, '');
      } catch (error) {
        return error as FailureError;
      }
      return undefined;
    })();
    expect(thrown).toBeInstanceOf(FailureError);
    expect(thrown!.failure).toMatchObject({ failure: 'keys-collide', at: { file: 'f' } });
    expect(thrown!.message).toContain('old and new at /at would both be the key new');
    const { failures } = rewrite(
      parsed('json', '{"x": {"new": 1, "old": 2}, "old": 3}'),
      mapping,
      'f',
      formatNamed('json'),
    );
    expect(failures).toMatchObject([{ failure: 'keys-collide', at: { line: 1, column: 18 } }]);
    expect(rewriter.value({ nas1: 1, nas2: 2 }, '')).toEqual({ nas2: 1, nas1: 2 });
  });
});
