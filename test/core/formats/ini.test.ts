import { describe, expect, test } from 'vitest';
import { ini } from '../../../src/core/formats/ini.ts';
import { closing, failed, itemAt, parsed, parts, scalarsOf } from './parsed.ts';

const SAMBA = `# served by nas1
[global]
\tworkgroup = STORAGE
   netbios name = NAS1
   server   string=Files on nas1   \t
;  guest account = nobody

# one per line
   interfaces = 10.0.0.1/24 \\
      fd00::1/64
   include = registry

  [ projects ]   ; team shares
   path = "/srv/my projects"
   vfs objects = catia fruit
   fruit:metadata = stream
   hosts allow =
   read only
# the end
`;

describe('Samba', () => {
  const document = parsed(ini, SAMBA);

  test('the value is sections of keys', () => {
    expect(document.value).toEqual({
      global: {
        workgroup: 'STORAGE',
        'netbios name': 'NAS1',
        'server string': 'Files on nas1',
        interfaces: '10.0.0.1/24 \\\n      fd00::1/64',
        include: 'registry',
      },
      projects: {
        path: '/srv/my projects',
        'vfs objects': 'catia fruit',
        'fruit:metadata': 'stream',
        'hosts allow': '',
        'read only': null,
      },
    });
  });

  test('comments lead to the entry below them, the last ones close the file', () => {
    expect(parts(document, '/global/workgroup')).toEqual(['\t', 'workgroup = ', 'STORAGE', '', '\n']);
    expect(parts(document, '/global/interfaces')[0]).toBe(';  guest account = nobody\n\n# one per line\n   ');
    expect(parts(document, '/global/server string').slice(1)).toEqual([
      'server   string=',
      'Files on nas1',
      '',
      '   \t\n',
    ]);
    expect(parts(document, '/projects')[0]).toBe('\n  ');
    expect(itemAt(document, '/projects').label).toBe('projects');
    expect(parts(document, '/projects')[1]).toBe('[ projects ]   ; team shares\n');
    expect(closing(document, '')).toBe('# the end\n');
  });

  test('keys, names and values are scalars of the raw text', () => {
    const scalars = scalarsOf(document);
    expect(scalars).toContain('/projects key projects');
    expect(scalars).toContain('/global/server string key server   string');
    expect(scalars).toContain('/projects/path value "/srv/my projects"');
    expect(scalars).not.toContain('/projects/read only value ');
    const path = document.scalars.find(
      scalar => scalar.pointer === '/projects/path' && scalar.role === 'value',
    );
    expect(path).toMatchObject({
      text: '"/srv/my projects"',
      value: '/srv/my projects',
      isolated: false,
      isString: true,
      style: 'double',
    });
    expect(document.scalars.every(scalar => scalar.offsets === undefined)).toBe(true);
  });
});

test('a label that repeats becomes a list, in order', () => {
  const document = parsed(ini, 'a = 1\n[x]\nk = 1\n[y]\n[x]\nk = 2\nk = 3\na\n');
  expect(document.value).toEqual({ a: '1', x: [{ k: '1' }, { k: ['2', '3'], a: null }], y: {} });
  expect(parts(document, '/x/1/k/1')).toEqual(['', 'k = ', '3', '', '\n']);
});

test('labels may be anything but __proto__', () => {
  const document = parsed(ini, '[a/b~c]\nconstructor = x\n= y\n[]\ntoString = z');
  expect(document.value).toEqual({ 'a/b~c': { constructor: 'x', '': 'y' }, '': { toString: 'z' } });
  expect(itemAt(document, '/a~1b~0c/constructor').label).toBe('constructor');
  const failure = failed(ini, '[global]\n  __proto__ = 1\n');
  expect(failure).toMatchObject({
    failure: 'forbidden-key',
    at: { file: 'sample', line: 2, column: 3, length: 9 },
  });
  expect(failed(ini, '[__proto__]\n').failure).toBe('forbidden-key');
});

test.each([
  ['an empty text', '', {}],
  ['a mark and CRLF', '\ufeff[a]\r\nk = v \r\n\r\nl = w', { a: { k: 'v', l: 'w' } }],
  ['a mark before a key', '\ufeffk = v', { k: 'v' }],
  ['the first sign separates', 'a=b=c', { a: 'b=c' }],
  ['a sign in a comment', '# a = b\n', {}],
  ['a comment behind a value is of the value', 'a = b # c ; d', { a: 'b # c ; d' }],
  ['a bracket in a value', 'a = [x]\nb = [y', { a: '[x]', b: '[y' }],
  ['a value on the next line', 'a = \\\n  b\nc = d', { a: 'b', c: 'd' }],
  ['a key over two lines', 'a \\\r\n  b = c', { 'a b': 'c' }],
  ['a joined end', 'a = b\\', { a: 'b\\' }],
  ['a joined empty line', 'a = b \\\n\nc = d', { a: 'b', c: 'd' }],
  ['comments are not joined', '# a \\\nb = c', { b: 'c' }],
  [
    'Ceph',
    '[osd.3]\n\thost = nas1\n\tosd max backfills = 2\n',
    { 'osd.3': { host: 'nas1', 'osd max backfills': '2' } },
  ],
  ['systemd', '[Unit]\nAfter=a.service\nAfter=b.service\n', { Unit: { After: ['a.service', 'b.service'] } }],
])('%s', (_, text, value) => {
  expect(parsed(ini, text).value).toEqual(value);
});

test('a section name without its bracket is a syntax error with its place', () => {
  expect(failed(ini, 'a = b\n  [global\nx = y]\n')).toEqual({
    failure: 'syntax',
    message: "']' is missing at the end of the section name",
    at: { file: 'sample', line: 2, column: 3, source: '  [global', length: 7 },
  });
});

test('edits of a scalar are edits of the source', () => {
  const document = parsed(ini, 'host = "nas1 x"\n');
  const value = document.scalars.find(scalar => scalar.role === 'value')!;
  expect(ini.respell(value, [{ offset: 1, length: 4, content: 'nas2' }], document.text)).toEqual([
    { offset: 8, length: 4, content: 'nas2' },
  ]);
});

test('a byte-order mark belongs to no entry', () => {
  const document = parsed(ini, '\ufeff# x\na = b\n');
  expect(parts(document, '/a')[0]).toBe('# x\n');
  expect(document.root.span.start).toBe(0);
});
