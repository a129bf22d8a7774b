import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { TakeOver } from '../../src/connectors/connector.ts';
import { isFailure } from '../../src/core/failure.ts';
import { LONG, SEED } from '../runs.ts';
import { as, type BeforeCall, Died, diesAt, watched } from './disk-calls.ts';
import type { Backup } from './world.ts';

/** A take-over that was prepared while the earlier owner went on: as any other one, and quicker. */

const NEXT = { epoch: 2, edition: 1, owner: 'nas2' };
const FOLLOWS = { follows: 'this one' };

/** Of the calls at which something may happen: every one in the long run, else each so many-th, from the seed on. */
const EVERY = LONG ? 1 : 3;
const FIRST = 1 + (SEED % EVERY);

const drafts = (backup: Backup) => backup.names().filter(name => name.startsWith('asking-'));
const epochs = (backup: Backup) => backup.names().filter(name => name.startsWith('epoch-'));

/** A backup that an earlier owner keeps in step, and the connector of who is to have it next. */
async function withNext(
  make: () => Backup,
  work: (backup: Backup, owner: Backup['target'], next: Backup['target']) => Promise<void>,
): Promise<void> {
  const backup = make();
  try {
    await backup.change({ a: 'one\n', b: 'one\n' });
    const owner = backup.target;
    backup.reopen();
    const next = backup.target;
    backup.target = owner;
    await work(backup, owner, next);
  } finally {
    backup.remove();
  }
}

async function taken(backup: Backup, target: Backup['target'], how: TakeOver = { task: NEXT, ...FOLLOWS }) {
  const found = await target.takeOver('pair', how);
  if (isFailure(found)) throw new Error(`${found.failure}: ${found.message}`);
  await target.settled();
  backup.target = target;
  return found;
}

/** The owner goes on, and then the next one; the owner has no effect any more. */
async function handedOver(backup: Backup, owner: Backup['target'], next: Backup['target']): Promise<void> {
  await backup.change({ a: 'two\n' });
  const plan = backup.transaction({ b: 'stale\n' });
  const epoch = owner.epoch('pair')!;
  expect((await taken(backup, next)).ledger).toMatchObject({ sequence: 2 });
  expect(await owner.commit({ ...plan, ledger: { ...plan.ledger, epoch } })).toMatchObject({
    failure: 'fenced',
  });
  await backup.change({ b: 'three\n' });
  expect([backup.read('a'), backup.read('b')]).toEqual(['two\n', 'three\n']);
  expect([drafts(backup), epochs(backup).length]).toEqual([[], 1]);
}

export function prepared(make: () => Backup): void {
  uses(make);
  losses(make);
  deaths(make);
}

function uses(make: () => Backup): void {
  test('a take-over that is prepared touches nothing of the owner, who goes on until it comes', async () => {
    await withNext(make, async (backup, owner, next) => {
      const before = backup.tree();
      expect(await next.prepareTakeOver('pair', FOLLOWS)).toBeUndefined();
      expect(drafts(backup)).toHaveLength(1);
      const added = backup.tree().filter(line => !before.includes(line));
      expect(added.every(line => line.includes('/asking-') || /pair \d/.test(line))).toBe(true);
      expect(next.epoch('pair')).toBeUndefined();
      await handedOver(backup, owner, next);
    });
  });

  test('it tells the tenure that it comes with, which nobody knew when it was prepared', async () => {
    await withNext(make, async (backup, _, next) => {
      await next.prepareTakeOver('pair', FOLLOWS);
      await taken(backup, next);
      expect(backup.names(epochs(backup)[0]!)).toEqual([expect.stringMatching(/^[0-9a-f]{24}-2-1-nas2$/)]);
      backup.reopen();
      const stale = { task: { epoch: 1, edition: 1, owner: 'nas1' } };
      expect(await backup.target.takeOver('pair', stale)).toMatchObject({ failure: 'fenced', seen: 2 });
    });
  });

  test('prepared twice it is one, and dropped it is none', async () => {
    await withNext(make, async (backup, owner, next) => {
      await next.prepareTakeOver('pair', FOLLOWS);
      const first = drafts(backup);
      expect(await next.prepareTakeOver('pair', FOLLOWS)).toBeUndefined();
      expect(drafts(backup)).toEqual(first);
      await next.dropTakeOver('pair');
      expect(drafts(backup)).toEqual([]);
      await next.dropTakeOver('pair');
      await handedOver(backup, owner, next);
    });
  });

  test('two prepare, and take it one after the other', async () => {
    await withNext(make, async (backup, _, next) => {
      backup.reopen();
      const third = backup.target;
      expect(await next.prepareTakeOver('pair', FOLLOWS)).toBeUndefined();
      expect(await third.prepareTakeOver('pair', FOLLOWS)).toBeUndefined();
      expect(drafts(backup)).toHaveLength(2);
      const { epoch } = await taken(backup, next);
      // The other one's was swept away.
      expect(drafts(backup)).toEqual([]);
      expect((await taken(backup, third, { task: { ...NEXT, epoch: 3 } })).epoch).toBeGreaterThan(epoch);
      await backup.change({ a: 'two\n' });
      expect(await next.takeOver('pair', { task: NEXT })).toMatchObject({ failure: 'fenced' });
    });
  });
}

