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

const disks = [
  { kind: 'wwn', primary: 'naa.5001405abcdef001', backup: 'naa.5001405abcdef002' },
  { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.0.2' },
  { kind: 'path', primary: '/srv/a', backup: '/srv/b' },
];

it('shows a WWN, an address and a path inside something longer as near, and holds nothing for it', async () => {
  await withPair({ include: ['multipath.conf'], identity: disks }, async pair => {
    const text = `multipaths {
  multipath {
    wwid 35001405abcdef001
    alias /dev/disk/by-id/scsi-35001405abcdef001
    # x10.0.0.1 /srv/a.x
  }
}
`;
    pair.write('primary', 'multipath.conf', text);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'multipath.conf')).toBe(text);
    const { exit, stdout } = await pair.warmspare('check');
    expect(exit).toBe(0);
    expect(stdout).toContain('- {kind: text, primary: "35001405abcdef001", backup: "35001405abcdef002"}');
    expect(stdout).toContain(
      '- {kind: text, primary: scsi-35001405abcdef001, backup: scsi-35001405abcdef002}',
    );
    expect(stdout).toContain('- {kind: text, primary: x10.0.0.1, backup: x10.0.0.2}');
    expect(stdout).toContain('- {kind: text, primary: /srv/a.x, backup: /srv/b.x}');
  });
});

it('suggests nothing that stands inside a secret', async () => {
  await withPair({ include: ['*.conf'], identity: [...identity.slice(0, 1), ...disks] }, async pair => {
    const secrets = ['Q5001405abcdef001z', 'Qx10.0.0.1q', 'Q-/srv/a-q'];
    pair.write('primary', 'a.conf', secrets.map(secret => `password = ${secret}\n`).join(''));
    pair.write('primary', 'b.conf', `url = nats://u:${secrets[0]}@10.0.0.1/srv/a.x\n`);
    pair.write('primary', 'c.conf', '{"password": "\\/srv\\/a-Qq", "x": "\\/srv\\/a.y"}\n');
    pair.write('primary', 'd.conf', '{"password": "vg\\u005fnas1-Qq"}\n');
    for (const arguments_ of [['check'], ['check', '--json'], ['diff', '--json']]) {
      const { stdout, stderr } = await pair.warmspare(...(arguments_ as [string]));
      for (const secret of [...secrets, 'a-Qq', 'nas1-Qq']) expect(stdout + stderr).not.toContain(secret);
    }
  });
});
