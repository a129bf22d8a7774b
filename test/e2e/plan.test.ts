import { appendFileSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { changed, EXPORTS, NAMES, SMB } from './fixtures.ts';
import { tree } from './tree.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };

async function withPlan(
  work: (pair: NodePair, before: Record<string, string>) => Promise<void>,
): Promise<void> {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'samba/smb.conf', SMB);
    pair.write('primary', 'exports', EXPORTS);
    await pair.warmspare('update');
    pair.write('primary', 'exports', changed(EXPORTS, '/srv/home *(rw)', '/srv/home nas1(rw)'));
    expect((await pair.warmspare('diff', '--out', 'plan.json')).exit).toBe(3);
    await work(pair, tree(join(pair.folder, 'backup'), { times: true }));
  });
}

test('a kept plan is for its owner alone, and is applied exactly', async () => {
  await withPlan(async pair => {
    const file = join(pair.folder, 'plan.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    const shown = (await pair.warmspare('diff')).stdout;
    expect(shown).toContain(`plan ${kept.plans[0].hash.slice(0, 12)}`);
    const { exit, stdout } = await pair.warmspare('update', '--plan', 'plan.json');
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`plan ${kept.plans[0].hash.slice(0, 12)}`)]);
    const planned = kept.plans[0].files.find((each: { path: string }) => each.path === 'exports');
    expect(pair.read('backup', 'exports')).toBe(planned.text);
    expect(pair.read('backup', 'exports')).toContain('/srv/home nas2(rw)');
    const again = await pair.warmspare('update', '--plan', 'plan.json');
    expect([again.exit, again.stderr]).toEqual([5, expect.stringContaining('plan-moved')]);
  });
});

test('an older plan file of the same name is replaced, for its owner alone too', async () => {
  await withPlan(async pair => {
    const file = join(pair.folder, 'plan.json');
    writeFileSync(file, 'open to all', { mode: 0o644 });
    await pair.warmspare('diff', '--out', 'plan.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await pair.warmspare('update', '--plan', 'plan.json')).exit).toBe(0);
  });
});

const MOVES: readonly (readonly [string, (pair: NodePair) => void])[] = [
  ['the planned file on the primary', pair => appendFileSync(pair.path('primary', 'exports'), '# x\n')],
  ['the planned file on the backup', pair => appendFileSync(pair.path('backup', 'exports'), '# x\n')],
  ['another file on the primary', pair => appendFileSync(pair.path('primary', 'samba/smb.conf'), '# x\n')],
  ['a new file on the primary', pair => pair.write('primary', 'new', 'nas1\n')],
  ['a deleted file on the primary', pair => unlinkSync(pair.path('primary', 'samba/smb.conf'))],
  ['the planned file is gone from the backup', pair => unlinkSync(pair.path('backup', 'exports'))],
  ['the primary is as before the plan', pair => pair.write('primary', 'exports', EXPORTS)],
  [
    'the mapping',
    pair =>
      pair.configure({
        ...RELATIONSHIP,
        identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas3' }, NAMES[1]],
      }),
  ],
];

test.each(MOVES)('refused when a side has moved: %s', async (_, move) => {
  await withPlan(async pair => {
    move(pair);
    const before = tree(join(pair.folder, 'backup'), { times: true });
    const { exit, stderr, stdout } = await pair.warmspare('update', '--plan', 'plan.json');
    expect([exit, stdout]).toEqual([5, '']);
    expect(stderr).toContain('plan-moved');
    expect(tree(join(pair.folder, 'backup'), { times: true })).toEqual(before);
    const asData = await pair.warmspare('update', '--plan', 'plan.json', '--json');
    expect(JSON.parse(asData.stdout)).toMatchObject({ exit: 5, failures: [{ failure: 'plan-moved' }] });
  });
});

test('what a guard held in the plan is not let through by the passing of time', async () => {
  await withPair({ ...RELATIONSHIP, guard: { deletions: { max: 2, percent: 100 } } }, async pair => {
    const lines = (from: number) =>
      Array.from({ length: 20 - from }, (_, i) => `/srv/${from + i} nas1(ro)\n`).join('');
    pair.write('primary', 'exports', lines(0));
    await pair.warmspare('update');
    pair.write('primary', 'exports', lines(2));
    expect((await pair.warmspare('update')).exit).toBe(0);
    pair.write('primary', 'exports', lines(3));
    expect((await pair.warmspare('diff', '--out', 'plan.json')).exit).toBe(4);
    pair.now += 3_600_000;
    const { exit, stderr } = await pair.warmspare('update', '--plan', 'plan.json');
    expect([exit, stderr]).toEqual([5, expect.stringContaining('was held when the plan was made')]);
    expect(pair.read('backup', 'exports')).toBe(lines(2).replaceAll('nas1', 'nas2'));
    expect((await pair.warmspare('update')).exit).toBe(0);
  });
});

test.each([
  ['is not there', undefined],
  ['is no JSON', 'plan'],
  ['is another JSON', '{"version": 1}'],
])('a plan file that %s is wrong usage', async (_, content) => {
  await withPlan(async (pair, before) => {
    if (content !== undefined) writeFileSync(join(pair.folder, 'other.json'), content);
    const { exit, stderr } = await pair.warmspare('update', '--plan', 'other.json');
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/other\.json: error usage: /)]);
    expect(tree(join(pair.folder, 'backup'), { times: true })).toEqual(before);
  });
});

test('a plan of another relationship is refused', async () => {
  await withPlan(async pair => {
    const file = join(pair.folder, 'plan.json');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('"relationship": "pair"', '"relationship": "other"'),
    );
    expect((await pair.warmspare('update', '--plan', 'plan.json')).exit).toBe(5);
  });
});
