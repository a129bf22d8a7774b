import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, type Document, type Scalar, type TextEdit } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { yaml } from '../../../src/core/formats/yaml/index.ts';
import { runs } from '../../runs.ts';
import { expectTiles } from './tiling.ts';
import { MANIFESTS } from './yaml-manifests.ts';

function read(text: string): Document {
  const document = yaml.parse(text);
  if (isFailure(document)) throw new Error(`${document.message} in ${JSON.stringify(text)}`);
  return document;
}

/** The text with `from` replaced by `to` in the scalar that holds it. */
function swapped(text: string, from: string, to: string): string {
  const scalar = read(text).scalars.find(one => one.text.includes(from))!;
  const edit = { offset: scalar.text.indexOf(from), length: from.length, content: to };
  return applyEdits(text, yaml.respell(scalar, [edit], text));
}

describe('respell writes in the own quoting', () => {
  it.each([
    ['plain', 'a: x nas1 y # c\n', 'nas2', 'a: x nas2 y # c\n'],
    ['single', "a: 'it''s nas1' # c\n", "n'2", "a: 'it''s n''2' # c\n"],
    ['double', 'a: "\\t\\u006eas1\\n" # c\n', '"\\', 'a: "\\t\\"\\\\\\n" # c\n'],
    ['double over two lines', 'a: "b\n  nas1 \\\n  c"\n', 'nas2', 'a: "b\n  nas2 \\\n  c"\n'],
    ['literal', 'a: |2-\n     x\n    y nas1: [z\n', '#nas2', 'a: |2-\n     x\n    y #nas2: [z\n'],
    ['folded', 'a: >+ # c\n  x\n  nas1\n\n', 'nas2', 'a: >+ # c\n  x\n  nas2\n\n'],
    ['plain over two lines', 'a: x\n  nas1\n  z\n', 'nas2', 'a: x\n  nas2\n  z\n'],
    ['a plain key', 'nas1: x\n', 'nas2', 'nas2: x\n'],
    ['commas in a block', 'a: x,nas1,[y]\n', 'n,2', 'a: x,n,2,[y]\n'],
    ['a number that stays one', 'a: 150\n', '100', 'a: 100\n'],
    ['a number that becomes a name', 'a: 150\n', 'nas2', 'a: nas2\n'],
    ['a tagged number', 'a: !!str 150\n', '100', 'a: !!str 100\n'],
    ['what version 1.1 took for a number before', 'a: 1:20\n', '1:21', 'a: 1:21\n'],
  ])('%s', (_name, text, to, result) => {
    expect(swapped(text, /150|1:20|nas1/.exec(text.replace('\\u006e', 'n'))![0], to)).toBe(result);
  });
});