function losses(make: () => Backup): void {
  test('nothing is made where the backup is not the one that the caller goes by, or is not there', async () => {
    await withNext(make, async (backup, _, next) => {
      const before = backup.tree();
      expect(await next.prepareTakeOver('pair', { follows: 'another one' })).toMatchObject({
        failure: 'ledger-gone',
      });
      expect(backup.tree()).toEqual(before);
      // Unmounted, it shows an empty folder.
      renameSync(backup.own(), backup.path('.away'));
      const empty = backup.tree();
      expect(await next.prepareTakeOver('pair', FOLLOWS)).toMatchObject({ failure: 'ledger-gone' });
      expect(backup.tree()).toEqual(empty);
      renameSync(backup.path('.away'), backup.own());
      const root = `${backup.root}.away`;
      renameSync(backup.root, root);
      try {
        expect(isFailure(await next.prepareTakeOver('pair', FOLLOWS))).toBe(true);
        await next.dropTakeOver('pair');
      } finally {
        renameSync(root, backup.root);
      }
      expect(backup.tree()).toEqual(before);
    });
  });

  test('an error at any call of the preparation costs nothing but that it is not prepared', async () => {
    let [rounds, failures] = [0, 0];
    for (let at = FIRST, isLast = false; !isLast; at += EVERY) {
      await withNext(make, async (backup, owner, next) => {
        let calls = 0;
        const fails: BeforeCall = () => {
          if (++calls === at) throw Object.assign(new Error('EIO, injected'), { code: 'EIO' });
          return undefined;
        };
        const failure = await watched(fails, () => next.prepareTakeOver('pair', FOLLOWS));
        isLast = calls < at;
        rounds++;
        if (failure !== undefined) failures++;
        await handedOver(backup, owner, next);
      });
    }
    console.info(`an error at ${rounds} calls of a preparation: ${failures} failures`);
    expect(failures).toBeGreaterThan(0);
  });

  test('what is swept away between any two calls of its take-over is made anew', async () => {
    let rounds = 0;
    for (let at = FIRST, isLast = false; !isLast; at += EVERY) {
      await withNext(make, async (backup, _, next) => {
        await next.prepareTakeOver('pair', FOLLOWS);
        backup.reopen();
        const other = backup.target;
        let calls = 0;
        const sweeps: BeforeCall = async ({ who }) => {
          if (who !== 'next' || ++calls !== at) return undefined;
          // Somebody is quicker, and tells of no tenure: it is carried on, or has none yet.
          await other.takeOver('pair');
          await other.settled();
          return undefined;
        };
        const found = await watched(sweeps, () =>
          as('next', () => next.takeOver('pair', { task: NEXT, ...FOLLOWS })),
        );
        isLast = calls < at;
        rounds++;
        await next.settled();
        // One of them has it, and that one can write.
        const [winner, loser] =
          isFailure(found) || (isLast === false && next.epoch('pair') === undefined)
            ? [other, next]
            : [next, other];
        backup.target = winner;
        const commit = await backup.commit(backup.transaction({ a: 'two\n' }));
        if (commit !== undefined) {
          expect(commit.failure).toBe('fenced');
          backup.target = loser;
          expect(await backup.commit(backup.transaction({ a: 'two\n' }))).toBeUndefined();
        }
        expect(backup.read('a')).toBe('two\n');
      });
    }
    expect(rounds).toBeGreaterThan(3);
  });
}

function deaths(make: () => Backup): void {
  test('a process that dies at any call of preparing, or of taking then, hinders nobody', async () => {
    let [rounds, isLast] = [0, false];
    for (let at = FIRST; !isLast; at += EVERY) {
      await withNext(make, async (backup, owner, next) => {
        const death = diesAt(at);
        const work = async () => {
          const failure = await next.prepareTakeOver('pair', FOLLOWS);
          // A death that passed for an answer of the disk.
          if (failure !== undefined) throw new Died();
          await backup.change({ a: 'two\n' });
          await next.takeOver('pair', { task: NEXT, ...FOLLOWS });
          await next.settled();
        };
        // The owner's own calls are not those of the one that dies.
        const look: BeforeCall = call => (call.who === 'next' ? death(call) : undefined);
        const alive = { change: backup.change.bind(backup) };
        backup.change = change => as('owner', () => alive.change(change));
        await watched(look, () => as('next', work)).catch(error => {
          if (!(error instanceof Died)) throw error;
        });
        isLast = death.calls() < at;
        rounds++;
        backup.change = alive.change;
        // Whoever comes next has it, with the owner's last change in it or before it.
        backup.target = owner;
        backup.reopen();
        const { ledger } = await taken(backup, backup.target, { task: { ...NEXT, epoch: 3 } });
        backup.sequence = ledger!.sequence;
        await backup.change({ b: 'three\n' });
        expect([drafts(backup), epochs(backup).length]).toEqual([[], 1]);
        expect(backup.read('b')).toBe('three\n');
      });
    }
    expect(rounds).toBeGreaterThan(10);
  });
}
