import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Container, Document } from '../../../src/core/document.ts';
import { textOf } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { json } from '../../../src/core/formats/json.ts';
import { corpusSets, demandCorpus } from '../../corpus/sets.ts';
import { runs } from '../../runs.ts';
import { jsonString, jsonText } from './json-texts.ts';
import { editSeeds, editsOf, expectRespelled } from './respelling.ts';
import { expectTiles } from './tiling.ts';

function parsed(text: string): Document {
  const document = json.parse(text, 'a.json');
  if (isFailure(document)) throw new Error(`${document.message} in ${text}`);
  return document;
}

describe('parse', () => {
  test('tiles, and means what JSON.parse says', () => {
    fc.assert(
      fc.property(jsonText(), text => {
        const document = parsed(text);
        expectTiles(document);
        // The generator spells numbers as JavaScript does, so that the values must be equal.
        expect(document.value).toEqual(JSON.parse(text.replace(/^\ufeff/, '')));
      }),
      runs(1000),
    );
  });

  test('holds exactly what JSON.parse does not take', () => {
    const noise = fc.constantFrom(...'{}[]:,"\\ \n0123.eE+-truefalsn#/\u0000\ufeff\u00a0', '""', '1,');
    const broken = fc
      .tuple(jsonText(), fc.nat(), fc.nat(2), noise)
      .map(
        ([text, at, cut, put]) =>
          text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + cut),
      );
    fc.assert(
      fc.property(broken, text => {
        const document = json.parse(text);
        let platform: unknown;
        try {
          platform = JSON.parse(text.replace(/^\ufeff/, ''));
        } catch {}
        if (!isFailure(document)) {
          expect(platform).not.toBe(undefined);
          expectTiles(document);
        } else if (document.failure === 'syntax') {
          expect(platform).toBe(undefined);
          expect(document.at?.line).toBeGreaterThan(0);
          expect(document.message).not.toBe('this is not JSON');
        } else {
          expect(document.failure).toBe('duplicate-key');
        }
      }),
      runs(3000),
    );
  });

  test('numbers that String(Number()) does not give back stand as their source', () => {
    const text = '[0, -1, 1.5, 1e21, 1.0, 1e3, -0, 12345678901234567890, 1e400, 0.1e-6]';
    expect(parsed(text).value).toEqual([
      0,
      -1,
      1.5,
      '1e21',
      '1.0',
      '1e3',
      '-0',
      '12345678901234567890',
      '1e400',
      '0.1e-6',
    ]);
    expect(parsed(text).scalars.every(scalar => !scalar.isString)).toBe(true);
  });

  test('keys of every object stay data', () => {
    const { value } = parsed('{"constructor": 1, "toString": {"hasOwnProperty": 2}}');
    expect(Object.entries(value as object)).toEqual([
      ['constructor', 1],
      ['toString', { hasOwnProperty: 2 }],
    ]);
  });

  test('pointers escape, keys and values have the same one', () => {
    const { scalars } = parsed('{"a/b": {"~": [true]}}');
    expect(scalars.map(({ role, pointer, text }) => [role, pointer, text])).toEqual([
      ['key', '/a~1b', 'a/b'],
      ['key', '/a~1b/~0', '~'],
      ['value', '/a~1b/~0/0', 'true'],
    ]);
  });

  test("a blank after a comma is the next entry's", () => {
    const text = '\ufeff{"list" : [ {} , \n  {"a":1}\n] }\n';
    const root = parsed(text).root as Container;
    const list = root.items[0]?.node as Container;
    expect(
      list.items.map(item => [
        textOf(text, item.lead),
        textOf(text, item.node.span),
        textOf(text, item.trail),
      ]),
    ).toEqual([
      [' ', '{}', ' ,'],
      [' \n  ', '{"a":1}', ''],
    ]);
    expect(textOf(text, list.close)).toBe('\n]');
    expect(textOf(text, root.items[0]!.head)).toBe('"list" : ');
    expect(textOf(text, root.close)).toBe(' }\n');
    expect(root.items[0]!.lead).toEqual({ start: 2, end: 2 });
  });

  test('offsets lead from each decoded unit to its source', () => {
    const text = '["a\\n\\u006eas1\\ud83d\\ude00é\\/"]';
    const scalar = parsed(text).scalars[0]!;
    expect(scalar.text).toBe('a\nnas1😀é/');
    expect([...(scalar.offsets as ArrayLike<number> & Iterable<number>)]).toEqual([
      2, 3, 5, 11, 12, 13, 14, 20, 26, 27, 29,
    ]);
  });
});

