import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ledgerText, parseLedger } from '../../src/connectors/ledger.ts';
import { isFailure } from '../../src/core/failure.ts';
import type { NodePair } from '../support/pair.ts';
import { counted, expectInWords, expectRefusal, withNodes } from './bad-input.ts';

const cases = counted('bad input, roots, locks and ledgers');

const ledgerOf = (pair: NodePair) => pair.path('backup', '.warmspare/pair/ledger.json');

/** A pair that has replicated two changes of one file, `a.conf`, and one of `b.conf`. */
async function replicated(work: (pair: NodePair) => Promise<void>): Promise<void> {
  await withNodes({ include: ['*.conf'] }, async pair => {
    pair.write('primary', 'a.conf', 'host nas1\nport 1\n');
    pair.write('primary', 'b.conf', 'nas1\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('primary', 'a.conf', 'host nas1\nport 2\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    await work(pair);
  });
}

/** After whatever happened, the way out works and the pair is in step again. */
async function expectWayOut(pair: NodePair, baseline: string): Promise<void> {
  const { exit, stderr } = await pair.warmspare('update', '--baseline', baseline);
  expect([exit, stderr]).toEqual([0, '']);
  expect((await pair.warmspare('status')).exit).toBe(0);
  expect((await pair.warmspare('verify')).exit).toBe(0);
  pair.write('primary', 'a.conf', 'host nas1\nport 9\n');
  expect((await pair.warmspare('update')).exit).toBe(0);
  expect(pair.read('backup', 'a.conf')).toBe('host nas2\nport 9\n');
}

describe('a root', () => {
  it('of the backup that is missing: unreachable', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      rmSync(pair.path('backup', ''), { recursive: true });
      const says = ['backup: ', 'does not exist'];
      const refusal = { exit: 6, code: 'warning root-missing', says, hint: 'file system is mounted' };
      for (const command of ['diff', 'check', 'update', 'verify']) {
        await expectRefusal(pair, { ...refusal, argv: [command] });
      }
      const status = await pair.warmspare('status');
      expect([status.exit, status.stdout]).toEqual([
        6,
        expect.stringMatching(/unreachable[\s\S]*does not exist; check the path/),
      ]);
      expect(existsSync(pair.path('backup', ''))).toBe(false);
    });
  });

  it('of the backup that is a file', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      rmSync(pair.path('backup', ''), { recursive: true });
      writeFileSync(join(pair.folder, 'backup'), 'a file\n');
      await expectRefusal(pair, {
        exit: 6,
        code: 'warning root-missing',
        says: ['is no directory'],
        hint: 'mounted',
      });
    });
  });

  it('of the primary that is missing: held, and nothing deleted', async () => {
    cases.add();
    await replicated(async pair => {
      renameSync(pair.path('primary', ''), join(pair.folder, 'away'));
      const refusal = {
        exit: 4,
        code: 'held root-missing',
        says: ['primary', 'does not exist'],
        hint: 'mounted',
      };
      for (const command of ['diff', 'check', 'update'])
        await expectRefusal(pair, { ...refusal, argv: [command] });
      renameSync(join(pair.folder, 'away'), join(pair.folder, 'primary'));
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([0, '']);
    });
  });

  it('of the primary that is not mounted: held, and nothing deleted', async () => {
    cases.add();
    await replicated(async pair => {
      renameSync(pair.path('primary', ''), join(pair.folder, 'away'));
      mkdirSync(pair.path('primary', ''));
      pair.write('primary', 'lost+found/x', '');
      const says = ['holds none of the files that were replicated before'];
      const refusal = { exit: 4, code: 'held root-missing', says, hint: 'file system is mounted' };
      for (const command of ['diff', 'check', 'update'])
        await expectRefusal(pair, { ...refusal, argv: [command] });
      expect(pair.read('backup', 'a.conf')).toBe('host nas2\nport 2\n');
      rmSync(pair.path('primary', ''), { recursive: true });
      renameSync(join(pair.folder, 'away'), pair.path('primary', ''));
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([0, '']);
    });
  });

  it('that has nothing which the patterns match is said, not passed over', async () => {
    cases.add();
    await withNodes({ include: ['smb.cnof'] }, async pair => {
      pair.write('primary', 'smb.conf', 'nas1\n');
      const { exit, stdout } = await pair.warmspare('check');
      expect([exit, stdout]).toEqual([0, expect.stringContaining('smb.cnof matches no file')]);
    });
  });
});

