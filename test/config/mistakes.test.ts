import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { hostOf } from '../cli/run-world.ts';
import { failuresOf, LINES, withLine } from './config-world.ts';

/** What `check` says to a configuration: everything it writes, and its exit code. */
async function checked(text: string, files: Readonly<Record<string, string>> = {}) {
  const { host, said } = hostOf({ files: { '/w/warmspare.yaml': text, ...files } });
  return { exit: await run(['check'], host), ...said };
}

/** Line to replace, its replacement, and exactly what is said. */
const EXACT: readonly (readonly [string, string, string])[] = [
  [
    'include:',
    '    inclde: [exports]',
    `warmspare.yaml:5:3: error config-invalid: "nas1-to-nas2" lacks "include"
      nas1-to-nas2:
      ^^^^^^^^^^^^
  hint: add "include": patterns of the primary's files, relative to its root
warmspare.yaml:8:5: error config-unknown-key: unknown key "inclde"
        inclde: [exports]
        ^^^^^^
  hint: did you mean "include"?
`,
  ],
  [
    '- {kind: hostname',
    '      - {kind: hostnam, primary: nas1, backup: nas2}',
    `warmspare.yaml:11:16: error config-invalid: "kind" must be one of hostname, fqdn, ipv4, ipv6, cidr, subnet, mac, wwn, iqn, nqn, uuid, serial, interface, path, text
          - {kind: hostnam, primary: nas1, backup: nas2}
                   ^^^^^^^
  hint: did you mean "hostname"?
`,
  ],
  [
    '- {kind: hostname',
    '      - {kind: text, primary: 150, backup: "100"}',
    `warmspare.yaml:11:31: error config-invalid: "primary" must be a text
          - {kind: text, primary: 150, backup: "100"}
                                  ^^^
  hint: put it in double quotes: "150"
`,
  ],
  [
    '- {kind: hostname',
    '      - {kind: hostname, primary: nas1}',
    `warmspare.yaml:11:9: error config-invalid: an entry of "identity" lacks "backup"
          - {kind: hostname, primary: nas1}
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: add "backup": the backup's counterpart, of the same kind
`,
  ],
  [
    'mode:',
    '    mode: automatic',
    `warmspare.yaml:18:11: error config-invalid: "mode" must be one of auto, approve
        mode: automatic
              ^^^^^^^^^
`,
  ],
  [
    'conflict:',
    '    conflict: holt',
    `warmspare.yaml:19:15: error config-invalid: "conflict" must be one of hold, primary
        conflict: holt
                  ^^^^
  hint: did you mean "hold"?
`,
  ],
  [
    'guard:',
    '    guard: {deletions: {max: 5, percent: 120, window: 10 m}}',
    `warmspare.yaml:21:42: error config-invalid: "percent" must be at most 100
        guard: {deletions: {max: 5, percent: 120, window: 10 m}}
                                             ^^^
warmspare.yaml:21:55: error config-invalid: "window" must be a duration like 30s, 10m or 2h
        guard: {deletions: {max: 5, percent: 120, window: 10 m}}
                                                          ^^^^
`,
  ],
  [
    'include:',
    '    include: samba/smb.conf',
    `warmspare.yaml:8:14: error config-invalid: "include" must be a list
        include: samba/smb.conf
                 ^^^^^^^^^^^^^^
  hint: write a list: [samba/smb.conf]
`,
  ],
  [
    'samba/smb.conf:',
    '      samba/smb.conf: {validate: testparm -s, preserve: [global/workers]}',
    `warmspare.yaml:16:34: error config-invalid: "validate" must be a list
          samba/smb.conf: {validate: testparm -s, preserve: [global/workers]}
                                     ^^^^^^^^^^^
  hint: write a list of its words: [testparm, -s]
warmspare.yaml:16:58: error config-invalid: an entry of "preserve" must be a JSON pointer like /global/workers, with ~ as ~0 and / as ~1
          samba/smb.conf: {validate: testparm -s, preserve: [global/workers]}
                                                             ^^^^^^^^^^^^^^
`,
  ],
  [
    'backup:',
    '    backup: /srv/nas2/etc',
    `warmspare.yaml:7:13: error config-invalid: "backup" must be a map
        backup: /srv/nas2/etc
                ^^^^^^^^^^^^^
  hint: write {path: /srv/nas2/etc}
`,
  ],
  [
    'version:',
    'version: 2',
    `warmspare.yaml:1:10: error config-invalid: "version" must be 1
    version: 2
             ^
`,
  ],
  [
    'conflict:',
    '    mode: approve',
    `warmspare.yaml:19:5: error duplicate-key: the key "mode" stands twice
        mode: approve
        ^^^^
  also warmspare.yaml:18:5:
        mode: auto
        ^^^^
  hint: keep one of the two
`,
  ],
  [
    '"*.vol"',
    '      *.vol: {format: lines}',
    `warmspare.yaml:17:7: error config-syntax: a word that starts with * is an alias
          *.vol: {format: lines}
          ^^^^^^
  hint: put a pattern that starts with * in double quotes
`,
  ],
  [
    'mode:',
    '\tmode: auto',
    `warmspare.yaml:18:1: error config-syntax: a tab is no indentation
    \tmode: auto
    ^
  hint: indent with spaces
`,
  ],
  [
    'primary:',
    '    primary: {url: "sftp://warmspare@nas1/etc"}',
    `warmspare.yaml:6:14: error unsupported: "url" is not yet supported in this version
        primary: {url: "sftp://warmspare@nas1/etc"}
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: use path: with a folder of this machine or a mount
`,
  ],
  [
    'include:',
    '    include: [/etc/exports, ../shadow]',
    `warmspare.yaml:8:15: error outside-root: the pattern "/etc/exports" starts with a slash
        include: [/etc/exports, ../shadow]
                  ^^^^^^^^^^^^
  hint: patterns are relative to the roots, such as samba/smb.conf
warmspare.yaml:8:29: error outside-root: the pattern "../shadow" leaves its root by ..
        include: [/etc/exports, ../shadow]
                                ^^^^^^^^^
  hint: patterns are relative to the roots, such as samba/smb.conf
`,
  ],
  [
    'backup:',
    '    backup: {path: /srv/nas1/etc/copy}',
    `warmspare.yaml:7:20: error backup-inside-primary: the backup root of "nas1-to-nas2" is inside the primary root /srv/nas1/etc
        backup: {path: /srv/nas1/etc/copy}
                       ^^^^^^^^^^^^^^^^^^
  also warmspare.yaml:6:21:
        primary: {path: /srv/nas1/etc, node: nas1}
                        ^^^^^^^^^^^^^
  hint: use two folders side by side
`,
  ],
  [
    'http:',
    'mode: auto',
    `warmspare.yaml:22:1: error config-unknown-key: unknown key "mode"
    mode: auto
    ^^^^
  hint: did you mean "node"?
`,
  ],
];

