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
