import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exitOf } from '../../src/cli/exit.ts';
import type { TakeOver } from '../../src/connectors/connector.ts';
import { isFailure } from '../../src/core/failure.ts';
import { isOutranked, type Tenure } from '../../src/core/fence/tenure.ts';
import { LONG, SEED } from '../runs.ts';
import { as, type BeforeCall, Died, watched } from './disk-calls.ts';
import type { Backup } from './world.ts';

/** Who has the task by the routing table, against who comes to the backup last. */

const tenure = (epoch: number, owner = `m${epoch}`, edition = 1): Tenure => ({ epoch, edition, owner });
const [STALE, NEXT, LAST] = [tenure(1), tenure(2), tenure(3)];

async function withState(make: () => Backup, work: (backup: Backup) => Promise<void>): Promise<void> {
  const backup = make();
  try {
    await backup.change({ a: 'one\n', b: 'one\n' });
    await work(backup);
  } finally {
    backup.remove();
  }
}

async function taken(backup: Backup, how: TakeOver = {}) {
  const result = await backup.target.takeOver('pair', how);
  if (isFailure(result)) throw new Error(`${result.failure}: ${result.message}`);
  // What it took is removed after its answer.
  await backup.target.settled();
  return result;
}

/** Another process takes the backup over. */
function takenAnew(backup: Backup, task?: Tenure) {
  backup.reopen();
  return taken(backup, { task });
}

async function tenureInLedger(backup: Backup): Promise<Tenure | undefined> {
  const ledger = await backup.target.ledger('pair');
  if (ledger === undefined || isFailure(ledger)) throw new Error('no ledger');
  return ledger.task;
}

/** Refused, told by what, and nothing at all is touched. */
async function expectRefused(backup: Backup, task: Tenure, seen: object): Promise<void> {
  const before = backup.tree();
  backup.reopen();
  const failure = await backup.target.takeOver('pair', { task });
  if (!isFailure(failure)) throw new Error('it was let in');
  expect([failure.failure, exitOf(failure.failure), isOutranked(failure)]).toEqual(['fenced', 5, true]);
  const { seen: epoch, seenEdition } = failure as { seen?: number; seenEdition?: number };
  expect({ seen: epoch, seenEdition }).toEqual({ seen: undefined, seenEdition: undefined, ...seen });
  expect(await backup.target.settled()).toBeUndefined();
  expect(backup.tree()).toEqual(before);
}

export function tenures(make: () => Backup): void {
  refusals(make);
  carrying(make);
  races(make);
  names(make);
}

