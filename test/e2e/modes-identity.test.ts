import { expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';
import { changed, NAMES, SMB } from './fixtures.ts';
import { theHeld } from './held.ts';

const onBackup = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');

test('preserve: a place keeps the backup’s value through updates', async () => {
  const files = { 'smb.conf': { preserve: ['/global/workers'] } };
  await withPair({ include: ['**'], identity: NAMES, files }, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    await pair.warmspare('update');
    pair.write('backup', 'smb.conf', changed(onBackup(SMB), 'workers = 4', 'workers = 2'));
    expect((await pair.warmspare('verify')).exit).toBe(0);
    const next = changed(changed(SMB, 'workers = 4', 'workers = 8'), '/srv/media', '/srv/film');
    pair.write('primary', 'smb.conf', next);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(changed(onBackup(next), 'workers = 8', 'workers = 2'));
    expect((await pair.warmspare('verify')).stdout).toContain('local: /global/workers');
    expect((await pair.warmspare('status')).exit).toBe(0);
  });
});

test('preserve: also at the baseline that takes the primary’s', async () => {
  const files = { 'smb.conf': { preserve: ['/global/workers'] } };
  await withPair({ include: ['**'], identity: NAMES, files }, async pair => {
    pair.write('primary', 'smb.conf', SMB);
    pair.write(
      'backup',
      'smb.conf',
      changed(changed(onBackup(SMB), 'workers = 4', 'workers = 2'), '/srv/media', '/own'),
    );
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await pair.warmspare('update', '--baseline', 'take-primary')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(changed(onBackup(SMB), 'workers = 4', 'workers = 2'));
    expect((await pair.warmspare('verify')).exit).toBe(0);
  });
});

test('shared wins over preserve', async () => {
  const files = { 'smb.conf': { preserve: ['/global/address', '/global/workers'] } };
  const shared = [{ kind: 'ipv4', value: '10.0.0.100', why: 'floating address' }];
  await withPair({ include: ['**'], identity: NAMES, files, shared }, async pair => {
    const text = (address: string, workers: number) =>
      `[global]\naddress = ${address}\nworkers = ${workers}\n`;
    pair.write('primary', 'smb.conf', text('10.0.0.100', 4));
    pair.write('backup', 'smb.conf', text('10.0.0.8', 2));
    expect((await pair.warmspare('update', '--baseline', 'take-primary')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(text('10.0.0.100', 2));
    // What is preserved stays when the primary's is no shared one, and follows when it is again.
    pair.write('primary', 'smb.conf', text('10.0.0.9', 8));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(text('10.0.0.100', 2));
    pair.write('backup', 'smb.conf', text('10.0.0.9', 2));
    pair.write('primary', 'smb.conf', text('10.0.0.100', 16));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(text('10.0.0.100', 2));
    // Both sides changed it: a person decides, preserved or not.
    pair.write('backup', 'smb.conf', text('10.0.0.8', 2));
    pair.write('primary', 'smb.conf', text('10.0.0.9', 16));
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('primary', 'smb.conf', text('10.0.0.100', 16));
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await theHeld(pair)).failure).toBe('conflict');
  });
});

test('a placed pair means its place only, and an ordinary one everything in its scope', async () => {
  const identity = [
    { kind: 'text', primary: '150', backup: '100', in: 'keepalived/*.conf', at: 'VI_1/priority' },
    { kind: 'hostname', primary: 'nas1', backup: 'nas2', in: ['keepalived/*.conf', 'only'] },
    { kind: 'hostname', primary: 'data1', backup: 'data2', not: 'keepalived/**' },
  ];
  const text = 'vrrp_instance VI_1 {\n  priority 150\n  router_id 150\n  peer nas1\n  peer data1\n}\n';
  const other = text.replace('VI_1', 'VI_2');
  await withPair({ include: ['**'], identity }, async pair => {
    pair.write('primary', 'keepalived/keepalived.conf', text + other);
    pair.write('primary', 'only', 'name nas1 data1\n');
    pair.write('primary', 'else', 'name nas1 data1\n');
    const { exit, stderr } = await pair.warmspare('update');
    expect([exit, stderr]).toEqual([0, '']);
    expect(pair.read('backup', 'keepalived/keepalived.conf')).toBe(
      (text.replace('priority 150', 'priority 100') + other).replaceAll('nas1', 'nas2'),
    );
    expect(pair.read('backup', 'only')).toBe('name nas2 data2\n');
    expect(pair.read('backup', 'else')).toBe('name nas1 data2\n');
    expect((await pair.warmspare('verify')).exit).toBe(0);
  });
});

