import { describe, expect, test } from 'vitest';
import { withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';
import { heldNow, theHeld } from './held.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const onBackup = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1/', '10.0.1.1/');

describe('both sides changed the same setting', () => {
  const edits = {
    primary: changed(SMB, 'workers = 4', 'workers = 8'),
    backup: changed(onBackup(SMB), 'workers = 4', 'workers = 2'),
  };

  test('hold: named, kept, and shown as what approval would do', async () => {
    await withPair(RELATIONSHIP, async pair => {
      pair.write('primary', 'smb.conf', SMB);
      await pair.warmspare('update');
      pair.write('backup', 'smb.conf', edits.backup);
      pair.write('primary', 'smb.conf', edits.primary);
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([4, expect.stringContaining('held conflict')]);
      expect(pair.read('backup', 'smb.conf')).toBe(edits.backup);
      const { stdout } = await pair.warmspare('diff');
      expect(stdout).toContain('# -   workers = 2\n# +   workers = 8\n');
      const { id } = await theHeld(pair);
      expect((await pair.warmspare('approve', id)).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toBe(onBackup(edits.primary));
    });
  });

  test('conflict: primary lets the primary win', async () => {
    await withPair({ ...RELATIONSHIP, conflict: 'primary' }, async pair => {
      pair.write('primary', 'smb.conf', SMB);
      await pair.warmspare('update');
      pair.write('backup', 'smb.conf', changed(edits.backup, '[media]', '# own\n[media]'));
      pair.write('primary', 'smb.conf', edits.primary);
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'smb.conf')).toBe(
        changed(onBackup(edits.primary), '[media]', '# own\n[media]'),
      );
    });
  });
});

test('mode: approve holds every change, also the first and a deletion', async () => {
  await withPair({ ...RELATIONSHIP, mode: 'approve', guard: 'off' }, async pair => {
    pair.write('primary', 'exports', EXPORTS);
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect(() => pair.read('backup', 'exports')).toThrow('ENOENT');
    expect((await theHeld(pair)).failure).toBe('awaits-approval');
    expect((await pair.warmspare('approve', (await theHeld(pair)).id)).exit).toBe(0);
    expect(pair.read('backup', 'exports')).toBe(onBackup(EXPORTS));
    pair.write('primary', 'exports', changed(EXPORTS, '/srv/home', '/srv/homes'));
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect(pair.read('backup', 'exports')).toBe(onBackup(EXPORTS));
    expect((await pair.warmspare('approve', (await theHeld(pair)).id)).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
  });
});

describe('unmapped strings', () => {
  const cases = [
    ['iqn', 'iqn.2003-01.org.linux-iscsi.other:disk'],
    ['nqn', 'nqn.2014-08.org.example:other'],
    ['ipv4', '192.168.77.5'],
    ['mac', '52:54:00:12:34:56'],
    ['uuid', '0f8fad5b-d9cb-469f-a165-70867728950e'],
    ['wwn', 'naa.60014055f4d2e3b1a0c4e7d8b9a6f512'],
  ] as const;

  test.each(cases)('%s: held where the kind says so, a warning where another does', async (kind, found) => {
    await withPair({ ...RELATIONSHIP, unmapped: { [kind]: 'hold' } }, async pair => {
      pair.write('primary', 'a.conf', `other = ${found}\n`);
      expect((await pair.warmspare('update')).exit).toBe(4);
      const held = await theHeld(pair);
      expect([held.failure, held.message, held.approvable]).toEqual([
        'unmapped',
        `${kind} ${found.replace('naa.', '')} is in no pair`,
        true,
      ]);
      pair.configure({ ...RELATIONSHIP, unmapped: { serial: 'hold' } });
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect((await pair.warmspare('check')).stdout).toContain(found.replace('naa.', ''));
    });
  });

  test('shared ones are none', async () => {
    const shared = cases.map(([kind, value]) => ({ kind, value }));
    await withPair({ ...RELATIONSHIP, unmapped: 'hold', shared }, async pair => {
      pair.write('primary', 'a.conf', cases.map(([kind, found]) => `${kind} = ${found}\n`).join(''));
      expect((await pair.warmspare('update')).exit).toBe(0);
    });
  });
});

describe('a one-way pair whose counterpart already stands there', () => {
  const text = 'own /srv/a\nother /srv/b\n';
  const pairOf = (swap: object) => [{ kind: 'path', primary: '/srv/a', backup: '/srv/b', ...swap }];

  test('is held; swap: true and swap: false say what is meant', async () => {
    await withPair({ include: ['**'], identity: pairOf({}) }, async pair => {
      pair.write('primary', 'a.conf', text);
      expect((await pair.warmspare('update')).exit).toBe(4);
      const held = await theHeld(pair);
      expect([held.failure, held.approvable, held.hint]).toEqual([
        'swap-ambiguous',
        true,
        expect.stringMatching(/swap: true.*swap: false/),
      ]);
      pair.configure({ include: ['**'], identity: pairOf({ swap: true }) });
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'a.conf')).toBe('own /srv/b\nother /srv/a\n');
      pair.configure({ include: ['**'], identity: pairOf({ swap: false }) });
      pair.write('primary', 'b.conf', text);
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'b.conf')).toBe('own /srv/b\nother /srv/b\n');
    });
  });
});

