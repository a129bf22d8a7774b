import { expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, NAMES } from './fixtures.ts';
import { heldNow, theHeld } from './held.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const over = (text: string) => text.replaceAll('nas1', 'nas2').replaceAll('10.0.0.1', '10.0.1.1');
type Swap = readonly [from: string, to: string];
const all = (text: string, ...edits: readonly Swap[]) =>
  edits.reduce((now, [from, to]) => changed(now, from, to), text);

interface Sample {
  readonly path: string;
  readonly text: string;
  /** The setting that both sides change: how it stands at first, by the backup, by the primary, and by it later. */
  readonly contested: readonly [base: string, backup: string, primary: string, later: string];
  /** Where it stands. */
  readonly place: string;
  /** What the primary changes besides. */
  readonly others: readonly Swap[];
  /** What the backup has of its own besides. */
  readonly own: Swap;
  /** What the primary changes afterwards, elsewhere. */
  readonly after: Swap;
}

const SAMPLES: readonly Sample[] = [
  {
    path: 'smb.conf',
    text: '[global]\n a = 1\n b = 2\n[x]\n c = nas1\n[y]\n e = 1\n',
    contested: [' a = 1', ' a = 5', ' a = 9', ' a = 11'],
    place: '/global/a',
    others: [
      [' b = 2', ' b = 3'],
      ['c = nas1', 'c = nas1 10.0.0.1'],
      ['[y]', '[new]\n d = nas1\n[y]'],
    ],
    own: [' e = 1\n', ' e = 1\n # by Ann\n f = 4\n'],
    after: [' b = 3', ' b = 4'],
  },
  {
    path: 'targets.json',
    text: '{\n  "luns": [\n    {"name": "x", "size": 1},\n    {"name": "y", "size": 2}\n  ],\n  "host": "nas1"\n}\n',
    contested: ['"x", "size": 1', '"x", "size": 5', '"x", "size": 9', '"x", "size": 11'],
    place: '/luns/1/size',
    others: [
      ['[\n', '[\n    {"name": "new", "host": "nas1"},\n'],
      ['"host": "nas1"\n', '"host": "nas1:10.0.0.1"\n'],
    ],
    own: ['"y", "size": 2', '"y", "size": 7'],
    after: ['"new", ', '"newer", '],
  },
  {
    path: 'site.yaml',
    text: 'global:\n  a: 1\n  b: 2\nhosts:\n  - nas1\nlast: 1\n',
    contested: ['  a: 1', '  a: 5', '  a: 9', '  a: 11'],
    place: '/global/a',
    others: [
      ['  b: 2', '  b: 3'],
      ['  - nas1', '  - nas1\n  - 10.0.0.1'],
    ],
    own: ['last: 1', '# by Ann\nown: 4\nlast: 1'],
    after: ['  b: 3', '  b: 4'],
  },
  {
    path: 'garage.toml',
    text: 'a = 1\nb = 2\n[rpc]\nhost = "nas1"\n',
    contested: ['a = 1', 'a = 5', 'a = 9', 'a = 11'],
    place: '/a',
    others: [
      ['b = 2', 'b = 3'],
      ['"nas1"\n', '"nas1"\nbind = "10.0.0.1"\n[new]\nhost = "nas1"\n'],
    ],
    own: ['[rpc]\n', '[rpc]\n# by Ann\nown = 4\n'],
    after: ['b = 3', 'b = 4'],
  },
  {
    path: 'ganesha.conf',
    text: 'EXPORT {\n    a = 1;\n    b = 2;\n    CLIENT { clients = nas1; }\n}\n',
    contested: ['a = 1;', 'a = 5;', 'a = 9;', 'a = 11;'],
    place: '/EXPORT/a',
    others: [
      ['b = 2;', 'b = 3;'],
      ['clients = nas1;', 'clients = nas1, 10.0.0.1;'],
    ],
    own: ['    CLIENT', '    # by Ann\n    own = 4;\n    CLIENT'],
    after: ['b = 3;', 'b = 4;'],
  },
  {
    path: 'exports',
    text: '/srv/a nas1(ro)\n/srv/b *(rw)\n/srv/c *(rw)\n',
    contested: ['/srv/a nas1(ro)', '/srv/a nas1(rw)', '/srv/a nas1(ro,sync)', '/srv/a nas1(ro,async)'],
    place: '/~1srv~1a',
    others: [
      ['/srv/b *(rw)', '/srv/b 10.0.0.1(rw)'],
      ['/srv/c', '/srv/new nas1(rw)\n/srv/c'],
    ],
    own: ['/srv/c *(rw)\n', '/srv/c *(rw)\n# by Ann\n/srv/own *(ro)\n'],
    after: ['/srv/b 10.0.0.1(rw)', '/srv/b 10.0.0.1(ro)'],
  },
];

