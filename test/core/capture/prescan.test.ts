import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstInvalidByte, prescan } from '../../../src/core/capture/prescan.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { corpusSets, demandCorpus } from '../../corpus/sets.ts';
import { runs } from '../../runs.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** The code of the failure, or 'text'. */
const verdict = (text: string) => {
  const scanned = prescan(utf8(text));
  return isFailure(scanned) ? scanned.failure : 'text';
};

function nativelyValid(bytes: Uint8Array): boolean {
  try {
    fatal.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe('encoding', () => {
  test('agrees with the platform on what is UTF-8', () => {
    // Bytes that begin and continue sequences are made likely: bounds lie between them.
    const edge = fc.constantFrom(
      ...[
        0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
      ],
    );
    const bytes = fc.array(fc.oneof(edge, fc.nat(255)), { maxLength: 12 }).map(list => Uint8Array.from(list));
    fc.assert(
      fc.property(bytes, b => {
        expect(firstInvalidByte(b) === -1).toBe(nativelyValid(b));
      }),
      runs(5000),
    );
  });

  test('what comes before the first bad byte is valid, and with its sequence it is not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), b => {
        const bad = firstInvalidByte(b);
        fc.pre(bad !== -1);
        expect(nativelyValid(b.subarray(0, bad))).toBe(true);
        expect(nativelyValid(b.subarray(bad, bad + 4))).toBe(false);
      }),
      runs(1000),
    );
  });

  test('a text that passes gives the same bytes back, and nothing throws', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'grapheme' }).map(utf8));
    fc.assert(
      fc.property(bytes, b => {
        const scanned = prescan(b);
        if (isFailure(scanned)) expect(scanned.message).not.toBe('');
        else expect(utf8(scanned.text)).toEqual(Uint8Array.from(b));
      }),
      runs(1000),
    );
  });

  test('a byte-order mark is kept', () => {
    expect(prescan(utf8('\ufeffa: 1\n'))).toEqual({ text: '\ufeffa: 1\n' });
  });

  test('the first bad byte is named with its line and column, which count units and not bytes', () => {
    const bytes = Uint8Array.from([...utf8('# größe 🖴\nserver = f'), 0xfc, ...utf8('r alle\nb\n')]);
    expect(prescan(bytes, {}, 'a.conf')).toMatchObject({
      failure: 'not-utf8',
      message: expect.stringContaining("latin-1 ('ü')"),
      at: { file: 'a.conf', line: 2, column: 11, source: 'server = f\ufffdr alle' },
    });
  });

  test.each([
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], 'UTF-16'],
    ['a cut character', [0x61, 0xe2], 'ends within a character'],
  ])('%s is named', (_name, bytes, words) => {
    expect(prescan(Uint8Array.from(bytes))).toMatchObject({
      failure: 'not-utf8',
      message: expect.stringContaining(words),
    });
  });
});

describe('binary files', () => {
  test.each([
    ['secrets.tdb', 'TDB file\n\0\0', 'net ads join'],
    ['a database', 'SQLite format 3\0', '.backup'],
    ['a program', '\x7fELF\x02', 'package'],
    ['a keytab', '\x05\x02\0\0', 'net ads'],
    ['an archive', 'PK\x03\x04', 'Exclude'],
  ])('%s is refused with the proper means', (_name, head, means) => {
    expect(prescan(utf8(head))).toMatchObject({ failure: 'binary', hint: expect.stringContaining(means) });
  });

  test('a NUL byte is refused with its place', () => {
    expect(prescan(utf8('a\nbc\0d\n'))).toMatchObject({ failure: 'nul-byte', at: { line: 2, column: 3 } });
  });

  test('a file of zeros is told from one with a stray NUL', () => {
    expect(prescan(new Uint8Array(4096))).toMatchObject({
      failure: 'nul-byte',
      message: expect.stringContaining('power cut'),
      at: { line: 1, column: 1 },
    });
  });

  test('a text that only speaks of a magic word is a text', () => {
    expect(verdict('# TDB file\n')).toBe('text');
    expect(verdict('PKCS = 1')).toBe('text');
  });
});

