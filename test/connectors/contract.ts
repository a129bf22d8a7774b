import { describe, expect, test } from 'vitest';
import type { Transaction } from '../../src/connectors/connector.ts';
import { type Failure, isFailure } from '../../src/core/failure.ts';
import { LONG, SEED } from '../runs.ts';
import { as, type BeforeCall, Died, diesAt, watched } from './disk-calls.ts';
import { foresight } from './foresight.ts';
import { prepared } from './prepared.ts';
import { tenures } from './tenures.ts';
import { type Backup, hashOf } from './world.ts';

/**
 * Of the calls at which something may happen: every one in the long run, else each so many-th, from the seed on.
 */
const everyOne = (sampled: number) => (LONG ? 1 : sampled);
const firstOf = (every: number) => 1 + (SEED % every);

/** One file that is new, one that changes, one that is deleted. */
const CHANGE = { a: 'new\n', 'd/b': 'two\n', c: undefined };
const OLD = [undefined, 'one\n', 'one\n'];
const NEW = ['new\n', 'two\n', undefined];

const files = (backup: Backup) => ['a', 'd/b', 'c'].map(path => backup.read(path));

/** A backup with the state that CHANGE is made from. */
async function withState(make: () => Backup, work: (backup: Backup) => Promise<void>): Promise<void> {
  const backup = make();
  try {
    await backup.change({ 'd/b': 'one\n', c: 'one\n' });
    await work(backup);
  } finally {
    backup.remove();
  }
}

/** The transaction as the present owner would make it. */
function planned(backup: Backup, change: Parameters<Backup['transaction']>[0] = CHANGE): Transaction {
  const transaction = backup.transaction(change);
  return { ...transaction, ledger: { ...transaction.ledger, epoch: backup.target.epoch('pair')! } };
}

async function taken(backup: Backup, how = {}) {
  const result = await backup.target.takeOver('pair', how);
  if (isFailure(result)) throw new Error(`${result.failure}: ${result.message}`);
  // What it took is removed after its answer.
  await backup.target.settled();
  return result;
}

/** What a process that dies makes of an attempt: its answer, where it still came to one. */
async function attempt<T>(work: () => Promise<T>): Promise<T | 'died'> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Died) return 'died';
    throw error;
  }
}

/**
 * What every connector owes whoever uses it, whatever lies behind it. `make` gives an empty backup, opened by
 * a connector whose calls to its disk can be watched. Where each call costs a round trip, a sample is taken where
 * otherwise every call is tried: `step` is 1, or how many calls lie between two.
 */
export function connectorContract(title: string, make: () => Backup, step = 1): void {
  describe(title, () => {
    basics(make);
    fence(make, step);
    deaths(make, step);
    administrators(make);
    foresight(make, everyOne(step));
    tenures(make);
    prepared(make);
  });
}