async function conflict(pair: NodePair, sample: Sample): Promise<{ primary: string; backup: string }> {
  const { path, text, contested, others, own } = sample;
  const [base, byBackup, byPrimary] = contested;
  pair.write('primary', path, text);
  expect((await pair.warmspare('update')).exit).toBe(0);
  pair.write('backup', path, all(over(text), [over(base), over(byBackup)], own));
  const primary = all(text, [base, byPrimary], ...others);
  pair.write('primary', path, primary);
  expect((await pair.warmspare('update')).exit).toBe(4);
  return { primary, backup: all(over(primary), [over(byPrimary), over(byBackup)], own) };
}

test.each(SAMPLES)(
  'reject keeps one conflicting setting, and the rest of the change arrives: $path',
  async sample => {
    await withPair(RELATIONSHIP, async pair => {
      const { path, contested, place } = sample;
      const [, byBackup, , later] = contested.map(over);
      const [after, arrives] = [sample.after, sample.after.map(over) as [string, string]];
      const { primary, backup } = await conflict(pair, sample);
      const { exit, stdout } = await pair.warmspare('reject', (await theHeld(pair)).id);
      expect([exit, stdout]).toEqual([0, expect.stringContaining(place)]);
      expect(pair.read('backup', path)).toBe(backup);
      expect(await heldNow(pair)).toEqual([]);
      const update = await pair.warmspare('update');
      expect([update.exit, update.stdout]).toEqual([0, expect.stringContaining('nothing to do')]);

      // Told, and not only by the command that did it.
      const status = await pair.warmspare('status');
      expect([status.exit, status.stdout]).toEqual([0, expect.stringContaining(place)]);
      const { relationships } = JSON.parse((await pair.warmspare('status', '--json')).stdout);
      expect(relationships[0].rejected).toEqual([{ path, places: [place] }]);
      const verify = await pair.warmspare('verify');
      expect([verify.exit, verify.stdout]).toEqual([0, expect.stringContaining(`local: ${place}`)]);

      // Whatever the primary changes elsewhere leaves it alone; its next change there is welcome.
      pair.write('primary', path, changed(primary, ...after));
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', path)).toBe(changed(backup, ...arrives));
      pair.write('primary', path, all(primary, after, [contested[2], contested[3]]));
      expect((await pair.warmspare('update')).exit).toBe(0);
      expect(pair.read('backup', path)).toBe(all(backup, arrives, [byBackup!, later!]));
      const now = JSON.parse((await pair.warmspare('status', '--json')).stdout);
      expect(now.relationships[0].rejected).toEqual([]);
    });
  },
);

const [SMB] = SAMPLES;

test('what is the backup’s own besides is no part of it, and a later conflict there is held again', async () => {
  await withPair(RELATIONSHIP, async pair => {
    const text = changed(SMB!.text, ' e = 1', ' e = 1\n g = 1');
    const sample: Sample = { ...SMB!, text, own: [' g = 1', ' g = 7'] };
    const { primary, backup } = await conflict(pair, sample);
    expect((await pair.warmspare('reject', (await theHeld(pair)).id)).exit).toBe(0);
    pair.write('primary', 'smb.conf', changed(primary, ' g = 1', ' g = 2'));
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await theHeld(pair)).message).toContain('/y/g');
    expect(pair.read('backup', 'smb.conf')).toBe(backup);
  });
});

