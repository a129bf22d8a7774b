import { expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, NAMES } from './fixtures.ts';
import { theHeld } from './held.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const explain = async (pair: NodePair, ...place: string[]) => {
  const { exit, stdout } = await pair.warmspare('explain', ...place);
  return { exit, stdout };
};

test('a pointer means all lines of its entry', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'x.yaml', 'a: |\n  x\n  nas1 y\nb:\n  c: nas1\n  d: 1\n');
    await pair.warmspare('update');
    const scalar = await explain(pair, 'x.yaml', '/a');
    expect(scalar).toEqual({
      exit: 0,
      stdout: expect.stringMatching(/line 1 \(\/a\): .*line 2 \(\/a\): x.*line 3 .*nas1 -> nas2/s),
    });
    expect(scalar.stdout).not.toContain('line 4');
    const { stdout } = await pair.warmspare('explain', 'x.yaml', '/b', '--json');
    expect(JSON.parse(stdout).lines.map((each: { line: number }) => each.line)).toEqual([4, 5, 6]);
  });
});

const TEXT =
  '{\n  "vrrp": [\n    {"name": "A", "priority": 150},\n    {"name": "B", "priority": 150}\n  ],\n  "host": "nas1"\n}\n';

/** The backup has a lower priority of its own, and the primary's next one is rejected. */
async function rejected(work: (pair: NodePair) => Promise<void>): Promise<void> {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'v.json', TEXT);
    await pair.warmspare('update');
    pair.write(
      'backup',
      'v.json',
      changed(pair.read('backup', 'v.json'), '"B", "priority": 150', '"B",\n     "priority": 100'),
    );
    const next = changed(TEXT, '[\n', '[\n    {"name": "new"},\n');
    pair.write('primary', 'v.json', changed(next, '"B", "priority": 150', '"B",\n     "priority": 151'));
    await pair.warmspare('update');
    expect(
      (await pair.warmspare('reject', (await theHeld(pair)).id, '--reason', 'it is the spare')).exit,
    ).toBe(0);
    await work(pair);
  });
}

test('a rejected setting: the primary’s value and line, and the change that rejected it', async () => {
  await rejected(async pair => {
    const { exit, stdout } = await explain(pair, 'v.json', '/vrrp/2/priority');
    expect(exit).toBe(0);
    expect(stdout).toContain('line 6 (/vrrp/2/priority): "priority": 100');
    expect(stdout).toMatch(/rejected by change 2 at .* by \S+ \(it is the spare\)/);
    expect(stdout).toContain('primary, line 6: "priority": 151');
    expect(stdout).not.toContain('no line of the primary');
  });
});

test('tells preserved, local, drift and what the primary has not at all apart', async () => {
  const files = { 'smb.conf': { preserve: ['/global/workers'] } };
  await withPair({ ...RELATIONSHIP, files }, async pair => {
    const text = '[global]\n workers = 4\n a = nas1\n b = 2\n';
    pair.write('primary', 'smb.conf', text);
    pair.write('backup', 'smb.conf', '[global]\n workers = 2\n a = nas2\n b = 7\n');
    await pair.warmspare('update', '--baseline', 'keep-local');
    const said = async (place: string) => (await explain(pair, 'smb.conf', place)).stdout;
    expect(await said('/global/workers')).toMatch(
      /preserved by the configuration.*primary, line 2: workers = 4/s,
    );
    expect(await said('/global/b')).toMatch(/local: .*primary, line 4: b = 2/s);
    pair.write(
      'backup',
      'smb.conf',
      changed(pair.read('backup', 'smb.conf'), 'a = nas2', 'a = other\n own = 1'),
    );
    expect(await said('/global/a')).toMatch(/edited on the backup.*primary, line 3: a = nas1/s);
    expect(await said('/global/own')).toContain('the backup’s own: the primary has no such setting');
  });
});

test('a setting that only the primary has: its line, and why the backup has it not', async () => {
  await withPair(RELATIONSHIP, async pair => {
    const text = '[global]\n a = 1\n b = nas1\n';
    pair.write('primary', 'smb.conf', text);
    await pair.warmspare('update');
    pair.write('primary', 'smb.conf', changed(text, ' b', ' c = 3\n b'));
    await pair.warmspare('update');
    await pair.warmspare('undo');
    const { exit, stdout } = await explain(pair, 'smb.conf', '/global/c');
    expect([exit, stdout]).toEqual([
      0,
      expect.stringMatching(/not on the backup.*rejected.*change 3.*primary, line 3: c = 3/s),
    ]);
  });
});