function basics(make: () => Backup): void {
  test('a transaction puts, changes and deletes, and its ledger tells of it', async () => {
    await withState(make, async backup => {
      await backup.change(CHANGE);
      expect(files(backup)).toEqual(NEW);
      const ledger = await backup.target.ledger('pair');
      expect(ledger).toMatchObject({ sequence: 2, epoch: 1, files: { a: { file: hashOf('new\n') } } });
      expect(await backup.target.touchedPaths('pair')).toEqual(['a', 'c', 'd/b']);
      const earlier = await backup.target.earlier('pair', 2, 'c');
      expect(Buffer.from(earlier!.bytes).toString()).toBe('one\n');
    });
  });

  test('the same transaction again changes nothing', async () => {
    await withState(make, async backup => {
      const transaction = planned(backup);
      expect(await backup.target.commit(transaction)).toBeUndefined();
      await backup.target.settled();
      const before = backup.tree();
      const again = await backup.target.commit(transaction);
      expect(again === undefined || again.failure === 'plan-moved').toBe(true);
      await backup.target.settled();
      expect(backup.tree()).toEqual(before);
    });
  });

  test.each(['a', 'd/b', 'c'])('a target that has moved (%s) refuses all of it', async path => {
    await withState(make, async backup => {
      const transaction = planned(backup);
      backup.write(path, 'edited\n');
      const before = files(backup);
      expect(await backup.target.commit(transaction)).toMatchObject({ failure: 'plan-moved' });
      expect(files(backup)).toEqual(before);
    });
  });

  test('a ledger that the plan was not made from refuses all of it', async () => {
    await withState(make, async backup => {
      const { ledger, ...rest } = planned(backup);
      for (const other of [{ backup: 'another one' }, { sequence: 0 }, { sequence: 3 }]) {
        const failure = await backup.target.commit({ ...rest, ledger: { ...ledger, ...other } });
        expect(failure).toMatchObject({ failure: 'plan-moved' });
        expect(files(backup)).toEqual(OLD);
      }
    });
  });

  test.each([
    ['is broken', { broken: true }, { broken: true }],
    ['is reversed', { direction: 'reverse' as const }, { direction: 'reverse' as const }],
  ])('a backup that %s is written to only by who means that', async (_, changed, how) => {
    await withState(make, async backup => {
      const { ledger } = planned(backup, {});
      const epoch = backup.target.epoch('pair')!;
      const turned = { ...planned(backup, {}), ledger: { ...ledger, ...changed, epoch } };
      expect(await backup.target.commit(turned)).toBeUndefined();
      backup.sequence++;
      const before = backup.tree();
      expect(await backup.target.commit(planned(backup))).toMatchObject({ failure: 'broken' });
      backup.reopen();
      expect(await backup.target.takeOver('pair')).toMatchObject({ failure: 'broken' });
      expect(backup.tree()).toEqual(before);
      await taken(backup, how);
      expect(await backup.target.commit(planned(backup))).toBeUndefined();
      expect(files(backup)).toEqual(NEW);
    });
  });
}

function fence(make: () => Backup, step: number): void {
  test('nobody commits who has not taken the backup, and every taker has a higher epoch', async () => {
    await withState(make, async backup => {
      backup.reopen();
      const { ledger, ...rest } = backup.transaction(CHANGE);
      for (const epoch of [1, 2, 7]) {
        const failure = await backup.target.commit({ ...rest, ledger: { ...ledger, epoch } });
        expect(failure).toMatchObject({ failure: 'fenced' });
      }
      expect(await taken(backup)).toMatchObject({ epoch: 2, ledger: { sequence: 1, epoch: 1 } });
      expect(await taken(backup)).toMatchObject({ epoch: 3 });
      backup.reopen();
      expect(await taken(backup, { above: 9 })).toMatchObject({ epoch: 10 });
      expect(await backup.target.commit({ ...rest, ledger: { ...ledger, epoch: 3 } })).toMatchObject({
        failure: 'fenced',
      });
      expect(backup.names().filter(name => /^(epoch|asking)/.test(name))).toEqual(['epoch-10']);
    });
  });

  test('after a take-over no call of the earlier owner has any effect', async () => {
    await withState(make, async backup => {
      const stale = backup.target;
      const transactions = [CHANGE, { 'd/b': 'two\n' }, { c: undefined }, { 'e/f/g': 'new\n' }, {}].map(
        change => planned(backup, change),
      );
      backup.reopen();
      const { epoch } = await taken(backup);
      const before = backup.tree();
      for (const transaction of transactions)
        expect(await stale.commit(transaction)).toMatchObject({ failure: 'fenced' });
      expect(await stale.forget('pair')).toMatchObject({ failure: 'fenced' });
      expect(await stale.takeOver('pair')).toMatchObject({ failure: 'fenced' });
      expect(await stale.takeOver('pair', { above: epoch - 1 })).toMatchObject({ failure: 'fenced' });
      await stale.settled();
      expect(backup.tree()).toEqual(before);
      // The coordinator gives it the task again.
      expect(await stale.takeOver('pair', { above: epoch })).toMatchObject({ epoch: epoch + 1 });
    });
  });

  test('an owner that is stopped before any of its calls, and taken over, has no effect when it wakes', async () => {
    const every = everyOne(2 * step);
    const { rounds, stale, acknowledged } = await zombies(make, undefined, every);
    console.info(`stopped at ${rounds} calls, 1 in ${every}: ${stale} effects of the stale one`);
    expect([stale, acknowledged > 0]).toEqual([0, true]);
    expect(rounds * every).toBeGreaterThan(50);
  });

  test('with the fence switched off the same test sees effects of the stale one', async () => {
    const off: BeforeCall = ({ name, paths }) =>
      name === 'rename' && /taken-\d+$/.test(paths[1] ?? '') ? Promise.resolve('leave out') : undefined;
    const { rounds, stale } = await zombies(make, off, everyOne(4 * step));
    console.info(`the fence switched off: effects of the stale one in ${stale} of ${rounds} rounds`);
    expect(stale).toBeGreaterThan(0);
  });
}