test('a rejected place in a list stays the one it was when entries come in before it', async () => {
  await withPair(RELATIONSHIP, async pair => {
    const sample = SAMPLES.find(({ path }) => path === 'targets.json')!;
    const { primary, backup } = await conflict(pair, sample);
    expect((await pair.warmspare('reject', (await theHeld(pair)).id)).exit).toBe(0);
    const more: [string, string] = ['[\n', '[\n    {"name": "first"},\n'];
    pair.write('primary', 'targets.json', changed(primary, ...more));
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'targets.json')).toBe(changed(backup, ...more));
    const { relationships } = JSON.parse((await pair.warmspare('status', '--json')).stdout);
    expect(relationships[0].rejected).toEqual([{ path: 'targets.json', places: ['/luns/2/size'] }]);
    // The primary's other entry is changed where the backup has its own: that was never rejected.
    pair.write('primary', 'targets.json', all(primary, more, ['"y", "size": 2', '"y", "size": 3']));
    expect((await pair.warmspare('update')).exit).toBe(4);
  });
});

test.each([
  ['the primary deleted', ' a = 1\n', '', ' a = 1', ' a = 5'],
  ['the backup deleted', ' a = 1', ' a = 9', ' a = 1\n', ''],
])('a setting that %s is kept as it is, and the rest arrives', async (_, from, to, was, own) => {
  await withPair(RELATIONSHIP, async pair => {
    const { text } = SMB!;
    pair.write('primary', 'smb.conf', text);
    await pair.warmspare('update');
    pair.write('backup', 'smb.conf', changed(over(text), was, own));
    pair.write('primary', 'smb.conf', all(text, [from, to], [' b = 2', ' b = 3']));
    expect((await pair.warmspare('update')).exit).toBe(4);
    expect((await pair.warmspare('reject', (await theHeld(pair)).id)).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(all(over(text), [was, own], [' b = 2', ' b = 3']));
    expect((await pair.warmspare('update')).exit).toBe(0);
    // It is the primary's again as soon as that changes it.
    const later = all(text, [' a = 1', ' a = 13'], [' b = 2', ' b = 3']);
    pair.write('primary', 'smb.conf', later);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(over(later));
  });
});

test('undo takes back what came with a reject', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await conflict(pair, SMB!);
    const before = pair.read('backup', 'smb.conf');
    expect((await pair.warmspare('reject', (await theHeld(pair)).id)).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).not.toBe(before);
    expect((await pair.warmspare('undo')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(before);
  });
});

test('what another guard holds is not written with it: residue stays held, and all of it is said', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'smb.conf', SMB!.text);
    await pair.warmspare('update');
    // A person wrote the primary's name there.
    pair.write('backup', 'smb.conf', changed(over(SMB!.text), ' a = 1', ' a = nas1'));
    const before = pair.read('backup', 'smb.conf');
    pair.write('primary', 'smb.conf', all(SMB!.text, [' a = 1', ' a = 9'], [' b = 2', ' b = 3']));
    await pair.warmspare('update');
    const { exit, stderr } = await pair.warmspare('reject', (await theHeld(pair)).id);
    expect([exit, stderr]).toEqual([4, expect.stringContaining('residue')]);
    expect(pair.read('backup', 'smb.conf')).toBe(before);
    expect(await heldNow(pair)).toHaveLength(1);
  });
});

test('a change that waits as a whole is rejected as a whole, and each place is told', async () => {
  await withPair({ ...RELATIONSHIP, mode: 'approve' }, async pair => {
    pair.write('primary', 'smb.conf', SMB!.text);
    pair.write('backup', 'smb.conf', over(SMB!.text));
    await pair.warmspare('update');
    pair.write('primary', 'smb.conf', all(SMB!.text, [' a = 1', ' a = 9'], [' b = 2', ' b = 3']));
    const { exit, stdout } = await pair.warmspare('reject', (await theHeld(pair)).id, '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(stdout).rejected).toEqual(['/global/a', '/global/b']);
    expect(pair.read('backup', 'smb.conf')).toBe(over(SMB!.text));
    expect((await pair.warmspare('status')).stdout).toMatch(/\/global\/a, \/global\/b/);
  });
});
