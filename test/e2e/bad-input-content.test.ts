import { describe, expect, it } from 'vitest';
import { counted, expectRefusal, type Refusal, withNodes } from './bad-input.ts';

const cases = counted('bad input, what stands in a file');

const NESTED = 100_000;
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** Aliases of aliases: 9 levels of nine make some 400 million words. */
const BOMB = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg', 'ih'].map(
    ([name, of]) => `${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]`,
  ),
  '',
].join('\n');

type Case = Omit<Refusal, 'exit' | 'code'> & {
  readonly name: string;
  readonly file: string;
  readonly content: string | Uint8Array;
  readonly held: string;
};

/** Each is one file of a primary, its content, and what is said of it. */
const REFUSED: readonly Case[] = [
  // ---- bytes
  {
    name: 'a NUL byte',
    file: 'smb.conf',
    content: '[global]\n  workers = 4\0\n',
    held: 'nul-byte',
    says: ['smb.conf:2:', 'NUL byte'],
    hint: /restore the file on the primary/,
  },
  {
    name: 'NUL bytes only, as after a power cut',
    file: 'exports',
    content: new Uint8Array(4096),
    held: 'nul-byte',
    says: ['exports', 'NUL bytes only', 'power cut'],
    hint: /restore the file/,
  },
  {
    name: 'latin-1',
    file: 'smb.conf',
    content: bytes('[global]\n  server string = B\xfcro nas1\n'),
    held: 'not-utf8',
    says: ['smb.conf:2:', '0xfc', 'latin-1'],
    hint: /iconv/,
  },
  {
    name: 'UTF-16',
    file: 'smb.conf',
    content: new Uint8Array(Buffer.from('\ufeff[global]\n', 'utf16le')),
    held: 'not-utf8',
    says: ['smb.conf', 'UTF-16'],
    hint: /iconv/,
  },
  {
    name: 'a character cut in two',
    file: 'exports',
    content: bytes('/srv nas1(rw)\n# \xc3'),
    held: 'not-utf8',
    says: ['exports:2:', 'ends within a character'],
    hint: /iconv/,
  },
  {
    name: 'an overlong form',
    file: 'exports',
    content: bytes('/srv\xc0\xaf nas1(rw)\n'),
    held: 'not-utf8',
    says: ['exports:1:5', '0xc0'],
    hint: /iconv/,
  },
  {
    name: 'secrets.tdb',
    file: 'secrets.tdb',
    content: bytes('TDB file\n\x01\x02\0\xff'),
    held: 'binary',
    says: ['secrets.tdb', 'Samba database'],
    hint: /`net ads join`/,
  },
  {
    name: 'a keytab named as if it were none',
    file: 'krb5.tab',
    content: bytes('\x05\x02\0\0\0\x4a'),
    held: 'binary',
    says: ['krb5.tab', 'keytab'],
    hint: /net ads keytab/,
  },
  {
    name: 'a compressed file',
    file: 'exports',
    content: bytes('\x1f\x8b\x08\0\0'),
    held: 'binary',
    says: ['exports', 'gzip'],
    hint: /exclude the file/,
  },
  // ---- depth
  {
    name: '100,000 nested brackets, JSON',
    file: 'a.json',
    content: `${'['.repeat(NESTED)}${']'.repeat(NESTED)}`,
    held: 'too-deep',
    says: ['a.json:1:', 'deeper than'],
    hint: /exclude it/i,
  },
  {
    name: '100,000 nested objects, JSON',
    file: 'a.json',
    content: `${'{"a":'.repeat(NESTED)}1${'}'.repeat(NESTED)}`,
    held: 'too-deep',
    says: ['a.json:1:', 'deeper than'],
    hint: /exclude it/i,
  },
  {
    name: '100,000 nested brackets, YAML',
    file: 'a.yaml',
    content: `a: ${'['.repeat(NESTED)}${']'.repeat(NESTED)}\n`,
    held: 'too-deep',
    says: ['a.yaml:1:', 'deeper than'],
    hint: /exclude it/i,
  },
  {
    name: '100,000 dashes in one line, YAML',
    file: 'a.yaml',
    content: `${'- '.repeat(NESTED)}a\n`,
    held: 'too-deep',
    says: ['a.yaml:1:', 'deeper than'],
    hint: /exclude it/i,
  },
  {
    name: '100,000 nested brackets, TOML',
    file: 'a.toml',
    content: `a = ${'['.repeat(NESTED)}${']'.repeat(NESTED)}\n`,
    held: 'too-deep',
    says: ['a.toml:1:', 'deeper than'],
    hint: /exclude it/i,
  },
  {
    name: '100,000 nested blocks',
    file: 'keepalived/keepalived.conf',
    content: `${'a {\n'.repeat(NESTED)}${'}\n'.repeat(NESTED)}`,
    held: 'too-deep',
    says: ['keepalived/keepalived.conf:201:', 'nested more than 200 deep'],
    hint: /exclude it/i,
  },
  {
    name: '100,000 nested tags',
    file: 'tgt/targets.conf',
    content: `${'<target a>\n'.repeat(NESTED)}${'</target>\n'.repeat(NESTED)}`,
    held: 'too-deep',
    says: ['tgt/targets.conf:201:', 'nested more than 200 deep'],
    hint: /exclude it/i,
  },
  // ---- aliases
  {
    name: 'an alias bomb',
    file: 'a.yaml',
    content: BOMB,
    held: 'alias-bomb',
    says: ['a.yaml', 'alias'],
    hint: /exclude it|write out/i,
  },
  {
    name: '20,000 uses of one anchor',
    file: 'a.yaml',
    content: `a: &a {b: 1}\nl:\n${'  - *a\n'.repeat(20_000)}`,
    held: 'alias-bomb',
    says: ['a.yaml:', 'alias'],
    hint: /exclude it|write out/i,
  },
  // ---- keys
  {
    name: '__proto__ in JSON',
    file: 'a.json',
    content: '{"a": 1,\n "__proto__": {"admin": true}}\n',
    held: 'forbidden-key',
    says: ['a.json:2:2', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: '__proto__ in JSON, by escapes',
    file: 'a.json',
    content: '{"\\u005f_proto__": {"admin": true}}\n',
    held: 'forbidden-key',
    says: ['a.json:1:2', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: '__proto__ in YAML',
    file: 'a.yaml',
    content: 'a: 1\n__proto__:\n  admin: true\n',
    held: 'forbidden-key',
    says: ['a.yaml:2:1', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: '__proto__ in TOML',
    file: 'a.toml',
    content: 'a = 1\n[__proto__]\nadmin = true\n',
    held: 'forbidden-key',
    says: ['a.toml:2:', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: '__proto__ in an INI section',
    file: 'smb.conf',
    content: '[global]\n  workers = 4\n[__proto__]\n  path = /srv\n',
    held: 'forbidden-key',
    says: ['smb.conf:3:', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: '__proto__ as an INI key',
    file: 'smb.conf',
    content: '[global]\n  workers = 4\n  __proto__ = x\n',
    held: 'forbidden-key',
    says: ['smb.conf:3:', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: '__proto__ as a block',
    file: 'keepalived/keepalived.conf',
    content: 'global_defs {\n  router_id nas1\n}\n__proto__ {\n  a b\n}\n',
    held: 'forbidden-key',
    says: ['keepalived/keepalived.conf:4:1', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: '__proto__ in lines',
    file: 'exports',
    content: '/srv nas1(rw)\n__proto__ nas1(rw)\n',
    held: 'forbidden-key',
    says: ['exports:2:1', '__proto__'],
    hint: /rename|remove/i,
  },
  {
    name: 'a key twice in JSON',
    file: 'a.json',
    content: '{"a": 1,\n "b": 2,\n "a": 3}\n',
    held: 'duplicate-key',
    says: ['a.json:3:2', 'a', 'twice'],
    hint: /remove/i,
  },
  {
    name: 'a key twice in YAML',
    file: 'a.yaml',
    content: 'host: nas1\nport: 1\nhost: nas3\n',
    held: 'duplicate-key',
    says: ['a.yaml:3:1', 'host', 'twice'],
    hint: /remove/i,
  },
  {
    name: 'a key twice in TOML',
    file: 'a.toml',
    content: 'host = "nas1"\nhost = "nas3"\n',
    held: 'duplicate-key',
    says: ['a.toml:2:1', '"host" already has a value', 'also a.toml:1:1'],
    hint: /remove/i,
  },
  // ---- a file that does not parse
  {
    name: 'JSON that ends in the middle',
    file: 'saveconfig.json',
    content: '{\n  "targets": [\n    {"wwn": "iqn.2003-01.org.linux-iscsi.nas1"\n',
    held: 'syntax',
    says: ['saveconfig.json:', 'the file ends', 'read as json'],
    hint: /as soon as/,
  },
  {
    name: 'YAML that does not parse',
    file: 'a.yaml',
    content: 'a: [1, 2\nb: 3\n',
    held: 'syntax',
    says: ['a.yaml:', 'YAML'],
    hint: /as soon as/,
  },
  {
    name: 'TOML that does not parse',
    file: 'a.toml',
    content: 'a = 1\nb = "open\n',
    held: 'syntax',
    says: ['a.toml:2:', 'read as toml'],
    hint: /as soon as/,
  },
  {
    name: 'a block that is not closed',
    file: 'ganesha/ganesha.conf',
    content: 'EXPORT {\n  Path = /srv;\n  CLIENT {\n    Clients = 10.0.0.1;\n',
    held: 'syntax',
    says: ['ganesha/ganesha.conf:'],
    hint: /as soon as/,
  },
];

describe('what stands in a file and is refused', () => {
  it.each(REFUSED.map(one => [one.name, one] as const))('%s', async (_, { file, content, held, ...rest }) => {
    cases.add();
    await withNodes({ include: [file, 'good.conf'] }, async pair => {
      pair.write('primary', file, content);
      const refusal = { exit: 4, code: `held ${held}`, ...rest };
      for (const command of ['diff', 'check']) await expectRefusal(pair, { ...refusal, argv: [command] });
      await expectRefusal(pair, refusal);
      // The others of the relationship still go through, and the file itself once it is mended.
      pair.write('primary', 'good.conf', '[a]\nhost = nas1\n');
      expect((await pair.warmspare('update')).exit).toBe(4);
      expect(pair.read('backup', 'good.conf')).toBe('[a]\nhost = nas2\n');
      pair.write('primary', file, MENDED[file] ?? 'a: nas1\n');
      const mended = await pair.warmspare('update');
      expect([mended.exit, mended.stderr]).toEqual([0, '']);
      expect(pair.read('backup', file)).toBe((MENDED[file] ?? 'a: nas1\n').replaceAll('nas1', 'nas2'));
    });
  });
});

/** What the administrator then writes. */
const MENDED: Readonly<Record<string, string>> = {
  'a.json': '{"host": "nas1"}\n',
  'saveconfig.json': '{"host": "nas1"}\n',
  'a.toml': 'host = "nas1"\n',
};