describe('a backup that is mounted read-only', () => {
  // Only root may mount; for anybody else the test is listed as not run.
  it.runIf(process.getuid?.() === 0)('is refused in words, and a dry run works', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      const root = pair.path('backup', '');
      expect(mountReadOnly(root)).toBe(true);
      try {
        const says = ['the backup cannot be written', 'EROFS'];
        await expectRefusal(pair, { exit: 1, code: 'error unwritable', says, hint: 'mounted read-only' });
        expect((await pair.warmspare('diff')).exit).toBe(3);
        const check = await pair.warmspare('check');
        expect([check.exit, check.stdout]).toEqual([
          7,
          expect.stringContaining('cannot be written by this user'),
        ]);
      } finally {
        execFileSync('umount', [root]);
      }
    });
  });
});

/** Only root may mount; an ordinary user meets the same refusal as EACCES, in bad-input-files. */
function mountReadOnly(root: string): boolean {
  if (process.geteuid!() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'none', root], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the lock of the state', () => {
  const lock = (pair: NodePair) => join(pair.folder, 'state/lock');

  it('of a process that lives', async () => {
    cases.add();
    await replicated(async pair => {
      pair.write('primary', 'a.conf', 'host nas1\nport 3\n');
      writeFileSync(lock(pair), String(process.ppid));
      const refusal = {
        exit: 5,
        code: 'error locked',
        says: [`(process ${process.ppid})`],
        hint: 'wait until it has finished',
      };
      for (const argv of [['update'], ['approve', '0123456789ab'], ['undo']]) {
        await expectRefusal(pair, { ...refusal, argv });
      }
      // What writes nothing needs no lock.
      expect((await pair.warmspare('diff')).exit).toBe(3);
      expect(readFileSync(lock(pair), 'utf8')).toBe(String(process.ppid));
    });
  });

  it.each([
    ['of a process that is gone', () => '4194304999'],
    ['of this very process id, from before the machine started anew', () => `${process.pid} boot/1`],
    ['with nothing in it, as after a power cut', () => ''],
    ['with no number in it', () => 'x'],
  ])('%s is taken over', async (_, content) => {
    cases.add();
    await replicated(async pair => {
      pair.write('primary', 'a.conf', 'host nas1\nport 3\n');
      writeFileSync(lock(pair), content());
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr, existsSync(lock(pair))]).toEqual([0, '', false]);
      expect(pair.read('backup', 'a.conf')).toBe('host nas2\nport 3\n');
    });
  });

  it('in a state that is a file', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      writeFileSync(join(pair.folder, 'state'), '');
      await expectRefusal(pair, {
        exit: 1,
        code: 'error unwritable',
        says: ['the state folder'],
        hint: 'set `state:`',
      });
    });
  });
});

