import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { counted, expectInWords, expectRefusal, withNodes } from './bad-input.ts';

const cases = counted('bad input, a file that is half there or fits badly');

describe('the shared promise', () => {
  it('is broken by a stack trace, by a mistake of ours, and by a failure without a hint', () => {
    const said = (stderr: string) => () => expectInWords({ exit: 1, stdout: '', stderr });
    expect(said('a: error syntax: it is cut\n  hint: mend it\n')).not.toThrow();
    expect(said(`${new Error('a').stack}\n`)).toThrow();
    expect(said('warmspare: error internal: unexpected: a\n  hint: try again\n')).toThrow();
    expect(said('a: error syntax: it is cut\n')).toThrow();
    expect(said('a: error syntax: it is cut\n  hint: \n')).toThrow();
  });
});

describe('a file that was replicated before', () => {
  it.each([
    ['cut in the middle', 'a.json', '{"host": "nas1", "port": 1}\n', '{"host": "nas1", "po', 'syntax'],
    ['cut in the middle', 'a.yaml', 'host: nas1\nl: [1, 2]\n', 'host: nas1\nl: [1, ', 'syntax'],
    ['cut in the middle', 'a.toml', 'host = "nas1"\nport = 1\n', 'host = "na', 'syntax'],
    ['cut in the middle', 'ganesha.conf', 'EXPORT {\n Path = /nas1;\n}\n', 'EXPORT {\n Path', 'syntax'],
    ['overwritten by zeros', 'exports', '/srv nas1(rw)\n', new Uint8Array(14), 'nul-byte'],
    ['empty', 'exports', '/srv nas1(rw)\n', '', 'empty'],
    ['empty', 'smb.conf', '[global]\n  workers = 4\n', '', 'empty'],
  ] as const)('%s is held, heals by itself, and holds up no other: %s', async (_, file, good, bad, held) => {
    cases.add();
    await withNodes({ include: [file, 'other.conf'] }, async pair => {
      pair.write('primary', file, good);
      pair.write('primary', 'other.conf', 'a nas1\n');
      expect((await pair.warmspare('update')).exit).toBe(0);
      const first = pair.read('backup', file);
      expect(first).toBe(good.replaceAll('nas1', 'nas2'));

      pair.write('primary', file, bad);
      const refusal = { exit: 4, code: `held ${held}`, says: [file], hint: /as soon as|restore the file/ };
      for (const command of ['diff', 'check', 'update']) {
        await expectRefusal(pair, { ...refusal, argv: [command] });
      }
      const status = await pair.warmspare('status');
      expect([status.exit, status.stdout]).toEqual([4, expect.stringContaining(file)]);

      pair.write('primary', 'other.conf', 'b nas1\n');
      expect((await pair.warmspare('update')).exit).toBe(4);
      expect([pair.read('backup', 'other.conf'), pair.read('backup', file)]).toEqual(['b nas2\n', first]);

      // It can't be approved away: there is nothing right to put in its place.
      const [plan] = JSON.parse((await pair.warmspare('diff', '--json')).stdout).plans;
      const { id } = plan.files.find((one: { path: string }) => one.path === file);
      const approved = await pair.warmspare('approve', id);
      expect([approved.exit, approved.stderr]).toEqual([4, expect.stringContaining("can't be approved")]);
      expect(pair.read('backup', file)).toBe(first);

      pair.write('primary', file, good.replace('\n', ' \n'));
      const healed = await pair.warmspare('update');
      expect([healed.exit, healed.stderr]).toEqual([0, '']);
      expect(pair.read('backup', file)).toBe(good.replace('\n', ' \n').replaceAll('nas1', 'nas2'));
    });
  });

  it('and is gone is held, and stays on the backup', async () => {
    cases.add();
    await withNodes({ include: ['a', 'b'] }, async pair => {
      pair.write('primary', 'a', 'nas1\n');
      pair.write('primary', 'b', 'nas1\n');
      await pair.warmspare('update');
      rmSync(pair.path('primary', 'a'));
      const says = ['a was deleted on the primary'];
      await expectRefusal(pair, {
        exit: 4,
        code: 'held file-deleted',
        says,
        hint: /warmspare approve [0-9a-f]{12}/,
      });
    });
  });
});

describe('an empty file', () => {
  it('that the backup has no content for is a file like others', async () => {
    cases.add();
    await withNodes({ include: ['exports'] }, async pair => {
      pair.write('primary', 'exports', '');
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr, pair.read('backup', 'exports')]).toEqual([0, '', '']);
    });
  });
});