describe('failures', () => {
  test.each([
    ['{"a": 1,\n "b": 2,\n "a": 3}', 'duplicate-key', 3, 2, '"a" stands twice'],
    ['{"a": 1, "\\u0061": 3}', 'duplicate-key', 1, 10, 'twice'],
    ['[{"__proto__": 1}]', 'forbidden-key', 1, 3, '__proto__'],
    ['{"__pr\\u006fto__": 1}', 'forbidden-key', 1, 2, '__proto__'],
    ['', 'syntax', 1, 1, 'no value'],
    ['{"a": 1,}', 'syntax', 1, 8, 'after the last'],
    ['[1\n 2]', 'syntax', 2, 2, 'a comma or `]` is wanted, `2`'],
    ['{a: 1}', 'syntax', 1, 2, 'double quotes'],
    ['{"a" 1}', 'syntax', 1, 6, 'colon'],
    ['["a\nb"]', 'syntax', 1, 2, 'not closed'],
    ['["a\tb"]', 'syntax', 1, 4, 'control character (0x09)'],
    ['["\\x41"]', 'syntax', 1, 3, 'escape'],
    ['[True]', 'syntax', 1, 2, '`True` stands'],
    ['[01]', 'syntax', 1, 2, '`01` stands'],
    ['[1] x', 'syntax', 1, 5, 'after the end'],
    ['[', 'syntax', 1, 2, 'the file ends'],
  ])('%j is %s at %i:%i', (text, failure, line, column, words) => {
    expect(json.parse(text, 'a.json')).toMatchObject({
      failure,
      message: expect.stringContaining(words),
      at: { file: 'a.json', line, column },
    });
  });

  test('a duplicate key names both places', () => {
    expect(json.parse('{"a": 1,\n "a": 3}')).toMatchObject({
      at: { line: 2 },
      also: [{ line: 1, column: 2 }],
    });
  });

  test('a comment gets a hint', () => {
    expect(json.parse('{\n  // note\n}')).toMatchObject({ hint: expect.stringContaining('comment') });
  });

  test('the depth limit holds, also against 100,000 levels', () => {
    expect(isFailure(json.parse('['.repeat(200) + ']'.repeat(200)))).toBe(false);
    expect(json.parse('['.repeat(201) + ']'.repeat(201))).toMatchObject({
      failure: 'too-deep',
      at: { column: 201 },
    });
    expect(json.parse('{"a":'.repeat(100_000))).toMatchObject({ failure: 'too-deep' });
  });
});

describe('respell', () => {
  test('gives exactly the edited text, of the same type', () => {
    const content = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom('"', '\\', '\n', '\u0000', '\ud800', '1'),
    );
    fc.assert(
      fc.property(jsonText(), fc.nat(), editSeeds(content), (text, which, seeds) => {
        const document = parsed(text);
        fc.pre(document.scalars.length > 0);
        const scalar = document.scalars[which % document.scalars.length]!;
        expectRespelled(json, document, scalar, editsOf(scalar.text, seeds));
      }),
      runs(2000),
    );
  });

  test('keeps the escapes that are not touched', () => {
    fc.assert(
      fc.property(jsonString(), jsonString(), (a, b) => {
        const before = a.slice(1, -1);
        const text = `["${before}nas1${b.slice(1)}]`;
        const document = parsed(text);
        const scalar = document.scalars[0]!;
        const offset = (JSON.parse(a) as string).length;
        const source = expectRespelled(json, document, scalar, [{ offset, length: 4, content: 'n"2' }]);
        expect(source).toBe(`["${before}n\\"2${b.slice(1)}]`);
      }),
      runs(500),
    );
  });

  test.each([
    ['3260', '3261', '3261'],
    ['3260', '03260', '"03260"'],
    ['3260', 'nas1', '"nas1"'],
    ['true', 'false', 'false'],
    ['true', 'yes"', '"yes\\""'],
    ['null', '', '""'],
  ])('a bare %s that becomes %j stands as %s', (text, content, expected) => {
    const scalar = parsed(`[${text}]`).scalars[0]!;
    const edits = json.respell(scalar, [{ offset: 0, length: text.length, content }], `[${text}]`);
    expect(edits).toEqual([{ offset: 1, length: text.length, content: expected }]);
  });

  test('no edit, no change', () => {
    expect(json.respell(parsed('"a"').scalars[0]!, [], '"a"')).toEqual([]);
  });
});

demandCorpus(console.warn);

test.each(corpusSets().filter(set => set.format === 'json'))(
  '$name of the corpus tiles and is what JSON.parse says',
  set => {
    const document = parsed(set.text);
    expectTiles(document);
    expect(document.value).toEqual(JSON.parse(set.text));
  },
);