describe('the ledger', () => {
  it.each([
    ['is cut', (text: string) => text.slice(0, text.length / 2)],
    ['is empty', () => ''],
    ['is not JSON', () => 'hello\n'],
    ['is another JSON', () => '{"version": 1}\n'],
    ['has a hash that is none', (text: string) => text.replace(/"base": "[0-9a-f]{64}"/, '"base": "x"')],
    ['has another number', (text: string) => text.replace(/"sequence": (\d+)/, '"sequence": 1$1')],
    ['has no seal', (text: string) => text.replace(/,\n {2}"seal": .*/, '')],
    ['has a path out of the root', (text: string) => text.replace('"a.conf": {', '"../a.conf": {')],
    ['is 100,000 brackets', () => '['.repeat(100_000)],
  ])('%s: held, until it is restored or a new baseline is named', async (_, damage) => {
    cases.add();
    for (const baseline of ['take-primary', 'keep-local']) {
      await replicated(async pair => {
        const good = readFileSync(ledgerOf(pair), 'utf8');
        const bad = damage(good);
        expect(bad).not.toBe(good);
        writeFileSync(ledgerOf(pair), bad);
        pair.write('primary', 'a.conf', 'host nas1\nport 3\n');
        const refusal = {
          exit: 4,
          code: 'held ledger-gone',
          says: ['ledger.json', 'the ledger is damaged'],
          hint: 'restore',
        };
        for (const command of ['diff', 'check', 'update', 'verify']) {
          await expectRefusal(pair, { ...refusal, argv: [command] });
        }
        const status = await pair.warmspare('status');
        expect([status.exit, status.stdout]).toEqual([4, expect.stringContaining('damaged')]);
        expectInWords(status);
        expect(readFileSync(ledgerOf(pair), 'utf8')).toBe(bad);
        if (baseline === 'keep-local') {
          writeFileSync(ledgerOf(pair), good);
          expect((await pair.warmspare('update')).exit).toBe(0);
        } else await expectWayOut(pair, baseline);
      });
    }
  });

  it('is of a later version: held, and no new baseline either', async () => {
    cases.add();
    await replicated(async pair => {
      const text = readFileSync(ledgerOf(pair), 'utf8');
      writeFileSync(ledgerOf(pair), text.replace('"version": 1', '"version": 2'));
      const refusal = {
        exit: 4,
        code: 'held unsupported',
        says: ['later version'],
        hint: 'install that version',
      };
      for (const argv of [['diff'], ['update'], ['update', '--baseline', 'take-primary']]) {
        await expectRefusal(pair, { ...refusal, argv });
      }
    });
  });

  it.each(['take-primary', 'keep-local'])('is gone: held, never a baseline by itself; %s', async baseline => {
    cases.add();
    await replicated(async pair => {
      pair.write('primary', 'a.conf', 'host nas1\nport 3\n');
      rmSync(pair.path('backup', '.warmspare'), { recursive: true });
      const says = ['pair: the backup', 'ledger is gone', 'unmounted'];
      const refusal = { exit: 4, code: 'held ledger-gone', says, hint: '--baseline take-primary' };
      for (const command of ['diff', 'check', 'update', 'verify']) {
        await expectRefusal(pair, { ...refusal, argv: [command] });
      }
      const { exit, stderr } = await pair.warmspare('update', '--baseline', baseline);
      expect([exit, stderr]).toEqual([0, '']);
      const kept = baseline === 'keep-local' ? 'port 2' : 'port 3';
      expect(pair.read('backup', 'a.conf')).toBe(`host nas2\n${kept}\n`);
    });
  });

  it('is gone with all the files, as when the backup is not mounted: held', async () => {
    cases.add();
    await replicated(async pair => {
      renameSync(pair.path('backup', ''), join(pair.folder, 'away'));
      mkdirSync(pair.path('backup', ''));
      const says = ['ledger is gone', 'unmounted'];
      await expectRefusal(pair, { exit: 4, code: 'held ledger-gone', says, hint: 'mount the right backup' });
      rmSync(pair.path('backup', ''), { recursive: true });
      renameSync(join(pair.folder, 'away'), pair.path('backup', ''));
      expect((await pair.warmspare('update')).exit).toBe(0);
    });
  });

  it('is older, as when the backup was restored: held', async () => {
    cases.add();
    await replicated(async pair => {
      cpSync(pair.path('backup', ''), join(pair.folder, 'earlier'), { recursive: true });
      pair.write('primary', 'a.conf', 'host nas1\nport 3\n');
      expect((await pair.warmspare('update')).exit).toBe(0);
      rmSync(pair.path('backup', ''), { recursive: true });
      renameSync(join(pair.folder, 'earlier'), join(pair.folder, 'backup'));
      const says = ['is older (change 2)', '(change 3)', 'restored'];
      const refusal = { exit: 4, code: 'held ledger-gone', says, hint: '--baseline take-primary' };
      for (const command of ['diff', 'update']) await expectRefusal(pair, { ...refusal, argv: [command] });
      await expectWayOut(pair, 'take-primary');
    });
  });

  it("is another backup's: held", async () => {
    cases.add();
    await replicated(async pair => {
      const good = parseLedger(readFileSync(ledgerOf(pair), 'utf8'), '');
      if (isFailure(good)) throw new Error(good.message);
      const other = ledgerText({ ...good, backup: 'of another one' });
      writeFileSync(ledgerOf(pair), other);
      const says = ['belongs to another backup'];
      const refusal = { exit: 4, code: 'held ledger-gone', says, hint: '--baseline take-primary' };
      for (const command of ['diff', 'update']) await expectRefusal(pair, { ...refusal, argv: [command] });
      await expectWayOut(pair, 'take-primary');
    });
  });

  it('is a folder', async () => {
    cases.add();
    await replicated(async pair => {
      rmSync(ledgerOf(pair));
      mkdirSync(ledgerOf(pair));
      await expectRefusal(pair, {
        exit: 4,
        code: 'unreadable',
        says: ['the ledger cannot be read', 'EISDIR'],
        hint: /\S/,
      });
    });
  });

  it.each([
    ['cut', '{"backup'],
    ['empty', ''],
    ['another JSON', '[]'],
  ])('that this node remembers is %s: held', async (_, content) => {
    cases.add();
    await replicated(async pair => {
      const memory = join(pair.folder, 'state/relationships/pair.json');
      writeFileSync(memory, content);
      const says = ['pair.json', 'what this node remembers of the backup is damaged'];
      const refusal = { exit: 4, code: 'held ledger-gone', says, hint: '--baseline' };
      for (const command of ['diff', 'update', 'check'])
        await expectRefusal(pair, { ...refusal, argv: [command] });
      await expectWayOut(pair, 'keep-local');
    });
  });
});