function refusals(make: () => Backup): void {
  test.each([
    ['a lower epoch', tenure(4, 'm4', 3), { seen: 5 }],
    ['another owner of the same epoch', tenure(5, 'another', 3), { seen: 5 }],
    ['a lower edition in a higher epoch', tenure(6, 'm6', 2), { seenEdition: 3 }],
    ['a lower edition in a lower epoch', tenure(4, 'm4', 2), { seen: 5, seenEdition: 3 }],
  ])('%s is refused, before and after the first ledger of the one that is there', async (_, task, seen) => {
    await withState(make, async backup => {
      const there = tenure(5, 'm5', 3);
      await takenAnew(backup, there);
      await expectRefused(backup, task, seen);
      await takenAnew(backup, there);
      await backup.change({ a: 'two\n' });
      expect(await tenureInLedger(backup)).toEqual(there);
      await expectRefused(backup, task, seen);
      // As where the backup was copied, or restored, without them.
      for (const name of backup.names().filter(each => each.startsWith('epoch-')))
        rmSync(backup.own(name), { recursive: true });
      await expectRefused(backup, task, seen);
    });
  });

  test('who it is that has the task is said by name', async () => {
    await withState(make, async backup => {
      await takenAnew(backup, tenure(7, 'nas2.example.com'));
      backup.reopen();
      const failure = await backup.target.takeOver('pair', { task: tenure(5, 'nas1') });
      expect(failure).toMatchObject({
        message: expect.stringMatching(/nas2\.example\.com has this task in epoch 7, .* nas1 .* epoch 5/),
        hint: expect.stringContaining('nas2.example.com'),
      });
    });
  });

  test('the same, a higher one, and a backup that no member of a cluster had before are let in', async () => {
    await withState(make, async backup => {
      expect(await tenureInLedger(backup)).toBeUndefined();
      for (const task of [STALE, STALE, tenure(1, 'm1', 2), tenure(2, 'm2', 2)]) {
        await takenAnew(backup, task);
        await backup.change({ a: `${task.epoch} ${task.edition}\n` });
        expect(await tenureInLedger(backup)).toEqual(task);
      }
    });
  });

  test('an epoch that was taken in one tenure is not had in another', async () => {
    await withState(make, async backup => {
      const { epoch } = await takenAnew(backup, STALE);
      expect(backup.target.epoch('pair')).toBe(epoch);
      expect(backup.target.epoch('pair', { ...STALE })).toBe(epoch);
      for (const other of [NEXT, tenure(1, 'm1', 2), tenure(1, 'another')])
        expect(backup.target.epoch('pair', other)).toBeUndefined();
      await taken(backup, {});
      expect(backup.target.epoch('pair', STALE)).toBeUndefined();
    });
  });

  test('a transaction that one left is ended by the next, and its ledger tells of the next', async () => {
    await withState(make, async backup => {
      await takenAnew(backup, NEXT);
      let renames = 0;
      const dies: BeforeCall = ({ name, paths }) => {
        if (name === 'rename' && /\/[abc]$/.test(paths.at(-1) ?? '')) renames++;
        if (renames >= 2) throw new Died();
        return undefined;
      };
      const plan = backup.transaction({ a: 'two\n', b: 'two\n', c: 'two\n' });
      await watched(dies, () => backup.commit(plan).catch(() => undefined));
      expect(['a', 'b', 'c'].map(path => backup.read(path))).toEqual(['two\n', 'one\n', undefined]);
      await expectRefused(backup, STALE, { seen: 2 });
      backup.reopen();
      expect(await backup.target.isUnsettled('pair')).toBe(true);
      await takenAnew(backup, LAST);
      expect(['a', 'b', 'c'].map(path => backup.read(path))).toEqual(['two\n', 'two\n', 'two\n']);
      expect(await tenureInLedger(backup)).toEqual(LAST);
    });
  });
}

function carrying(make: () => Backup): void {
  test.each([
    ['and writes nothing', []],
    ['and writes', ['two\n']],
    ['and writes, and so does another', ['two\n', 'three\n']],
  ])('a process in no cluster takes it over %s: who had the task is not forgotten', async (_, texts) => {
    await withState(make, async backup => {
      await takenAnew(backup, NEXT);
      await takenAnew(backup);
      await expectRefused(backup, STALE, { seen: 2 });
      for (const a of texts) {
        await takenAnew(backup);
        await backup.change({ a });
        expect(await tenureInLedger(backup)).toEqual(NEXT);
      }
      await takenAnew(backup);
      await expectRefused(backup, STALE, { seen: 2 });
      await takenAnew(backup, NEXT);
      await takenAnew(backup, LAST);
    });
  });

  test('an edition is not forgotten with its epoch', async () => {
    await withState(make, async backup => {
      await takenAnew(backup, tenure(1, 'm1', 4));
      await backup.change({ a: 'two\n' });
      // It died before it had looked.
      mkdirSync(backup.own(`epoch-99/${'0'.repeat(24)}-9-1-m9`), { recursive: true });
      await takenAnew(backup);
      await expectRefused(backup, tenure(8, 'm8', 5), { seen: 9 });
      await expectRefused(backup, tenure(10, 'm10', 3), { seenEdition: 4 });
      await takenAnew(backup, tenure(9, 'm9', 4));
    });
  });

  test('who was fenced has it again only where its tenure is not the lower one', async () => {
    await withState(make, async backup => {
      await takenAnew(backup, STALE);
      const stale = backup.target;
      await takenAnew(backup, NEXT);
      const next = backup.target;
      expect(await stale.takeOver('pair', { task: STALE, above: 99 })).toMatchObject({ seen: 2 });
      // Somebody in no cluster, and whoever has the task by the table goes on after that.
      await takenAnew(backup);
      expect(await next.commit(backup.transaction({ a: 'two\n' }))).toMatchObject({ failure: 'fenced' });
      const before = backup.tree();
      expect(await stale.takeOver('pair', { task: STALE })).toMatchObject({ seen: 2 });
      expect(await next.takeOver('pair')).toMatchObject({ failure: 'fenced' });
      expect(backup.tree()).toEqual(before);
      expect(isFailure(await next.takeOver('pair', { task: NEXT }))).toBe(false);
    });
  });

  test('an owner that was overtaken is told by whom also when it commits', async () => {
    await withState(make, async backup => {
      await takenAnew(backup, STALE);
      const [stale, plan] = [backup.target, backup.transaction({ a: 'two\n' })];
      await takenAnew(backup, NEXT);
      const epoch = stale.epoch('pair')!;
      const failure = await stale.commit({ ...plan, ledger: { ...plan.ledger, epoch } });
      expect(failure).toMatchObject({ failure: 'fenced', seen: 2 });
    });
  });

  test('a person’s break, what comes after it, and an end of the relationship are refused by no tenure', async () => {
    await withState(make, async backup => {
      await takenAnew(backup, NEXT);
      await backup.change({ a: 'two\n' });
      await takenAnew(backup);
      const { ledger, ...rest } = backup.transaction({});
      const epoch = backup.target.epoch('pair')!;
      expect(await backup.target.commit({ ...rest, ledger: { ...ledger, epoch, broken: true } })).toBe(
        undefined,
      );
      expect(await tenureInLedger(backup)).toEqual(NEXT);
      backup.reopen();
      expect(await backup.target.takeOver('pair', { task: LAST })).toMatchObject({ failure: 'broken' });
      expect(await backup.target.takeOver('pair', { task: STALE })).toMatchObject({ seen: 2 });
      await taken(backup, { broken: true, anew: true });
      expect(await backup.target.forget('pair')).toBeUndefined();
      expect(readdirSync(backup.path('.')).sort()).toEqual(['a', 'b']);
    });
  });
}

