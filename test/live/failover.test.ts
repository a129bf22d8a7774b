import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NAMES } from '../e2e/fixtures.ts';
import { tree } from '../e2e/tree.ts';
import { withLive } from '../support/live.ts';
import type { NodePair } from '../support/pair.ts';
import { withDaemon } from '../support/process.ts';

const RULES = { include: ['**'], identity: NAMES };

/** Everything of a side, replication's own folder too: names, bytes, owners, modes, times and inodes. */
function everything(pair: NodePair, side: 'primary' | 'backup'): Record<string, string> {
  const root = join(pair.folder, side);
  const found = tree(root, { times: true });
  const inodes: Record<string, string> = {};
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }))
    inodes[name] = String(lstatSync(join(root, name), { bigint: true }).ino);
  return { ...found, ...Object.fromEntries(Object.entries(inodes).map(([name, ino]) => [`#${name}`, ino])) };
}

describe('the daemon and a break', () => {
  it('breaks over its socket, writes nothing after it, and says so', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      const { exit, stdout } = await pair.warmspare('break', '--reason', 'drill');
      expect([exit, stdout]).toEqual([0, expect.stringContaining('broken')]);
      const before = everything(pair, 'backup');
      pair.write('primary', 'a.conf', 'host nas1\nmore\n');
      expect((await pair.warmspare('update')).exit).toBe(5);
      await pair.hears(/replication waits: pair is broken/);
      const status = await pair.warmspare('status');
      expect([status.exit, status.stdout]).toEqual([6, expect.stringMatching(/-> \S+ +broken/)]);
      expect(everything(pair, 'backup')).toEqual(before);
    });
  });

  it('finds a break that was made on the backup alone, before its next change', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      expect((await pair.warmspare('break', '--at', 'backup')).exit).toBe(0);
      const before = everything(pair, 'backup');
      pair.write('primary', 'a.conf', 'host nas1\nmore\n');
      await pair.hears(/replication waits: pair is broken/);
      expect(everything(pair, 'backup')).toEqual(before);
      expect((await pair.warmspare('status')).exit).toBe(6);
    });
  });

  it('goes the other way after the roles were exchanged, by itself', async () => {
    await withLive(RULES, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      await pair.warmspare('break');
      pair.write('backup', 'a.conf', 'host nas2\nserving\n');
      const from = pair.said.length;
      const { exit, stdout } = await pair.warmspare('resync', '--reverse');
      expect([exit, stdout]).toEqual([0, expect.stringMatching(/backup -> \S*primary/)]);
      expect(pair.read('primary', 'a.conf')).toBe('host nas1\nserving\n');
      await pair.hears(/the roles were exchanged|both sides are reached|keeps/, from);
      pair.write('backup', 'a.conf', 'host nas2\nserving\nmore\n');
      const before = everything(pair, 'backup');
      await pair.hears(/a\.conf replicated/, from);
      expect(pair.read('primary', 'a.conf')).toBe('host nas1\nserving\nmore\n');
      expect(everything(pair, 'backup')).toEqual(before);
      expect((await pair.warmspare('status')).stdout).toMatch(/backup -> \S*primary +in sync/);
    });
  });

  it('killed while it replicates, and started again with the old file, it writes nothing to the node that serves', async () => {
    await withDaemon(RULES, async daemon => {
      daemon.env = { WARMSPARE_PACE: 'rescan=300,proof=300' };
      const has = (side: 'primary' | 'backup', file: string, text: string) =>
        daemon.until(
          () => daemon.text(side, file) === text,
          () => `${file}: ${daemon.text(side, file)}`,
        );
      daemon.write('primary', 'a.conf', 'host nas1\n');
      daemon.write('primary', 'b.conf', 'peer nas1\n');
      await daemon.start();
      await has('backup', 'b.conf', 'peer nas2\n');
      daemon.write('primary', 'a.conf', 'host nas1\nlate\n');
      await daemon.signal('SIGKILL');
      await daemon.warmspare('break', '--at', 'backup');
      daemon.write('backup', 'a.conf', 'host nas2\nserving\n');
      // Broken, and nobody has said yet how it goes on.
      const broken = everything(daemon, 'backup');
      await daemon.start();
      await daemon.until(() => daemon.said.some(text => /replication waits: pair is broken/.test(text)));
      await daemon.signal('SIGKILL');
      expect(everything(daemon, 'backup')).toEqual(broken);
      // The roles are exchanged.
      expect((await daemon.warmspare('resync', '--reverse', '--orphans', 'drop')).exit).toBe(0);
      daemon.write('primary', 'b.conf', 'peer nas1\nedited on the old primary\n');
      expect(everything(daemon, 'backup')).toEqual(broken);
      await daemon.start();
      await daemon.until(() => daemon.said.some(text => /b\.conf was edited on the backup/.test(text)));
      daemon.write('backup', 'a.conf', 'host nas2\nserving\nmore\n');
      const serving = everything(daemon, 'backup');
      await has('primary', 'a.conf', 'host nas1\nserving\nmore\n');
      await daemon.signal('SIGKILL');
      await daemon.start();
      expect((await daemon.warmspare('status')).stdout).toMatch(/backup -> \S*primary/);
      expect(everything(daemon, 'backup')).toEqual(serving);
    });
  });

  it('stages what waits for a break as it changes, and leaves the place alone', async () => {
    await withLive({ ...RULES, files: { 'b.conf': { apply: 'on-break' } } }, async pair => {
      pair.write('primary', 'a.conf', 'host nas1\n');
      pair.write('primary', 'b.conf', 'host nas1\n');
      await pair.start();
      await pair.onBackup('a.conf', 'host nas2\n');
      const from = pair.said.length;
      pair.write('primary', 'b.conf', 'host nas1\nmore\n');
      await pair.hears(/b\.conf replicated/, from);
      expect(readdirSync(join(pair.folder, 'backup')).sort()).toEqual(['.warmspare', 'a.conf']);
      expect((await pair.warmspare('break')).exit).toBe(0);
      expect((await pair.warmspare('activate')).exit).toBe(0);
      expect(pair.read('backup', 'b.conf')).toBe('host nas2\nmore\n');
    });
  });

  it('says nothing of an edit at the place of a file that was replicated once, and waits now', async () => {
    await withLive(RULES, async pair => {
      for (const path of ['a.conf', 'b.conf']) pair.write('primary', path, 'host nas1\n');
      await pair.warmspare('update');
      pair.configure({ ...RULES, files: { 'a.conf': { apply: 'on-break' } } });
      await pair.warmspare('update');
      for (const path of ['a.conf', 'b.conf']) pair.write('backup', path, 'off\n');
      await pair.start();
      await pair.hears(/b\.conf was edited on the backup/);
      expect(pair.log()).not.toMatch(/a\.conf was edited/);
    });
  });
});
