import { expect, test } from 'vitest';
import { block } from '../../../src/core/formats/block/index.ts';
import { failed, parsed } from './parsed.ts';

test('a block that stays open: what is missing, where the text ends, where it was opened', () => {
  expect(failed(block, 'resource r0 {\n  net {\n    protocol C;\n  }\n  device minor 0;\n')).toEqual({
    failure: 'syntax',
    message: "'}' is missing for 'resource r0', opened in line 1",
    at: { file: 'sample', line: 6, column: 1, source: '' },
    also: [{ file: 'sample', line: 1, column: 13, source: 'resource r0 {' }],
  });
});

test.each([
  ['cut within a statement', 'r {\n a b;\n c d;\n e', "'}' is missing for 'r', opened in line 1", 4, 3, 1],
  [
    'cut behind the last statement',
    'a b;\nc d;\ninclude "x"',
    "';' is missing at the end of 'include'",
    3,
    12,
    3,
  ],
  ['a stray brace', 'r {\n  a b\n}\n }\n', "'}' closes nothing", 4, 2, undefined],
  ['a stray brace behind semicolons', 'r { a b; } }', "'}' closes nothing", 1, 12, undefined],
  [
    'a tag',
    '<target x>\n  <backing-store /y>\n  </backing-store>\n',
    "'</target>' is missing for 'target x', opened in line 1",
    4,
    1,
    1,
  ],
  [
    'another tag',
    '<target x>\n  <backing-store /y>\n</target>\n',
    "'</target>' stands where '</backing-store>' is missing, for the block opened in line 2",
    3,
    1,
    2,
  ],
  ['a stray tag', '<target x>\n</target>\n  </target>\n', "'</target>' closes nothing", 3, 3, undefined],
  [
    'an end-word',
    'volume a\n  type x/y\nend-volume\nvolume b\n',
    "'end-volume' is missing for 'volume b', opened in line 4",
    5,
    1,
    4,
  ],
  [
    'an end-word that was forgotten',
    'volume a\n  type x/y\nvolume b\nend-volume\n',
    "'end-volume' is missing for 'volume a', opened in line 1",
    3,
    1,
    1,
  ],
  [
    'an end-word of a cut file',
    'volume a\n  type x/y\n',
    "'end-volume' is missing for 'volume a', opened in line 1",
    3,
    1,
    1,
  ],
  ['a stray end-word', 'volume a\nend-volume\nend-volume', "'end-volume' closes nothing", 3, 1, undefined],
])('%s', (_, text, message, line, column, also) => {
  const failure = failed(block, text);
  expect(failure).toMatchObject({ failure: 'syntax', message, at: { file: 'sample', line, column } });
  expect(failure.also?.map(place => place.line)).toEqual(also === undefined ? undefined : [also]);
});

test('__proto__ is no name', () => {
  expect(failed(block, 'a {\n  __proto__ {\n  }\n}')).toMatchObject({
    failure: 'forbidden-key',
    at: { line: 2, column: 3, length: 9 },
  });
  expect(failed(block, '<__proto__>\n</__proto__>\n<a>\n</a>').failure).toBe('syntax');
  expect(failed(block, 'global\n  __proto__ x\n').failure).toBe('forbidden-key');
  expect(parsed(block, 'on __proto__ {\n}').value).toEqual({ 'on __proto__': {} });
});

test.each([
  ['braces', (n: number) => '{'.repeat(n) + '}'.repeat(n)],
  ['braces that stay open', (n: number) => '{'.repeat(n)],
  ['blocks', (n: number) => 'a {\n'.repeat(n) + '}\n'.repeat(n)],
  ['one line', (n: number) => 'a { '.repeat(n) + 'b; ' + '} '.repeat(n)],
  ['tags', (n: number) => '<a>\n'.repeat(n) + '</a>\n'.repeat(n)],
])('deep nesting is refused: %s', (_, nested) => {
  expect(failed(block, nested(100_000)).failure).toBe('too-deep');
  expect(failed(block, nested(201)).failure).toBe('too-deep');
  if (!nested(1).includes('}') && !nested(1).includes('</')) return;
  parsed(block, nested(200));
});

test.each([
  ['open quotes', 'a "b" "\\" '],
  ['open variables', '${'],
  ['braces within a word', 'x{}'],
  ['blank lines', 'a\n\n\n\n\n\n'],
  ['joined lines', 'a \\\n'],
  ['comments', 'a # b\n'],
  ['blanks', '          '],
])('time grows with the size only: %s', (_, unit) => {
  // 512 KiB; what grows with the square of it would take minutes.
  const text = `x {\n${unit.repeat(Math.ceil((512 * 1024) / unit.length))}\n}\n`;
  const started = performance.now();
  block.parse(text);
  expect(performance.now() - started).toBeLessThan(20_000);
});
