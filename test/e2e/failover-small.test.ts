import { readFileSync, rmSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withMachines } from './failover.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const over = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');
const back = (text: string) => text.replaceAll('nas2', 'nas1').replaceAll('10.0.1.1/', '10.0.0.1/');

test('the roles are exchanged: the direction is shown, the backup leads, and nothing is written to it', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('break', '--at', 'backup');
    const edited = changed(pair.read('backup', 'smb.conf'), 'workers = 4', 'workers = 9\n   host = nas2');
    pair.write('backup', 'smb.conf', edited);
    const serving = machines.everything('backup');
    const { exit, stdout, stderr } = await pair.warmspare('resync', '--reverse', '--reason', 'nas2 leads');
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/backup -> \S*primary: the roles are exchanged/);
    expect(pair.read('primary', 'smb.conf')).toBe(back(edited));
    expect(pair.read('primary', 'exports')).toBe(EXPORTS);
    expect(machines.everything('backup')).toEqual(serving);
    expect(machines.ledger('primary')).toMatchObject({ direction: 'reverse', broken: false, turn: 1 });
    for (const line of [['status'], ['verify'], ['check'], ['diff']]) {
      const { exit: looked, stdout: said } = await pair.warmspare(...line);
      expect([line, looked]).toEqual([line, 0]);
      expect(said).toMatch(/backup -> \S*primary/);
    }
    pair.write('backup', 'exports', `${pair.read('backup', 'exports')}/srv/new nas2(rw)\n`);
    const now = machines.everything('backup');
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('primary', 'exports')).toBe(`${EXPORTS}/srv/new nas1(rw)\n`);
    // What the old primary says is no change any more, but an edit of the side that follows.
    pair.write('primary', 'exports', '# nas1\n');
    expect((await pair.warmspare('update')).exit).toBe(6);
    expect(machines.everything('backup')).toEqual(now);
    expect((await pair.warmspare('history')).stdout).toMatch(/resync by \S+ at \S+: nas2 leads/);
    expect((await pair.warmspare('undo')).exit).toBe(4);
  });
});

test('orphans are shown, kept as a patch of 0600, and wait for a word', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', `${SMB}\n[auth]\n   password = geheim99\n`);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    machines.primaryGone();
    await pair.warmspare('break', '--at', 'backup');
    machines.primaryReturns();
    pair.write('primary', 'exports', changed(EXPORTS, '/srv/home *(rw)', '/srv/home nas1(rw)'));
    pair.write('primary', 'lost.conf', 'host nas1\n');
    pair.write('primary', 'smb.conf', changed(pair.read('primary', 'smb.conf'), 'geheim99', 'geheim77'));
    const sides = () => [machines.everything('primary'), machines.everything('backup')];
    const before = sides();
    const { exit, stdout, stderr } = await pair.warmspare('resync', '--reverse');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('held orphans')]);
    expect(stderr).toMatch(/resync --reverse pair -c \S+ --orphans keep/);
    expect(stdout).toContain('+/srv/home nas2(rw)');
    expect(stdout).toContain('+host nas2');
    expect(stdout + stderr).not.toMatch(/geheim/);
    expect(sides()).toEqual(before);
    const { patch } = await machines.json('resync', '--reverse');
    expect(statSync(patch).mode & 0o777).toBe(0o600);
    const kept = readFileSync(patch, 'utf8');
    for (const line of ['+/srv/home nas2(rw)', '+host nas2', '+   password = geheim77'])
      expect(kept).toContain(line);
    // Meanwhile nobody writes anywhere.
    expect((await pair.warmspare('update')).exit).toBe(5);
    expect(sides()).toEqual(before);
  });
});

test.each(['keep', 'drop'])('orphans of the old primary, %s', async fate => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('break');
    pair.write('primary', 'smb.conf', changed(SMB, 'workers = 4', 'workers = 7'));
    pair.write('primary', 'lost.conf', 'host nas1\n');
    pair.write('backup', 'smb.conf', changed(over(SMB), '/srv/media', '/srv/movies'));
    const serving = machines.everything('backup');
    const { exit } = await pair.warmspare('resync', '--reverse', '--orphans', fate);
    const merged = changed(SMB, '/srv/media', '/srv/movies');
    const own = changed(merged, 'workers = 4', 'workers = 7');
    expect(pair.read('primary', 'smb.conf')).toBe(fate === 'keep' ? own : merged);
    expect(machines.files('primary')['lost.conf'] !== undefined).toBe(fate === 'keep');
    expect(machines.everything('backup')).toEqual(serving);
    expect(exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
    const { relationships } = await machines.json('verify');
    const smb = relationships[0].files.find((file: { path: string }) => file.path === 'smb.conf');
    expect(smb.verdict).toBe(fate === 'keep' ? 'local' : 'in sync');
  });
});

test.each(['keep', 'drop'])('--forward: what the broken backup changed, %s', async fate => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('break');
    pair.write('backup', 'smb.conf', changed(over(SMB), 'workers = 4', 'workers = 7'));
    pair.write('primary', 'smb.conf', changed(SMB, '/srv/media', '/srv/movies'));
    const undecided = await pair.warmspare('resync', '--forward');
    expect([undecided.exit, undecided.stdout]).toEqual([4, expect.stringContaining('+   workers = 7')]);
    const leading = machines.everything('primary');
    expect((await pair.warmspare('resync', '--forward', '--orphans', fate)).exit).toBe(0);
    const merged = changed(over(SMB), '/srv/media', '/srv/movies');
    const own = changed(merged, 'workers = 4', 'workers = 7');
    expect(pair.read('backup', 'smb.conf')).toBe(fate === 'keep' ? own : merged);
    expect(machines.everything('primary')).toEqual(leading);
    expect(machines.ledger('backup')).toMatchObject({ broken: false, direction: 'forward' });
    expect((await pair.warmspare('status')).exit).toBe(0);
  });
});

test('settings that the backup had of its own stay different after the roles were exchanged, both ways', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    const own = changed(over(SMB), 'workers = 4', 'workers = 16');
    pair.write('backup', 'smb.conf', own);
    expect((await pair.warmspare('update', '--baseline', 'keep-local')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(own);
    await pair.warmspare('break');
    const edited = changed(own, '/srv/media', '/srv/movies');
    pair.write('backup', 'smb.conf', edited);
    expect((await pair.warmspare('resync', '--reverse')).exit).toBe(0);
    expect(pair.read('primary', 'smb.conf')).toBe(changed(SMB, '/srv/media', '/srv/movies'));
    await pair.warmspare('break');
    const again = changed(pair.read('primary', 'smb.conf'), '/srv/projects', '/srv/plans');
    pair.write('primary', 'smb.conf', again);
    expect((await pair.warmspare('resync', '--reverse')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(changed(edited, '/srv/projects', '/srv/plans'));
    expect(machines.ledger('backup')).toMatchObject({ direction: 'forward', broken: false, turn: 2 });
    expect((await pair.warmspare('status')).stdout).toMatch(/primary -> \S*backup/);
  });
});

test('a primary whose file system is not mounted is not taken for one that deleted everything', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('break');
    rmSync(pair.path('primary', 'exports'));
    const { exit, failures } = await machines.json('resync', '--reverse', '--orphans', 'drop');
    expect([exit, failures[0].failure]).toEqual([1, 'root-missing']);
  });
});
