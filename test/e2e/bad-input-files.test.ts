import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NodePair } from '../support/pair.ts';
import { counted, expectInWords, expectRefusal, withNodes } from './bad-input.ts';

const cases = counted('bad input, what stands at a path');

/** A regular file of this size without a byte on the disk. */
function sparse(path: string, size: number): void {
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
}

async function socketAt(path: string): Promise<() => Promise<void>> {
  const server = createServer();
  await new Promise<void>(listening => server.listen(path, listening));
  return () => new Promise(closed => server.close(() => closed()));
}

const GB = 1024 ** 3;

/** What stands there: how it is made, what is said, and what to do. */
const REFUSED: readonly (readonly [
  name: string,
  make: (path: string, pair: NodePair) => unknown,
  held: string,
  says: readonly string[],
  hint: RegExp,
])[] = [
  ['a file of 1 GB', path => sparse(path, GB), 'too-large', ['1024 MB', '64 MB'], /exclude it/],
  ['a FIFO', path => execFileSync('mkfifo', [path]), 'not-a-file', ['a named pipe (FIFO)'], /exclude it/],
  ['a directory', path => mkdirSync(path), 'not-a-file', ['is a directory'], /"conf\/a\.conf\/\*"/],
  ['a device', path => symlinkSync('/dev/null', path), 'outside-root', ['/dev/null'], /exclude it/],
  [
    'a link to a file outside',
    (path, pair) => {
      writeFileSync(join(pair.folder, 'secret'), 'nas1\n');
      symlinkSync('../../secret', path);
    },
    'outside-root',
    ['symbolic link to', '/secret'],
    /name a root that holds it/,
  ],
  [
    'a link to nothing',
    path => symlinkSync('nowhere', path),
    'outside-root',
    ['leads nowhere'],
    /exclude it/,
  ],
  [
    'a link to itself',
    path => symlinkSync('a.conf', path),
    'outside-root',
    ['leads to itself'],
    /exclude it/,
  ],
  [
    'two links to each other',
    path => {
      symlinkSync('b.link', path);
      symlinkSync('a.conf', join(dirname(path), 'b.link'));
    },
    'outside-root',
    ['leads to itself'],
    /exclude it/,
  ],
];

describe('what is no regular file on the primary', () => {
  it.each(REFUSED)('%s', async (_, make, held, says, hint) => {
    cases.add();
    // Named exactly, and matched by a wildcard: both ways lead to it.
    for (const include of ['conf/a.conf', 'conf/*.conf']) {
      await withNodes({ include: [include, 'good'] }, async pair => {
        mkdirSync(pair.path('primary', 'conf'));
        make(pair.path('primary', 'conf/a.conf'), pair);
        const wildcardOfFolder =
          held === 'not-a-file' && says[0] === 'is a directory' && include !== 'conf/a.conf';
        // A wildcard walks folders: one that matches holds files of its own, and is no mistake.
        if (wildcardOfFolder) return expect((await pair.warmspare('diff')).exit).toBe(0);
        const refusal = { exit: 4, code: `held ${held}`, says: ['conf/a.conf', ...says], hint };
        for (const command of ['diff', 'check', 'update']) {
          await expectRefusal(pair, { ...refusal, argv: [command] });
        }
        pair.write('primary', 'good', 'nas1\n');
        expect((await pair.warmspare('update')).exit).toBe(4);
        expect(pair.read('backup', 'good')).toBe('nas2\n');
      });
    }
  });

  it('a socket', async () => {
    cases.add();
    await withNodes({ include: ['*.sock'] }, async pair => {
      const close = await socketAt(pair.path('primary', 'a.sock'));
      try {
        const says = ['a.sock is a socket'];
        await expectRefusal(pair, { exit: 4, code: 'held not-a-file', says, hint: 'exclude it' });
      } finally {
        await close();
      }
    });
  });

  it('a folder that is a link out of the root', async () => {
    cases.add();
    for (const include of ['conf/a.conf', 'conf/*.conf']) {
      await withNodes({ include: [include] }, async pair => {
        mkdirSync(join(pair.folder, 'outside'));
        writeFileSync(join(pair.folder, 'outside/a.conf'), 'nas1\n');
        symlinkSync('../outside', pair.path('primary', 'conf'));
        const says = ['conf/a.conf lies outside its root'];
        await expectRefusal(pair, { exit: 4, code: 'held outside-root', says, hint: /exclude it/ });
      });
    }
  });

  it('a folder that is a link inside the root is read where it leads, and by its own name', async () => {
    cases.add();
    await withNodes({ include: ['conf/*'] }, async pair => {
      pair.write('primary', 'real/a.conf', 'nas1\n');
      symlinkSync('real', pair.path('primary', 'conf'));
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([0, '']);
      expect(pair.read('backup', 'conf/a.conf')).toBe('nas2\n');
    });
  });
});

