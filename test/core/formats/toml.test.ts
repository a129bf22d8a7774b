import fc from 'fast-check';
import { parse as libraryParse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import type { Container, Document, Item, Json } from '../../../src/core/document.ts';
import { textOf } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { toml } from '../../../src/core/formats/toml/index.ts';
import { corpusSets, demandCorpus } from '../../corpus/sets.ts';
import { runs } from '../../runs.ts';
import { editSeeds, editsOf, expectRespelled } from './respelling.ts';
import { expectTiles } from './tiling.ts';
import { tomlBasic, tomlText } from './toml-texts.ts';

function parsed(text: string): Document {
  const document = toml.parse(text, 'a.toml');
  if (isFailure(document)) throw new Error(`${document.message} in ${text}`);
  return document;
}

/** The library loses quotes that stand between a continued line and the closing ones. */
const LOSES_QUOTES = /\\[ \t]*\r?\n\s*"{4,5}/;

function byLibrary(text: string): unknown {
  try {
    return libraryParse(text, { integersAsBigInt: true });
  } catch {
    return undefined;
  }
}

/** Whether our value says what the library's says; a leaf that is no JSON stands as its source. */
function agrees(value: Json | undefined, library: unknown): boolean {
  if (Array.isArray(library)) {
    return (
      Array.isArray(value) &&
      value.length === library.length &&
      library.every((item, i) => agrees(value[i], item))
    );
  }
  if (typeof library === 'string' || typeof library === 'boolean') return value === library;
  if (typeof library === 'object' && library !== null && !(library instanceof Date)) {
    const ours = new Map(Object.entries((value ?? {}) as { [key: string]: Json }));
    const theirs = Object.entries(library);
    return ours.size === theirs.length && theirs.every(([key, item]) => agrees(ours.get(key), item));
  }
  const again = (byLibrary(`x = ${String(value)}`) as { x: unknown } | undefined)?.x;
  if (library instanceof Date) return again instanceof Date && again.toISOString() === library.toISOString();
  return Object.is(again, library);
}

function layout(text: string, items: readonly Item[]): string[][] {
  return items.map(item => [
    item.label,
    item.pointer,
    ...[item.lead, item.head, item.node.span, item.trail].map(span => textOf(text, span)),
  ]);
}

describe('parse', () => {
  test('tiles, and means what the library says', () => {
    let read = 0;
    fc.assert(
      fc.property(tomlText, text => {
        const library = byLibrary(text);
        const document = toml.parse(text);
        expect(isFailure(document)).toBe(library === undefined);
        if (isFailure(document)) return;
        read++;
        expectTiles(document);
        if (LOSES_QUOTES.test(text)) return;
        expect(agrees(document.value, library), JSON.stringify(document.value)).toBe(true);
      }),
      runs(2000),
    );
    // The generator lets keys clash now and then; most texts must be valid for this to mean something.
    expect(read).toBeGreaterThan(1000);
  });

  test('reads what the library reads, and nothing else', () => {
    const noise = fc.constantFrom(
      ...'[]{}=.,"\'\\# \n\r\t1-_:Tx\ufeff\u0001',
      '"""',
      "'''",
      '\\\n',
      '[[',
      ']]',
      '\r\n',
      'a.b=',
    );
    const broken = fc.tuple(tomlText, fc.nat(), fc.nat(2), noise).map(([text, at, cut, put]) => {
      const offset = at % (text.length + 1);
      return text.slice(0, offset) + put + text.slice(offset + cut);
    });
    fc.assert(
      fc.property(broken, text => {
        const library = byLibrary(text);
        const document = toml.parse(text);
        if (library === undefined) {
          expect(isFailure(document) && (document.at?.line ?? 0) > 0).toBe(true);
        } else if (isFailure(document)) {
          // The library lets some dates pass that are none.
          expect(document.message).toMatch(/no value that TOML knows/);
        } else {
          expectTiles(document);
          if (!LOSES_QUOTES.test(text))
            expect(agrees(document.value, library), JSON.stringify(document.value)).toBe(true);
        }
      }),
      runs(3000),
    );
  });

  test('comments go with what follows, those on the same line with what they follow', () => {
    const text = [
      '# top\na = 1 # one\n\n',
      '# the share\n[s.t] # head\n  # of b\n  b.c = [1, 2]\n\n',
      '# first\n[[x]]\n[x.y]\n[[x]]\n# end\n',
    ].join('');
    const root = parsed(text).root as Container;
    expect(layout(text, root.items)).toEqual([
      ['a', '/a', '# top\n', 'a = ', '1', ' # one\n'],
      ['s.t', '/s/t', '\n# the share\n', '[s.t] # head\n', '  # of b\n  b.c = [1, 2]\n', ''],
      ['[[x]]', '/x/0', '\n# first\n', '[[x]]\n', '', ''],
      ['x.y', '/x/0/y', '', '[x.y]\n', '', ''],
      ['[[x]]', '/x/1', '', '[[x]]\n', '', ''],
    ]);
    const share = root.items[1]?.node as Container;
    expect(layout(text, share.items)).toEqual([
      ['b.c', '/s/t/b/c', '  # of b\n  ', 'b.c = ', '[1, 2]', '\n'],
    ]);
    expect(textOf(text, root.close)).toBe('# end\n');
    expect(parsed(text).value).toEqual({ a: 1, s: { t: { b: { c: [1, 2] } } }, x: [{ y: {} }, {}] });
  });

  test('a comment after a comma belongs to the entry before it', () => {
    const text = 'a = [\n  1, # one\n  2 # two\n  , # after two\n  {b = 3} # last\n  # end\n]\n';
    const list = (parsed(text).root as Container).items[0]?.node as Container;
    expect(layout(text, list.items)).toEqual([
      ['', '/a/0', '\n  ', '', '1', ', # one'],
      ['', '/a/1', '\n  ', '', '2', ' # two\n  , # after two'],
      ['', '/a/2', '\n  ', '', '{b = 3}', ' # last'],
    ]);
    expect(textOf(text, list.close)).toBe('\n  # end\n]');
    expect(list.items.map(item => item.comma)).toEqual([9, 29, undefined]);
  });

  test('a comma after the last entry is in its trail', () => {
    const list = (parsed('a = [1 , ]').root as Container).items[0]?.node as Container;
    expect(list.items[0]).toMatchObject({ trail: { start: 6, end: 8 }, comma: 7 });
    expect(list.close).toEqual({ start: 8, end: 10 });
  });

  test('each segment of a key is a scalar of its own', () => {
    const text = `[[a."b.c"]]\n'd e' . f = "x"\n`;
    expect(parsed(text).scalars.map(s => [textOf(text, s.span), s.role, s.pointer, s.text, s.style])).toEqual(
      [
        ['a', 'key', '/a', 'a', 'bare'],
        ['"b.c"', 'key', '/a/b.c', 'b.c', 'basic'],
        ["'d e'", 'key', '/a/b.c/0/d e', 'd e', 'literal'],
        ['f', 'key', '/a/b.c/0/d e/f', 'f', 'bare'],
        ['"x"', 'value', '/a/b.c/0/d e/f', 'x', 'basic'],
      ],
    );
  });

  test('numbers and dates that JavaScript would spell otherwise stand as their source', () => {
    const text = 'a = [1, 1.5, 1_000, 0x10, 1.0, inf, nan, -0, 9007199254740993, 1979-05-27 07:32:00Z]';
    expect(parsed(text).value).toEqual({
      a: [1, 1.5, '1_000', '0x10', '1.0', 'inf', 'nan', '-0', '9007199254740993', '1979-05-27 07:32:00Z'],
    });
  });

  test('offsets lead from each decoded unit to its source', () => {
    const text = 'a = """\r\nx\\u006e\\\n  y\\U0001F600"z"""';
    const scalar = parsed(text).scalars[1]!;
    expect(scalar).toMatchObject({ text: 'xny😀"z', style: 'multi-basic' });
    expect(Array.from(scalar.offsets ?? [])).toEqual([9, 10, 20, 21, 21, 31, 32, 33]);
  });

  test('quotes between a continued line and the closing ones are text', () => {
    expect(parsed('a = """x\\\n  """""').value).toEqual({ a: 'x""' });
  });

  test('an empty file is an empty table', () => {
    expect(parsed('')).toMatchObject({ value: {}, root: { items: [], close: { start: 0, end: 0 } } });
    expectTiles(parsed('\ufeff# only a comment'));
  });

  test('what TOML 1.1 adds is read', () => {
    expect(parsed('a = {\n  b = "\\e\\x41", # note\n  t = 07:32,\n}\n').value).toEqual({
      a: { b: '\u001bA', t: '07:32' },
    });
    expectTiles(parsed('a = {\n  b = 1, # note\n  c = 2 # two\n}\n'));
  });
});

describe('failures', () => {
  test.each([
    ['a = 1\nb = 2\na = 3\n', 'duplicate-key', 3, 1, '"a"', 1],
    ['[a]\n[b]\n[a]\n', 'duplicate-key', 3, 2, '"a"', 1],
    ['a = []\n[[a]]\n', 'duplicate-key', 2, 3, '"a"', 1],
    ['a = 1\n[a.b]\n', 'duplicate-key', 2, 2, '"a"', 1],
    ['a = {b = 1, "b" = 2}\n', 'duplicate-key', 1, 13, '"b"', 1],
    ['[a.b]\n[a]\nb.c = 1\n', 'duplicate-key', 3, 1, 'already', undefined],
    ['[a]\n"__proto__" = 1\n', 'forbidden-key', 2, 1, '__proto__', undefined],
    ['[x.__proto__]\n', 'forbidden-key', 1, 4, '__proto__', undefined],
    ['a = {"__pr\\u006fto__".b = 1}\n', 'forbidden-key', 1, 6, '__proto__', undefined],
    ['a = \n', 'syntax', 1, 5, 'invalid value', undefined],
    ['a = 1 b = 2\n', 'syntax', 1, 7, 'end-of-line', undefined],
    ['a = "x\n', 'syntax', 1, 7, 'control', undefined],
    ['a = [1\n', 'syntax', 2, 1, 'expected comma', undefined],
    ['\ufeffa = 2021-02-30\n', 'syntax', 1, 6, 'TOML knows', undefined],
  ])('%j is %s at %i:%i', (text, failure, line, column, words, other) => {
    const held = toml.parse(text, 'a.toml');
    expect(held).toMatchObject({
      failure,
      message: expect.stringContaining(words),
      at: { file: 'a.toml', line, column },
    });
    expect(isFailure(held) && held.also?.[0]?.line).toBe(other);
  });

  test.each([
    ['arrays', (n: number) => `a = ${'['.repeat(n - 1)}${']'.repeat(n - 1)}`],
    ['inline tables', (n: number) => `${'a = {'.repeat(n - 1)}${'}'.repeat(n - 1)}`],
    ['a dotted key', (n: number) => `${'a.'.repeat(n - 1)}a = 1`],
    ['a header', (n: number) => `[${'a.'.repeat(n - 1)}a]`],
    [
      'a header and an array',
      (n: number) => `[${'a.'.repeat(n / 2)}a]\nb = ${'['.repeat(n / 2 - 2)}${']'.repeat(n / 2 - 2)}`,
    ],
  ])('%s: 200 levels are read, 202 and 100,000 are too deep', (_name, make) => {
    expect(isFailure(toml.parse(make(200)))).toBe(false);
    expect(toml.parse(make(202))).toMatchObject({ failure: 'too-deep' });
    expect(toml.parse(make(100_000))).toMatchObject({ failure: 'too-deep' });
  });
});

describe('respell', () => {
  test('gives exactly the edited text, of the same type', () => {
    const content = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.string({ unit: 'grapheme', maxLength: 2 }),
      fc.constantFrom('"', '""', "'", "''", '\\', '\n', '\r', ' ', '', '\u0000', '\u007f', '.', '1'),
    );
    fc.assert(
      fc.property(tomlText, fc.nat(), editSeeds(content), (text, which, seeds) => {
        const document = toml.parse(text);
        if (isFailure(document) || document.scalars.length === 0) return;
        const scalar = document.scalars[which % document.scalars.length]!;
        const edits = editsOf(scalar.text, seeds);
        // TOML cannot express half of a surrogate pair.
        fc.pre(
          edits.every(
            ({ offset, length }) =>
              wholeUnits(scalar.text, offset) && wholeUnits(scalar.text, offset + length),
          ),
        );
        expectRespelled(toml, document, scalar, edits);
      }),
      runs(3000),
    );
  });

  function wholeUnits(text: string, at: number): boolean {
    return !/[\ud800-\udbff]$/.test(text.slice(0, at));
  }

  test('keeps the escapes that are not touched', () => {
    fc.assert(
      fc.property(tomlBasic, tomlBasic, (a, b) => {
        const text = `k = ${a.slice(0, -1)}nas1${b.slice(1)}`;
        const document = parsed(text);
        const scalar = document.scalars[1]!;
        const offset = (parsed(`k = ${a}`).scalars[1]?.text ?? '').length;
        const source = expectRespelled(toml, document, scalar, [{ offset, length: 4, content: 'n"2' }]);
        expect(source).toBe(`k = ${a.slice(0, -1)}n\\"2${b.slice(1)}`);
      }),
      runs(500),
    );
  });

  test.each([
    ["'nas1'", 'nas2', "'nas2'"],
    ["'nas1'", "n's2", `"n's2"`],
    ["'nas1'", 'n\u0001', '"n\\u0001"'],
    ['"nas1"', 'n\'s"\\2', '"n\'s\\"\\\\2"'],
    ['"\\u006eas1"', 'nas2', '"nas2"'],
    ["'''\nnas1'''", 'n\nas2', "'''\nn\nas2'''"],
    ["'''\nnas1'''", "n'''2", `"n'''2"`],
    ["'''nas1'''", '\nnas2', '"\\nnas2"'],
    ['"""\nnas1"""', '"""', '"""\n\\"\\"\\""""'],
    ['3260', '3261', '3261'],
    ['3260', '03261', '"03261"'],
    ['3260', '', '""'],
    ['true', 'nas1', '"nas1"'],
    ['1979-05-27', '1979-05-28', '1979-05-28'],
    ['1979-05-27', '1979-02-29', '"1979-02-29"'],
    ['07:32:00', '07:59', '07:59'],
    ['07:32:00', '07:60:00', '"07:60:00"'],
    ['07:32:00', '24:00:00', '"24:00:00"'],
    ['07:32:00', '07:32:00Z', '"07:32:00Z"'],
    ['1_000', '1_e5', '"1_e5"'],
    ['1_000', '0xff_f', '0xff_f'],
  ])('%s that becomes %j stands as %s', (source, content, expected) => {
    const text = `a = ${source}`;
    const document = parsed(text);
    const scalar = document.scalars[1]!;
    const edits = [{ offset: 0, length: scalar.text.length, content }];
    expect(expectRespelled(toml, document, scalar, edits)).toBe(`a = ${expected}`);
  });

  test.each([
    ['[nas1.b]', 'nas2', '[nas2.b]'],
    ['[nas1.b]', 'nas2.example', '["nas2.example".b]'],
    ["['nas1'.b]", "n'", `["n'".b]`],
    ['[nas1]', '', '[""]'],
  ])('the key in %s that becomes %j stands as %s', (text, content, expected) => {
    const document = parsed(text);
    const scalar = document.scalars[0]!;
    expect(expectRespelled(toml, document, scalar, [{ offset: 0, length: 4, content }])).toBe(expected);
  });

  test('a line that is continued stays so', () => {
    const text = 'a = """nas1\\\n   nas1 \\\n   x"""';
    const document = parsed(text);
    const scalar = document.scalars[1]!;
    const edits = [0, 4].map(offset => ({ offset, length: 4, content: 'nas2' }));
    expect(expectRespelled(toml, document, scalar, edits)).toBe(text.replaceAll('nas1', 'nas2'));
  });

  test('no edit, no change', () => {
    expect(toml.respell(parsed('a = "a"').scalars[1]!, [], 'a = "a"')).toEqual([]);
  });
});

demandCorpus(console.warn);

test.each(corpusSets().filter(set => set.format === 'toml'))(
  '$name of the corpus tiles and is what the library says',
  set => {
    const document = parsed(set.text);
    expectTiles(document);
    expect(agrees(document.value, byLibrary(set.text))).toBe(true);
  },
);