function races(make: () => Backup): void {
  test('one that wakes when the directory of the next one is made, and no ledger is written, has no effect', async () => {
    await withState(make, async backup => {
      const gates = { stale: gate(), next: gate() };
      const look: BeforeCall = ({ name, paths, who }) => {
        if (who === 'stale' && name === 'lstat') return gates.stale.stop();
        // Its directory has come to its name just now.
        const isMade = name === 'open' && /\/pair$/.test(paths[0]!) && backup.names().includes('epoch-2');
        return who === 'next' && isMade ? gates.next.stop() : undefined;
      };
      await watched(look, async () => {
        backup.reopen();
        const stale = as('stale', () => backup.target.takeOver('pair', { task: STALE }));
        await gates.stale.reached;
        backup.reopen();
        const owner = backup.target;
        const next = as('next', () => owner.takeOver('pair', { task: NEXT }));
        await gates.next.reached;
        expect(await tenureInLedger(backup)).toBeUndefined();
        const before = backup.tree();
        gates.stale.go();
        expect(await stale).toMatchObject({ failure: 'fenced', seen: 2 });
        expect(backup.tree()).toEqual(before);
        gates.next.go();
        expect(await next).toMatchObject({ epoch: 2 });
        expect(await backup.commit(backup.transaction({ a: 'two\n' }))).toBeUndefined();
      });
    });
  });

  test('one that is stopped before any call of its take-over, and overtaken, has no effect when it wakes', async () => {
    const every = LONG ? 1 : 4;
    let [rounds, refused, after] = [0, 0, 0];
    for (let at = 1 + (SEED % every), isLast = false; !isLast; at += every) {
      await withState(make, async backup => {
        const stop = gate();
        let calls = 0;
        const look: BeforeCall = ({ who }) => (who === 'stale' && ++calls === at ? stop.stop() : undefined);
        await watched(look, async () => {
          backup.reopen();
          const { target } = backup;
          const stale = as('stale', async () => {
            // So high that nobody outbids it.
            const found = await target.takeOver('pair', { task: STALE, above: 9 });
            if (isFailure(found)) return found;
            const { ledger, ...plan } = backup.transaction({ b: 'stale\n' });
            return target.commit({ ...plan, ledger: { ...ledger, epoch: found.epoch } });
          });
          await Promise.race([stop.reached, stale]);
          isLast = calls < at;
          rounds++;
          if (isLast) return;
          backup.reopen();
          // Where it was not the quickest it comes again.
          let next = await backup.target.takeOver('pair', { task: NEXT });
          if (isFailure(next)) next = await backup.target.takeOver('pair', { task: NEXT });
          if (isFailure(next)) throw new Error(next.message);
          backup.sequence = next.ledger!.sequence;
          await backup.target.settled();
          const before = effects(backup);
          stop.go();
          const answer = await stale;
          // What was acknowledged before the next one came was done in its own time.
          if (answer !== undefined) expect(answer.failure).toBe('fenced');
          if (answer !== undefined && isOutranked(answer)) refused++;
          expect(effects(backup)).toEqual(before);
          expect(await backup.commit(backup.transaction({ a: 'two\n' }))).toBeUndefined();
          after++;
        });
      });
    }
    console.info(`stopped at ${rounds} calls of a take-over and its commit: ${refused} told by whom`);
    expect([after, refused > (LONG ? 10 : 3)]).toEqual([rounds - 1, true]);
  });
}