describe('respell quotes what plain would be read otherwise', () => {
  it.each([
    '5001438012345e78',
    '12345',
    '0x1F',
    '0o17',
    'true',
    'Null',
    '~',
    '1:2',
    '1.5',
    '.inf',
    '',
    '*a',
    '&a',
    '!a',
    '|',
    '>',
    '@a',
    '%a',
    '`a',
    '"a',
    "'a",
    '[a',
    '{a',
    '- a',
    '? a',
    ': a',
    'a: b',
    'a #b',
    '#a',
    'a:',
    ' a',
    'a ',
    '2024-01-02',
    'yes',
    '0b1',
    '1_000',
  ])('%s', to => {
    expect(swapped('a: nas1\n', 'nas1', to)).toBe(`a: '${to.replaceAll("'", "''")}'\n`);
    expect(swapped('nas1: a\n', 'nas1', to)).toMatch(/^'.*': a\n$|^[^']*: a\n$/);
    expect(read(swapped('nas1: a\n', 'nas1', to)).scalars[0]).toMatchObject({ text: to, isString: true });
  });

  it('only as far as the context asks for it', () => {
    expect(swapped('a: nas1\n', 'nas1', 'b,c]')).toBe('a: b,c]\n');
    expect(swapped('a: [nas1]\n', 'nas1', 'b,c]')).toBe("a: ['b,c]']\n");
    expect(swapped('nas1\n', 'nas1', '%b')).toBe("'%b'\n");
    expect(swapped('nas1\n', 'nas1', '---')).toBe("'---'\n");
    expect(swapped('a: ---\n', '---', '...')).toBe('a: ...\n');
    expect(swapped('--- nas1\n', 'nas1', '---')).toBe('--- ---\n');
    expect(swapped('{nas1: 1}\n', 'nas1', '1')).toBe("{'1': 1}\n");
    expect(swapped('a: x nas1\n', 'nas1', '#1')).toBe("a: 'x #1'\n");
  });

  it('in double quotes where the text needs them', () => {
    expect(swapped('a: nas1 # c\n', 'nas1', 'b\nc')).toBe('a: "b\\nc" # c\n');
    expect(swapped("a: 'nas1' # c\n", 'nas1', '\x07')).toBe('a: "\\u0007" # c\n');
    expect(swapped('a: |\n  x nas1\nb: 1\n', 'nas1', 'b\nc')).toBe('a: "x b\\nc\\n"\nb: 1\n');
  });
});

describe('respell touches no more than it has to', () => {
  it.each([
    ['a doubled quote', "a: 'x''y\n  z' # c\n", "x'", 'w', "a: 'wy\n  z' # c\n"],
    ['an escape', 'a: "x\\ty\\x41z" # c\n', 'x\ty', 'w', 'a: "w\\x41z" # c\n'],
    ['a code of two units', 'a: "\\U0001F600\\x41z"\n', '\u{1F600}', 'w', 'a: "w\\x41z"\n'],
    ['a fold', 'a: "x\n\n  y\\x41z"\n', 'x\n', 'w', 'a: "wy\\x41z"\n'],
    ['a joined line', 'a: "x\\\n  y"\n', 'x', 'w', 'a: "w\\\n  y"\n'],
    ['the end of a line', 'a: |\n  x  \n  y\n', '  \n', '\n', 'a: "x\\ny\\n"\n'],
  ])('%s', (_name, text, from, to, result) => {
    expect(swapped(text, from, to)).toBe(result);
  });

  it.each([
    ['a blank line of a block scalar', 'a: |\n  x\n\n  y\n', 2, 'b', 'a: "x\\nb\\ny\\n"\n'],
    ['a block scalar without lines', 'a: |-\nc: d\n', 0, 'b', "a: 'b'\nc: d\n"],
    ['a line after the last', 'a: |\n  x\nc: d\n', 2, 'y\n', 'a: "x\\ny\\n"\nc: d\n'],
  ])('but for %s', (_name, text, offset, content, result) => {
    const scalar = read(text).scalars[1]!;
    expect(applyEdits(text, yaml.respell(scalar, [{ offset, length: 0, content }], text))).toBe(result);
  });

  it('and makes no merge key, and no colon out of a key', () => {
    expect(swapped('1: v\n', '1', '<<')).toBe("'<<': v\n");
    expect(swapped('nas1: v\n', 'nas1', '<<')).toBe("'<<': v\n");
    expect(swapped(':n : v\n', 'n', '')).toBe("':' : v\n");
  });
});

/** Texts that are hard to write in one quoting or another. */
const nasty = fc.oneof(
  fc.constantFrom(
    'nas2',
    '10.0.1.1',
    '12345',
    '0x1F',
    'true',
    '~',
    '1:2',
    'a: b',
    'a #b',
    '*x',
    "it's",
    '"',
    '\\',
    '<<',
  ),
  fc.string({ unit: fc.constantFrom(...' \'"\\:#-,[]{}?&*!|>%@`~0123eExanbs.\t'), maxLength: 8 }),
  fc
    .string({ unit: 'binary', maxLength: 4 })
    .filter(text => !/\p{Surrogate}/u.test(text) && !text.includes('\0')),
);

const edit = fc.record({ at: fc.nat(), length: fc.nat(), content: nasty });

/** One edit of a scalar, or several that do not overlap. */
function editsOf(
  text: string,
  wanted: readonly { at: number; length: number; content: string }[],
): TextEdit[] {
  const edits: TextEdit[] = [];
  let from = 0;
  for (const { at, length, content } of wanted) {
    const room = text.length - from;
    if (room < 0) break;
    const offset = from + (at % (room + 1));
    const taken = length % (text.length - offset + 1);
    edits.push({ offset, length: taken, content });
    from = offset + taken + 1;
  }
  return edits;
}

/** What an edit is read back as: this scalar as edited, and all others as they were. */
function expectRespelled(document: Document, index: number, edits: readonly TextEdit[]): void {
  const scalar = document.scalars[index]!;
  const text = applyEdits(scalar.text, edits);
  const result = applyEdits(document.text, yaml.respell(scalar, edits, document.text));
  const again = yaml.parse(result);
  if (isFailure(again)) {
    // Two keys may have become one, and a merge key or a forbidden one may have come about.
    // A value may be a key elsewhere, by an alias of its anchor.
    const isKey = scalar.role === 'key' || /&\S+\s*$/.test(document.text.slice(0, scalar.span.start));
    const mayFail = ['duplicate-key', 'forbidden-key'].includes(again.failure) && isKey;
    if (!mayFail) throw new Error(`${again.message}: ${JSON.stringify(result)}`);
    return;
  }
  expectTiles(again, { valueElsewhere: item => /\/<</.test(item.pointer) });
  const told = (one: Scalar): unknown => [one.text, one.isString, one.role];
  const expected = document.scalars.map(told);
  expected[index] = [text, scalar.isString || again.scalars[index]?.isString, scalar.role];
  expect(again.scalars.map(told), JSON.stringify(result)).toEqual(expected);
}

describe('respell, law: what is read back is the edited text', () => {
  const documents = MANIFESTS.map(([, text]) => read(text)).filter(one => one.scalars.length > 0);

  it('does not let the next key go on in a block scalar that lost its last line end', () => {
    const document = read('a: |\n  one\n    two\nb: 1\n');
    const index = document.scalars.findIndex(({ text }) => text.startsWith('one'));
    expectRespelled(document, index, [{ offset: 4, length: 6, content: '' }]);
  });

  it('in every construct of every manifest', () => {
    const law = fc.property(
      fc.constantFrom(...documents),
      fc.nat(),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (document, seed, wanted) => {
        const index = seed % document.scalars.length;
        const scalar = document.scalars[index]!;
        fc.pre(scalar.text !== '<<');
        expectRespelled(document, index, editsOf(scalar.text, wanted));
      },
    );
    fc.assert(law, runs(1000));
  });

  it('in each style, for random texts', () => {
    const style = fc.constantFrom<(text: string) => string>(
      text => `k: "${JSON.stringify(text).slice(1, -1)}" # c\n`,
      text => `- '${text.replaceAll("'", "''")}'\n- x\n`,
      text => `{a: [${text}], b: c}\n`,
      text => `k:\n  l: ${text}\nm: n\n`,
      text => `${text}: v\n`,
      text => `- |2-\n    ${text}\n- x\n`,
      text => `k:\n - >\n   ${text}\n   ${text}\n\n   x\n`,
    );
    const text = fc.string({ unit: fc.constantFrom(..."nas1 x/.-:'é🙂"), minLength: 1, maxLength: 12 });
    let read = 0;
    const law = fc.property(
      style,
      text,
      fc.nat(),
      fc.array(edit, { minLength: 1, maxLength: 2 }),
      (...drawn) => {
        const [write, content, seed, wanted] = drawn;
        const document = yaml.parse(write(content));
        if (isFailure(document)) return;
        read++;
        const index = seed % document.scalars.length;
        expectRespelled(document, index, editsOf(document.scalars[index]!.text, wanted));
      },
    );
    fc.assert(law, runs(1000));
    expect(read).toBeGreaterThan(500);
  });
});
