import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NodePair } from '../support/pair.ts';
import { counted, expectRefusal, type Refusal, withNodes } from './bad-input.ts';

const cases = counted('bad input, mistakes in the configuration');

const HEAD = `version: 1
state: ./state
relationships:
  pair:
    primary: {path: ./primary}
    backup: {path: ./backup}
    include: [exports]
`;

/** Runs check, diff and update on a configuration as it is written; each must refuse it alike. */
async function expectMistake(
  text: string,
  refusal: Omit<Refusal, 'exit'>,
  prepare: (pair: NodePair) => void = () => {},
): Promise<void> {
  cases.add();
  await withNodes({ include: ['exports'] }, async pair => {
    pair.write('primary', 'exports', '/srv nas1(rw)\n');
    writeFileSync(join(pair.folder, 'warmspare.yaml'), text);
    prepare(pair);
    for (const command of ['check', 'diff', 'update']) {
      const { stdout } = await expectRefusal(pair, { exit: 2, ...refusal, argv: [command] });
      expect(stdout.replace(/.*the configuration is right\n/, '')).toBe('');
    }
  });
}

const identity = (...pairs: string[]) =>
  `${HEAD}    identity:\n${pairs.map(pair => `      - {${pair}}\n`).join('')}`;

describe('a mapping', () => {
  it.each([
    [
      'of two pairs with one primary',
      ['kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.1', 'kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.2'],
      'pair-collision',
      ['share the primary 10.0.0.1'],
      'remove one of the two',
    ],
    [
      'of two pairs with one backup',
      ['kind: hostname, primary: a1, backup: b1', 'kind: hostname, primary: a2, backup: b1'],
      'pair-collision',
      ['share the backup b1'],
      'remove one of the two',
    ],
    [
      'of two spellings of one address',
      [
        'kind: ipv6, primary: "fd00::1", backup: "fd00::2"',
        'kind: ipv6, primary: "fd00:0:0::1", backup: "fd00::3"',
      ],
      'pair-collision',
      ['share the primary'],
      'remove one of the two',
    ],
    [
      'that is a chain',
      [
        'kind: uuid, primary: 6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b001, backup: 6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b002',
        'kind: uuid, primary: 6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b002, backup: 6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b003',
      ],
      'pair-chain',
      ['are a chain', 'b002 is a backup and a primary'],
      'swap: true',
    ],
    [
      'that is a chain of hosts',
      ['kind: hostname, primary: a1, backup: b1', 'kind: hostname, primary: b1, backup: c1'],
      'pair-chain',
      ['are a chain', 'b1 is a backup and a primary'],
      'final counterpart',
    ],
  ] as const)('%s', async (_, pairs, code, says, hint) => {
    const also = 'also warmspare.yaml:9:9:';
    await expectMistake(identity(...pairs), {
      code: `error ${code}`,
      says: [...says, also],
      hint,
      at: 'warmspare.yaml:10:9',
      caret: `            ${'^'.repeat(pairs[1].length + 2)}`,
    });
  });

  it.each([
    ['ipv4 to a host name', 'kind: ipv4, primary: 10.0.0.1, backup: nas2', 'pair-kind'],
    ['ipv4 to ipv6', 'kind: ipv4, primary: 10.0.0.1, backup: "fd00::1"', 'pair-kind'],
    ['iqn to nqn', 'kind: iqn, primary: "iqn.2003-01.org.x:a", backup: "nqn.2014-08.org.x:a"', 'pair-kind'],
    ['mac to wwn', 'kind: mac, primary: "02:00:00:00:00:01", backup: "50:01:43:80:12:34:56:78"', 'pair-kind'],
    ['an address that is none', 'kind: ipv4, primary: 10.0.0.256, backup: 10.0.1.1', 'pair-invalid'],
    ['itself', 'kind: hostname, primary: nas1, backup: nas1', 'pair-invalid'],
  ] as const)('of a counterpart of another kind, or none: %s', async (_, pair, code) => {
    const caret = `            ${'^'.repeat(pair.length + 2)}`;
    const refusal = {
      code: `error ${code}`,
      says: ['warmspare.yaml:9:9', pair.split(' ')[1]!.replace(',', '')],
      hint: /write the|correct/,
      caret,
    };
    await expectMistake(identity(pair), refusal);
  });

  it.each([
    [
      'in capitals',
      ['kind: hostname, primary: nas1, backup: nas2', 'kind: hostname, primary: NAS1, backup: NAS2'],
    ],
    [
      'backwards',
      ['kind: hostname, primary: nas1, backup: nas2', 'kind: hostname, primary: nas2, backup: nas1'],
    ],
    [
      'in another spelling',
      [
        'kind: ipv6, primary: "fd00::1", backup: "fd00::2"',
        'kind: ipv6, primary: "fd00:0::1", backup: "fd00:0::2"',
      ],
    ],
    [
      'word for word',
      ['kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.1', 'kind: ipv4, primary: 10.0.0.1, backup: 10.0.1.1'],
    ],
  ] as const)('that restates a pair %s is right', async (_, pairs) => {
    cases.add();
    await withNodes({ include: ['exports'] }, async pair => {
      pair.write('primary', 'exports', '/srv other(rw)\n');
      writeFileSync(join(pair.folder, 'warmspare.yaml'), identity(...pairs));
      const { exit, stderr } = await pair.warmspare('check');
      expect([exit, stderr]).toEqual([0, '']);
    });
  });

  it('in a file of its own', async () => {
    const prepare = (pair: NodePair) =>
      writeFileSync(
        join(pair.folder, 'pairs.yaml'),
        '- {kind: hostname, primary: a, backup: b}\n- {kind: hostname, primary: a, backup: c}\n',
      );
    const says = ['share the primary a', 'also pairs.yaml:1:3'];
    const refusal = { code: 'error pair-collision', says, hint: 'remove one', at: 'pairs.yaml:2:3' };
    await expectMistake(`${HEAD}    identity: ./pairs.yaml\n`, refusal, prepare);
  });
});

