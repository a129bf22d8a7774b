import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Failure, isFailure } from '../../../src/core/failure.ts';
import { yaml } from '../../../src/core/formats/yaml/index.ts';
import { runs } from '../../runs.ts';
import { breachesOfTiling } from './tiling.ts';
import { MANIFESTS } from './yaml-manifests.ts';
import { breachesOfTrivia, leavesOf, libraryValue } from './yaml-oracle.ts';

function refused(text: string): Failure {
  const failure = yaml.parse(text, 'f.yaml');
  if (!isFailure(failure)) throw new Error('was read');
  return failure;
}

const NINE = (name: string): string => `[${Array(9).fill(name).join(', ')}]`;
const BOMB = [
  'a: &a [lol]',
  ...[...'bcdefghi'].map((one, i) => `${one}: &${one} ${NINE('*' + 'abcdefgh'[i])}`),
].join('\n');
const KEYS = Array.from({ length: 5000 }, (_, i) => `k${i}: 1`).join(', ');

describe('hostile files are refused, with code and place', () => {
  it.each([
    ['a syntax error', 'a: 1\nb: [1\nc: 2\n', 'syntax', 3],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'syntax', 2],
    ['a key twice', 'a: 1\nb: 2\n"\\x61": 3\n', 'duplicate-key', 3],
    ['a key twice in a flow map', '{a: 1, a: 2}', 'duplicate-key', 1],
    ['one number as two keys', '0x1: a\n1: b\n', 'duplicate-key', 2],
    ['two keys of one name', '1: a\n"1": b\n', 'duplicate-key', 2],
    ['a key twice by alias', '- &a x\n- x: 1\n  *a : 2\n', 'duplicate-key', 3],
    ['__proto__', 'a:\n  __proto__: 1\n', 'forbidden-key', 2],
    ['__proto__ behind escapes', '- {"\\u005f_proto__": {x: 1}}', 'forbidden-key', 1],
    ['__proto__ by alias', '- &a __proto__\n- *a : {x: 1}\n', 'forbidden-key', 2],
    ['__proto__ in an explicit key', '? __proto__\n: 1\n', 'forbidden-key', 1],
    ['two entries on one line', 'a: [b]: c\n', 'syntax', 1],
    ['a value that belongs to no key', '? a # c\n b\nc: d\n', 'syntax', 2],
    ['a value that belongs to no key, at the end', 'c: d\n? a # c\n b\n', 'syntax', 3],
    ['a second %YAML', '%YAML 1.2\n%YAML 1.2\n---\na\n', 'syntax', 2],
    ['an alias without anchor', 'a: &x 1\nb: *y\n', 'syntax', 2],
    ['an alias before its anchor', 'a: *x\nb: &x 1\n', 'syntax', 1],
    ['an alias over a document end', 'a: &x 1\n---\nb: *x\n', 'syntax', 3],
    ['an alias within itself', 'a: &x\n  b: *x\n', 'alias-bomb', 2],
    ['an alias bomb', BOMB, 'alias-bomb', undefined],
    [
      'an alias bomb of merges',
      `a: &a {${KEYS}}\nb: {<<: [${Array(20).fill('*a')}]}`,
      'alias-bomb',
      undefined,
    ],
    ['a merge of a scalar', 'a: &x 1\nb: {<<: *x}\n', 'syntax', 2],
    ['nesting in brackets', '['.repeat(100_000), 'too-deep', 1],
    ['nesting in braces', '{a: '.repeat(100_000), 'too-deep', 1],
    ['nesting in dashes', '- '.repeat(100_000), 'too-deep', 1],
    ['nesting in question marks', '? '.repeat(100_000), 'too-deep', 1],
    [
      'nesting in lines',
      Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'too-deep',
      256,
    ],
  ] as const)('%s', (_name, text, code, line) => {
    const began = performance.now();
    const failure = refused(text);
    expect(failure).toMatchObject({ failure: code, at: { file: 'f.yaml' } });
    if (line !== undefined) expect(failure.at?.line).toBe(line);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('a key that stands twice is shown at both places', () => {
    expect(refused('a: 1\nb: 2\na: 3\n')).toMatchObject({
      at: { line: 3, column: 1 },
      also: [{ line: 1, column: 1 }],
    });
  });

  it('while nesting that is deep but allowed is read', () => {
    expect(isFailure(yaml.parse('['.repeat(200) + ']'.repeat(200)))).toBe(false);
  });

  it('and aliases that a person would write are, more than the library allows by default', () => {
    const many = `a: &a {x: 1, y: [2, 3]}\nl:\n${'- *a\n'.repeat(1000)}`;
    const document = yaml.parse(many);
    expect(isFailure(document) ? document : (document.value as { l: unknown[] }).l[999]).toEqual({
      x: 1,
      y: [2, 3],
    });
  });

  it('a map does not take names from the prototype of objects', () => {
    const document = yaml.parse('constructor: 1\ntoString: 2\nhasOwnProperty: 3\n');
    expect(document).toMatchObject({ value: { constructor: 1, toString: 2, hasOwnProperty: 3 } });
  });
});

/** Random damage to a text, at places and with characters that mean something in YAML. */
const damage = fc.array(
  fc.record({
    at: fc.nat(),
    length: fc.nat(4),
    content: fc.oneof(
      fc.string({ unit: fc.constantFrom(...'\n\n  -:?#&*!|>\'"%@`{}[],ab1\t\r~\\'), maxLength: 6 }),
      fc.constantFrom(
        '\n---\n',
        '\n...\n',
        '<<: *a',
        '\ufeff',
        ': |\n',
        '__proto__: 1',
        ' # c\n',
        '\r\n',
        '\u2028',
      ),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

function damaged(text: string, wounds: readonly { at: number; length: number; content: string }[]): string {
  return wounds.reduce((out, { at, length, content }) => {
    const from = at % (out.length + 1);
    return out.slice(0, from) + content + out.slice(from + length);
  }, text);
}

describe('a string without its closing quote', () => {
  it.each(['a: "x\\"\nb: 1\n', "a: 'x''\nb: 1\n", "- 'x''\n- 'y'\n"])('is refused: %j', text => {
    const document = yaml.parse(text);
    expect(isFailure(document) && document.failure).toBe('syntax');
  });

  it.each(['a: "x\\\\"\n', "a: 'x'''\n", "a: ''\n", 'a: ""\n', 'a: "\\""\n', "a: ''''\n"])(
    'is told from %j',
    text => {
      expect(isFailure(yaml.parse(text))).toBe(false);
    },
  );
});

describe('any text', () => {
  it('that was a manifest gives a failure with a place, or a tree that tiles it', () => {
    let read = 0;
    const law = fc.property(fc.constantFrom(...MANIFESTS), damage, ([, manifest], wounds) => {
      const text = damaged(manifest, wounds);
      const document = yaml.parse(text);
      if (isFailure(document)) {
        expect(document.failure, document.message).not.toBe('internal');
        expect(document.at?.line).toBeGreaterThan(0);
        return;
      }
      read++;
      const merged = (item: { pointer: string }): boolean => /\/<</.test(item.pointer);
      expect(breachesOfTiling(document, { valueElsewhere: merged })).toEqual([]);
      expect(breachesOfTrivia(document), JSON.stringify(text)).toEqual([]);
      expect(leavesOf(document.value), JSON.stringify(text)).toEqual(leavesOf(libraryValue(text)));
    });
    fc.assert(law, runs(1000));
    expect(read).toBeGreaterThan(100);
  });

  it('of a carriage return alone, which begins a key between brackets', () => {
    const document = yaml.parse('{\r \n}');
    expect(
      isFailure(document) ? document : breachesOfTiling(document, { valueElsewhere: () => true }),
    ).toEqual([]);
  });

  it('of random characters too', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'\n\n\n    --::?#&*!|>\'"%{}[],,abc\t\r\ufeff'),
      maxLength: 40,
    });
    const law = fc.property(text, content => {
      const document = yaml.parse(content);
      if (isFailure(document)) expect(document.failure, document.message).not.toBe('internal');
      else expect(breachesOfTiling(document, { valueElsewhere: () => true })).toEqual([]);
    });
    fc.assert(law, runs(1000));
  });
});
