import { chmodSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FileTarget } from '../../src/connectors/file/target.ts';
import { isFailure } from '../../src/core/failure.ts';
import { SEED } from '../runs.ts';
import { type BeforeCall, Died, diesAt, watched } from './disk-calls.ts';
import type { Backup } from './world.ts';

const foresee = ({ target }: Backup, text: string, path = 'f') =>
  target.foresee('pair', { path, bytes: Buffer.from(text) });

/** The state that a commit of `three` leaves, however it came about. */
async function expectThree(backup: Backup): Promise<void> {
  await backup.target.settled();
  expect(backup.read('f')).toBe('three\n');
  expect(statSync(backup.path('f')).nlink).toBe(1);
  const earlier = await backup.target.earlier('pair', 3, 'f');
  expect(Buffer.from(earlier!.bytes).toString()).toBe('two\n');
  expect(backup.names('earlier')).toEqual(['0.about.f', '2.file.f', '3.file.f']);
  for (const folder of ['new', 'removed'])
    expect(backup.names(backup.home(backup.target.epoch('pair')!, folder))).toEqual([]);
}

/** What every connector owes whoever foretells what will be put: it is quicker, and nothing else. */
export function foresight(make: () => Backup, every: number): void {
  const withOne = async (work: (backup: Backup) => Promise<void>) => {
    const backup = make();
    try {
      // What is reached is looked at first, as before every plan.
      await backup.target.reachable();
      await backup.change({ f: 'one\n' });
      await backup.change({ f: 'two\n' });
      await work(backup);
    } finally {
      backup.remove();
    }
  };

  test('what was foretold is put, and was on its way to disk before the commit began', async () => {
    await withOne(async backup => {
      const calls: string[] = [];
      const look: BeforeCall = ({ name, paths }) => {
        const kept = paths[0]?.replace(/.*\/new\/[0-9a-f]{24}$/, 'draft').replace(/.*\//, '');
        if (name === 'writeFile' || name === 'sync') calls.push(`${name} ${kept}`);
        return undefined;
      };
      await watched(look, async () => {
        await foresee(backup, 'three\n');
        while (calls.length < 4) await new Promise(setImmediate);
      });
      expect(backup.read('f')).toBe('two\n');
      expect(calls.splice(0).sort()).toEqual([
        'sync draft',
        'sync earlier',
        'writeFile draft',
        'writeFile draft',
      ]);
      await watched(look, () => backup.commit(backup.transaction({ f: 'three\n' })));
      expect(calls.filter(call => /draft|earlier/.test(call))).toEqual([]);
      await expectThree(backup);
    });
  });

  test.each<[string, (backup: Backup) => Promise<unknown>]>([
    ['other bytes', backup => foresee(backup, 'four\n')],
    ['other bytes first', backup => foresee(backup, 'four\n').then(() => foresee(backup, 'three\n'))],
    ['both at once', backup => Promise.all([foresee(backup, 'four\n'), foresee(backup, 'three\n')])],
    ['given up', backup => foresee(backup, 'three\n').then(() => backup.target.foresee('pair'))],
    ['a file that is not there', backup => foresee(backup, 'three\n', 'g')],
    ['a path that leads out', backup => foresee(backup, 'three\n', '../f')],
  ])('foretold, %s: the commit is as ever', async (_, foretell) => {
    await withOne(async backup => {
      await foretell(backup);
      expect(backup.read('f')).toBe('two\n');
      expect(await backup.commit(backup.transaction({ f: 'three\n' }))).toBeUndefined();
      await expectThree(backup);
    });
  });

  test('what was foretold and never comes leaves nothing', async () => {
    await withOne(async backup => {
      const before = backup.tree();
      await foresee(backup, 'three\n');
      expect(backup.tree()).not.toEqual(before);
      await backup.target.settled();
      expect(backup.tree()).toEqual(before);
      expect(statSync(backup.path('f')).nlink).toBe(1);
    });
  });

  test.each<[string, (backup: Backup, count: number) => void]>([
    ['written into', backup => backup.append('f', 'edited\n')],
    ['given another mode', (backup, count) => chmodSync(backup.path('f'), 0o600 + (count % 2))],
  ])('a file that is %s after it was foretold is another version', async (_, change) => {
    await withOne(async backup => {
      const planned = backup.transaction({ f: 'three\n' });
      await foresee(backup, 'three\n');
      const changed = () => statSync(backup.path('f'), { bigint: true }).ctimeNs;
      // Of two changes within one tick of its clock a file system shows one.
      for (let count = 0, tick = changed(); changed() === tick; count++) change(backup, count);
      const [text, { mode }] = [backup.read('f'), statSync(backup.path('f'))];
      expect(await backup.commit(planned)).toMatchObject({ failure: 'plan-moved', at: { file: 'f' } });
      expect(backup.read('f')).toBe(text);
      expect(await backup.commit(backup.transaction({ f: 'three\n' }))).toBeUndefined();
      expect([backup.read('f'), statSync(backup.path('f')).mode]).toEqual(['three\n', mode]);
    });
  });

  test('whose epoch is over makes nothing ready', async () => {
    await withOne(async backup => {
      const stale = backup.target;
      const planned = backup.transaction({ f: 'three\n' });
      backup.reopen();
      expect(isFailure(await backup.target.takeOver('pair'))).toBe(false);
      await backup.target.settled();
      const before = backup.tree();
      await stale.foresee('pair', { path: 'f', bytes: Buffer.from('three\n') });
      expect(backup.tree()).toEqual(before);
      expect(await stale.commit(planned)).toMatchObject({ failure: 'fenced' });
      await stale.settled();
      expect(backup.tree()).toEqual(before);
    });
  });

  test('foretold while a commit is under way, at any moment: the commit is as ever', async () => {
    for (const text of ['three\n', 'four\n', undefined]) {
      for (let moment = 0; moment < 120; moment += 3 * every) {
        await withOne(async backup => {
          const committing = backup.commit(backup.transaction({ f: 'three\n' }));
          for (let turn = 0; turn < moment; turn++)
            await (turn % 40 === 39 ? new Promise(setImmediate) : undefined);
          const foretelling = text === undefined ? backup.target.foresee('pair') : foresee(backup, text);
          expect([moment, await committing]).toEqual([moment, undefined]);
          await foretelling;
          await expectThree(backup);
        });
      }
    }
  });

  test('another owner’s earlier version is not taken for the one that was made ready', async () => {
    await withOne(async backup => {
      await foresee(backup, 'three\n');
      const first = backup.target;
      const epoch = (target: FileTarget) => target.epoch('pair')!;
      backup.target = backup.open();
      expect(isFailure(await backup.target.takeOver('pair'))).toBe(false);
      expect(await backup.commit(backup.transaction({ f: 'three\n' }))).toBeUndefined();
      await backup.target.settled();
      expect(isFailure(await first.takeOver('pair', { above: epoch(backup.target) }))).toBe(false);
      await first.foresee('pair');
      backup.target = first;
      await expectThree(backup);
    });
  });

  test('what it replaces and could not be brought to disk is not believed to be there', async () => {
    await withOne(async backup => {
      let isRefused = false;
      const look: BeforeCall = ({ name, paths }) => {
        if (name !== 'sync' || !paths[0]!.endsWith('/earlier')) return undefined;
        isRefused = true;
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      };
      await watched(look, async () => {
        await foresee(backup, 'three\n');
        // It is begun a moment after the draft's.
        while (!isRefused) await new Promise(setImmediate);
      });
      expect(await backup.commit(backup.transaction({ f: 'three\n' }))).toMatchObject({
        failure: 'unwritable',
      });
      expect(backup.read('f')).toBe('two\n');
      expect(await backup.commit(backup.transaction({ f: 'three\n' }))).toBeUndefined();
      await expectThree(backup);
    });
  });

  test.each(['link', 'rename', 'open', 'writeFile', 'stat', 'realpath'])(
    'what is refused meanwhile (%s) is tried again by the commit',
    async refused => {
      await withOne(async backup => {
        let times = 0;
        const look: BeforeCall = ({ name }) => {
          if (name !== refused) return undefined;
          times++;
          throw Object.assign(new Error('EIO'), { code: 'EIO' });
        };
        await watched(look, () => foresee(backup, 'three\n'));
        expect(times).toBeGreaterThan(0);
        const failure = await backup.commit(backup.transaction({ f: 'three\n' }));
        // What is kept could not even be synced: that refuses the commit once.
        if (refused === 'open') expect(failure).toMatchObject({ failure: 'unwritable' });
        else expect(failure).toBeUndefined();
        if (isFailure(failure))
          expect(await backup.commit(backup.transaction({ f: 'three\n' }))).toBeUndefined();
        await expectThree(backup);
      });
    },
  );

  test.each(['three\n', 'four\n'])('a process that dies at any call, %j foretold', async foretold => {
    const found = { old: 0, new: 0 };
    for (let at = 1 + (SEED % every), isLast = false; !isLast; at += every) {
      await withOne(async backup => {
        const dies = diesAt(at);
        const answer = await watched(dies, async () => {
          try {
            await foresee(backup, foretold);
            const failure = await backup.target.commit(backup.transaction({ f: 'three\n' }));
            await backup.target.settled();
            return failure;
          } catch (error) {
            if (error instanceof Died) return 'died';
            throw error;
          }
        });
        isLast = dies.calls() < at;
        const isNew = backup.read('f') === 'three\n';
        backup.reopen();
        const taken = await backup.target.takeOver('pair');
        if (isFailure(taken)) throw new Error(taken.message);
        expect(backup.read('f')).toBe(isNew ? 'three\n' : 'two\n');
        expect(taken.ledger!.sequence).toBe(isNew ? 3 : 2);
        if (answer === undefined) expect(isNew).toBe(true);
        if (!isNew) expect(await backup.commit(backup.transaction({ f: 'three\n' }))).toBeUndefined();
        await expectThree(backup);
        found[isNew ? 'new' : 'old']++;
      });
    }
    console.info(`one file, foretold: ${found.old} not begun, ${found.new} done`);
    expect([found.old > 0, found.new > 0]).toEqual([true, true]);
  });
}
