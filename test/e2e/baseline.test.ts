import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB, TARGETS } from './fixtures.ts';
import { theHeld } from './held.ts';
import { tree } from './tree.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const isRoot = process.getuid?.() === 0;

test('an empty backup gets everything, with the primary’s owner and mode', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'samba/smb.conf', SMB);
    chmodSync(pair.path('primary', 'samba/smb.conf'), 0o640);
    if (isRoot) chownSync(pair.path('primary', 'samba/smb.conf'), 33, 34);
    expect((await pair.warmspare('status')).exit).toBe(6);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'samba/smb.conf')).toBe(
      SMB.replace('nas1', 'nas2').replace('10.0.0.1', '10.0.1.1'),
    );
    const { mode, uid, gid } = statSync(pair.path('backup', 'samba/smb.conf'));
    expect(mode & 0o7777).toBe(0o640);
    if (isRoot) expect([uid, gid]).toEqual([33, 34]);
  });
});

test('an equal backup is adopted: noted, and not written', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    pair.write('backup', 'exports', EXPORTS.replaceAll('nas1', 'nas2'));
    const before = tree(pair.path('backup', ''), { times: true, without: ['.warmspare'] });
    const { exit, stdout } = await pair.warmspare('update');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('nothing to do')]);
    const after = tree(pair.path('backup', ''), { times: true, without: ['.warmspare'] });
    expect(after.exports).toBe(before.exports);
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect((await pair.warmspare('verify')).exit).toBe(0);
    pair.write('primary', 'exports', changed(EXPORTS, '/srv/home', '/srv/homes'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toContain('/srv/homes');
    await pair.warmspare('undo', '--baseline');
    expect(pair.read('backup', 'exports')).toBe(EXPORTS.replaceAll('nas1', 'nas2'));
  });
});

describe('a backup with other content', () => {
  const own = changed(SMB, 'workers = 4', 'workers = 2')
    .replaceAll('nas1', 'nas2')
    .replace('10.0.0.1', '10.0.1.1');

  test('is held, and nothing of it is lost', async () => {
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'smb.conf', SMB);
      pair.write('primary', 'exports', EXPORTS);
      pair.write('backup', 'smb.conf', own);
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([4, expect.stringContaining('baseline-differs')]);
      expect(pair.read('backup', 'smb.conf')).toBe(own);
      expect(pair.read('backup', 'exports')).toContain('nas2(ro)');
      expect((await pair.warmspare('status')).exit).toBe(4);
    });
  });

  test('take-primary replaces it, keeps its owner and mode, and undo --baseline brings it back', async () => {
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'smb.conf', SMB);
      pair.write('backup', 'smb.conf', own);
      chmodSync(pair.path('backup', 'smb.conf'), 0o604);
      if (isRoot) chownSync(pair.path('backup', 'smb.conf'), 33, 34);
      const before = tree(pair.path('backup', ''));
      expect((await pair.warmspare('update', '--baseline', 'take-primary')).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toContain('workers = 4');
      expect(tree(pair.path('backup', ''))['smb.conf']?.split(' ').slice(0, 2)).toEqual(
        before['smb.conf']?.split(' ').slice(0, 2),
      );
      expect((await pair.warmspare('undo', '--baseline')).exit).toBe(0);
      expect(tree(pair.path('backup', ''))).toEqual(before);
    });
  });

  test('approve takes the primary’s, as it was shown', async () => {
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'smb.conf', SMB);
      pair.write('backup', 'smb.conf', own);
      const before = tree(pair.path('backup', ''));
      const held = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0].held;
      expect(held).toMatchObject([{ failure: 'baseline-differs', path: 'smb.conf', approvable: true }]);
      expect((await pair.warmspare('approve', held[0].id)).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toContain('workers = 4');
      expect((await pair.warmspare('status')).exit).toBe(0);
      await pair.warmspare('undo', '--baseline');
      expect(tree(pair.path('backup', ''))).toEqual(before);
    });
  });

  test('reject keeps it; later changes land in it; undo --baseline brings it back all the same', async () => {
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'smb.conf', SMB);
      pair.write('backup', 'smb.conf', own);
      const before = tree(pair.path('backup', ''));
      const held = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0].held;
      expect((await pair.warmspare('reject', held[0].id)).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toBe(own);
      expect((await pair.warmspare('status')).exit).toBe(0);
      pair.write('primary', 'smb.conf', changed(SMB, '/srv/media', '/srv/film'));
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toBe(changed(own, '/srv/media', '/srv/film'));
      expect((await pair.warmspare('undo', '--baseline')).exit).toBe(0);
      expect(tree(pair.path('backup', ''))).toEqual(before);
    });
  });
});

