import { existsSync, rmSync, truncateSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import type * as Disk from '../../src/connectors/file/disk.ts';
import { isFailure } from '../../src/core/failure.ts';
import { LONG } from '../runs.ts';
import { Died, diesAt, seeThrough, watched } from './disk-calls.ts';
import { type Backup, type Change, withBackup } from './world.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => seeThrough(await original<typeof Disk>()));

interface One {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly foretold?: true;
}

/** What a power cut may leave of a draft that nothing has synced: nothing, or a name without content. */
const LOSSES = [rmSync, truncateSync];

/** Dies at the `at`-th call of the change; answers whether that call was the last. */
async function dies(at: number, { path, after, foretold }: One, backup: Backup): Promise<boolean> {
  const death = diesAt(at);
  await watched(death, async () => {
    try {
      if (foretold) await backup.target.foresee('pair', { path, bytes: Buffer.from(after!) });
      const failure = await backup.target.commit(backup.transaction({ [path]: after } as Change));
      if (failure !== undefined) throw new Error(failure.message);
      await backup.target.settled();
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    }
  });
  return death.calls() < at;
}

const LONG_NAME = `${'l'.repeat(120)}/${'ü'.repeat(60)}`;

test.each<[string, One]>([
  ['a change', { path: 'f', before: 'one\n', after: 'two\n' }],
  ['a change that was foretold', { path: 'f', before: 'one\n', after: 'two\n', foretold: true }],
  ['a change of a name too long to be told whole', { path: LONG_NAME, before: 'one\n', after: 'two\n' }],
  ['a deletion', { path: 'f', before: 'one\n', after: undefined }],
  ['a new file', { path: 'f', before: undefined, after: 'two\n' }],
  ['a new file in a new folder', { path: 'd/f', before: undefined, after: 'two\n' }],
])('%s whose ledger a power cut took away is done or undone, and told', async (_, one) => {
  const { path, before, after } = one;
  const found = { before: 0, after: 0, lost: 0 };
  for (const [nth, lose] of LOSSES.entries())
    for (let at = 1 + nth, isLast = false; !isLast; at += LONG ? 1 : LOSSES.length) {
      await withBackup(async backup => {
        await backup.target.reachable();
        await backup.change({ other: 'one\n', ...(before === undefined ? {} : { [path]: before }) });
        // The second change of a file: of the first version a copy is kept as well.
        if (before !== undefined) await backup.change({ [path]: `0${before}` });
        if (before !== undefined) await backup.change({ [path]: before });
        const { sequence } = backup;
        isLast = await dies(at, one, backup);
        const draft = backup.own(backup.home(1, 'next.json'));
        if (existsSync(draft)) {
          found.lost++;
          lose(draft);
        }
        backup.reopen();
        const taken = await backup.target.takeOver('pair');
        if (isFailure(taken)) throw new Error(taken.message);
        const isDone = taken.ledger!.sequence === sequence + 1;
        found[isDone ? 'after' : 'before']++;
        expect(backup.read(path), `died at call ${at}`).toBe(isDone ? after : before);
        expect(taken.ledger!.files[path] === undefined).toBe((isDone ? after : before) === undefined);
        if (isDone) return;
        expect(await backup.commit(backup.transaction({ [path]: after }))).toBeUndefined();
        await backup.target.settled();
        expect(backup.read(path)).toBe(after);
        expect(backup.names('earlier').filter(name => name.includes('.next.'))).toEqual([]);
      });
    }
  console.info(`${found.before} undone, ${found.after} done; the draft was there ${found.lost} times`);
  expect(Math.min(found.before, found.after, found.lost)).toBeGreaterThan(0);
});
