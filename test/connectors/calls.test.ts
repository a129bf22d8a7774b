import { expect, test, vi } from 'vitest';
import type { TakeOver } from '../../src/connectors/connector.ts';
import { isFailure } from '../../src/core/failure.ts';
import { watched } from './disk-calls.ts';
import { type Backup, withBackup } from './world.ts';

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

/** With what is removed after the answer. */
async function takenBy({ target }: Backup, how: TakeOver): Promise<void> {
  const found = await target.takeOver('pair', how);
  if (isFailure(found)) throw new Error(found.message);
  await target.settled();
}

test('tenures cost a process in no cluster no call, and a member none of its commits', async () => {
  const task = { epoch: 1, edition: 1, owner: 'nas1' };
  const found = { alone: [] as object[], member: [] as object[] };
  for (const [who, how] of [
    ['alone', {}],
    ['member', { task }],
  ] as const) {
    await withBackup(async backup => {
      found[who].push(await calls(() => takenBy(backup, how)));
      for (const a of ['one\n', 'two\n']) await backup.change({ a });
      found[who].push(await calls(() => backup.change({ a: 'three\n' })));
      backup.reopen();
      found[who].push(await calls(() => takenBy(backup, how)));
    });
  }
  const commit = { calls: 67, syncs: 9 };
  // A look at the directory that lies there, in place of one more look at the one that was taken.
  expect(found.alone).toEqual([{ calls: 29, syncs: 5 }, commit, { calls: 39, syncs: 7 }]);
  // A member looks before it makes its own as well.
  expect(found.member).toEqual([{ calls: 29, syncs: 5 }, commit, { calls: 40, syncs: 7 }]);
});

/** How often the disk is waited for, one after the other: syncs that are under way at one time are one time of waiting. */
async function waits(work: () => Promise<unknown>): Promise<number> {
  let [rounds, isOpen] = [0, false];
  await watched(async ({ name }) => {
    if (name !== 'sync') {
      isOpen = false;
      return undefined;
    }
    if (!isOpen) rounds++;
    isOpen = true;
    return undefined;
  }, work);
  return rounds;
}

test('a take-over that was prepared waits for the disk twice', async () => {
  const task = { epoch: 2, edition: 1, owner: 'nas2' };
  for (const [isPrepared, cost, rounds] of [
    [false, { calls: 40, syncs: 7 }, 2],
    [true, { calls: 31, syncs: 4 }, 2],
  ] as const) {
    for (const measure of [calls, waits]) {
      await withBackup(async backup => {
        await backup.change({ a: 'one\n' });
        backup.reopen();
        if (isPrepared) await backup.target.prepareTakeOver('pair', { follows: 'this one' });
        const answer = await measure(() => takenBy(backup, { task }));
        expect([isPrepared, answer]).toEqual([isPrepared, measure === calls ? cost : rounds]);
      });
    }
  }
});
