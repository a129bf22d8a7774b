import { expect, it } from 'vitest';
import { withPair } from '../support/pair.ts';

const identity = [
  { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.0.2' },
];

it('counts the places of each pair and shows what is near and unmapped, in both directions', async () => {
  await withPair({ include: ['smb.conf'], identity }, async pair => {
    pair.write(
      'primary',
      'smb.conf',
      '[nas1]\n  path = /srv/nas1\n  key = vg_nas1\n  hosts allow = 10.0.0.9\n',
    );
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('backup', 'smb.conf', `${pair.read('backup', 'smb.conf')}  wins = 10.0.0.8 nas2-old\n`);
    const { exit, stdout } = await pair.warmspare('check');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/hostname +nas1 +nas2 +2\n/);
    expect(stdout).toContain('10.0.0.1 occurs nowhere');
    expect(stdout).toContain('nas1 is also a name in smb.conf#/nas1');
    expect(stdout).toContain('- {kind: text, primary: vg_nas1, backup: vg_nas2}');
    expect(stdout).toContain('- {kind: ipv4, primary: 10.0.0.9, backup: "?"}');
    const back = stdout.slice(stdout.indexOf('looking back'));
    expect(back).toContain('unmapped: ipv4 10.0.0.8');
    expect(back).toContain('near: text nas2-old');
    expect(back).not.toContain('10.0.0.9');
  });
});

it('names the lines of a mapping that is not one-to-one', async () => {
  const twice = [...identity, { kind: 'hostname', primary: 'nas3', backup: 'nas2' }];
  await withPair({ include: ['smb.conf'], identity: twice }, async pair => {
    const { exit, stderr } = await pair.warmspare('check');
    expect([exit, stderr]).toEqual([2, expect.stringContaining('pair-collision')]);
    expect(stderr).toMatch(/warmspare\.yaml:\d+:\d+/);
    expect(stderr).toContain('also warmspare.yaml:');
  });
});