describe('the folder of the replication', () => {
  it('is a link to elsewhere: nothing is written there', async () => {
    cases.add();
    await withNodes({ include: ['a.conf'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      mkdirSync(join(pair.folder, 'elsewhere'));
      symlinkSync('../elsewhere', pair.path('backup', '.warmspare'));
      const says = ['.warmspare', 'symbolic link'];
      await expectRefusal(pair, { exit: 1, code: 'error outside-root', says, hint: /\S/ });
    });
  });
});

describe('a plan file', () => {
  it.each([
    ['is none', '{"a": 1}\n'],
    ['is no JSON', 'hello\n'],
    ['is empty', ''],
    ['is a diff', '--- a/a.conf\n+++ b/a.conf\n'],
    ['is 100,000 brackets', '['.repeat(100_000)],
    ['is bytes', new Uint8Array([0xff, 0xfe, 0])],
  ])('%s', async (_, content) => {
    cases.add();
    await replicated(async pair => {
      writeFileSync(join(pair.folder, 'plan.json'), content);
      const refusal = { exit: 2, code: 'error usage', says: ['plan.json', 'this is no plan file'] };
      await expectRefusal(pair, {
        ...refusal,
        hint: 'warmspare diff --out',
        argv: ['update', '--plan', 'plan.json'],
      });
    });
  });

  it.each([
    ['is not there', () => {}, 'ENOENT'],
    ['is a folder', (path: string) => mkdirSync(path), 'EISDIR'],
  ])('%s', async (_, make, why) => {
    cases.add();
    await replicated(async pair => {
      make(join(pair.folder, 'plan.json'));
      const refusal = {
        exit: 2,
        code: 'error usage',
        says: ['plan.json', why],
        hint: 'warmspare diff --out',
      };
      await expectRefusal(pair, { ...refusal, argv: ['update', '--plan', 'plan.json'] });
    });
  });

  it('that a side has moved from', async () => {
    cases.add();
    await replicated(async pair => {
      pair.write('primary', 'a.conf', 'host nas1\nport 3\n');
      expect((await pair.warmspare('diff', '--out', 'plan.json')).exit).toBe(3);
      pair.write('primary', 'a.conf', 'host nas1\nport 4\n');
      const says = ['plan.json', 'a side has changed since the plan was made'];
      const refusal = { exit: 5, code: 'error plan-moved', says, hint: 'look at `warmspare diff` again' };
      await expectRefusal(pair, { ...refusal, argv: ['update', '--plan', 'plan.json'] });
    });
  });

  it.each([
    ['in a folder that is not there', 'nowhere/plan.json', 'ENOENT'],
    ['onto a folder', 'primary', 'EISDIR'],
  ])('cannot be kept %s', async (_, path, why) => {
    cases.add();
    await replicated(async pair => {
      const says = [path, 'the plan cannot be kept', why];
      await expectRefusal(pair, {
        exit: 1,
        code: 'error unwritable',
        says,
        hint: /\S/,
        argv: ['diff', '--out', path],
      });
    });
  });
});

describe('what no held change is called', () => {
  it.each([
    ['0123456789ab', 1, 'error not-found', 'no held change is called 0123456789ab'],
    ['ab', 2, 'error usage', 'too short'],
    ['../../x', 1, 'error not-found', 'no held change'],
  ])('%s', async (id, exit, code, words) => {
    cases.add();
    await replicated(async pair => {
      for (const command of ['approve', 'reject']) {
        await expectRefusal(pair, {
          exit,
          code,
          says: [words],
          hint: 'warmspare status',
          argv: [command, id],
        });
      }
    });
  });
});
