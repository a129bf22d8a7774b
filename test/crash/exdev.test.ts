import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tree } from '../e2e/tree.ts';
import { DaemonProcess } from '../support/process.ts';

const RULES = { include: ['**'], identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }] };

/** A pair with a mount below its backup, unmounted whatever happens. */
async function withMount(
  [mount, ...how]: readonly [string, ...string[]],
  work: (pair: DaemonProcess, point: string) => Promise<void>,
): Promise<void> {
  const pair = new DaemonProcess(RULES);
  const point = pair.path('backup', mount);
  const other = join(pair.folder, 'other');
  for (const folder of [point, other]) mkdirSync(folder, { recursive: true });
  const release = () => spawnSync('umount', ['-l', point]);
  process.once('exit', release);
  try {
    execFileSync('mount', [...how.map(word => word.replace('OTHER', other)), point]);
    pair.write('primary', 'etc/more/a.conf', 'host nas1\n');
    await work(pair, realpathSync(point));
  } finally {
    await pair.signal('SIGKILL').catch(() => undefined);
    release();
    process.removeListener('exit', release);
    pair.remove();
  }
}

const TMPFS = ['-t', 'tmpfs', 'tmpfs'] as const;

test.each([
  ['another file system', ['etc/more', ...TMPFS]],
  ['another file system further up', ['etc', ...TMPFS]],
  ['the same file system, mounted a second time', ['etc/more', '--bind', 'OTHER']],
  ['the own folder on another file system', ['.warmspare', ...TMPFS]],
] as const)(
  '%s below a backup is refused by check and update before anything is written',
  async (_, mount) => {
    await withMount(mount, async (pair, point) => {
      const before = tree(pair.path('backup', ''), { times: true });
      const check = await pair.warmspare('check');
      expect([check.exit, check.stderr]).toEqual([
        4,
        expect.stringContaining(`${point} is a mount of its own`),
      ]);
      const update = await pair.warmspare('update');
      expect([update.exit, update.stderr]).toEqual([4, expect.stringContaining('another file system')]);
      expect(update.stderr).toContain(`make ${point} the root of a relationship of its own, or exclude it`);
      expect(tree(pair.path('backup', ''), { times: true })).toEqual(before);
    });
  },
);

test('a mount below a backup keeps the other files from nothing, and its own are replicated without it', async () => {
  await withMount(['etc/more', ...TMPFS], async pair => {
    pair.write('primary', 'etc/b.conf', 'host nas1\n');
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect(pair.text('backup', 'etc/b.conf')).toBe('host nas2\n');
    expect(pair.text('backup', 'etc/more/a.conf')).toBe(undefined);
    execFileSync('umount', [pair.path('backup', 'etc/more')]);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.text('backup', 'etc/more/a.conf')).toBe('host nas2\n');
  });
});

test('a mount below a backup is refused by the daemon, which says so', async () => {
  await withMount(['etc/more', ...TMPFS], async pair => {
    pair.write('primary', 'etc/b.conf', 'host nas1\n');
    await pair.start();
    await pair.until(() => pair.said.some(text => text.includes('another file system')));
    await pair.until(() => pair.text('backup', 'etc/b.conf') === 'host nas2\n');
    expect(pair.text('backup', 'etc/more/a.conf')).toBe(undefined);
  });
});

test.each([
  ['itself', 'backup', 'primary', 'primary and backup of "pair" are the same folder'],
  ['a folder that holds it', 'primary', '.', 'the backup root of "pair" is inside the primary root'],
])('a primary that is, by a mount, the backup %s is refused', async (_, point, source, words) => {
  const pair = new DaemonProcess(RULES);
  const at = join(pair.folder, point);
  const release = () => spawnSync('umount', ['-l', at]);
  process.once('exit', release);
  try {
    pair.write('primary', 'a.conf', 'host nas1\n');
    execFileSync('mount', ['--bind', join(pair.folder, source), at]);
    for (const command of ['check', 'update']) {
      const { exit, stderr } = await pair.warmspare(command);
      expect([exit, stderr]).toEqual([2, expect.stringContaining(words)]);
    }
  } finally {
    release();
    process.removeListener('exit', release);
    pair.remove();
  }
});