describe('what is no regular file on the backup', () => {
  it.each([
    ['a FIFO', 'not-a-file', 'a named pipe', (path: string) => execFileSync('mkfifo', [path])],
    ['a directory', 'not-a-file', 'a directory', (path: string) => mkdirSync(path)],
    ['a link out of the root', 'outside-root', '/secret', (path: string) => symlinkSync('../secret', path)],
    ['a link to nothing', 'outside-root', 'leads nowhere', (path: string) => symlinkSync('nowhere', path)],
    ['a file of 1 GB', 'too-large', '1024 MB', (path: string) => sparse(path, GB)],
  ] as const)('%s', async (_, held, word, make) => {
    cases.add();
    await withNodes({ include: ['a.conf', 'good'] }, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      writeFileSync(join(pair.folder, 'secret'), 'keep me\n');
      make(pair.path('backup', 'a.conf'));
      const says = ['a.conf', 'on the backup', word];
      const refusal = { exit: 4, code: `held ${held}`, says, hint: /on the backup/ };
      for (const command of ['diff', 'check']) await expectRefusal(pair, { ...refusal, argv: [command] });
      await expectRefusal(pair, refusal);
      // Nor does a named approval write through it.
      await expectRefusal(pair, { ...refusal, argv: ['diff'] });
      expect((await pair.warmspare('update', '--baseline', 'take-primary')).exit).toBe(4);
      expect(lstatSync(join(pair.folder, 'secret')).size).toBe(8);
    });
  });

  it('a socket', async () => {
    cases.add();
    await withNodes({ include: ['a.sock'] }, async pair => {
      pair.write('primary', 'a.sock', 'host nas1\n');
      const close = await socketAt(pair.path('backup', 'a.sock'));
      try {
        const says = ['on the backup', 'a.sock is a socket'];
        await expectRefusal(pair, { exit: 4, code: 'held not-a-file', says, hint: /on the backup/ });
      } finally {
        await close();
      }
    });
  });

  it('a folder that is a link out of the root', async () => {
    cases.add();
    await withNodes({ include: ['conf/a.conf'] }, async pair => {
      pair.write('primary', 'conf/a.conf', 'nas1\n');
      mkdirSync(join(pair.folder, 'outside'));
      symlinkSync('../outside', pair.path('backup', 'conf'));
      const says = ['on the backup', 'its folder is a symbolic link'];
      await expectRefusal(pair, { exit: 4, code: 'held outside-root', says, hint: /on the backup/ });
    });
  });

  it('a file in place of a folder', async () => {
    cases.add();
    await withNodes({ include: ['conf/a.conf'] }, async pair => {
      pair.write('primary', 'conf/a.conf', 'nas1\n');
      pair.write('backup', 'conf', 'a file\n');
      const says = ['on the backup', 'conf is no folder'];
      await expectRefusal(pair, { exit: 4, code: 'held not-a-file', says, hint: /on the backup/ });
    });
  });

  it('a content that no text has', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.warmspare('update');
      pair.write('backup', 'a.conf', new Uint8Array([0x68, 0, 0xff]));
      pair.write('primary', 'a.conf', 'host nas1\nport 1\n');
      const says = ['a.conf:1:', 'on the backup', 'NUL byte'];
      await expectRefusal(pair, { exit: 4, code: 'held nul-byte', says, hint: /on the backup/ });
    });
  });
});

describe('a link inside the root', () => {
  it('is followed on the primary and stays a link on the backup', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'real/a.conf', 'host nas1\n');
      symlinkSync('real/a.conf', pair.path('primary', 'a.conf'));
      pair.write('backup', 'other/a.conf', 'host nas2\n');
      symlinkSync('other/a.conf', pair.path('backup', 'a.conf'));
      expect((await pair.warmspare('update')).exit).toBe(0);
      pair.write('primary', 'real/a.conf', 'host nas1\nport 1\n');
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([0, '']);
      expect(readlinkSync(pair.path('backup', 'a.conf'))).toBe('other/a.conf');
      expect(lstatSync(pair.path('backup', 'other/a.conf')).isFile()).toBe(true);
      expect(pair.read('backup', 'other/a.conf')).toBe('host nas2\nport 1\n');
      expect(readlinkSync(pair.path('primary', 'a.conf'))).toBe('real/a.conf');
    });
  });
});

