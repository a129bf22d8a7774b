import { describe, expect, it } from 'vitest';
import {
  type Container,
  type Document,
  type Json,
  type Node,
  type Span,
  textOf,
} from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { yaml } from '../../../src/core/formats/yaml/index.ts';
import { expectTiles } from './tiling.ts';
import { MANIFESTS } from './yaml-manifests.ts';
import { breachesOfTrivia, libraryValue, plainValue } from './yaml-oracle.ts';

function read(text: string): Document {
  const document = yaml.parse(text);
  if (isFailure(document)) throw new Error(`${document.message} ${JSON.stringify(document.at)}`);
  return document;
}

/** The parts of an entry, `lead|head|node|foot|trail`, and below it those of its own entries. */
type Shape = string | [string, ...Shape[]];

function shapeOf({ text, root }: Document): Shape[] {
  const show = (span: Span): string => textOf(text, span);
  const entries = (node: Node): Shape[] => {
    if (node.kind === 'leaf') return [];
    return node.items.map((item): Shape => {
      const node = item.node.kind === 'leaf' ? show(item.node.span) : bracketsOf(item.node);
      const parts = [show(item.lead), show(item.head), node, show(item.foot), show(item.trail)].join('|');
      const below = entries(item.node);
      return below.length === 0 ? parts : [parts, ...below];
    });
  };
  const bracketsOf = (node: Container): string => {
    const first = node.items[0]?.lead.start ?? node.close.start;
    return `<${show({ start: node.span.start, end: first })}..${show(node.close)}>`;
  };
  return [root.kind === 'leaf' ? show(root.span) : bracketsOf(root), ...entries(root)];
}

describe('every manifest', () => {
  it.each(MANIFESTS)("%s: the tree covers each byte, and the value is the library's", (_name, text) => {
    const document = read(text);
    const merged = (item: { pointer: string }): boolean => /\/<</.test(item.pointer);
    expectTiles(document, { valueElsewhere: merged });
    expect(breachesOfTrivia(document)).toEqual([]);
    expect(plainValue(document)).toEqual(withoutComplexKeys(libraryValue(text)));
  });

  it('and each scalar comes back from its own source', () => {
    for (const [, text] of MANIFESTS) {
      for (const scalar of read(text).scalars) {
        if (scalar.offsets === undefined) {
          expect(textOf(text, scalar.span)).toBe(scalar.text);
        } else {
          expect(scalar.offsets[scalar.text.length]).toBeLessThanOrEqual(scalar.span.end);
          for (const [index, unit] of [...scalar.text.split('')].entries()) {
            if (/[a-z0-9]/.test(unit)) expect('\\' + unit).toContain(text[scalar.offsets[index]!]);
          }
        }
      }
    }
  });
});

/** The library prints a list that is a key anew, we name it by its source. */
function withoutComplexKeys(value: unknown): unknown {
  const names: { [name: string]: string } = {
    '[ complex, nas1 ]': '[complex, nas1]',
    '[ n ]': '[n]',
    '[ d ]': '- d',
  };
  return JSON.parse(JSON.stringify(value), (_key, one: unknown) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([name, at]) => [names[name] ?? name, at]));
  });
}

