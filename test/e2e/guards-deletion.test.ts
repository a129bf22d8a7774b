import { unlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type NodePair, withPair } from '../support/pair.ts';
import { NAMES } from './fixtures.ts';
import { heldNow, theHeld } from './held.ts';

const RELATIONSHIP = { include: ['**'], identity: NAMES };
const MINUTE = 60_000;

/** Exports from number `from` up to `to`, each one entry with one setting. */
function exportsOf(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `/srv/${from + i} nas1(ro)\n`).join('');
}

const onBackup = (text: string) => text.replaceAll('nas1', 'nas2');

/** Writes exports and updates; gives the exit and the codes of what is held. */
async function step(pair: NodePair, text: string): Promise<[number, string[]]> {
  pair.write('primary', 'exports', text);
  const { exit } = await pair.warmspare('update');
  return [exit, (await heldNow(pair)).map(({ failure }) => failure)];
}

test('one entry may go, however few there are', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await step(pair, exportsOf(0, 2));
    expect(await step(pair, exportsOf(1, 2))).toEqual([0, []]);
    expect(pair.read('backup', 'exports')).toBe(onBackup(exportsOf(1, 2)));
  });
});

test.each([
  [100, 5, 0],
  [100, 6, 4],
  [20, 4, 0],
  [20, 5, 4],
])('of %i entries %i deleted: exit %i', async (all, deleted, exit) => {
  await withPair(RELATIONSHIP, async pair => {
    await step(pair, exportsOf(0, all));
    const held = exit === 0 ? [] : ['mass-deletion'];
    expect(await step(pair, exportsOf(deleted, all))).toEqual([exit, held]);
    const now = exit === 0 ? exportsOf(deleted, all) : exportsOf(0, all);
    expect(pair.read('backup', 'exports')).toBe(onBackup(now));
  });
});

test('a share with many settings is one entry', async () => {
  await withPair(RELATIONSHIP, async pair => {
    const big = `[big]\n${Array.from({ length: 30 }, (_, i) => `   setting ${i} = ${i}\n`).join('')}`;
    const text = `[global]\n   server string = nas1\n\n[small]\n   path = /srv\n`;
    pair.write('primary', 'smb.conf', `${text}\n${big}`);
    await pair.warmspare('update');
    pair.write('primary', 'smb.conf', text);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect(pair.read('backup', 'smb.conf')).toBe(onBackup(text));
  });
});

test('small deletions within ten minutes add up, and after them no longer', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await step(pair, exportsOf(0, 100));
    pair.now += MINUTE;
    expect(await step(pair, exportsOf(3, 100))).toEqual([0, []]);
    pair.now += 4 * MINUTE;
    expect(await step(pair, exportsOf(5, 100))).toEqual([0, []]);
    pair.now += 4 * MINUTE;
    expect(await step(pair, exportsOf(6, 100))).toEqual([4, ['mass-deletion']]);
    expect((await theHeld(pair)).message).toContain('deletes 6 entries, 5 of them shortly before');
    expect(pair.read('backup', 'exports')).toBe(onBackup(exportsOf(5, 100)));
    pair.now += 3 * MINUTE;
    expect(await step(pair, exportsOf(6, 100))).toEqual([0, []]);
    expect(pair.read('backup', 'exports')).toBe(onBackup(exportsOf(6, 100)));
  });
});

test('their share adds up too', async () => {
  await withPair({ ...RELATIONSHIP, guard: { deletions: { max: 50 } } }, async pair => {
    await step(pair, exportsOf(0, 20));
    expect(await step(pair, exportsOf(3, 20))).toEqual([0, []]);
    expect(await step(pair, exportsOf(4, 20))).toEqual([0, []]);
    expect(await step(pair, exportsOf(5, 20))).toEqual([4, ['mass-deletion']]);
    pair.now += 11 * MINUTE;
    expect(await step(pair, exportsOf(5, 20))).toEqual([0, []]);
  });
});

test('more changes fold into the held one, and it heals by itself', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await step(pair, exportsOf(0, 20));
    await step(pair, exportsOf(10, 20));
    const first = await theHeld(pair);
    expect(await step(pair, exportsOf(10, 21))).toEqual([4, ['mass-deletion']]);
    expect((await theHeld(pair)).id).not.toBe(first.id);
    expect(await step(pair, exportsOf(0, 21))).toEqual([0, []]);
    expect(pair.read('backup', 'exports')).toBe(onBackup(exportsOf(0, 21)));
  });
});

test('a whole file deleted waits, the other files go on; approve deletes it', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'gone', 'one nas1\n');
    await step(pair, exportsOf(0, 2));
    unlinkSync(pair.path('primary', 'gone'));
    expect(await step(pair, exportsOf(0, 3))).toEqual([4, ['file-deleted']]);
    expect(pair.read('backup', 'gone')).toBe('one nas2\n');
    expect(pair.read('backup', 'exports')).toBe(onBackup(exportsOf(0, 3)));
    expect((await pair.warmspare('approve', (await theHeld(pair)).id)).exit).toBe(0);
    expect(() => pair.read('backup', 'gone')).toThrow('ENOENT');
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect((await pair.warmspare('undo')).exit).toBe(0);
    expect(pair.read('backup', 'gone')).toBe('one nas2\n');
  });
});

test('a file deleted on both sides is forgotten', async () => {
  await withPair(RELATIONSHIP, async pair => {
    pair.write('primary', 'gone', 'one nas1\n');
    await step(pair, exportsOf(0, 2));
    for (const side of ['primary', 'backup'] as const) unlinkSync(pair.path(side, 'gone'));
    expect((await pair.warmspare('status')).exit).toBe(6);
    expect((await pair.warmspare('update')).exit).toBe(0);
    expect((await pair.warmspare('status')).exit).toBe(0);
    expect((await pair.warmspare('verify')).exit).toBe(0);
  });
});

test('guard: off lets everything through', async () => {
  await withPair({ ...RELATIONSHIP, guard: 'off' }, async pair => {
    pair.write('primary', 'gone', 'one nas1\n');
    await step(pair, exportsOf(0, 20));
    unlinkSync(pair.path('primary', 'gone'));
    expect(await step(pair, exportsOf(19, 20))).toEqual([0, []]);
    expect(() => pair.read('backup', 'gone')).toThrow('ENOENT');
    expect(pair.read('backup', 'exports')).toBe(onBackup(exportsOf(19, 20)));
  });
});

test('an emptied file and a primary without any of its files are held, and cannot be approved', async () => {
  await withPair(RELATIONSHIP, async pair => {
    await step(pair, exportsOf(0, 2));
    expect(await step(pair, '')).toEqual([4, ['empty']]);
    const held = await theHeld(pair);
    expect([held.approvable, (await pair.warmspare('approve', held.id)).exit]).toEqual([false, 4]);
    expect(pair.read('backup', 'exports')).toBe(onBackup(exportsOf(0, 2)));
    unlinkSync(pair.path('primary', 'exports'));
    const { exit, stderr } = await pair.warmspare('update');
    expect([exit, stderr]).toEqual([4, expect.stringContaining('root-missing')]);
    expect(await step(pair, exportsOf(0, 3))).toEqual([0, []]);
  });
});