/** Stops an owner before its call 1, 2, 3 ... of a commit, has another one take the task, and lets it go on. */
async function zombies(make: () => Backup, others: BeforeCall | undefined, every: number) {
  let [rounds, stale, acknowledged] = [0, 0, 0];
  for (let at = firstOf(every), isLast = false; !isLast; at += every) {
    await withState(make, async backup => {
      const [owner, plan] = [backup.target, planned(backup)];
      let [calls, go, stopped] = [0, () => {}, () => {}];
      const gate = new Promise<void>(open => (go = open));
      const isStopped = new Promise<void>(tell => (stopped = tell));
      const look: BeforeCall = call => {
        if (call.who !== 'stale') return others?.(call);
        if (++calls < at) return undefined;
        stopped();
        return gate.then(() => undefined);
      };
      await watched(look, async () => {
        const answer = as('stale', async () => {
          const result = await owner.commit(plan);
          await owner.settled();
          return result;
        });
        await Promise.race([isStopped, answer]);
        isLast = calls < at;
        rounds++;
        backup.reopen();
        const { ledger } = await taken(backup);
        [backup.sequence] = [ledger!.sequence];
        expect(await backup.commit(backup.transaction({ 'd/b': 'three\n', h: 'three\n' }))).toBeUndefined();
        await backup.target.settled();
        const before = backup.tree();
        go();
        const result = await answer;
        if (result === undefined) acknowledged++;
        else if (others === undefined) expect(result.failure).toBe('fenced');
        // With the fence not even its own files count: it may have none.
        const [was, is] = [before, backup.tree()].map(tree =>
          tree.filter(line => others === undefined || !line.startsWith('.warmspare/pair/epoch-')),
        );
        if (JSON.stringify(was) !== JSON.stringify(is)) stale++;
      });
    });
  }
  return { rounds, stale, acknowledged };
}