describe('the parts of an entry', () => {
  it('take the comments above them, and leave the header of the file alone', () => {
    const text =
      '# header\n\n# of a\na: 1 # one\n\n# of b\nb:  # sub\n  # of c\n  c: 2\n  # of d\nd:\n# end\n';
    expect(shapeOf(read(text))).toEqual([
      '<# header\n\n..# end\n>',
      '# of a\n|a: |1|| # one\n',
      ['\n# of b\n|b:  # sub\n|<..>||', '  # of c\n  |c: |2||\n'],
      '  # of d\n|d:|||\n',
    ]);
  });

  it('are whole lines but for the first of a compact map', () => {
    const text = 'l:\n- name: x\n  type: y\n\n- - a\n  - b # c\n-\n  # d\n  e: f\n';
    expect(shapeOf(read(text))).toEqual([
      '<..>',
      [
        '|l:\n|<..>||',
        ['|- |<..>||', '|name: |x||\n', '  |type: |y||\n'],
        ['\n|- |<..>||', '|- |a||\n', '  |- |b|| # c\n'],
        ['|-\n|<..>||', '  # d\n  |e: |f||\n'],
      ],
    ]);
  });

  it('hold anchors and tags in the head, and a value on a later line', () => {
    const text = 'a: &x !t # c\n  k: v\nb:\n  *x\nc:\n  # d\n  long\n  text # e\nf: !!str\n';
    expect(shapeOf(read(text))).toEqual([
      '<..>',
      ['|a: &x !t # c\n|<..>||', '  |k: |v||\n'],
      '|b:\n  |*x||\n',
      '|c:\n  # d\n  |long\n  text|| # e\n',
      '|f: !!str|||\n',
    ]);
  });

  it('hold a block scalar with its header and last line end', () => {
    const text = 'a: |- # c\n  x\n\n  y\n\nb: |+\n  z\n\nc: >\n  w';
    expect(shapeOf(read(text))).toEqual([
      '<..>',
      '|a: ||- # c\n  x\n\n  y\n||',
      '\n|b: ||+\n  z\n\n||',
      '|c: |>\n  w||',
    ]);
  });

  it('of a flow collection have the comma in the trail, and lines of their own where they stand so', () => {
    const text = 'a: [x, "y" , {k: v}]\nb: [\n  # of p\n  p, # one\n\n  q # two\n]\nc: {m, n: , }\n';
    expect(shapeOf(read(text))).toEqual([
      '<..>',
      ['|a: |<[..]>||\n', '||x||,', ' ||"y"|| ,', [' ||<{..}>||', '|k: |v||']],
      ['|b: |<[\n..]>||\n', '  # of p\n  ||p||, # one\n', '\n  ||q|| # two\n'],
      ['|c: |<{.. }>||\n', '|m|||,', ' |n:||| ,'],
    ]);
  });

  it('of an odd entry are one leaf, whose scalars are listed all the same', () => {
    const text = '? nas1 # c\n: - nas2\n  - nas3\nb: [nas4: nas5]\n';
    const document = read(text);
    expect(shapeOf(document)).toEqual([
      '<..>',
      '||? nas1 # c\n: - nas2\n  - nas3\n||',
      ['|b: |<[..]>||\n', '||nas4: nas5||'],
    ]);
    expect(document.scalars.map(one => [one.text, one.role, one.pointer])).toEqual([
      ['nas1', 'key', '/nas1'],
      ['nas2', 'value', '/nas1/0'],
      ['nas3', 'value', '/nas1/1'],
      ['b', 'key', '/b'],
      ['nas4', 'key', '/b/0/nas4'],
      ['nas5', 'value', '/b/0/nas4'],
    ]);
  });

  it('of a stream are its documents', () => {
    const text = '# a\nk: v\n---\n- x\n# b\n...\n# c\n%YAML 1.2\n--- # d\n\nk: w\n--- text # e\n---\n# f\n';
    expect(shapeOf(read(text))).toEqual([
      '<..# f\n>',
      ['||<..>||', '# a\n|k: |v||\n'],
      ['|---\n|<..>|# b\n...|\n', '|- |x||\n'],
      ['# c\n|%YAML 1.2\n--- # d\n|<..>||', '\n|k: |w||\n'],
      '|--- |text|| # e\n',
      '|---|||\n',
    ]);
  });

  it('of a document alone are the root, which takes what stands around it', () => {
    expect(shapeOf(read('\ufeff%YAML 1.2\n# a\n---\n# b\nk: v\n...\n# c'))).toEqual([
      '<\ufeff%YAML 1.2\n# a\n---\n.....\n# c>',
      '# b\n|k: |v||\n',
    ]);
    expect(shapeOf(read('# a\n[x]\n# b\n'))).toEqual(['<# a\n[..]\n# b\n>', '||x||']);
    expect(shapeOf(read('# a\nx # b\n'))).toEqual(['# a\nx # b\n']);
  });
});