describe('residue', () => {
  const IDENTITY = [
    ...NAMES,
    { kind: 'mac', primary: '52:54:00:AA:bb:01', backup: '52:54:00:aa:bb:02' },
    { kind: 'ipv6', primary: 'fd00::1', backup: 'fd00::2' },
  ];

  test.each([
    ['a mixed-case MAC', 'mac = 52:54:00:aA:Bb:01', '52:54:00:aA:Bb:01'],
    ['an address half compressed', 'listen = fd00:0::1', 'fd00:0::1'],
    ['a percent escape', 'url = http://%6eas1/x', '%6eas1'],
  ])('%s on the primary is held and named, and cannot be approved', async (_, line, found) => {
    await withPair({ include: ['**'], identity: IDENTITY }, async pair => {
      pair.write('primary', 'a.conf', 'x = 1\n');
      await pair.warmspare('update');
      pair.write('primary', 'a.conf', `x = 1\n${line}\n`);
      const { exit, stderr } = await pair.warmspare('update');
      expect([exit, stderr]).toEqual([4, expect.stringContaining('held residue')]);
      const held = await theHeld(pair);
      expect([held.failure, held.approvable]).toEqual(['residue', false]);
      expect(held.message).toContain(found);
      expect((await pair.warmspare('approve', held.id)).exit).toBe(4);
      expect(pair.read('backup', 'a.conf')).toBe('x = 1\n');
    });
  });

  test('Nas1 is near: reported, and not held', async () => {
    await withPair({ include: ['**'], identity: IDENTITY }, async pair => {
      pair.write('primary', 'a.conf', '# Nas1, nas1.key and vg_nas1 of nas1\nx = 1\n');
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', 'a.conf')).toBe('# Nas1, nas1.key and vg_nas1 of nas2\nx = 1\n');
      const { stdout } = await pair.warmspare('check', '--json');
      const near = JSON.parse(stdout).relationships[0].lookalikes.filter(
        (each: { sort: string }) => each.sort === 'near',
      );
      expect(near.map((each: { found: string }) => each.found).sort()).toEqual([
        'Nas1',
        'nas1.key',
        'vg_nas1',
      ]);
    });
  });

  test('an escaped name in JSON is an occurrence, not residue', async () => {
    await withPair({ include: ['**'], identity: IDENTITY }, async pair => {
      pair.write('primary', 'a.json', '{"host": "\\u006eas1"}\n');
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(JSON.parse(pair.read('backup', 'a.json'))).toEqual({ host: 'nas2' });
    });
  });

  test.each(['own = nas1 again', 'own = 52:54:00:aA:bB:01', 'own = fd00:0:0::1', '# by way of nas1'])(
    'brought in by a local edit, %j, is found by verify, and held at the next merge',
    async line => {
      await withPair({ include: ['**'], identity: IDENTITY }, async pair => {
        pair.write('primary', 'a.conf', '[one]\nx = 1\ny = nas1\n\n[two]\nz = 1\n');
        await pair.warmspare('update');
        const edited = `[one]\nx = 1\n${line}\ny = nas2\n\n[two]\nz = 1\n`;
        pair.write('backup', 'a.conf', edited);
        const verify = await pair.warmspare('verify');
        expect([verify.exit, verify.stdout]).toEqual([3, expect.stringContaining('residue: line 3')]);
        pair.write('primary', 'a.conf', '[one]\nx = 1\ny = nas1\n\n[two]\nz = 2\n');
        const { exit, stderr } = await pair.warmspare('update');
        expect([exit, stderr]).toEqual([4, expect.stringContaining('held residue')]);
        expect(stderr).toContain('a.conf:3:');
        expect(pair.read('backup', 'a.conf')).toBe(edited);
        pair.write('backup', 'a.conf', edited.replace(`${line}\n`, ''));
        expect((await pair.warmspare('update')).exit).toBe(0);
        expect(await heldNow(pair)).toEqual([]);
        expect((await pair.warmspare('verify')).exit).toBe(0);
      });
    },
  );
});