function deaths(make: () => Backup, step: number): void {
  test('a process that dies at any of its calls leaves all of a transaction, or nothing', async () => {
    const found = { points: 0, old: 0, new: 0, settled: 0 };
    for (let at = firstOf(everyOne(step)), isLast = false; !isLast; at += everyOne(step)) {
      await withState(make, async backup => {
        const dies = diesAt(at);
        const answer = await watched(dies, () => die(backup, CHANGE));
        isLast = dies.calls() < at;
        found.points++;
        const after = files(backup);
        const isHalf = ![OLD, NEW].some(state => state.join() === after.join());
        backup.reopen();
        const settled = await settledWhole(backup, answer === undefined);
        // What was begun is ended: the staged bytes and the intent were on disk before.
        if (isHalf) expect(settled).toBe('new');
        if (isHalf) found.settled++;
        found[settled]++;
      });
    }
    console.info(
      `killed at ${found.points} calls: ${found.old} not begun, ${found.new} done, ${found.settled} in halves before`,
    );
    expect([found.settled > 0, found.new > found.settled, found.old > 0]).toEqual([true, true, true]);
  });

  test('and so does one that dies while it settles that', async () => {
    let [points, seed] = [0, SEED];
    const every = everyOne(3 * step);
    for (let at = firstOf(every), isLast = false; !isLast; at += every) {
      for (let again = 1, isLastAgain = false; !isLastAgain; again++) {
        // Of the second death a sample, all of it in the long run.
        seed = (seed * 48271) % 0x7fffffff;
        const second = LONG ? again : 1 + (seed % 60);
        await withState(make, async backup => {
          const dies = diesAt(at);
          const answer = await watched(dies, () => die(backup, CHANGE));
          isLast = dies.calls() < at;
          backup.reopen();
          const diesAgain = diesAt(second);
          await watched(diesAgain, () => attempt(() => backup.target.takeOver('pair')));
          isLastAgain = !LONG || diesAgain.calls() < second;
          backup.reopen();
          await settledWhole(backup, answer === undefined);
          points++;
        });
      }
    }
    console.info(`killed twice: ${points} points (seed ${SEED})`);
  });

  test('one changed file: what a process that died had put is in the ledger, and is no drift', async () => {
    const found = { old: 0, new: 0, ahead: 0 };
    for (let at = firstOf(everyOne(step)), isLast = false; !isLast; at += everyOne(step)) {
      await withState(make, async backup => {
        const dies = diesAt(at);
        const answer = await watched(dies, () => die(backup, { 'd/b': 'two\n' }));
        isLast = dies.calls() < at;
        const text = backup.read('d/b');
        const before = await backup.target.ledger('pair');
        backup.reopen();
        const { ledger } = await taken(backup);
        if (text === 'two\n' && !isFailure(before) && before?.sequence === 1) found.ahead++;
        expect([text, ledger!.sequence]).toEqual(text === 'two\n' ? ['two\n', 2] : ['one\n', 1]);
        expect(backup.read('d/b')).toBe(text);
        expect(ledger!.files['d/b']!.file).toBe(hashOf(text!));
        if (answer === undefined) expect(text).toBe('two\n');
        found[text === 'two\n' ? 'new' : 'old']++;
      });
    }
    console.info(`one file: ${found.old} not begun, ${found.new} done, ${found.ahead} ahead of the ledger`);
    expect(found.ahead).toBeGreaterThan(0);
  });

  test('what the medium refuses in the middle is taken back at once', async () => {
    for (const refused of [1, 2, 3]) {
      await withState(make, async backup => {
        let effects = 0;
        const look: BeforeCall = ({ name, paths }) => {
          const isEffect = name === 'rename' && paths.some(path => /\/(a|d\/b|c)$/.test(path));
          if (!isEffect || ++effects !== refused) return undefined;
          throw Object.assign(new Error('EIO, rename'), { code: 'EIO' });
        };
        const failure = await watched(look, () => backup.target.commit(planned(backup)));
        expect([failure?.failure, files(backup)]).toEqual(['unwritable', OLD]);
        expect(await backup.commit(backup.transaction(CHANGE))).toBeUndefined();
        expect(files(backup)).toEqual(NEW);
      });
    }
  });

  test('what was taken back and could not be synced is on disk before the next owner goes on', async () => {
    await withState(make, async backup => {
      const io = (call: string) => Object.assign(new Error(`EIO, ${call}`), { code: 'EIO' });
      const broken: BeforeCall = ({ name, paths }) => {
        const isName = paths.some(path => path === backup.named('') || path === backup.named('d'));
        if (name === 'sync' && isName) throw io('fsync');
        return undefined;
      };
      const failure = await watched(broken, () => backup.target.commit(planned(backup)));
      expect([failure?.failure, files(backup)]).toEqual(['unwritable', OLD]);
      backup.reopen();
      expect(await watched(broken, () => backup.target.takeOver('pair'))).toMatchObject({
        failure: 'unwritable',
      });
      backup.reopen();
      const synced = new Set<string>();
      const look: BeforeCall = ({ name, paths }) => {
        if (name === 'sync') synced.add(paths[0]!);
        return undefined;
      };
      await watched(look, () => taken(backup));
      expect([...synced]).toEqual(expect.arrayContaining([backup.named('d')]));
      expect(await backup.commit(backup.transaction(CHANGE))).toBeUndefined();
      expect(files(backup)).toEqual(NEW);
    });
  });
}

async function die(
  backup: Backup,
  change: Parameters<Backup['transaction']>[0],
): Promise<Failure | undefined | 'died'> {
  const answer = await attempt(() => backup.target.commit(planned(backup, change)));
  await attempt(() => backup.target.settled());
  return answer;
}