describe('a mistake in the configuration', () => {
  it.each(EXACT)('%s %s', async (old, line, expected) => {
    const { exit, stdout, stderr } = await checked(withLine(old, line));
    expect(stderr).toBe(expected);
    expect([exit, stdout]).toEqual([2, '']);
  });

  /** Line to replace, its replacement, code, line and column, part of the message. */
  it.each([
    ['version:', 'vrsion: 1', 'config-unknown-key', 1, 1, 'vrsion'],
    ['node:', 'node: 1', 'config-invalid', 2, 7, 'must be a text'],
    ['node:', 'node:', 'config-invalid', 2, 1, 'has no value'],
    ['relationships:', 'relationships: []', 'config-syntax', 5, 3, 'same column'],
    ['nas1-to-nas2:', '  "nas1/nas2":', 'config-invalid', 5, 3, 'must be a name'],
    ['primary:', '    primary: {node: nas1}', 'config-invalid', 6, 14, 'exactly one of path, url, exec'],
    ['primary:', '    primary: {path: /a, url: "sftp://x/y"}', 'config-invalid', 6, 14, 'exactly one'],
    ['primary:', '    primary: {pth: /a}', 'config-unknown-key', 6, 15, 'pth'],
    ['backup:', '    backup: {url: "sftp://me:s3cret@nas2"}', 'config-invalid', 7, 13, 'sftp://me:***@nas2'],
    ['backup:', '    backup: {path: /a, key: k}', 'config-invalid', 7, 29, 'beside url only'],
    ['backup:', '    backup: {url: "sftp://x", host-key: md5}', 'config-invalid', 7, 41, 'SHA256:'],
    ['primary:', '    primary: {url: "ftp://x"}', 'config-invalid', 6, 20, 'sftp://'],
    ['primary:', '    primary: {exec: {read: [cat]}}', 'config-invalid', 6, 15, 'lacks "write"'],
    ['primary:', '    primary: {exec: {read: [cat], write: [tee]}}', 'unsupported', 6, 14, 'exec'],
    ['include:', '    include:\n      a: b\n      c: d', 'config-invalid', 8, 5, 'must be a list'],
    ['exclude:', '    exclude: {a: b}', 'config-invalid', 9, 14, 'must be a list'],
    [
      '- {kind: ipv4, primary',
      '      - {kind: ipv4, primary: 1, bakup: x}',
      'config-invalid',
      12,
      9,
      'lacks',
    ],
    ['- {kind: hostname', '      - hostname', 'config-invalid', 11, 9, 'must be a map'],
    ['- {kind: ipv4, value', '      - {kind: ipv4}', 'config-invalid', 14, 9, 'lacks "value"'],
    ['"*.vol"', '      "*.vol": {rewrite: all}', 'config-invalid', 17, 26, 'must be "none"'],
    ['"*.vol"', '      "*.vol": {apply: later}', 'config-invalid', 17, 24, 'must be "on-break"'],
    ['"*.vol"', '      "*.vol": {format: xml}', 'config-invalid', 17, 25, 'one of json'],
    ['"*.vol"', '      "*.vol": {after: exports}', 'unsupported', 17, 7, 'after'],
    ['"*.vol"', '      "*.vol": {deny-output: x}', 'config-unknown-key', 17, 17, 'deny-output'],
    ['unmapped:', '    unmapped: off', 'config-invalid', 20, 15, 'one of warn, hold or a map'],
    ['unmapped:', '    unmapped: {iqnn: hold}', 'config-unknown-key', 20, 16, 'iqnn'],
    ['unmapped:', '    unmapped: {iqn: no}', 'config-invalid', 20, 21, 'one of warn, hold'],
    ['guard:', '    guard: on', 'config-invalid', 21, 12, 'must be "off" or a map'],
    ['guard:', '    guard: {deletions: {max: 1.5}}', 'config-invalid', 21, 30, 'whole number'],
    ['guard:', '    guard: {deletion: {max: 1}}', 'config-unknown-key', 21, 13, 'deletion'],
    ['http:', 'http: {listen: 9477}', 'config-invalid', 22, 16, 'must be a text'],
    ['http:', 'http: {listen: "127.0.0.1:99999"}', 'config-invalid', 22, 16, 'port'],
    ['http:', 'cluster: {engine: kafka}', 'config-invalid', 22, 19, 'one of embedded, nats'],
    ['http:', 'cluster: {engine: nats, servers: [10.0.0.1]}', 'config-invalid', 22, 35, 'nats://'],
    ['http:', 'cluster: {engine: nats}', 'config-invalid', 22, 1, 'name its servers'],
    ['http:', 'cluster: {engine: embedded, weight: 0}', 'config-invalid', 22, 37, 'more than 0'],
    ['http:', 'cluster: {engine: embedded, weight: .inf}', 'config-invalid', 22, 37, 'number'],
    ['http:', 'cluster: {engine: embedded, labels: ssd}', 'config-invalid', 22, 37, 'must be a list'],
    ['http:', 'cluster: {engine: embedded, key: ""}', 'config-invalid', 22, 34, 'must not be empty'],
    ['http:', 'cluster: {engine: embedded, tls: {cret: x}}', 'config-unknown-key', 22, 35, 'cret'],
    ['http:', 'cluster: {engine: embedded, tls: {cert: x}}', 'config-invalid', 22, 41, 'go together'],
    ['http:', 'cluster: {engine: embedded, tls: {key: x}}', 'config-invalid', 22, 40, 'go together'],
    ['http:', '1: x', 'config-invalid', 22, 1, 'a key must be a text'],
    ['http:', '__proto__: {}', 'forbidden-key', 22, 1, '__proto__'],
    ['http:', 'http: "x', 'config-syntax', 22, 7, 'this " is not closed'],
    ['http:', 'http: {listen: 127.0.0.1:1', 'config-syntax', 22, 7, 'this { is not closed'],
    ['http:', '---', 'config-syntax', 22, 1, 'second document'],
    ['http:', 'http: @x', 'config-syntax', 22, 7, 'cannot start with @'],
    ['http:', 'http: *nowhere', 'config-syntax', 22, 7, 'alias'],
    ['http:', 'http: listen: x', 'config-syntax', 22, 7, 'second key'],
  ] as const)('%s %s', (old, text, code, line, column, message) => {
    const failures = failuresOf(withLine(old, text));
    const found = failures.find(
      ({ failure, at }) => failure === code && at?.line === line && at?.column === column,
    );
    expect(found ?? failures).toMatchObject({ failure: code, message: expect.stringContaining(message) });
  });

  it('does not hide the others: all come at once, in the order of the file', () => {
    const text = withLine('mode:', '    mode: x')
      .replace('node: nas1\n', 'nod: nas1\n')
      .replace('warn', 'wrn');
    expect(failuresOf(text).map(({ at }) => at?.line)).toEqual([2, 18, 20]);
  });

  it('says where a key belongs that stands at the wrong level', () => {
    const [failure] = failuresOf(withLine('http:', 'conflict: hold'));
    expect(failure?.hint).toBe('It belongs to relationships.*.conflict');
  });

  it('names the keys that are known where none is near', () => {
    const [failure] = failuresOf(withLine('http:', 'xyzzy: 1'));
    expect(failure?.hint).toBe('Known here: version, node, state, relationships, secrets, cluster, http');
  });

  it('in an empty file says so', async () => {
    for (const text of ['', '# nothing yet\n']) {
      expect((await checked(text)).stderr).toContain('error config-invalid: the file is empty');
    }
  });

  it('in a file that is no map or no text is found', () => {
    expect(failuresOf('just words')[0]).toMatchObject({
      failure: 'config-invalid',
      message: 'the file must be a map',
    });
    expect(failuresOf(`${LINES.join('\n')}\n\0`)[0]).toMatchObject({ failure: 'nul-byte', at: { line: 23 } });
  });

  it('of size or depth is refused before it is parsed', () => {
    expect(failuresOf(`a: ${'['.repeat(100_000)}`)[0]).toMatchObject({ failure: 'too-deep' });
    expect(failuresOf(`a: ${'x'.repeat(1_100_000)}`)[0]).toMatchObject({ failure: 'too-large' });
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg'].map(pair => [...pair])) {
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${of}`).join(',')}]`);
    }
    expect(failuresOf(bomb.join('\n'))[0]).toMatchObject({ failure: 'alias-bomb' });
  });
});