test('prefix and subnet pairs keep the tail and the host part', async () => {
  const identity = [
    {
      kind: 'iqn',
      primary: 'iqn.2003-01.org.linux-iscsi.nas1:*',
      backup: 'iqn.2003-01.org.linux-iscsi.nas2:*',
    },
    { kind: 'subnet', primary: '10.0.0.0/24', backup: '10.0.1.0/24' },
  ];
  await withPair({ include: ['**'], identity }, async pair => {
    pair.write(
      'primary',
      'a.conf',
      'target iqn.2003-01.org.linux-iscsi.nas1:vm.a\nportal 10.0.0.77:3260\nnet 10.0.0.0/24\nfar 10.0.2.7\n',
    );
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'a.conf')).toBe(
      'target iqn.2003-01.org.linux-iscsi.nas2:vm.a\nportal 10.0.1.77:3260\nnet 10.0.1.0/24\nfar 10.0.2.7\n',
    );
  });
});

test('rewrite: none copies a file as it is, without residue', async () => {
  const files = { 'drbd.d/*.res': { rewrite: 'none' } };
  await withPair({ include: ['**'], identity: NAMES, files, unmapped: 'hold' }, async pair => {
    const text =
      'resource r0 {\n  on nas1 { address 10.0.0.1:7789; }\n  on nas2 { address 10.0.1.1:7789; }\n}\n';
    pair.write('primary', 'drbd.d/r0.res', text);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'drbd.d/r0.res')).toBe(text);
    expect((await pair.warmspare('verify')).exit).toBe(0);
    expect((await pair.warmspare('check')).exit).toBe(0);
  });
});

test('format: says how a file is read, and the later rule’s keys win', async () => {
  const text = '{"host": "\\u006eas1"}\n';
  const rules = { '*.conf': { format: 'lines', rewrite: 'none' } };
  await withPair(
    { include: ['**'], identity: NAMES, files: { '*.conf': { format: 'lines' } } },
    async pair => {
      pair.write('primary', 'a.conf', text);
      // Read as lines the escape is no occurrence, and what it says is residue for nobody.
      await pair.warmspare('diff');
      expect(JSON.parse((await pair.warmspare('diff', '--json')).stdout).plans[0].files[0].format).toBe(
        'lines',
      );
      pair.configure({ include: ['**'], identity: NAMES, files: { ...rules, 'a.*': { format: 'json' } } });
      const { files } = JSON.parse((await pair.warmspare('diff', '--json')).stdout).plans[0];
      // The later rule has no `rewrite`: the earlier one's stays.
      expect([files[0].format, files[0].swaps]).toEqual(['json', []]);
      pair.configure({
        include: ['**'],
        identity: NAMES,
        files: { 'a.*': { format: 'json' }, '*.conf': { format: 'lines' } },
      });
      expect(JSON.parse((await pair.warmspare('diff', '--json')).stdout).plans[0].files[0].format).toBe(
        'lines',
      );
    },
  );
});

test('a rule that comes later is not applied behind the administrator’s back', async () => {
  await withPair({ include: ['**'], identity: NAMES }, async pair => {
    pair.write('primary', 'a.conf', 'host = nas1\npeer = extra1\n');
    await pair.warmspare('update');
    const more = [...NAMES, { kind: 'hostname', primary: 'extra1', backup: 'extra2' }];
    pair.configure({ include: ['**'], identity: more });
    const { exit, stdout } = await pair.warmspare('diff');
    expect([exit, stdout]).toEqual([3, expect.stringContaining('+peer = extra2')]);
    pair.configure({ include: ['**'], identity: more, mode: 'approve' });
    expect((await theHeld(pair)).failure).toBe('awaits-approval');
  });
});