describe('the value', () => {
  const cases: [string, string, Json][] = [
    ['an empty file', '', null],
    ['comments alone', '# a\n', null],
    ['a number that prints as it stands', '1', 1],
    ['hexadecimal, as its source', '0x5001438012345e78', '0x5001438012345e78'],
    ['64 bits, as their source', '5001438012345678901', '5001438012345678901'],
    [
      'other spellings of numbers',
      '[0o17, 1e3, .5, +1, 1.50, -0, .inf, .nan]',
      ['0o17', '1e3', '.5', '+1', '1.50', '-0', '.inf', '.nan'],
    ],
    ['numbers that print as they stand', '[0, -1, 1.5, 9007199254740991]', [0, -1, 1.5, 9007199254740991]],
    [
      'the core schema',
      '[true, False, yes, ~, NULL, null, on, 1:20, 2024-01-02]',
      [true, false, 'yes', null, null, null, 'on', '1:20', '2024-01-02'],
    ],
    ['the core schema for version 1.1 too', '%YAML 1.1\n---\n[yes, 1:20]\n', ['yes', '1:20']],
    ['core tags', '[!!str 1, !!int "2", !!str , !x 3]', ['1', 2, '', '3']],
    [
      'keys that are no strings',
      '{1: a, 0x10: b, true: c, ~: d, 1.50: e}',
      { 1: 'a', '0x10': 'b', true: 'c', '~': 'd', '1.50': 'e' },
    ],
    ['aliases', '[&a {k: v}, *a, &a 2, *a]', [{ k: 'v' }, { k: 'v' }, 2, 2]],
    [
      'merge keys, own entries first',
      'a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: {x: 4, <<: [{y: 5}, *a]}',
      { a: { x: 1, y: 2 }, b: { x: 3, y: 2 }, c: { x: 4, y: 5 } },
    ],
    ['a quoted << is a key like others', '{"<<": 1}', { '<<': 1 }],
    ['a stream', 'a\n---\n---\n- b\n', ['a', null, ['b']]],
  ];
  it.each(cases)('%s', (_name, text, value) => {
    expect(read(text).value).toEqual(value);
  });
});

describe('scalars', () => {
  it('tell style, type and place', () => {
    const text = "a/b: &x \"\\u006eas1\"\nn: 150\nl: |\n  nas1\nf: ['it''s', *x]\n";
    const told = read(text).scalars.map(one => [one.text, one.style, one.isString, one.role, one.pointer]);
    expect(told).toEqual([
      ['a/b', 'plain', true, 'key', '/a~1b'],
      ['nas1', 'double', true, 'value', '/a~1b'],
      ['n', 'plain', true, 'key', '/n'],
      ['150', 'plain', false, 'value', '/n'],
      ['l', 'plain', true, 'key', '/l'],
      ['nas1\n', 'literal', true, 'value', '/l'],
      ['f', 'plain', true, 'key', '/f'],
      ["it's", 'single', true, 'value', '/f/0'],
    ]);
  });

  it('map each unit to its source', () => {
    const text = '"a\\n\\x62\\U0001F600 \n  c\\\n  d"';
    const [scalar] = read(text).scalars;
    expect(scalar?.text).toBe('a\nb\u{1F600} cd');
    expect(Array.from(scalar!.offsets!)).toEqual(offsetsByHand(text));
  });
});

/** a, \n, \x62, two units of \U0001F600, the fold, c, d, the closing quote. */
function offsetsByHand(text: string): number[] {
  const emoji = text.indexOf('\\U');
  return [
    1,
    2,
    4,
    emoji,
    emoji,
    text.indexOf(' \n'),
    text.indexOf('c\\'),
    text.indexOf('d"'),
    text.length - 1,
  ];
}