/** Files and ledger: whoever is refused may have made a directory of its own, and taken it away again. */
function effects(backup: Backup): string[] {
  return backup.tree().filter(line => !/^\.warmspare\/pair\/(epoch|asking)-/.test(line));
}

/** Where somebody is stopped, until it is let go on. */
function gate() {
  let [go, tell] = [() => {}, () => {}];
  const open = new Promise<undefined>(done => {
    go = () => done(undefined);
  });
  const reached = new Promise<void>(done => {
    tell = done;
  });
  const stop = () => {
    tell();
    return open;
  };
  return { stop, reached, go: () => go() };
}

function names(make: () => Backup): void {
  test('a damaged or odd name in the directory of an epoch is no tenure, and breaks nothing', async () => {
    await withState(make, async backup => {
      const token = 'ab'.repeat(12);
      const odd = [
        `${token}-9`,
        `${token}-9-1`,
        `${token}-9-1-`,
        `${token}-09-1-m9`,
        `${token}-9-x-m9`,
        `${token}-9-1-%`,
        `${token}-9-1-%FF`,
        `${token}-9-1-m\u00e4`,
        `${token}-9999999999999999999-1-m9`,
        `${token.slice(1)}-9-1-m9`,
        'task-9-1-m9',
      ];
      for (const name of odd) mkdirSync(backup.own('epoch-7', name), { recursive: true });
      writeFileSync(backup.own('epoch-8'), 'no folder');
      expect(await takenAnew(backup, STALE)).toMatchObject({ epoch: 9 });
      await backup.change({ a: 'two\n' });
      expect(await tenureInLedger(backup)).toEqual(STALE);
      expect(backup.names().filter(name => name.startsWith('epoch-'))).toEqual(['epoch-9']);
    });
  });

  test.each([
    ['a host', 'nas1.example.com'],
    ['with a slash', 'a/b'],
    ['dots', '..'],
    ['of other letters', 'n\u00e4s \u2603.'],
    ['like the end of another one', 'x-1-2-y'],
    ['like a spelled one', '%41'],
    ['too long for a directory', 'n'.repeat(400)],
  ])('an owner of any name is known again: %s', async (_, owner) => {
    await withState(make, async backup => {
      const task = tenure(3, owner);
      await takenAnew(backup, task);
      await takenAnew(backup, task);
      await expectRefused(backup, tenure(3, `${owner}x`), { seen: 3 });
      await takenAnew(backup);
      await backup.change({ a: 'two\n' });
      await takenAnew(backup, task);
      await expectRefused(backup, tenure(2, owner), { seen: 3 });
    });
  });

  test('a directory that is moved away by another owner while it is looked at breaks nothing', async () => {
    await withState(make, async backup => {
      await takenAnew(backup, NEXT);
      const look: BeforeCall = ({ name, paths }) => {
        if (name === 'readdir' && /epoch-2$/.test(paths[0]!) && backup.names().includes('epoch-2'))
          renameSync(backup.own('epoch-2'), backup.own('gone'));
        return undefined;
      };
      backup.reopen();
      expect(isFailure(await watched(look, () => backup.target.takeOver('pair', { task: LAST })))).toBe(
        false,
      );
    });
  });
}
