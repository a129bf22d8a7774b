import { expect, test } from 'vitest';
import { lines } from '../../../src/core/formats/lines.ts';
import { closing, failed, parsed, parts, scalarsOf } from './parsed.ts';

const EXPORTS = `# exported by nas1
/srv/nfs\t10.0.0.0/24(rw,sync) nas1(ro)\t# for tests

! for the second site
/srv/home -sec=sys nas1.example.com(rw) \\
    nas10.example.com(rw)\\
    fd00::1(ro)  \t
"/srv/with blank"  *(ro)
/srv/a\\040b\r
/srv/nfs *(ro)#no comment
; end`;

test('exports', () => {
  const document = parsed(lines, EXPORTS);
  expect(document.value).toEqual({
    '/srv/nfs': ['10.0.0.0/24(rw,sync) nas1(ro)', '*(ro)#no comment'],
    '/srv/home': '-sec=sys nas1.example.com(rw) \\\n    nas10.example.com(rw)\\\n    fd00::1(ro)',
    '/srv/with blank': '*(ro)',
    '/srv/a\\040b': null,
  });
  expect(parts(document, '/~1srv~1nfs/0')).toEqual([
    '# exported by nas1\n',
    '/srv/nfs\t',
    '10.0.0.0/24(rw,sync) nas1(ro)',
    '',
    '\t# for tests\n',
  ]);
  expect(parts(document, '/~1srv~1home')[0]).toBe('\n! for the second site\n');
  expect(parts(document, '/~1srv~1with blank').slice(1, 3)).toEqual(['"/srv/with blank"  ', '*(ro)']);
  expect(parts(document, '/~1srv~1a\\040b')).toEqual(['', '/srv/a\\040b', '', '', '\r\n']);
  expect(closing(document, '')).toBe('; end');
  expect(scalarsOf(document)).toContain('/~1srv~1with blank key "/srv/with blank"');
});

test.each([
  ['an empty text', '', {}],
  ['blanks', ' \t\r\n\n', {}],
  ['a mark', '\ufeff/a b', { '/a': 'b' }],
  [
    'hosts',
    '127.0.0.1 localhost\n10.0.0.1\tnas1 nas1.example.com\n::1 ip6\n',
    {
      '127.0.0.1': 'localhost',
      '10.0.0.1': 'nas1 nas1.example.com',
      '::1': 'ip6',
    },
  ],
  [
    'fstab',
    'UUID=1-2 / ext4 defaults 0 1\nnas1:/x /mnt nfs rw 0 0',
    {
      'UUID=1-2': '/ ext4 defaults 0 1',
      'nas1:/x': '/mnt nfs rw 0 0',
    },
  ],
  ['a word joined to the next line', '/srv\\\n host(rw)\n', { '/srv': 'host(rw)' }],
  ['a joined empty line', '/srv host \\\n\n/x y', { '/srv': 'host', '/x': 'y' }],
  ['a lone backslash at the end', '/srv host \\', { '/srv': 'host \\' }],
  ['an apostrophe', "it's here\nthat's it", { "it's": 'here', "that's": 'it' }],
  ['a quote that stays open', '"/srv/a b\n"c d" e', { '"/srv/a': 'b', 'c d': 'e' }],
  ['a comment ends its entry, joined or not', '/a b \\\n # c \\\n/d e', { '/a': 'b', '/d': 'e' }],
  ['a mark within quotes', '/a "b # c" # d', { '/a': 'b # c' }],
  ['braces and signs are letters', '} { = ;\na=b : c', { '}': '{ = ;', 'a=b': ': c' }],
])('%s', (_, text, value) => {
  expect(parsed(lines, text).value).toEqual(value);
});

test('__proto__ is no name', () => {
  expect(failed(lines, 'a b\n "__proto__" x')).toMatchObject({
    failure: 'forbidden-key',
    at: { line: 2, column: 2 },
  });
});

test('a byte-order mark belongs to no entry', () => {
  const document = parsed(lines, '\ufeff# x\na = b\n');
  expect(parts(document, '/a')[0]).toBe('# x\n');
  expect(document.root.span.start).toBe(0);
});
