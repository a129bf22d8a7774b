import { existsSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withMachines } from './failover.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const over = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');

test('verify --accept makes drift local: it stays, is no drift any more, and later changes come in beside it', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    const edited = changed(over(SMB), 'workers = 4', 'workers = 9');
    pair.write('backup', 'smb.conf', edited);
    rmSync(pair.path('backup', 'exports'));
    expect((await pair.warmspare('verify')).exit).toBe(3);
    const files = machines.files('backup');
    const done = await machines.json('verify', '--accept', '--reason', 'more workers there');
    expect(done).toMatchObject({ exit: 0, accepted: ['exports', 'smb.conf'] });
    expect(machines.files('backup')).toEqual(files);
    const verified = await machines.json('verify');
    expect(verified.exit).toBe(0);
    const verdicts = verified.relationships[0].files.map((file: { verdict: string }) => file.verdict);
    expect(verdicts).toEqual(['local', 'local']);
    expect((await pair.warmspare('status')).exit).toBe(0);
    pair.write('primary', 'smb.conf', changed(SMB, '/srv/media', '/srv/movies'));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(changed(edited, '/srv/media', '/srv/movies'));
    expect(existsSync(pair.path('backup', 'exports'))).toBe(false);
    // The primary's change of the same setting is a conflict, and not decided by itself.
    pair.write(
      'primary',
      'smb.conf',
      changed(changed(SMB, '/srv/media', '/srv/movies'), 'workers = 4', 'workers = 5'),
    );
    expect((await pair.warmspare('update')).exit).toBe(4);
    const { changes } = await machines.json('history');
    expect(changes.map(({ what }: { what: string }) => what)).toContain('accept');
    expect((await pair.warmspare('verify', '--accept')).stdout).toMatch(/no drift to accept/);
  });
});

test('verify --repair shows its plan and writes nothing; with --yes it mends drift and leaves what is local', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    const local = changed(over(SMB), 'workers = 4', 'workers = 9');
    pair.write('backup', 'smb.conf', local);
    await pair.warmspare('verify', '--accept');
    pair.write('backup', 'smb.conf', changed(local, '/srv/media', '/srv/wrong'));
    rmSync(pair.path('backup', 'exports'));
    const before = machines.everything('backup');
    const shown = await pair.warmspare('verify', '--repair');
    expect(shown.exit).toBe(3);
    expect(shown.stdout).toMatch(/^-.*\/srv\/wrong$/m);
    expect(shown.stdout).toMatch(/^\+.*\/srv\/media$/m);
    expect(shown.stdout).toContain('verify --repair --yes pair');
    expect(machines.everything('backup')).toEqual(before);
    const mended = await pair.warmspare('verify', '--repair', '--yes', '--reason', 'tidy');
    expect([mended.exit, mended.stdout]).toEqual([0, expect.stringContaining('2 files mended')]);
    expect(pair.read('backup', 'smb.conf')).toBe(local);
    expect(pair.read('backup', 'exports')).toBe(over(EXPORTS));
    expect((await pair.warmspare('verify')).exit).toBe(0);
    expect((await pair.warmspare('verify', '--repair')).stdout).toContain('no drift to mend');
    expect((await pair.warmspare('undo')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toContain('/srv/wrong');
  });
});

test('a repair that deletes many entries is held, and nothing of that file is written', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    const more = Array.from({ length: 9 }, (_, at) => `/srv/own${at} *(rw)\n`).join('');
    pair.write('backup', 'exports', over(EXPORTS) + more);
    const before = machines.everything('backup');
    const held = await pair.warmspare('verify', '--repair', '--yes');
    expect([held.exit, held.stderr]).toEqual([4, expect.stringContaining('mass-deletion')]);
    expect(machines.everything('backup')).toEqual(before);
  });
});

test('--accept and --repair contradict each other, and --yes is nothing alone', async () => {
  await withMachines(RELATIONSHIP, async (_, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    for (const line of [['--accept', '--repair'], ['--yes'], ['--accept', '--repair', '--yes']])
      expect([line, (await pair.warmspare('verify', ...line)).exit]).toEqual([line, 2]);
    expect((await pair.warmspare('verify', '--accept', 'pear')).exit).toBe(2);
  });
});

test('a primary identifier on the backup is not accepted, and a repair takes it away', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    pair.write('primary', 'smb.conf', SMB);
    await pair.warmspare('update');
    pair.write('backup', 'exports', `${over(EXPORTS)}/srv/x 10.0.0.1(rw)\n`);
    expect((await pair.warmspare('verify')).exit).toBe(3);
    pair.write('backup', 'smb.conf', changed(over(SMB), 'workers = 4', 'workers = 9'));
    // What can be accepted is, and the other file is named with the way out.
    const { exit, stdout } = await pair.warmspare('verify', '--accept');
    expect([exit, stdout]).toEqual([3, expect.stringMatching(/exports: names the primary.*--repair/)]);
    expect(stdout).toContain('smb.conf: local from now on');
    const again = await machines.json('verify', '--accept');
    expect(again).toMatchObject({ exit: 3, accepted: [], left: [{ path: 'exports', why: 'residue' }] });
    expect((await pair.warmspare('verify')).exit).toBe(3);
    expect((await pair.warmspare('verify', '--repair', '--yes')).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(over(EXPORTS));
  });
});

test('what is rejected is open to the next change; what was accepted before stays the backup’s own', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    await pair.warmspare('update');
    const local = changed(over(SMB), 'workers = 4', 'workers = 9');
    pair.write('backup', 'smb.conf', local);
    await pair.warmspare('verify', '--accept');
    // All shares go: a mass deletion, which is rejected.
    const [head] = SMB.split('[projects]');
    pair.write('primary', 'smb.conf', `${head}   a = 1\n`.replace(/ {3}(server|interfaces).*\n/g, ''));
    expect((await pair.warmspare('update')).exit).toBe(4);
    const { plans } = await machines.json('diff');
    expect((await pair.warmspare('reject', plans[0].files[0].id)).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(local);
    const { local: places } = machines.ledger('backup').files['smb.conf'];
    expect(places).toContain('/global/workers');
    expect(places.filter((place: string) => place.startsWith('!')).length).toBeGreaterThan(0);
  });
});
