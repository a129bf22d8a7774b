import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withMachines } from './failover.ts';
import { changed, EXPORTS, NAMES, TARGETS } from './fixtures.ts';

/** `targets.json` as the backup is to have it. */
const REWRITTEN = TARGETS.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1', '10.0.1.1');

function rules(folder: string) {
  const hook = ['sh', '-c', `echo "$0" >> ${join(folder, 'hooks')}`, '{file}'];
  return {
    include: ['**'],
    identity: NAMES,
    files: { '*.json': { apply: 'on-break', reload: hook } },
  };
}

test('activate installs what waited for the break, with the primary gone, and runs its hooks', async () => {
  await withMachines({ include: ['**'], identity: NAMES }, async (machines, pair) => {
    pair.configure(rules(pair.folder));
    pair.write('primary', 'targets.json', TARGETS);
    pair.write('primary', 'exports', EXPORTS);
    chmodSync(pair.path('primary', 'targets.json'), 0o640);
    expect((await pair.warmspare('update')).exit).toBe(0);
    machines.primaryGone();
    await pair.warmspare('break', '--at', 'backup');
    expect(existsSync(pair.path('backup', 'targets.json'))).toBe(false);
    const { exit, stdout, stderr } = await pair.warmspare('activate', '--at', 'backup');
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('installed targets.json');
    expect(pair.read('backup', 'targets.json')).toBe(REWRITTEN);
    expect(statSync(pair.path('backup', 'targets.json')).mode & 0o7777).toBe(0o640);
    const hooks = () => readFileSync(join(pair.folder, 'hooks'), 'utf8').trim().split('\n');
    expect(hooks()).toEqual([pair.path('backup', 'targets.json')]);
    const before = machines.files('backup');
    const again = await pair.warmspare('activate', '--at', 'backup');
    expect([again.exit, again.stdout]).toEqual([
      0,
      expect.stringContaining('in place already: targets.json'),
    ]);
    expect(hooks()).toHaveLength(2);
    expect(machines.files('backup')).toEqual(before);
  });
});

test('what the backup had at the place is kept for undo; a setting of its own that is preserved stays', async () => {
  const files = { '*.json': { apply: 'on-break', preserve: ['/portals'] } };
  await withMachines({ include: ['**'], identity: NAMES, files }, async (machines, pair) => {
    pair.write('primary', 'targets.json', TARGETS);
    pair.write('backup', 'targets.json', '{\n  "portals": ["10.9.9.9:3260"],\n  "targets": []\n}\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    await pair.warmspare('break');
    expect((await pair.warmspare('activate')).exit).toBe(0);
    const installed = JSON.parse(pair.read('backup', 'targets.json'));
    expect(installed.portals).toEqual(['10.9.9.9:3260']);
    expect(installed.targets[0]).toEqual({ name: 'a', host: 'nas2' });
    const kept = machines.ledger('backup').history.at(-1);
    expect(kept).toMatchObject({ what: 'activate', files: [{ path: 'targets.json' }] });
  });
});

test('a hook that fails or cannot be started: the files are in place, exit 1, and again', async () => {
  const files = (reload: string[]) => ({
    include: ['**'],
    identity: NAMES,
    files: { '*.json': { apply: 'on-break', reload } },
  });
  await withMachines(files(['false']), async (_, pair) => {
    pair.write('primary', 'targets.json', TARGETS);
    await pair.warmspare('update');
    await pair.warmspare('break');
    const failed = await pair.warmspare('activate');
    expect([failed.exit, failed.stderr]).toEqual([1, expect.stringContaining('hook-failed')]);
    expect(pair.read('backup', 'targets.json')).toBe(REWRITTEN);
    pair.configure(files(['no-such-command-here']));
    const missing = await pair.warmspare('activate');
    expect([missing.exit, missing.stderr]).toEqual([1, expect.stringContaining('ENOENT')]);
    pair.configure(files(['true']));
    expect((await pair.warmspare('activate')).exit).toBe(0);
  });
});

test('what is kept ready is guarded like any change, and approve and reject settle it', async () => {
  const files = { '*.json': { apply: 'on-break' } };
  await withMachines({ include: ['**'], identity: NAMES, files, mode: 'approve' }, async (machines, pair) => {
    pair.write('primary', 'targets.json', TARGETS);
    const idOf = async () => (await machines.json('diff')).plans[0].files[0].id;
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await pair.warmspare('approve', await idOf())).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
    pair.write('primary', 'targets.json', changed(TARGETS, '"b"', '"c"'));
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await pair.warmspare('reject', await idOf())).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
    await pair.warmspare('break');
    expect((await pair.warmspare('activate')).exit).toBe(0);
    expect(pair.read('backup', 'targets.json')).toBe(REWRITTEN);
  });
});

test('a text that was kept ready and is damaged is told, and kept ready anew while the primary is there', async () => {
  const files = { '*.json': { apply: 'on-break' } };
  await withMachines({ include: ['**'], identity: NAMES, files }, async (machines, pair) => {
    pair.write('primary', 'targets.json', TARGETS);
    await pair.warmspare('update');
    const { file } = machines.ledger('backup').onBreak['targets.json'];
    const kept = join(pair.folder, 'backup/.warmspare/pair/texts', file);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    writeFileSync(kept, '{}');
    expect((await pair.warmspare('status')).exit).toBe(6);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(readFileSync(kept, 'utf8')).toBe(REWRITTEN);
    writeFileSync(kept, '{}');
    await pair.warmspare('break', '--at', 'backup');
    const { exit, stderr } = await pair.warmspare('activate', '--at', 'backup');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('gone or damaged')]);
    expect(existsSync(pair.path('backup', 'targets.json'))).toBe(false);
  });
});