/** Takes over, and sees that it is one state or the other, with the ledger of it; then goes on from there. */
async function settledWhole(backup: Backup, isAcknowledged: boolean): Promise<'old' | 'new'> {
  const { ledger, epoch } = await taken(backup);
  const now = files(backup);
  expect([OLD, NEW]).toContainEqual(now);
  const isNew = now[0] !== undefined;
  if (isAcknowledged) expect(isNew).toBe(true);
  expect(ledger).toEqual(await backup.target.ledger('pair'));
  expect(ledger!.sequence).toBe(isNew ? 2 : 1);
  const told = ['a', 'd/b', 'c'].map(path => ledger!.files[path]?.file);
  expect(told).toEqual(now.map(text => (text === undefined ? undefined : hashOf(text))));
  expect(backup.names().filter(name => /^(epoch|asking)/.test(name))).toEqual([`epoch-${epoch}`]);
  if (!isNew) expect(await backup.commit(backup.transaction(CHANGE))).toBeUndefined();
  await backup.target.settled();
  expect(files(backup)).toEqual(NEW);
  for (const path of ['d/b', 'c']) {
    const earlier = await backup.target.earlier('pair', 2, path);
    expect(Buffer.from(earlier!.bytes).toString()).toBe('one\n');
  }
  return isNew ? 'new' : 'old';
}

function administrators(make: () => Backup): void {
  test.each(['d/b', 'c'])('a save into %s between the last look and its rename is put back', async path => {
    await withState(make, async backup => {
      const look: BeforeCall = ({ name, paths }) => {
        if (name === 'rename' && paths.some(each => each === backup.named(path)) && !isSaved) {
          isSaved = true;
          backup.append(path, 'saved\n');
        }
        return undefined;
      };
      let isSaved = false;
      const failure = await watched(look, () => backup.target.commit(planned(backup)));
      expect([isSaved, failure]).toMatchObject([true, { failure: 'plan-moved', at: { file: path } }]);
      const wanted = OLD.map((text, i) => (['a', 'd/b', 'c'][i] === path ? 'one\nsaved\n' : text));
      expect(files(backup)).toEqual(wanted);
      expect(await backup.commit(backup.transaction(CHANGE))).toBeUndefined();
      expect(files(backup)).toEqual(NEW);
    });
  });

  test('an edit that came after a death is nobody’s to overwrite, and has the right base', async () => {
    await withState(make, async backup => {
      let renames = 0;
      const look: BeforeCall = ({ name, paths }) => {
        if (name === 'rename' && /\/(a|d\/b|c)$/.test(paths.at(-1) ?? '')) renames++;
        if (renames >= 2) throw new Died();
        return undefined;
      };
      await watched(look, () => die(backup, CHANGE));
      expect(files(backup)).toEqual(['new\n', 'one\n', 'one\n']);
      backup.write('d/b', 'edited\n');
      backup.reopen();
      const { ledger } = await taken(backup);
      expect(files(backup)).toEqual(['new\n', 'edited\n', undefined]);
      expect(ledger!.files).toMatchObject({
        a: { file: hashOf('new\n') },
        'd/b': { base: hashOf('one\n'), file: hashOf('one\n'), sequence: 1 },
      });
      expect(ledger!.files.c).toBeUndefined();
      expect(ledger!.history.at(-1)!.files.map(({ path }) => path)).toEqual(['a', 'c']);
    });
  });

  test('staged bytes that were damaged meanwhile: what was put is taken back', async () => {
    await withState(make, async backup => {
      let renames = 0;
      const look: BeforeCall = ({ name, paths }) => {
        if (name === 'rename' && /\/(a|d\/b|c)$/.test(paths.at(-1) ?? '')) renames++;
        if (renames >= 2) throw new Died();
        return undefined;
      };
      await watched(look, () => die(backup, CHANGE));
      for (const name of backup.names(backup.home(1, 'new')))
        backup.append(`.warmspare/pair/${backup.home(1, 'new', name)}`, 'x');
      backup.reopen();
      const { ledger } = await taken(backup);
      expect([files(backup), ledger!.sequence]).toEqual([OLD, 1]);
      // What never was touched nothing for the first time.
      expect(await backup.target.touchedPaths('pair')).toEqual(['c', 'd/b']);
      expect(await backup.commit(backup.transaction(CHANGE))).toBeUndefined();
      expect(files(backup)).toEqual(NEW);
    });
  });
}
