import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isFailure } from '../../src/core/failure.ts';
import type { Tenure } from '../../src/core/fence/tenure.ts';
import { type Opened, openRelationship } from '../../src/replication/opened.ts';
import { own } from '../../src/replication/owner.ts';
import { perform } from '../../src/replication/perform.ts';
import { applicable, prepare } from '../../src/replication/prepare.ts';
import { settled } from '../../src/replication/settled.ts';
import { type Machines, withMachines } from '../e2e/failover.ts';
import type { NodePair } from '../support/pair.ts';

const RELATIONSHIP = {
  include: ['**'],
  identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }],
  guard: 'off',
};

const tenure = (epoch: number, edition = 1): Tenure => ({ epoch, edition, owner: `member-${epoch}` });
const [STALE, NEXT, LAST] = [tenure(1), tenure(2), tenure(3)];

/** The relationship as a member opens it that was given the task, with a memory of its own. */
function member(pair: NodePair, task: Tenure): Opened {
  const path = join(pair.folder, 'warmspare.yaml');
  const surroundings = { env: {}, hostname: 'nas1', home: '/root', uid: 0, read: () => new Uint8Array() };
  const found = loadConfig(readFileSync(path, 'utf8'), path, surroundings);
  if (Array.isArray(found)) throw new Error(found.map(each => each.message).join('; '));
  const config = { ...found.config, state: join(pair.folder, task.owner) };
  const opened = openRelationship(config, config.relationships[0]!);
  if (isFailure(opened)) throw new Error(opened.message);
  return { ...opened, tenure: task };
}

/** Plans an update, and carries it out when it is told to. */
async function planned(opened: Opened) {
  const prepared = await prepare(opened, opened.target, { now: 0 });
  return async () => {
    const done = await perform(prepared, applicable(prepared.plan), { what: 'update', now: 0 });
    await settled(opened);
    return done;
  };
}

async function update(opened: Opened) {
  return (await planned(opened))();
}

/** A stale owner finds, whatever it tries, that it writes nothing any more. */
async function expectOutranked(machines: Machines, opened: Opened, seen: object): Promise<void> {
  const before = machines.everything('backup');
  const ledger = await opened.target.ledger('pair');
  if (isFailure(ledger)) throw new Error(ledger.message);
  expect(await own(opened, ledger)).toMatchObject({ failure: 'fenced', ...seen });
  expect(await update(opened)).toMatchObject({ failure: 'fenced', ...seen });
  expect(machines.everything('backup')).toEqual(before);
}

test('whoever has the task by the table writes, and who had it before is told by whom', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', 'nas1 one\n');
    const [stale, next] = [member(pair, STALE), member(pair, NEXT)];
    expect(await update(stale)).toMatchObject({ sequence: 1 });
    expect(machines.ledger('backup').task).toEqual(STALE);
    pair.write('primary', 'exports', 'nas1 two\n');
    const late = await planned(stale);
    expect(await update(next)).toMatchObject({ sequence: 2 });
    expect(machines.ledger('backup').task).toEqual(NEXT);
    expect(await late()).toMatchObject({ failure: 'fenced', seen: 2 });
    pair.write('primary', 'exports', 'nas1 three\n');
    await expectOutranked(machines, stale, { seen: 2 });
    // Started anew it is the same member with the same task.
    await expectOutranked(machines, member(pair, STALE), { seen: 2 });
    // The table gives it the task again, and this process goes on.
    const again = { ...stale, tenure: LAST };
    const ledger = await again.target.ledger('pair');
    if (isFailure(ledger)) throw new Error(ledger.message);
    expect(await own(again, ledger)).toMatchObject({ ledger: { sequence: 2 } });
    expect(await update(again)).toMatchObject({ sequence: 3 });
    expect(machines.ledger('backup').task).toEqual(LAST);
    await expectOutranked(machines, next, { seen: 3 });
    expect(pair.read('backup', 'exports')).toBe('nas2 three\n');
  });
});

test('a process takes the backup anew for a tenure that is not the one it has it in', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', 'nas1 one\n');
    const opened = member(pair, STALE);
    await update(opened);
    const ledger = await opened.target.ledger('pair');
    if (isFailure(ledger)) throw new Error(ledger.message);
    const { epoch } = machines.ledger('backup');
    expect(await own(opened, ledger)).toMatchObject({ epoch });
    expect(await own({ ...opened, tenure: LAST }, ledger)).toMatchObject({ epoch: epoch + 1 });
    await opened.target.settled();
    await expectOutranked(machines, member(pair, NEXT), { seen: 3 });
  });
});

test('a member with an older edition of the configuration writes nothing, also in a higher epoch', async () => {
  await withMachines(RELATIONSHIP, async (machines, pair) => {
    pair.write('primary', 'exports', 'nas1 one\n');
    await update(member(pair, tenure(1, 2)));
    pair.write('primary', 'exports', 'nas1 two\n');
    await expectOutranked(machines, member(pair, tenure(2, 1)), { seenEdition: 2 });
    expect(await update(member(pair, tenure(2, 2)))).toMatchObject({ sequence: 2 });
  });
});

test('a person’s commands go on beside tenures, and none of them forgets who had the task', async () => {
  const rules = { ...RELATIONSHIP, files: { 'vip.conf': { apply: 'on-break' } } };
  await withMachines(rules, async (machines, pair) => {
    pair.write('primary', 'exports', 'nas1 one\n');
    pair.write('primary', 'vip.conf', 'host nas1\n');
    await update(member(pair, NEXT));
    const lines = [
      ['break', '--at', 'backup', '--reason', 'drill'],
      ['activate', '--at', 'backup'],
      ['resync', '--forward', '--orphans', 'keep'],
      ['update'],
      ['undo'],
      ['break'],
      ['resync', '--reverse', '--orphans', 'keep'],
      ['break'],
      ['resync', '--reverse', '--orphans', 'keep'],
    ];
    for (const [at, line] of lines.entries()) {
      if (line[0] === 'update') pair.write('primary', 'exports', `nas1 ${at}\n`);
      const { exit, stderr } = await pair.warmspare(...line);
      expect([line, exit, stderr]).toEqual([line, 0, '']);
      expect([line, machines.ledger('backup').task]).toEqual([line, NEXT]);
    }
    expect(machines.ledger('backup').history.length).toBeGreaterThan(4);
    pair.write('primary', 'exports', 'nas1 later\n');
    await expectOutranked(machines, member(pair, STALE), { seen: 2 });
    const { exit } = await pair.warmspare('release');
    expect([exit, existsSync(pair.path('backup', '.warmspare'))]).toEqual([0, false]);
    const { target } = member(pair, STALE);
    expect(isFailure(await target.takeOver('pair', { task: STALE }))).toBe(false);
  });
});
