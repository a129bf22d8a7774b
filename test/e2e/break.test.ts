import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withMachines } from './failover.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

const WRITING = [
  ['update'],
  ['update', '--baseline', 'take-primary'],
  ['approve', '3f9c2a00'],
  ['reject', '3f9c2a00'],
  ['undo'],
  ['undo', '--baseline'],
  ['verify', '--accept'],
  ['verify', '--repair', '--yes'],
];

test('a break shows what did not come over; after it every way of writing is refused with 5', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    pair.write('primary', 'exports', changed(EXPORTS, 'nas1(ro)', 'nas1(rw)'));
    pair.write('primary', 'smb.conf', '');
    const { exit, stdout, stderr } = await pair.warmspare('break', '--reason', 'drill');
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('not replicated: exports: was changed, and not applied yet');
    expect(stdout).toMatch(/not replicated: smb\.conf: held: .*empty/);
    pair.write('primary', 'smb.conf', SMB);
    const before = machines.everything('backup');
    for (const line of WRITING) {
      const refused = await pair.warmspare(...line);
      expect([line, refused.exit]).toEqual([line, 5]);
      expect(refused.stderr).toMatch(/error broken: pair is broken since .*\(drill\)/);
      expect(refused.stderr).toContain('warmspare resync --reverse pair');
    }
    expect(machines.everything('backup')).toEqual(before);
  });
});

test('what only looks says that it is broken, with 6; the history tells who, where, when and why', async () => {
  await withMachines(RELATIONSHIP, async ({ json }, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    await pair.warmspare('break', '--reason', 'drill');
    const status = await pair.warmspare('status');
    expect([status.exit, status.stdout]).toEqual([6, expect.stringMatching(/pair +\S+ -> \S+ +broken/)]);
    expect(status.stdout).toContain('warmspare resync --reverse pair');
    for (const name of ['diff', 'verify', 'check']) expect((await pair.warmspare(name)).exit).toBe(6);
    expect((await pair.warmspare('explain', 'exports')).exit).toBe(5);
    const { changes } = await json('history');
    expect(changes[0]).toMatchObject({ what: 'break', reason: 'drill', at: pair.now, files: [] });
    expect([changes[0].who, changes[0].where]).toEqual([expect.any(String), expect.any(String)]);
    pair.now += 60_000;
    const again = await json('break');
    expect(again).toMatchObject({ exit: 0, relationships: [{ broken: true, already: true, sequence: 2 }] });
    expect((await pair.warmspare('break')).stdout).toMatch(/broken already since 2026-01-01T00:00:00/);
    expect((await json('history')).changes).toHaveLength(2);
  });
});

test('on the backup alone: no primary, no state, no configuration file', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    machines.primaryGone();
    const files = machines.files('backup');
    const { exit, stdout, stderr } = await pair.warmspare(
      'break',
      '--at',
      'backup',
      '--reason',
      'nas1 burns',
    );
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/pair: .*broken: .*backup serves/);
    expect(machines.files('backup')).toEqual(files);
    expect(machines.ledger('backup')).toMatchObject({ broken: true, direction: 'forward', epoch: 2 });
    expect((await pair.warmspare('break', '--at', 'backup', 'pair')).stdout).toContain('broken already');
    machines.primaryReturns();
    const before = machines.everything('backup');
    pair.write('primary', 'exports', `${EXPORTS}/srv/late *(rw)\n`);
    expect((await pair.warmspare('update')).exit).toBe(5);
    expect(machines.everything('backup')).toEqual(before);
  });
});

test('bad input: an unknown name, a folder that is no backup, several relationships, no baseline', async () => {
  await withMachines(RELATIONSHIP, async ({ json }, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    for (const name of ['break', 'activate']) {
      const nothing = await pair.warmspare(name);
      expect([name, nothing.exit]).toEqual([name, name === 'break' ? 1 : 5]);
    }
    await pair.warmspare('update');
    const files = (lines: string[][]) => Promise.all(lines.map(line => json(...line)));
    for (const name of ['break', 'activate', 'release']) {
      const [unknown, here, nowhere, empty] = await files([
        [name, 'pear'],
        [name, 'pear', '--at', 'backup'],
        [name, '--at', 'nowhere'],
        [name, '--at', 'primary'],
      ]);
      expect(unknown).toMatchObject({ exit: 2, failures: [{ hint: 'did you mean "pair"?' }] });
      expect(here).toMatchObject({ exit: 2, failures: [{ hint: 'did you mean "pair"?' }] });
      expect(nowhere).toMatchObject({ exit: 2, failures: [{ failure: 'usage' }] });
      expect(empty.failures[0].message).toMatch(/primary is no backup/);
      expect(empty.exit).toBe(2);
    }
    expect((await pair.warmspare('resync', '--reverse', 'pear')).exit).toBe(2);
    expect((await pair.warmspare('resync')).exit).toBe(2);
    expect((await pair.warmspare('resync', '--reverse', '--forward')).exit).toBe(2);
    for (const line of [['activate'], ['activate', '--at', 'backup'], ['resync', '--reverse']]) {
      const early = await json(...line);
      expect([line, early.exit, early.failures[0].failure]).toEqual([line, 5, 'not-broken']);
    }
    const other = join(pair.folder, 'backup/.warmspare/other');
    mkdirSync(other);
    writeFileSync(join(other, 'ledger.json'), '{}');
    const several = await json('break', '--at', 'backup');
    expect(several).toMatchObject({ exit: 2, failures: [{ failure: 'usage' }] });
    expect(several.failures[0].message).toMatch(/2 relationships replicate to .*backup: other, pair/);
    expect((await pair.warmspare('break', 'pair', '--at', 'backup')).exit).toBe(0);
  });
});

test.each([
  ['cut', (text: string) => text.slice(0, 90)],
  ['no JSON', () => 'nonsense'],
  ['empty', () => ''],
  ['another form', () => '{"version": 1}'],
])('a damaged ledger (%s) is told, and nothing is written', async (_, damage) => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    const file = join(pair.folder, 'backup/.warmspare/pair/ledger.json');
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    const before = machines.everything('backup');
    for (const line of [
      ['break'],
      ['break', '--at', 'backup'],
      ['activate'],
      ['activate', '--at', 'backup'],
      ['resync', '--reverse'],
    ]) {
      const { exit, failures } = await machines.json(...line);
      expect([line, exit, failures[0].failure]).toEqual([line, 4, 'ledger-gone']);
    }
    expect(machines.everything('backup')).toEqual(before);
  });
});

test('a damaged definition does not stand in the way of a break, and is left as it is', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    const file = join(pair.folder, 'backup/.warmspare/pair/definition');
    writeFileSync(file, '{"name": 1}');
    expect((await pair.warmspare('break', '--at', 'backup')).exit).toBe(0);
    expect(machines.ledger('backup').broken).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('{"name": 1}');
    const activate = await pair.warmspare('activate', '--at', 'backup');
    expect([activate.exit, activate.stderr]).toEqual([4, expect.stringContaining('definition')]);
    expect((await pair.warmspare('activate')).exit).toBe(0);
  });
});
