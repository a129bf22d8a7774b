import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withPair } from '../support/pair.ts';

const identity = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
];

it('never says in sync of a backup that was edited to name the primary', async () => {
  await withPair({ include: ['a.conf', 'b.conf'], identity }, async pair => {
    pair.write('primary', 'a.conf', '[global]\n  ip = 10.0.0.1\n');
    pair.write('primary', 'b.conf', 'x 1\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
    pair.write('backup', 'a.conf', '[global]\n  ip = 10.0.1.1\n[x]\n  r = 10.0.0.1\n');
    const status = await pair.warmspare('status');
    expect([status.exit, status.stdout]).toEqual([6, expect.stringMatching(/drift .*-/)]);
    expect(status.stdout).toContain('a.conf names the primary on the backup (line 4: ipv4 10.0.0.1)');
    const update = await pair.warmspare('update');
    expect([update.exit, update.stdout]).toEqual([
      6,
      expect.stringContaining('a.conf: edited on the backup'),
    ]);
    expect((await pair.warmspare('verify')).exit).toBe(3);
  });
});

it('tells the primary’s bytes copied over by hand', async () => {
  await withPair({ include: ['k.conf'], identity }, async pair => {
    pair.write('primary', 'k.conf', 'peer 10.0.1.1\nself 10.0.0.1\n');
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('backup', 'k.conf', pair.read('primary', 'k.conf'));
    expect((await pair.warmspare('status')).exit).toBe(6);
  });
});

it('takes changes back one by one', async () => {
  await withPair({ include: ['a.conf'], identity }, async pair => {
    for (const value of ['1', '2', '3']) {
      pair.write('primary', 'a.conf', `x ${value}\n`);
      expect((await pair.warmspare('update')).exit).toBe(0);
    }
    for (const value of ['2', '1']) {
      expect((await pair.warmspare('undo')).exit).toBe(0);
      expect(pair.read('backup', 'a.conf')).toBe(`x ${value}\n`);
    }
  });
});

it('says of a file that the backup lost how it comes back, or stays away', async () => {
  await withPair({ include: ['*.conf'], identity }, async pair => {
    pair.write('primary', 'a.conf', 'x nas1\n');
    pair.write('primary', 'b.conf', 'x 1\n');
    await pair.warmspare('update');
    const isSaid =
      /a\.conf.* deleted on the backup: warmspare verify --repair --yes pair puts it back, warmspare verify --accept pair leaves it deleted/s;
    for (const way of ['--repair --yes', '--accept']) {
      rmSync(pair.path('backup', 'a.conf'));
      const update = await pair.warmspare('update');
      expect([update.exit, update.stdout]).toEqual([6, expect.stringMatching(isSaid)]);
      expect(update.stdout).not.toContain('nothing to do');
      for (const [command, exit] of [
        ['status', 6],
        ['verify', 3],
      ] as const) {
        const said = await pair.warmspare(command);
        expect([command, said.exit, said.stdout]).toEqual([command, exit, expect.stringMatching(isSaid)]);
      }
      const lost = [
        { path: 'a.conf', hint: expect.stringContaining('warmspare verify --repair --yes pair') },
      ];
      const json = async (command: string) => JSON.parse((await pair.warmspare(command, '--json')).stdout);
      expect((await json('update')).lost).toEqual([{ relationship: 'pair', ...lost[0] }]);
      expect((await json('status')).relationships[0].lost).toEqual(lost);
      expect((await json('verify')).relationships[0].files[0]).toMatchObject({ verdict: 'gone', ...lost[0] });
      expect((await pair.warmspare('verify', ...way.split(' '), 'pair')).exit).toBe(0);
      expect((await pair.warmspare('status')).exit).toBe(0);
      const after = await pair.warmspare('update');
      expect([after.exit, after.stdout]).toEqual([0, expect.stringContaining('nothing to do')]);
    }
  });
});

it('does not call it nothing to do where something is held', async () => {
  await withPair({ include: ['*.conf'], identity }, async pair => {
    for (const name of ['a.conf', 'b.conf']) {
      pair.write('primary', name, 'x nas1\n');
      pair.write('backup', name, 'y 2\n');
    }
    const { exit, stdout } = await pair.warmspare('update');
    expect([exit, stdout]).toEqual([4, expect.stringContaining('nothing written, 2 files held')]);
    expect(stdout).not.toContain('nothing to do');
  });
});
