import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { type LivePair, withLive } from '../support/live.ts';
import { unlessItHangs, withInotifyLimit } from '../support/sysctl.ts';

const ROOT = process.getuid?.() === 0;
const FUSE = ['/usr/bin/bindfs', '/dev/fuse', '/usr/bin/fusermount3'].every(path => existsSync(path));
const IDENTITY = [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }];

/** Between two looks at everything. */
const INTERVAL_MS = 1_000;
/** What settling, replicating and a busy machine may take on top of one interval. */
const SLACK_MS = 5_000;

const row = async (pair: LivePair) =>
  JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0];

/** Saves, and waits until it is on the backup. In milliseconds. */
async function arrival(pair: LivePair, file: string, save: () => void, text: string): Promise<number> {
  const begun = performance.now();
  save();
  await pair.onBackup(file, text);
  return performance.now() - begun;
}

describe('a daemon that does not hear of changes', () => {
  it.runIf(ROOT)(
    'says that the watch limit is reached and how to raise it, and replicates all the same',
    async () => {
      await withLive({ include: ['d/*'], identity: IDENTITY }, async pair => {
        pair.write('primary', 'd/a.conf', 'host nas1\n');
        pair.pace = `rescan=3600000,rescanBlind=${INTERVAL_MS},proof=3600000`;
        let took = 0;
        await withInotifyLimit('max_user_watches', 0, async () => {
          await pair.start();
          await pair.onBackup('d/a.conf', 'host nas2\n');
          await pair.hears(/^degraded: .*ENOSPC/);
          const { degraded } = await row(pair);
          expect(degraded.message).toMatch(/cannot be watched \(ENOSPC\)/);
          expect(degraded.hint).toContain('fs.inotify.max_user_watches');
          const human = (await pair.warmspare('status')).stdout;
          expect(human).toMatch(/^pair: degraded: .*fs\.inotify\.max_user_watches/m);
          const save = () => pair.write('primary', 'd/a.conf', 'host nas1\nmore\n');
          took = await arrival(pair, 'd/a.conf', save, 'host nas2\nmore\n');
        });
        expect(took).toBeLessThan(INTERVAL_MS + SLACK_MS);
        await pair.hears(/changes are seen again when they happen/);
        expect((await row(pair)).degraded).toBeUndefined();
        expect((await pair.warmspare('status')).stdout).not.toContain('degraded');
        // Nothing is looked at from time to time any more: this is seen as it happens.
        const save = () => pair.write('primary', 'd/b.conf', 'host nas1\n');
        await arrival(pair, 'd/b.conf', save, 'host nas2\n');
        console.log(`watch limit: a save arrives in ${took.toFixed(0)} ms`);
      });
    },
  );

  it.skipIf(!FUSE || !ROOT)(
    'finds what changed underneath a FUSE mount, and says that it has to look',
    async () => {
      await withLive({ include: ['*.conf'], identity: IDENTITY }, async pair => {
        const under = join(pair.folder, 'under');
        const mount = join(pair.folder, 'primary');
        mkdirSync(under);
        writeFileSync(join(under, 'a.conf'), 'host nas1\n');
        execFileSync('bindfs', ['-o', 'attr_timeout=0,entry_timeout=0', under, mount]);
        try {
          await unlessItHangs(async () => {
            pair.pace = `rescan=3600000,rescanBlind=${INTERVAL_MS},proof=3600000`;
            await pair.start();
            await pair.onBackup('a.conf', 'host nas2\n');
            const { degraded } = await row(pair);
            expect(degraded.message).toMatch(/primary is on a FUSE file system, which does not tell/);
            expect((await pair.warmspare('status')).stdout).toMatch(
              /^pair: degraded: .*FUSE.*seen at once$/m,
            );
            const save = () => writeFileSync(join(under, 'a.conf'), 'host nas1\nmore\n');
            const took = await arrival(pair, 'a.conf', save, 'host nas2\nmore\n');
            expect(took).toBeLessThan(INTERVAL_MS + SLACK_MS);
            console.log(`FUSE, changed underneath: a save arrives in ${took.toFixed(0)} ms`);
          });
        } finally {
          await pair.stop();
          execFileSync('fusermount3', ['-u', mount]);
        }
      });
    },
  );

  it('follows a folder that is exchanged for another, and what happens in that one', async () => {
    await withLive({ include: ['d/*'], identity: IDENTITY }, async pair => {
      // No periodic scan: the exchange itself has to be noticed.
      pair.pace = 'rescan=3600000,proof=3600000';
      pair.write('primary', 'd/a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('d/a.conf', 'host nas2\n');
      pair.write('primary', 'd2/a.conf', 'host nas1, exchanged\n');
      const exchange = () => {
        renameSync(pair.path('primary', 'd'), pair.path('primary', 'd.old'));
        renameSync(pair.path('primary', 'd2'), pair.path('primary', 'd'));
      };
      const took = await arrival(pair, 'd/a.conf', exchange, 'host nas2, exchanged\n');
      pair.write('primary', 'd/a.conf', 'host nas1, later\n');
      await pair.onBackup('d/a.conf', 'host nas2, later\n');
      pair.write('primary', 'd.old/a.conf', 'host nas1, of no concern\n');
      pair.write('primary', 'd/a.conf', 'host nas1, last\n');
      await pair.onBackup('d/a.conf', 'host nas2, last\n');
      console.log(`folder exchanged: it arrives in ${took.toFixed(0)} ms`);
    });
  });

  it('follows the primary’s whole folder when that is exchanged, and does not wait for it', async () => {
    await withLive({ include: ['*.conf'], identity: IDENTITY }, async pair => {
      pair.pace = 'rescan=3600000,proof=3600000';
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      const [primary, other] = [join(pair.folder, 'primary'), join(pair.folder, 'other')];
      mkdirSync(other);
      writeFileSync(join(other, 'a.conf'), 'host nas1, exchanged\n');
      renameSync(primary, `${primary}.old`);
      renameSync(other, primary);
      await pair.onBackup('a.conf', 'host nas2, exchanged\n');
      pair.write('primary', 'a.conf', 'host nas1, later\n');
      await pair.onBackup('a.conf', 'host nas2, later\n');
      expect(pair.log()).not.toMatch(/waits/);
    });
  });

  it.runIf(ROOT)(
    'waits for a primary that is unmounted, says so once, and takes nothing for deleted',
    async () => {
      // Without a guard a deletion would be replicated.
      await withLive({ include: ['*.conf'], identity: IDENTITY, guard: 'off' }, async pair => {
        pair.pace = `rescan=${INTERVAL_MS},proof=3600000,retry=100,retryMax=200`;
        const root = join(pair.folder, 'primary');
        const under = join(pair.folder, 'under');
        mkdirSync(under);
        execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', under]);
        let mounted = false;
        const mount = () => {
          execFileSync('mount', ['--bind', under, root]);
          mounted = true;
        };
        const unmount = () => {
          execFileSync('umount', ['-l', root]);
          mounted = false;
        };
        try {
          await unlessItHangs(async () => {
            mount();
            pair.write('primary', 'a.conf', 'host nas1\n');
            await pair.start();
            await pair.onBackup('a.conf', 'host nas2\n');
            unmount();
            await pair.hears(/replication waits: /);
            expect(await row(pair)).toMatchObject({ state: 'held' });
            mount();
            await pair.hears(/both sides are reached again/);
            expect(pair.read('backup', 'a.conf')).toBe('host nas2\n');
            pair.write('primary', 'a.conf', 'host nas1\nmore\n');
            await pair.onBackup('a.conf', 'host nas2\nmore\n');
            expect(pair.said.filter(({ msg }) => /waits: /.test(msg))).toHaveLength(1);
          });
        } finally {
          await pair.stop();
          if (mounted) unmount();
          execFileSync('umount', ['-l', under]);
        }
      });
    },
  );
});