describe('limits', () => {
  test('the size limit is the last size that passes', () => {
    expect(prescan(utf8('abcd'), { sizeBytes: 4 })).toEqual({ text: 'abcd' });
    expect(prescan(utf8('abcde'), { sizeBytes: 4 })).toMatchObject({ failure: 'too-large' });
  });

  const nested: [string, (n: number) => string][] = [
    ['square brackets', n => '['.repeat(n)],
    ['closed square brackets', n => '['.repeat(n) + ']'.repeat(n)],
    ['square brackets and stray curly ones', n => '[},'.repeat(n)],
    ['after a mark', n => '\ufeff' + '['.repeat(n)],
    ['objects', n => '{"a":'.repeat(n)],
    ['objects on lines of their own', n => '{ "a" :\r\n'.repeat(n)],
    ['lists with siblings', n => '[ "]", 1,\n'.repeat(n)],
    ['objects with closed siblings', n => '{"x": {"y": [1]}, "s": "}}", "a": '.repeat(n)],
    ['a TOML array', n => `a = ${'['.repeat(n)}`],
    ['a TOML array after other statements', n => `a = [1]\n[b]\nc = ${'[\n# ]\n'.repeat(n)}`],
    ['YAML flow', n => '{a: '.repeat(n)],
    ['YAML flow with tags and anchors', n => '[!t &a '.repeat(n)],
    ['YAML flow with quotes', n => `[']', `.repeat(n)],
    ['YAML flow under a key', n => `a:\n - ${'[ - , '.repeat(n)}`],
    ['a chain of dashes', n => '- '.repeat(n)],
    ['a chain of question marks', n => '? '.repeat(n)],
    ['indentation', n => Array.from({ length: n }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
  ];
  test.each(nested)('%s: 150 levels pass, 250 do not', (_name, make) => {
    expect(verdict(make(150))).toBe('text');
    expect(verdict(make(250))).toBe('too-deep');
  });

  test('100,000 brackets are refused', () => {
    expect(prescan(utf8('['.repeat(100_000)))).toMatchObject({
      failure: 'too-deep',
      at: { line: 1, column: 201 },
    });
  });

  const ordinary: [string, string][] = [
    ['round brackets that are never closed', 'see ((( below\n'],
    ['brackets in prose', 'a note [1 and {2\n'],
    ['brackets in comments', '# list = [ [ {{{ [\n'],
    ['brackets in comments after a value', 'a: 1 # = [[[\n'],
    ['brackets in strings', '{"message": "error: [[ {", "b": \'[\'}\n'],
    ['escaped quotes in strings', '"a\\": [[[ ",\n'],
    ['colours', 'PS1=\\e[31m\\u: [\\w\n'],
    ['unclosed values', 'pattern = [[^a\n'],
    ['unclosed values within closed ones', '{"a": [1}, '],
    ['glob patterns', 'veto files = /[!.]*/{a,b\n'],
    ['sections', '[share]\npath = /srv\n'],
    ['blocks', 'resource r0 {\n  on nas1 {\n    address 10.0.0.1:7788;\n  }\n}\n'],
    ['closing brackets', '}}]]\n'],
    ['a rule of dashes', '- - - - - - - - - - - - -\n'],
    ['steps', '  a\n    b\n      c\n'],
    ['crontab lines and exports', '*/5 * * * * root test && x\n/srv *.example.com(rw) *(ro)\n'],
  ];
  test.each(ordinary)('%s do not add up', (_name, line) => {
    expect(verdict(line.repeat(1000))).toBe('text');
  });

  test('aliases are bounded, and only where there is an anchor', () => {
    const list = `[${'*a, '.repeat(10_001)}]`;
    expect(verdict(`x: &a 1\ny: ${list}`)).toBe('alias-bomb');
    expect(verdict(`y: ${list}`)).toBe('text');
    expect(verdict(`x: &a 1\ny: [${'*a, '.repeat(10_000)}]`)).toBe('text');
  });

  test('time grows with the size only', () => {
    // 8 MiB of what would be slowest if closing a bracket looked through all open ones.
    const hostile = utf8(`${'['.repeat(199)}${'}'.repeat(8 * 1024 * 1024)}`);
    expect(isFailure(prescan(hostile))).toBe(false);
  });
});

demandCorpus(console.warn);

test.each(corpusSets())('$name of the corpus passes', ({ text }) => {
  expect(prescan(utf8(text))).toEqual({ text });
});
