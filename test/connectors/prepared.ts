import { existsSync, readdirSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { TakeOver } from '../../src/connectors/connector.ts';
import type { FileTarget } from '../../src/connectors/file/target.ts';
import { type Failure, isFailure } from '../../src/core/failure.ts';
import type { Tenure } from '../../src/core/fence/tenure.ts';
import { as, type BeforeCall, Died, diesAt, watched } from './disk-calls.ts';
import { type Backup, hashOf } from './world.ts';

const tenure = (epoch: number): Tenure => ({ epoch, edition: 1, owner: `m${epoch}` });

/** As another process has it. */
function another(backup: Backup): FileTarget {
  const { target } = backup;
  backup.reopen();
  const opened = backup.target;
  backup.target = target;
  return opened;
}

async function taken(target: FileTarget, how: TakeOver = {}) {
  const result = await target.takeOver('pair', how);
  if (isFailure(result)) throw new Error(`${result.failure}: ${result.message}`);
  await target.settled();
  return result;
}

const drafts = (backup: Backup) => backup.names().filter(name => name.startsWith('asking-'));
const epochs = (backup: Backup) => backup.names().filter(name => name.startsWith('epoch-'));

/** Everything but the drafts of takers. */
const rest = (backup: Backup) =>
  backup.tree().filter(line => !/^\.warmspare(\/pair)? |^\.warmspare\/pair\/asking-/.test(line));

/** Whoever has taken it works as ever, with the rooms that an owner has, and nothing else lies there. */
async function expectOwner(backup: Backup, target: FileTarget, task?: Tenure): Promise<void> {
  backup.target = target;
  const epoch = target.epoch('pair')!;
  expect([epochs(backup), drafts(backup)]).toEqual([[`epoch-${epoch}`], []]);
  expect(backup.names(`epoch-${epoch}`)).toEqual([
    expect.stringMatching(task ? /^[0-9a-f]{24}-\d+-1-m\d+$/ : /^[0-9a-f]{24}$/),
  ]);
  expect(backup.names(backup.home(epoch))).toEqual(['new', 'removed']);
  expect(backup.names(backup.home(epoch, 'removed')).filter(name => /-/.test(name))).toEqual([]);
  await backup.change({ a: `of ${epoch}\n` });
  expect(backup.read('a')).toBe(`of ${epoch}\n`);
  const ledger = await target.ledger('pair');
  expect(ledger).toMatchObject({ epoch, files: { a: { file: hashOf(`of ${epoch}\n`) } } });
  expect(ledger && !isFailure(ledger) && ledger.task).toEqual(task);
}

async function dropped(backup: Backup, next: FileTarget): Promise<void> {
  await next.dropTakeOver('pair');
  expect(drafts(backup)).toEqual([]);
}

/** What every connector owes whoever prepares a take-over: it is quicker, and nothing else. */
export function prepared(make: () => Backup): void {
  const withOwner = async (work: (backup: Backup, next: FileTarget) => Promise<void>) => {
    const backup = make();
    try {
      await backup.change({ a: 'one\n', b: 'one\n' });
      await work(backup, another(backup));
    } finally {
      backup.remove();
    }
  };

  test.each([undefined, tenure(2)])('prepared, and taken: as ever (%j)', async task => {
    await withOwner(async (backup, next) => {
      const owner = backup.target;
      const before = rest(backup);
      expect(await next.prepareTakeOver('pair', { follows: 'this one' })).toBeUndefined();
      const ready = drafts(backup);
      expect([rest(backup), ready.length]).toEqual([before, 1]);
      expect([await owner.isUnsettled('pair'), next.epoch('pair')]).toEqual([false, undefined]);
      expect(await next.prepareTakeOver('pair')).toBeUndefined();
      expect(drafts(backup)).toEqual(ready);
      // The owner goes on until then, and no longer.
      await backup.change({ a: 'two\n' });
      const planned = backup.transaction({ a: 'three\n' });
      const own = { ...planned, ledger: { ...planned.ledger, epoch: owner.epoch('pair')! } };
      const [token] = backup.names(ready[0]!);
      const found = await taken(next, { task, follows: 'this one' });
      expect(found).toMatchObject({ epoch: 2, ledger: { sequence: 2, epoch: 1 } });
      expect(backup.names('epoch-2')[0]!.startsWith(token!)).toBe(true);
      expect(await owner.commit(own)).toMatchObject({ failure: 'fenced' });
      await expectOwner(backup, next, task);
    });
  });

  test('two members prepare, and take it one after the other; so does a third, whose draft died with it', async () => {
    await withOwner(async (backup, next) => {
      const last = another(backup);
      await another(backup).prepareTakeOver('pair');
      await next.prepareTakeOver('pair');
      await last.prepareTakeOver('pair');
      expect(drafts(backup)).toHaveLength(3);
      await taken(next, { task: tenure(2) });
      expect(drafts(backup)).toEqual([]);
      expect(await taken(last, { task: tenure(3) })).toMatchObject({ epoch: 3 });
      await expectOwner(backup, last, tenure(3));
    });
  });

  test.each<[string, (backup: Backup, next: FileTarget) => unknown]>([
    ['dropped', dropped],
    ['dropped twice', (backup, next) => dropped(backup, next).then(() => dropped(backup, next))],
    [
      'swept, and prepared again',
      async (backup, next) => {
        rmSync(backup.own(drafts(backup)[0]!), { recursive: true });
        expect(await next.prepareTakeOver('pair')).toBeUndefined();
        expect(drafts(backup)).toHaveLength(1);
      },
    ],
    ['swept', backup => rmSync(backup.own(drafts(backup)[0]!), { recursive: true })],
  ])('what was prepared is %s: the next take-over is as ever', async (_, lose) => {
    for (const task of [undefined, tenure(2)])
      await withOwner(async (backup, next) => {
        const before = rest(backup);
        await next.prepareTakeOver('pair');
        await lose(backup, next);
        expect(rest(backup)).toEqual(before);
        await taken(next, { task });
        await expectOwner(backup, next, task);
      });
  });

  test('what was prepared is swept in the middle of the take-over', async () => {
    for (const task of [undefined, tenure(2)])
      for (const at of [1, 2])
        await withOwner(async (backup, next) => {
          await next.prepareTakeOver('pair');
          let renames = 0;
          const look: BeforeCall = ({ name, paths }) => {
            if (name === 'rename' && paths[0]!.includes('/asking-') && ++renames === at)
              for (const draft of drafts(backup)) rmSync(backup.own(draft), { recursive: true });
            return undefined;
          };
          await watched(look, () => taken(next, { task }));
          await expectOwner(backup, next, task);
        });
  });

  test('an owner that was taken over drops no text', async () => {
    await withOwner(async (backup, next) => {
      const text = Buffer.from('what waits\n');
      const owner = backup.target;
      expect(await owner.keepTexts('pair', [text])).toBeUndefined();
      await taken(next, { task: tenure(2) });
      await owner.dropTexts('pair', [hashOf('what waits\n')]);
      expect(await next.text('pair', hashOf('what waits\n'))).toEqual(text);
      await next.dropTexts('pair', [hashOf('what waits\n')]);
      expect(await next.text('pair', hashOf('what waits\n'))).toBeUndefined();
    });
  });

  test('the relationship is forgotten after the preparation', async () => {
    await withOwner(async (backup, next) => {
      await next.prepareTakeOver('pair', { follows: 'this one' });
      expect(await backup.target.forget('pair')).toBeUndefined();
      const before = readdirSync(backup.root).sort();
      expect(before).toEqual(['a', 'b']);
      expect(await next.takeOver('pair', { follows: 'this one' })).toMatchObject({ failure: 'ledger-gone' });
      expect(await next.dropTakeOver('pair')).toBeUndefined();
      expect(readdirSync(backup.root).sort()).toEqual(before);
    });
  });

  test.each<[string, (backup: Backup) => void, TakeOver, Failure['failure']]>([
    ['is not there', backup => rmSync(backup.root, { recursive: true }), {}, 'unwritable'],
    [
      'is unmounted',
      backup => rmSync(backup.path('.warmspare'), { recursive: true }),
      { follows: 'this one' },
      'ledger-gone',
    ],
    ['is another one', () => {}, { follows: 'another one' }, 'ledger-gone'],
  ])('a backup that %s: refused, and nothing is made', async (_, change, how, failure) => {
    await withOwner(async (backup, next) => {
      change(backup);
      const tree = () => existsSync(backup.root) && backup.tree();
      const before = tree();
      expect(await next.prepareTakeOver('pair', how)).toMatchObject({ failure });
      expect(tree()).toEqual(before);
      expect(await next.dropTakeOver('pair')).toBeUndefined();
    });
  });

  test.each(['EROFS', 'EIO', 'ENOSPC'])(
    'a medium that refuses it (%s): a Failure, and nothing is left',
    async code => {
      for (const call of ['mkdir', 'sync'])
        await withOwner(async (backup, next) => {
          const before = rest(backup);
          const look: BeforeCall = ({ name }) => {
            if (name === call) throw Object.assign(new Error(code), { code });
            return undefined;
          };
          const failure = await watched(look, () => next.prepareTakeOver('pair'));
          expect([failure?.failure, rest(backup), drafts(backup)]).toEqual(['unwritable', before, []]);
          await taken(next);
          await expectOwner(backup, next);
        });
    },
  );

  test('what was taken and cannot be removed fails no take-over, and passes for nothing unsettled', async () => {
    await withOwner(async (backup, next) => {
      let effects = 0;
      const dies: BeforeCall = ({ name, paths }) => {
        if (name === 'rename' && /\/[ab]$/.test(paths.at(-1)!)) effects++;
        if (effects > 0) throw new Died();
        return undefined;
      };
      const plan = backup.transaction({ a: 'two\n', b: 'two\n' });
      await watched(dies, () => backup.commit(plan).catch(() => undefined));
      expect(await next.isUnsettled('pair')).toBe(true);
      const stuck: BeforeCall = ({ name }) => {
        if (name === 'rm') throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return undefined;
      };
      expect(await watched(stuck, () => taken(next))).toMatchObject({ epoch: 2, ledger: { sequence: 1 } });
      expect(backup.names(backup.home(2, 'removed'))).toEqual(['taken-1']);
      expect(await next.isUnsettled('pair')).toBe(false);
      backup.target = next;
      await backup.change({ a: 'three\n' });
      await expectOwner(backup, next);
    });
  });

  test('a process that dies at any call of a preparation and its take-over hinders nobody', async () => {
    let points = 0;
    for (let at = 1, isLast = false; !isLast; at++)
      await withOwner(async (backup, next) => {
        const dies = diesAt(at);
        await watched(dies, async () => {
          try {
            await next.prepareTakeOver('pair');
            await next.takeOver('pair', { task: tenure(2) });
            await next.settled();
          } catch (error) {
            if (!(error instanceof Died)) throw error;
          }
        });
        isLast = dies.calls() < at;
        points++;
        const last = another(backup);
        await taken(last, { task: tenure(3) });
        await expectOwner(backup, last, tenure(3));
      });
    expect(points).toBeGreaterThan(25);
  });

  test('an owner that is stopped at any call of a commit, while another one prepares and takes, has no effect', async () => {
    let rounds = 0;
    for (let at = 1, isLast = false; !isLast; at += 3)
      await withOwner(async (backup, next) => {
        const planned = backup.transaction({ a: 'two\n', b: undefined });
        const owner = backup.target;
        const own = { ...planned, ledger: { ...planned.ledger, epoch: owner.epoch('pair')! } };
        let [calls, go, stopped] = [0, () => {}, () => {}];
        const gate = new Promise<undefined>(open => (go = () => open(undefined)));
        const isStopped = new Promise<void>(tell => (stopped = tell));
        const look: BeforeCall = ({ who }) => {
          if (who !== 'stale' || ++calls < at) return undefined;
          stopped();
          return gate;
        };
        await watched(look, async () => {
          const answer = as('stale', async () => {
            const failure = await owner.commit(own);
            await owner.settled();
            return failure;
          });
          await Promise.race([isStopped, answer]);
          isLast = calls < at;
          expect(await next.prepareTakeOver('pair')).toBeUndefined();
          const { ledger } = await taken(next, { task: tenure(2) });
          backup.sequence = ledger!.sequence;
          const before = backup.tree();
          go();
          const failure = await answer;
          if (failure !== undefined) expect(failure.failure).toBe('fenced');
          expect(backup.tree()).toEqual(before);
          await expectOwner(backup, next, tenure(2));
        });
        rounds++;
      });
    expect(rounds).toBeGreaterThan(10);
  });
}
