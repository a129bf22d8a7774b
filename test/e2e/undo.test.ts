import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';
import { tree } from './tree.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const onBackup = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');
const files = (pair: NodePair) => tree(join(pair.folder, 'backup'), { without: ['.warmspare'] });

async function inStep(pair: NodePair): Promise<void> {
  pair.write('primary', 'smb.conf', SMB);
  pair.write('primary', 'exports', EXPORTS);
  await pair.warmspare('update');
  chmodSync(pair.path('backup', 'smb.conf'), 0o640);
  if (process.getuid?.() === 0) chownSync(pair.path('backup', 'smb.conf'), 33, 34);
}

test('undo takes the last change back, byte for byte, and its place stays rejected', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await inStep(pair);
    const before = files(pair);
    const next = changed(SMB, 'workers = 4', 'workers = 8');
    pair.write('primary', 'smb.conf', next);
    await pair.warmspare('update');
    const { exit, stdout } = await pair.warmspare('undo', '--reason', 'breaks the share');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('change 2 taken back (smb.conf)')]);
    expect(files(pair)).toEqual(before);
    expect((await pair.warmspare('update')).stdout).toContain('nothing to do');
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect((await pair.warmspare('verify')).exit).toBe(0);
    const { history } = JSON.parse((await pair.warmspare('status', '--json')).stdout).relationships[0];
    expect(history.at(-1)).toMatchObject({
      what: 'undo',
      reason: 'breaks the share',
      at: pair.now,
      time: '2026-01-01 00:00:00Z',
    });

    const elsewhere = changed(next, '/srv/media', '/srv/film');
    pair.write('primary', 'smb.conf', elsewhere);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(changed(onBackup(SMB), '/srv/media', '/srv/film'));
    pair.write('primary', 'smb.conf', changed(elsewhere, 'workers = 8', 'workers = 9'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(onBackup(changed(elsewhere, 'workers = 8', 'workers = 9')));
  });
});

test('an earlier change by its number; refused where its file was changed since', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await inStep(pair);
    pair.write('primary', 'smb.conf', changed(SMB, 'workers = 4', 'workers = 8'));
    await pair.warmspare('update');
    pair.write('primary', 'exports', changed(EXPORTS, '/srv/home', '/srv/homes'));
    await pair.warmspare('update');
    expect((await pair.warmspare('undo', 'pair/2')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(onBackup(SMB));
    expect(pair.read('backup', 'exports')).toContain('/srv/homes');

    pair.write('backup', 'exports', `${pair.read('backup', 'exports')}# own\n`);
    const before = files(pair);
    const { exit, stderr } = await pair.warmspare('undo', '3');
    expect([exit, stderr]).toEqual([
      4,
      expect.stringContaining('exports was changed on the backup since change 3'),
    ]);
    expect(files(pair)).toEqual(before);
  });
});

test('a created file goes again, and comes with the next change', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await inStep(pair);
    const before = files(pair);
    pair.write('primary', 'new.conf', 'host = nas1\n');
    await pair.warmspare('update');
    expect((await pair.warmspare('undo')).exit).toBe(0);
    expect(files(pair)).toEqual(before);
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(files(pair)).toEqual(before);
    pair.write('primary', 'new.conf', 'host = nas1\nmore = 1\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'new.conf')).toBe('host = nas2\nmore = 1\n');
  });
});

test.each(['', '# nothing yet\n'])(
  'a file that was %j at first is read as what came into it',
  async first => {
    const text = (number: number) =>
      `[global]\n  revision = ${number}\n  netbios name = NAS1\n[last]\n  comment = of nas1, ${number}\n`;
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'shares', first);
      await pair.warmspare('update');
      pair.write('primary', 'shares', text(3));
      await pair.warmspare('update');
      expect((await pair.warmspare('undo')).exit).toBe(0);
      expect(pair.read('backup', 'shares')).toBe(first);
      pair.write('primary', 'shares', text(4));
      await pair.warmspare('update');
      // By sections: read by lines, one setting would have come alone, and below none.
      const found = pair.read('backup', 'shares').replace(first, '');
      expect(found).toBe(onBackup(text(4)).replaceAll('NAS1', 'NAS2'));
    });
  },
);
