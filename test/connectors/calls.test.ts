import { expect, test, vi } from 'vitest';
import { watched } from './disk-calls.ts';
import { withBackup } from './world.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

/** How often the disk is asked while `work` runs, and how often it has to be waited for. */
async function calls(work: () => Promise<unknown>): Promise<{ calls: number; syncs: number }> {
  const names: string[] = [];
  await watched(({ name }) => {
    names.push(name);
    return undefined;
  }, work);
  return { calls: names.length, syncs: names.filter(name => name === 'sync').length };
}

test('tenures cost a process in no cluster no call, and a member none of its commits', async () => {
  const task = { epoch: 1, edition: 1, owner: 'nas1' };
  const found = { alone: [] as object[], member: [] as object[] };
  for (const [who, how] of [
    ['alone', {}],
    ['member', { task }],
  ] as const) {
    await withBackup(async backup => {
      found[who].push(await calls(() => backup.target.takeOver('pair', how)));
      for (const a of ['one\n', 'two\n']) await backup.change({ a });
      found[who].push(await calls(() => backup.change({ a: 'three\n' })));
      backup.reopen();
      found[who].push(await calls(() => backup.target.takeOver('pair', how)));
    });
  }
  const commit = { calls: 67, syncs: 9 };
  // A look at the directory that lies there, in place of one more look at the one that was taken.
  expect(found.alone).toEqual([{ calls: 36, syncs: 9 }, commit, { calls: 39, syncs: 8 }]);
  // A member looks before it makes its own as well.
  expect(found.member).toEqual([{ calls: 36, syncs: 9 }, commit, { calls: 40, syncs: 8 }]);
});