const two = (first: string, second: string) => `version: 1
state: ./state
relationships:
  one: {${first}, identity: []}
  two: {${second}, identity: []}
`;
const between = (primary: string, backup: string, include: string) =>
  `primary: {path: ${primary}}, backup: {path: ${backup}}, include: [${include}]`;

describe('relationships that get in each other’s way', () => {
  const claimed = { code: 'error claimed-twice', hint: /exclude it|leave it to one/ };
  const folders =
    (...names: string[]) =>
    (pair: NodePair) => {
      for (const name of names) mkdirSync(join(pair.folder, name));
      pair.write('primary', 'conf/a.conf', 'nas1\n');
    };

  it('one file by the same pattern', async () => {
    const text = two(between('./primary', './backup', 'exports'), between('./other', './backup', 'exports'));
    await expectMistake(text, {
      ...claimed,
      says: ['"one" and "two" both claim exports', 'also warmspare.yaml:4:'],
      at: 'warmspare.yaml:5:71',
    });
  });

  it('one file by different patterns', async () => {
    const text = two(between('./primary', './backup', 'exports'), between('./primary', './backup', '"exp*"'));
    await expectMistake(text, {
      ...claimed,
      says: ['/backup/exports', 'one and two', 'also warmspare.yaml:4:3'],
      at: 'warmspare.yaml:5:3',
    });
  });

  it('one file through a root that is a link', async () => {
    const text = two(between('./primary', './backup', 'exports'), between('./primary', './link', '"exp*"'));
    await expectMistake(text, { ...claimed, says: ['/backup/exports', 'one and two'] }, pair =>
      symlinkSync('backup', join(pair.folder, 'link')),
    );
  });

  it('one file through a root below the other', async () => {
    const text = two(
      between('./primary', './backup', '"conf/*"'),
      between('./primary/conf', './backup/conf', 'a.conf'),
    );
    await expectMistake(text, { ...claimed, says: ['/backup/conf/a.conf', 'one and two'] }, pair => {
      folders()(pair);
      mkdirSync(pair.path('backup', 'conf'));
    });
  });

  it('one file through a link on the backup', async () => {
    const text = two(
      between('./primary', './backup', 'exports'),
      between('./primary', './backup', '"conf/*"'),
    );
    await expectMistake(text, { ...claimed, says: ['/backup/exports', 'one and two'] }, pair => {
      folders()(pair);
      mkdirSync(pair.path('backup', 'conf'));
      pair.write('backup', 'exports', 'x\n');
      symlinkSync('../exports', pair.path('backup', 'conf/a.conf'));
    });
  });

  it('also where only one of the two is asked for', async () => {
    cases.add();
    await withNodes({ include: ['exports'] }, async pair => {
      pair.write('primary', 'exports', 'nas1\n');
      const text = two(
        between('./primary', './backup', 'exports'),
        between('./primary', './backup', '"exp*"'),
      );
      writeFileSync(join(pair.folder, 'warmspare.yaml'), text);
      await expectRefusal(pair, { ...claimed, exit: 2, says: ['one and two'], argv: ['update', 'one'] });
    });
  });

  const loop = { code: 'error replication-loop', hint: 'keep one direction' };

  it('a loop', async () => {
    const text = two(between('./primary', './backup', 'exports'), between('./backup', './primary', 'conf'));
    await expectMistake(text, {
      ...loop,
      says: ['"two" makes a loop with "one"', 'also warmspare.yaml:4:'],
      at: 'warmspare.yaml:5:51',
    });
  });

  it('a loop through roots that are links', async () => {
    const text = two(between('./primary', './backup', 'exports'), between('./link', './primary', 'conf'));
    await expectMistake(text, { ...loop, says: ['"two" makes a loop with "one"'] }, pair =>
      symlinkSync('backup', join(pair.folder, 'link')),
    );
  });

  const inside = { code: 'error backup-inside-primary', hint: /hint: use two folders side by side$/m };

  /** The head with another backup, and a node beside either end or none. */
  const withBackup = (backup: string, isNamed: boolean) =>
    `${HEAD}    identity: []\n`
      .replace('./primary}', isNamed ? './primary, node: nas1}' : '$&')
      .replace('./backup}', isNamed ? `${backup}, node: nas2}` : `${backup}}`);

  describe.each([
    ['', false],
    [', whatever nodes are named beside the two', true],
  ] as const)('a backup root that is in the primary root%s', (_, isNamed) => {
    it.each([
      ['below it', './primary/copy', 'is inside the primary root'],
      ['itself', './primary', 'are the same folder'],
      ['itself, by a detour', './backup/../primary/.', 'are the same folder'],
    ])('%s', async (_, backup, words) => {
      await expectMistake(
        withBackup(backup, isNamed),
        { ...inside, says: [words], at: 'warmspare.yaml:6:20' },
        folders('primary/copy'),
      );
    });

    it.each([
      ['below it', 'primary/copy', 'is inside the primary root'],
      ['itself', 'primary', 'are the same folder'],
    ])('through a link: %s', async (_, leadsTo, words) => {
      await expectMistake(
        withBackup('./link', isNamed),
        { ...inside, says: [words], at: 'warmspare.yaml:6:20' },
        pair => {
          folders('primary/copy')(pair);
          symlinkSync(leadsTo, join(pair.folder, 'link'));
        },
      );
    });
  });

  it('a loop and a file claimed twice, whatever nodes are named beside the folders', async () => {
    const named = (text: string) => {
      let nodes = 0;
      return text.replace(/(path: [^}]*)}/g, (_, path: string) => `${path}, node: n${nodes++}}`);
    };
    const there = between('./primary', './backup', 'exports');
    await expectMistake(named(two(there, between('./backup', './primary', 'conf'))), {
      ...loop,
      says: ['"two" makes a loop with "one"'],
    });
    await expectMistake(named(two(there, between('./other', './backup', 'exports'))), {
      ...claimed,
      says: ['"one" and "two" both claim exports'],
    });
  });
});

