import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';
import { heldNow, theHeld } from './held.ts';
import { tree } from './tree.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const onBackup = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');
const PRIMARY = changed(SMB, 'workers = 4', 'workers = 8');
const BACKUP = changed(onBackup(SMB), 'workers = 4', 'workers = 2');

/** A conflict in `workers`, with another file in step. */
async function withConflict(work: (pair: NodePair, id: string) => Promise<void>): Promise<void> {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    pair.write('backup', 'smb.conf', BACKUP);
    pair.write('primary', 'smb.conf', PRIMARY);
    await pair.warmspare('update');
    await work(pair, (await theHeld(pair)).id);
  });
}

test('approve applies what was shown, and nothing else', async () => {
  await withConflict(async (pair, id) => {
    pair.write('primary', 'exports', changed(EXPORTS, '/srv/home', '/srv/homes'));
    const { exit } = await pair.warmspare('approve', id.slice(0, 6), '--reason', 'agreed by phone');
    expect(exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(onBackup(PRIMARY));
    expect(pair.read('backup', 'exports')).toBe(onBackup(EXPORTS));
    const { history } = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0];
    expect(history.at(-1)).toMatchObject({ what: 'approve', reason: 'agreed by phone', at: pair.now });
    expect(history.at(-1).who).toMatch(/./);
    expect(history.at(-1).files.map((file: { path: string }) => file.path)).toEqual(['smb.conf']);
  });
});

test.each(['primary', 'backup'] as const)(
  'approve and reject are refused when the %s has moved',
  async side => {
    await withConflict(async (pair, id) => {
      pair.write(side, 'smb.conf', `${pair.read(side, 'smb.conf')}# later\n`);
      const before = tree(join(pair.folder, 'backup'), { times: true });
      for (const command of ['approve', 'reject']) {
        const { exit, stderr } = await pair.warmspare(command, id);
        expect([exit, stderr]).toEqual([1, expect.stringContaining('one of the two sides has moved since')]);
      }
      expect(tree(join(pair.folder, 'backup'), { times: true })).toEqual(before);
    });
  },
);

test.each(['zzzz', 'ab', 'no'])('an id that names nothing, %s, releases nothing', async id => {
  await withConflict(async pair => {
    const { exit } = await pair.warmspare('approve', id);
    expect(exit).toBe(id.length < 4 ? 2 : 1);
    expect(pair.read('backup', 'smb.conf')).toBe(BACKUP);
  });
});

test('reject keeps the backup; other places go through; the next change there is welcome again', async () => {
  await withConflict(async (pair, id) => {
    expect((await pair.warmspare('reject', id, '--reason', 'slow disks')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(BACKUP);
    expect(await heldNow(pair)).toEqual([]);
    expect((await pair.warmspare('status')).exit).toBe(0);
    const verify = await pair.warmspare('verify');
    expect([verify.exit, verify.stdout]).toEqual([0, expect.stringContaining('local: /global/workers')]);
    const { history } = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0];
    expect(history.at(-1)).toMatchObject({ what: 'reject', reason: 'slow disks' });

    const elsewhere = changed(PRIMARY, '/srv/media', '/srv/film');
    pair.write('primary', 'smb.conf', elsewhere);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(changed(BACKUP, '/srv/media', '/srv/film'));

    pair.write('primary', 'smb.conf', changed(elsewhere, 'workers = 8', 'workers = 16'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(onBackup(changed(elsewhere, 'workers = 8', 'workers = 16')));
    expect((await pair.warmspare('verify')).stdout).toContain('smb.conf: in sync');
  });
});

test('a rejected new file stays away until the primary changes it', async () => {
  await withPair({ ...RELATIONSHIP, mode: 'approve' }, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    expect((await pair.warmspare('reject', (await theHeld(pair)).id)).exit).toBe(0);
    expect(await heldNow(pair)).toEqual([]);
    expect((await pair.warmspare('status')).exit).toBe(0);
    pair.write('primary', 'exports', changed(EXPORTS, '/srv/home', '/srv/homes'));
    expect((await theHeld(pair)).failure).toBe('awaits-approval');
    expect((await pair.warmspare('approve', (await theHeld(pair)).id)).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toContain('/srv/homes');
  });
});