describe('a mistake in an identity file', () => {
  const text = withLine('identity:', '    identity: ./pairs.yaml').replace(
    / {6}- \{kind: (hostname|ipv4), primary.*\n/g,
    '',
  );

  it('has its own place', async () => {
    const { exit, stderr } = await checked(text, {
      '/w/pairs.yaml': '# pairs\n- {kind: hostname, primry: a, backup: b}\n',
    });
    expect(exit).toBe(2);
    expect(stderr).toContain('pairs.yaml:2:20: error config-unknown-key: unknown key "primry"');
    expect(stderr).toContain('hint: did you mean "primary"?');
  });

  it('that is missing is shown where it is named', () => {
    expect(failuresOf(text)[0]).toMatchObject({
      failure: 'config-missing',
      at: { file: '/w/warmspare.yaml', line: 10, column: 15 },
    });
  });

  it('that is no list, or no YAML, is found', () => {
    expect(failuresOf(text, { '/w/pairs.yaml': 'a: b\n' })[0]).toMatchObject({
      message: 'the file must be a list',
      at: { file: '/w/pairs.yaml' },
    });
    expect(failuresOf(text, { '/w/pairs.yaml': '- [' })[0]).toMatchObject({
      failure: 'config-syntax',
      at: { file: '/w/pairs.yaml' },
    });
  });
});