/** The head with one of its lines replaced by others. */
const withLine = (start: string, line: string) =>
  `${HEAD}    identity: []\n`.replace(new RegExp(`^ *${start}.*$`, 'm'), line);

describe('a mistake in the file', () => {
  it.each([
    [
      'an unknown key',
      'include',
      '    inclde: [exports]',
      'config-unknown-key',
      'unknown key "inclde"',
      'did you mean "include"?',
      '        ^^^^^^',
    ],
    [
      'an unknown key of a pair',
      'identity',
      '    identity: [{kind: hostname, primry: a, backup: b}]',
      'config-unknown-key',
      'unknown key "primry"',
      'did you mean "primary"?',
      /\^{6}/,
    ],
    [
      'a wrong type',
      'include',
      '    include: exports',
      'config-invalid',
      '"include" must be a list',
      'write a list: [exports]',
      '                 ^^^^^^^',
    ],
    [
      'a wrong kind',
      'identity',
      '    identity: [{kind: hostnam, primary: a, backup: b}]',
      'config-invalid',
      'must be one of hostname',
      'did you mean "hostname"?',
      /\^{7}/,
    ],
    [
      '`..` in include',
      'include',
      '    include: [../shadow]',
      'outside-root',
      'leaves its root by ..',
      'relative to the roots',
      '                  ^^^^^^^^^',
    ],
    [
      '`..` within include',
      'include',
      '    include: [a/../../shadow]',
      'outside-root',
      'leaves its root by ..',
      'relative to the roots',
      /\^{14}/,
    ],
    [
      'an absolute path in include',
      'include',
      '    include: [/etc/exports]',
      'outside-root',
      'starts with a slash',
      'relative to the roots',
      /\^{12}/,
    ],
    [
      'a key twice',
      'include',
      '    include: [exports]\n    include: [b]',
      'duplicate-key',
      'stands twice',
      'keep one',
      /\^{7}/,
    ],
    ['__proto__', 'include', '    __proto__: {a: b}', 'forbidden-key', '__proto__', /\S/, /\^{9}/],
    [
      'a tab',
      'include',
      '\tinclude: [exports]',
      'config-syntax',
      'a tab is no indentation',
      'indent with spaces',
      /\^/,
    ],
    ['an open bracket', 'include', '    include: [exports', 'config-syntax', 'not closed', /\S/, /\^/],
    [
      'a remote primary',
      'primary',
      '    primary: {url: "sftp://nas1/etc"}',
      'unsupported',
      'not yet supported',
      'use path:',
      /\^/,
    ],
  ] as const)('%s', async (_, start, line, code, words, hint, caret) => {
    const says = [words, /^warmspare\.yaml:\d+:\d+: error/m, ...(caret instanceof RegExp ? [caret] : [])];
    const exact = typeof caret === 'string' ? { caret } : {};
    await expectMistake(withLine(start, line), { code: `error ${code}`, says, hint, ...exact });
  });

  it.each([
    ['latin-1', Buffer.from('version: 1 # B\xfcro\n', 'latin1'), 'not-utf8', '0xfc'],
    ['a NUL byte', Buffer.from('version: 1\n\0'), 'nul-byte', 'NUL'],
    ['nothing', Buffer.from(''), 'config-invalid', 'is empty'],
    ['100,000 brackets', Buffer.from(`a: ${'['.repeat(100_000)}`), 'too-deep', 'deep'],
    ['no map', Buffer.from('hello\n'), 'config-invalid', 'must be a map'],
    [
      'a second document',
      Buffer.from(`${HEAD}    identity: []\n---\na: b\n`),
      'config-syntax',
      'second document',
    ],
  ])('%s', async (_, content, code, words) => {
    const refusal = { code: `error ${code}`, says: ['warmspare.yaml', words], hint: /\S/ };
    await expectMistake('', refusal, pair => writeFileSync(join(pair.folder, 'warmspare.yaml'), content));
  });

  it.each([
    ['is not there', (path: string) => rmSync(path), 'there is no such file'],
    [
      'is a folder',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
      'it is a folder',
    ],
    [
      'is a link to nothing',
      (path: string) => {
        rmSync(path);
        symlinkSync('nowhere', path);
      },
      'there is no such file',
    ],
  ])('a file that %s', async (_, make, words) => {
    const refusal = { code: 'error config-missing', says: ['warmspare.yaml', words], hint: /-c FILE/ };
    await expectMistake('', refusal, pair => make(join(pair.folder, 'warmspare.yaml')));
  });

  it('an identity file that is not there', async () => {
    const says = ['cannot read the identity file', 'there is no such file'];
    const refusal = {
      code: 'error config-missing',
      says,
      hint: 'relative to this file',
      at: 'warmspare.yaml:8:15',
      caret: '                  ^^^^^^^^^^^^',
    };
    await expectMistake(`${HEAD}    identity: ./pairs.yaml\n`, refusal);
  });
});

describe('a command line', () => {
  it.each([
    [
      'a relationship that is none',
      ['update', 'piar'],
      'there is no relationship "piar"',
      'did you mean "pair"?',
    ],
    ['a command that is none', ['updte'], 'updte', 'did you mean "update"?'],
    ['no command', [], 'no command given', '--help'],
    ['an option that is none', ['update', '--baselin', 'x'], '--baselin', 'did you mean "--baseline"?'],
    ['a choice that is none', ['update', '--baseline', 'primary'], 'primary', /\S/],
    ['no id', ['approve'], 'id', /\S/],
    ['a change that is none', ['undo', 'x'], '"x" is no change', /by its number/],
  ] as const)('%s', async (_, argv, words, hint) => {
    cases.add();
    await withNodes({ include: ['exports'] }, async pair => {
      pair.write('primary', 'exports', 'nas1\n');
      await expectRefusal(pair, { exit: 2, code: 'error usage', says: [words], hint, argv });
    });
  });
});