describe('a byte-order mark', () => {
  it.each([
    ['a.json', '\ufeff{"host": "nas1"}\n'],
    ['a.yaml', '\ufeffhost: nas1\nlist:\n  - 10.0.0.1\n'],
    ['a.toml', '\ufeffhost = "nas1"\n'],
    ['smb.conf', '\ufeff[global]\r\n  netbios name = NAS1\r\n'],
    ['exports', '\ufeff/srv nas1(rw)\n'],
    ['ganesha.conf', '\ufeffEXPORT {\n  Path = /nas1;\n}\n'],
  ])('is kept: %s', async (file, text) => {
    cases.add();
    await withNodes({ include: [file] }, async pair => {
      pair.write('primary', file, text);
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([0, '']);
      const expected = text
        .replaceAll('nas1', 'nas2')
        .replaceAll('NAS1', 'NAS2')
        .replaceAll('10.0.0.1', '10.0.1.1');
      expect(pair.read('backup', file)).toBe(expected);
    });
  });
});

describe('a rewrite that does not fit the file', () => {
  const one = { kind: 'text', primary: 'red', backup: 'blue', swap: false };

  it.each([
    ['a.json', '{"red": 1,\n"blue": 2}\n', 'a.json:2:1', '    ^^^^^^'],
    ['a.yaml', 'red: 1\nblue: 2\n', 'a.yaml:2:1', '    ^^^^'],
    ['a.toml', 'red = 1\nblue = 2\n', 'a.toml:2:1', '    ^^^^'],
    ['smb.conf', '[red]\n  path = /a\n[blue]\n  path = /b\n', 'smb.conf:3:2', '     ^^^^'],
    ['ganesha.conf', 'red {\n a = 1;\n}\nblue {\n a = 2;\n}\n', 'ganesha.conf:4:1', '    ^^^^'],
  ])('makes two keys equal: %s', async (file, text, at, caret) => {
    cases.add();
    await withNodes({ include: [file], identity: [one] }, async pair => {
      pair.write('primary', file, text);
      const says = ['red and blue at the top would both be the key blue', `also ${file}:1:`];
      await expectRefusal(pair, {
        exit: 4,
        code: 'held keys-collide',
        says,
        hint: 'limit the pair',
        at,
        caret,
      });
    });
  });

  it('finds the counterpart already there, and the pair does not say which way', async () => {
    cases.add();
    await withNodes(
      {
        include: ['a.conf'],
        identity: [
          {
            kind: 'uuid',
            primary: '6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b001',
            backup: '6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b002',
          },
        ],
      },
      async pair => {
        pair.write(
          'primary',
          'a.conf',
          'a 6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b001\nb 6f1ec5e5-7a7b-4d7c-9c5e-0d6f6ba4b002\n',
        );
        const says = ['a.conf', '6f1ec5e5'];
        await expectRefusal(pair, { exit: 4, code: 'held swap-ambiguous', says, hint: /swap: true/ });
      },
    );
  });
});

/** Each with a wildcard that would take it in. */
const NODE_OWN = [
  ['fstab', '*'],
  ['crypttab', '*'],
  ['machine-id', '*'],
  ['hostname', '**'],
  ['hostid', '*'],
  ['iscsi/initiatorname.iscsi', 'iscsi/*'],
  ['initiatorname.iscsi', '*'],
  ['nvme/hostnqn', 'nvme/*'],
  ['hostnqn', '*'],
  ['krb5.keytab', '*.keytab'],
  ['ceph/ceph.client.admin.keytab', '**/*.keytab'],
  ['ssh/ssh_host_ed25519_key', 'ssh/*'],
  ['ssh/ssh_host_rsa_key.pub', '**'],
  ['shadow', '*'],
  ['passwd', '*'],
  ['netplan/01-netcfg.yaml', 'netplan/*.yaml'],
  ['network/interfaces', '**'],
  ['network/interfaces.d/eth0', 'network/**'],
  ['systemd/network/10-eth0.network', 'systemd/**'],
  ['NetworkManager/system-connections/eth0.nmconnection', 'NetworkManager/**'],
  ['sysconfig/network-scripts/ifcfg-eth0', 'sysconfig/**'],
  ['lvm/backup/vg0', 'lvm/**'],
  ['udev/rules.d/70-persistent-net.rules', '**'],
] as const;

describe('a file of the node itself', () => {
  it.each(NODE_OWN)('%s is not matched by %s', async (file, pattern) => {
    cases.add();
    await withNodes({ include: [pattern] }, async pair => {
      pair.write('primary', file, '# nas1\n');
      const { exit, stdout, stderr } = await pair.warmspare('check');
      expect([exit, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`left out as the node’s own: ${file} (include one by its exact name)`);
      expect((await pair.warmspare('update')).stdout).toContain('nothing to do');
    });
  });

  it.each(NODE_OWN)('%s is matched by its exact name', async file => {
    cases.add();
    await withNodes({ include: [file] }, async pair => {
      pair.write('primary', file, '# nas1\n');
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr, pair.read('backup', file)]).toEqual([0, '', '# nas2\n']);
    });
  });

  it('that the backup has is not taken for one that the primary deleted', async () => {
    cases.add();
    await withNodes({ include: ['**'] }, async pair => {
      pair.write('primary', 'a.conf', 'nas1\n');
      pair.write('backup', 'machine-id', '0123456789abcdef0123456789abcdef\n');
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'machine-id')).toBe('0123456789abcdef0123456789abcdef\n');
    });
  });
});
