import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { withMachines } from './failover.ts';
import { EXPORTS, NAMES } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

test('release leaves the files, and a configuration file that still names it begins nothing', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    const files = () => [machines.files('primary', {}), machines.files('backup', {})];
    const before = files();
    const { exit, stdout } = await pair.warmspare('release', '--reason', 'sold');
    expect([exit, stdout]).toEqual([0, expect.stringContaining('released; all files stay')]);
    expect(files()).toEqual(before);
    expect(existsSync(join(pair.folder, 'backup/.warmspare'))).toBe(false);
    pair.write('primary', 'new', 'host nas1\n');
    const after = await pair.warmspare('update');
    expect([after.exit, after.stderr]).toEqual([4, expect.stringContaining('pair was released at')]);
    expect(existsSync(pair.path('backup', 'new'))).toBe(false);
    const { events } = await machines.json('history', '--all');
    expect(events[0].text).toMatch(/the relationship was released by \S+: sold/);
    expect((await pair.warmspare('release')).exit).toBe(1);
    // A new baseline by name is a word of a person.
    expect((await pair.warmspare('update', '--baseline', 'keep-local')).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
  });
});

test('after an exchange of roles both ends are forgotten; by --at the one that is named', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('break');
    await pair.warmspare('resync', '--reverse');
    expect((await pair.warmspare('release', 'pair')).exit).toBe(0);
    for (const side of ['primary', 'backup'])
      expect([side, existsSync(join(pair.folder, side, '.warmspare'))]).toEqual([side, false]);
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await pair.warmspare('update', '--baseline', 'take-primary')).exit).toBe(0);
    machines.primaryGone();
    expect((await pair.warmspare('release', '--at', 'backup')).exit).toBe(0);
    expect(existsSync(join(pair.folder, 'backup/.warmspare'))).toBe(false);
    expect(pair.read('backup', 'exports')).toContain('nas2');
  });
});

test('of several relationships the one that is meant must be named', async () => {
  await withMachines(RELATIONSHIP, async (_, pair) => {
    const one = { ...RELATIONSHIP, primary: { path: './primary' } };
    const config = {
      version: 1,
      state: './state',
      relationships: {
        pair: { ...one, backup: { path: './backup' } },
        other: { ...one, backup: { path: './other' } },
      },
    };
    writeFileSync(join(pair.folder, 'warmspare.yaml'), stringify(config));
    const { exit, stderr } = await pair.warmspare('release');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('one of: pair, other')]);
  });
});