/** As an ordinary user: root may read and write everything. */
async function asNobody(pair: NodePair, work: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid!() === 0;
  if (isRoot) {
    for (const path of [pair.folder, pair.path('primary', ''), pair.path('backup', '')])
      chownSync(path, 65534, 65534);
    process.setegid!(65534);
    process.seteuid!(65534);
  }
  try {
    await work();
  } finally {
    if (isRoot) {
      process.seteuid!(0);
      process.setegid!(0);
    }
  }
}

describe('what this user may not', () => {
  it('read: a file', async () => {
    cases.add();
    for (const include of ['a.conf', '*.conf']) {
      await withNodes({ include: [include] }, async pair => {
        pair.write('primary', 'a.conf', 'host nas1\n');
        chmodSync(pair.path('primary', 'a.conf'), 0o000);
        const says = ['a.conf cannot be read', 'EACCES'];
        const refusal = { exit: 4, code: 'held unreadable', says, hint: /may read it/ };
        await asNobody(pair, async () => {
          for (const command of ['diff', 'update', 'check']) await expectUnread(pair, command, refusal);
        });
      });
    }
  });

  it('read: a folder, whose files are not taken for deleted', async () => {
    cases.add();
    for (const include of ['conf/a.conf', 'conf/*.conf', '**/*.conf']) {
      await withNodes({ include: [include], guard: 'off' }, async pair => {
        pair.write('primary', 'conf/a.conf', 'host nas1\n');
        await asNobody(pair, async () => expect((await pair.warmspare('update')).exit).toBe(0));
        chmodSync(pair.path('primary', 'conf'), 0o000);
        const says = ['conf', 'cannot be read', 'EACCES'];
        await asNobody(pair, async () => {
          for (const command of ['diff', 'update', 'check']) {
            await expectUnread(pair, command, {
              exit: 4,
              code: 'held unreadable',
              says,
              hint: /may read it/,
            });
          }
          expect(pair.read('backup', 'conf/a.conf')).toBe('host nas2\n');
        });
        chmodSync(pair.path('primary', 'conf'), 0o755);
      });
    }
  });

  it('write: the backup', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      chmodSync(pair.path('primary', 'a.conf'), 0o644);
      await asNobody(pair, async () => {
        chmodSync(pair.path('backup', ''), 0o555);
        const says = ['the backup cannot be written', 'EACCES'];
        await expectRefusal(pair, { exit: 1, code: 'error unwritable', says, hint: /user who may write/ });
        // A dry run needs no such right.
        const { exit, stderr } = await pair.warmspare('diff');
        expect([exit, stderr]).toEqual([3, '']);
        chmodSync(pair.path('backup', ''), 0o755);
        expect((await pair.warmspare('update')).exit).toBe(0);
      });
    });
  });

  it('write: the state', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await asNobody(pair, async () => {
        mkdirSync(join(pair.folder, 'state'), { mode: 0o555 });
        const says = ['the state folder', 'EACCES'];
        await expectRefusal(pair, { exit: 1, code: 'error unwritable', says, hint: /set `state:`/ });
      });
    });
  });
});

/** The trees cannot be compared by somebody who may not read them. */
async function expectUnread(
  pair: NodePair,
  command: string,
  expected: { exit: number; code: string; says: readonly string[]; hint: RegExp },
): Promise<void> {
  const outcome = await pair.warmspare(command);
  expect({ exit: outcome.exit, said: outcome.stderr }).toEqual({
    exit: expected.exit,
    said: expect.stringContaining(expected.code),
  });
  for (const words of expected.says) expect(outcome.stderr).toContain(words);
  expect(outcome.stderr).toMatch(expected.hint);
  expectInWords(outcome);
}

describe('names', () => {
  it('two spellings of one path are one file', async () => {
    cases.add();
    await withNodes({ include: ['a.conf', './a.conf', 'conf//b.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      pair.write('primary', 'conf/b.conf', 'nas1\n');
      const { exit, stdout } = await pair.warmspare('update', '--json');
      const [plan] = JSON.parse(stdout).plans;
      expect([exit, plan.files.map((file: { path: string }) => file.path)]).toEqual([
        0,
        ['a.conf', 'conf/b.conf'],
      ]);
      unlinkSync(pair.path('primary', 'a.conf'));
    });
  });
});