test('undo --baseline restores the whole tree after many updates', async () => {
  await withPair({ ...RELATIONSHIP, guard: 'off' }, async pair => {
    pair.write('primary', 'samba/smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    pair.write('primary', 'deep/er/targets.json', TARGETS);
    pair.write('primary', 'linked.conf', 'host = nas1\n');
    pair.write('primary', 'going.conf', 'host = nas1\n');
    pair.write('backup', 'exports', '# own\n/srv/own *(ro)\n');
    pair.write('backup', 'going.conf', 'host = other\n');
    pair.write('backup', 'real.conf', 'host = mine\n');
    pair.write('backup', 'local only', 'never touched');
    mkdirSync(pair.path('backup', 'empty'), { mode: 0o711 });
    symlinkSync('real.conf', pair.path('backup', 'linked.conf'));
    chmodSync(pair.path('backup', 'exports'), 0o600);
    chmodSync(pair.path('backup', 'going.conf'), 0o664);
    if (isRoot) chownSync(pair.path('backup', 'exports'), 33, 34);
    if (isRoot) chownSync(pair.path('backup', 'going.conf'), 35, 36);
    const before = tree(pair.path('backup', ''));
    expect((await pair.warmspare('update', '--baseline', 'take-primary')).exit).toBe(0);
    for (let i = 0; i < 25; i++) {
      pair.write('primary', 'exports', `${EXPORTS}/srv/${i} nas1(ro)\n`);
      pair.write('primary', 'linked.conf', `host = nas1\nround = ${i}\n`);
      pair.write('primary', `late/${i % 3}.conf`, `round = ${i}\n`);
      if (i === 3) unlinkSync(pair.path('primary', 'going.conf'));
      if (i === 6) pair.write('primary', 'going.conf', 'host = nas1 again\n');
      if (i === 9) unlinkSync(pair.path('primary', 'linked.conf'));
      expect([i, (await pair.warmspare('update')).exit]).toEqual([i, 0]);
    }
    expect(pair.read('backup', 'exports')).toContain('/srv/24 nas2');
    const { exit, stderr } = await pair.warmspare('undo', '--baseline');
    expect([exit, stderr]).toEqual([0, '']);
    expect(tree(pair.path('backup', ''))).toEqual(before);
    expect((await pair.warmspare('status')).exit).not.toBe(0);
  });
});

describe('a file that the backup made for itself where replication had deleted one', () => {
  const undone = (pair: NodePair) => pair.warmspare('undo', '--baseline');

  /** What the primary had, and deleted, stood there; `first`: what stood there before. */
  async function withOwn(first: string | undefined, work: (pair: NodePair) => Promise<void>): Promise<void> {
    await withPair({ ...RELATIONSHIP, guard: 'off' }, async pair => {
      if (first !== undefined) pair.write('backup', 'new.conf', first);
      pair.write('primary', 'exports', EXPORTS);
      pair.write('primary', 'new.conf', 'host = nas1\n');
      await pair.warmspare('update', '--baseline', 'take-primary');
      unlinkSync(pair.path('primary', 'new.conf'));
      await pair.warmspare('update');
      expect(existsSync(pair.path('backup', 'new.conf'))).toBe(false);
      pair.write('backup', 'new.conf', 'own = 1\n');
      expect((await pair.warmspare('status')).exit).toBe(0);
      await work(pair);
    });
  }

  test('is left by undo --baseline, and named', async () => {
    await withOwn(undefined, async pair => {
      const { exit, stdout } = await undone(pair);
      expect(exit).toBe(0);
      expect(stdout).toMatch(/1 file as before.*\n.*left untouched, the backup’s own: new\.conf/);
      expect(pair.read('backup', 'new.conf')).toBe('own = 1\n');
      expect(existsSync(pair.path('backup', 'exports'))).toBe(false);
    });
  });

  test('is not written over by what stood there first: that waits until it is moved away', async () => {
    await withOwn('first = 1\n', async pair => {
      const before = tree(pair.path('backup', ''), { times: true });
      const { exit, stderr } = await undone(pair);
      expect([exit, stderr]).toEqual([4, expect.stringContaining('new.conf is the backup’s own now')]);
      expect(tree(pair.path('backup', ''), { times: true })).toEqual(before);
      unlinkSync(pair.path('backup', 'new.conf'));
      expect((await undone(pair)).exit).toBe(0);
      expect(pair.read('backup', 'new.conf')).toBe('first = 1\n');
    });
  });
});

test('a deletion that was rejected made the file the backup’s own: undo --baseline leaves it', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    pair.write('primary', 'new.conf', 'host = nas1\n');
    await pair.warmspare('update');
    unlinkSync(pair.path('primary', 'new.conf'));
    await pair.warmspare('update');
    expect((await pair.warmspare('reject', (await theHeld(pair)).id)).exit).toBe(0);
    const { exit, stdout } = await pair.warmspare('undo', '--baseline');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('the backup’s own: new.conf')]);
    expect(pair.read('backup', 'new.conf')).toBe('host = nas2\n');
  });
});

test('undo --baseline takes back what activate installed, and nothing that was edited since', async () => {
  const files = { '*.json': { apply: 'on-break' } };
  await withPair({ ...RELATIONSHIP, files }, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    pair.write('primary', 'targets.json', TARGETS);
    pair.write('backup', 'targets.json', '{}\n');
    const before = tree(pair.path('backup', ''));
    for (const line of [['update'], ['break'], ['activate'], ['resync', '--forward']])
      expect([line, (await pair.warmspare(...line)).exit]).toEqual([line, 0]);
    const installed = pair.read('backup', 'targets.json');
    pair.write('backup', 'targets.json', changed(installed, '"b"', '"own"'));
    expect((await pair.warmspare('undo', '--baseline')).exit).toBe(4);
    pair.write('backup', 'targets.json', installed);
    expect((await pair.warmspare('undo', '--baseline')).exit).toBe(0);
    expect(tree(pair.path('backup', ''))).toEqual(before);
  });
});

test('undo --baseline is refused where the backup was edited since', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    pair.write('backup', 'exports', '# mine now\n');
    const before = tree(join(pair.folder, 'backup'), { times: true });
    const { exit, stderr } = await pair.warmspare('undo', '--baseline');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('was changed on the backup since')]);
    expect(tree(join(pair.folder, 'backup'), { times: true })).toEqual(before);
  });
});
