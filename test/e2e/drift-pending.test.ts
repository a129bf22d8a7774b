import { existsSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { NodePair } from '../support/pair.ts';
import { withMachines } from './failover.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';
import { heldNow } from './held.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const over = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');
const MORE = changed(EXPORTS, '/srv/home *(rw)', '/srv/home *(ro)');
/** A line on the backup that names the primary. */
const STRAY = '/srv/x nas1(rw)\n';

async function inStep(pair: NodePair): Promise<void> {
  pair.write('primary', 'exports', EXPORTS);
  pair.write('primary', 'smb.conf', SMB);
  expect((await pair.warmspare('update')).exit).toBe(0);
}

test('a repair leaves what is held for a conflict, and nothing is lost by it', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    await inStep(pair);
    rmSync(pair.path('backup', 'exports'));
    pair.write('primary', 'exports', MORE);
    expect((await pair.warmspare('update')).exit).toBe(4);
    const before = machines.everything('backup');
    for (const more of [[], ['--yes']]) {
      const { exit, stderr } = await pair.warmspare('verify', '--repair', ...more);
      expect([exit, stderr]).toEqual([4, expect.stringContaining('held conflict: exports')]);
    }
    expect(machines.everything('backup')).toEqual(before);
    const [held, ...others] = await heldNow(pair);
    expect([held?.failure, others]).toEqual(['conflict', []]);
    expect((await pair.warmspare('approve', held!.id)).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(over(MORE));
  });
});

test('a repair gives back the text that was replicated last, while a change of the primary is pending', async () => {
  await withMachines(RELATIONSHIP, async (_, pair) => {
    await inStep(pair);
    pair.write('backup', 'exports', over(EXPORTS) + STRAY);
    pair.write('primary', 'exports', MORE);
    // Residue can't be approved away: only a repair, or an edit by hand, ends the hold.
    expect((await pair.warmspare('update')).exit).toBe(4);
    const shown = await pair.warmspare('verify', '--repair');
    expect([shown.exit, shown.stdout]).toEqual([3, expect.stringContaining('-/srv/x nas1(rw)')]);
    expect(shown.stdout).not.toContain('/srv/home *(ro)');
    expect((await pair.warmspare('verify', '--repair', '--yes')).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(over(EXPORTS));
    expect((await pair.warmspare('status')).exit).toBe(6);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(over(MORE));
    expect((await pair.warmspare('status')).exit).toBe(0);
  });
});

test('a repair writes nothing of a change that waits for approval', async () => {
  await withMachines({ ...RELATIONSHIP, mode: 'approve' }, async (_, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('approve', (await heldNow(pair))[0]!.id);
    expect((await pair.warmspare('status')).exit).toBe(0);
    pair.write('backup', 'exports', over(EXPORTS) + STRAY);
    pair.write('primary', 'exports', MORE);
    expect((await pair.warmspare('verify', '--repair', '--yes')).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(over(EXPORTS));
    const held = await heldNow(pair);
    expect(held.map(({ failure }) => failure)).toEqual(['awaits-approval']);
    expect((await pair.warmspare('approve', held[0]!.id)).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(over(MORE));
  });
});

test('a file that is deleted on both sides is no drift, and the next update forgets it', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    await inStep(pair);
    for (const side of ['primary', 'backup'] as const) rmSync(pair.path(side, 'exports'));
    expect((await pair.warmspare('verify')).exit).toBe(6);
    const { exit, stdout } = await pair.warmspare('verify', '--repair', '--yes');
    expect([exit, stdout]).toEqual([6, expect.stringContaining('exports')]);
    expect(existsSync(pair.path('backup', 'exports'))).toBe(false);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(Object.keys(machines.ledger('backup').files)).toEqual(['smb.conf']);
  });
});

test('a repair says where the primary is named in what is the backup’s own', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    await inStep(pair);
    pair.write('backup', 'smb.conf', changed(over(SMB), 'workers = 4', 'comment = filer'));
    expect((await pair.warmspare('verify', '--accept')).exit).toBe(0);
    // From now on it names the primary, and stands where a repair leaves what is local.
    const identity = [...NAMES, { kind: 'hostname', primary: 'filer', backup: 'spare' }];
    pair.configure({ ...RELATIONSHIP, identity });
    expect((await pair.warmspare('verify')).exit).toBe(3);
    const before = machines.files('backup');
    const { exit, stdout } = await pair.warmspare('verify', '--repair', '--yes');
    expect([exit, stdout]).toEqual([3, expect.stringContaining('smb.conf: left as it is')]);
    expect(machines.files('backup')).toEqual(before);
  });
});

test('a deletion that was accepted holds: the primary’s next change of the file waits for a person', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    await inStep(pair);
    rmSync(pair.path('backup', 'exports'));
    expect((await pair.warmspare('verify', '--accept')).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
    for (const text of [MORE, `${MORE}/srv/new *(ro)\n`]) {
      pair.write('primary', 'exports', text);
      expect((await pair.warmspare('update')).exit).toBe(4);
      expect(existsSync(pair.path('backup', 'exports'))).toBe(false);
      const held = await heldNow(pair);
      expect(held.map(({ failure }) => failure)).toEqual(['conflict']);
      // Rejected, it is the backup's own as before, and not open to the change after.
      expect((await pair.warmspare('reject', held[0]!.id)).exit).toBe(0);
      expect((await pair.warmspare('status')).exit).toBe(0);
    }
    pair.write('primary', 'exports', EXPORTS);
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await pair.warmspare('approve', (await heldNow(pair))[0]!.id)).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(over(EXPORTS));
    expect(machines.ledger('backup').files.exports.local).toEqual([]);
  });
});

test('a deletion that is held already is not accepted beside its hold', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    await inStep(pair);
    rmSync(pair.path('backup', 'exports'));
    pair.write('primary', 'exports', MORE);
    expect((await pair.warmspare('update')).exit).toBe(4);
    const before = machines.everything('backup');
    const { exit, stdout, stderr } = await pair.warmspare('verify', '--accept');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('held conflict: exports')]);
    expect(stdout).not.toContain('local from now on');
    expect(machines.everything('backup')).toEqual(before);
    expect((await pair.warmspare('reject', (await heldNow(pair))[0]!.id)).exit).toBe(0);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(existsSync(pair.path('backup', 'exports'))).toBe(false);
  });
});

test('what is accepted leaves out a file whose change is pending, and says so', async () => {
  await withMachines(RELATIONSHIP, async (_, pair) => {
    await inStep(pair);
    pair.write('backup', 'exports', changed(over(EXPORTS), '/srv/home *(rw)', '/srv/home *(sync)'));
    pair.write('backup', 'smb.conf', changed(over(SMB), 'workers = 4', 'workers = 9'));
    pair.write('primary', 'smb.conf', changed(SMB, '/srv/media', '/srv/movies'));
    const { exit, stdout } = await pair.warmspare('verify', '--accept');
    expect(exit).toBe(6);
    expect(stdout).toContain('pair: exports: local from now on');
    expect(stdout).toContain('pair: smb.conf: left as it is');
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toContain('workers = 9');
    expect(pair.read('backup', 'smb.conf')).toContain('/srv/movies');
    expect((await pair.warmspare('status')).exit).toBe(0);
  });
});
