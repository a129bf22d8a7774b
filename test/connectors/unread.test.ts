import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isFailure } from '../../src/core/failure.ts';
import { type BeforeCall, Died, watched } from './disk-calls.ts';
import { Backup } from './world.ts';

vi.mock('../../src/connectors/file/disk.ts', async original => {
  const { seeThrough } = await import('./disk-calls.ts');
  return seeThrough(await original());
});

/** A medium that cannot be read for a while: not to know must never pass for knowing. */

const CHANGE = { a: 'new\n', 'd/b': 'two\n', c: undefined };
const OLD = [undefined, 'one\n', 'one\n'];
const NEW = ['new\n', 'two\n', undefined];

let backup: Backup;
const files = () => ['a', 'd/b', 'c'].map(path => backup.read(path));

beforeEach(async () => {
  backup = new Backup();
  await backup.change({ 'd/b': 'one\n', c: 'one\n' });
});

afterEach(() => backup.remove());

const fails = () => {
  throw Object.assign(new Error('EIO, simulated'), { code: 'EIO' });
};

/** Every look at that file fails. */
const unread =
  (path: string): BeforeCall =>
  ({ name, paths }) =>
    name !== 'rename' && paths.includes(backup.path(path)) ? fails() : undefined;

const isEffect = ({ name, paths }: Parameters<BeforeCall>[0]) =>
  name === 'rename' && paths.some(path => ['a', 'd/b', 'c'].some(each => path === backup.path(each)));

function planned() {
  const transaction = backup.transaction(CHANGE);
  return { ...transaction, ledger: { ...transaction.ledger, epoch: backup.target.epoch('pair')! } };
}

test('where nothing is, and what is above it cannot be looked at, the answer is a Failure', async () => {
  const look: BeforeCall = ({ name, paths }) =>
    name === 'stat' && paths.includes(backup.path('d')) ? fails() : undefined;
  expect(await watched(look, () => backup.target.read('d/none'))).toMatchObject({ failure: 'unreadable' });
  expect(await backup.target.read('d/none')).toBeUndefined();
});

test('a take-over that cannot read a file of a change in halves settles nothing; the next one does', async () => {
  let effects = 0;
  const dies: BeforeCall = call => {
    if (isEffect(call)) effects++;
    if (effects >= 2) throw new Died();
    return undefined;
  };
  await watched(dies, () => backup.target.commit(planned())).catch(error =>
    expect(error).toBeInstanceOf(Died),
  );
  const halves = files();
  expect([OLD, NEW]).not.toContainEqual(halves);
  for (const path of ['a', 'd/b', 'c']) {
    backup.reopen();
    const taken = await watched(unread(path), () => backup.target.takeOver('pair'));
    expect([isFailure(taken) && taken.failure, path, files()]).toEqual(['unreadable', path, halves]);
  }
  backup.reopen();
  expect(await backup.target.takeOver('pair')).toMatchObject({ ledger: { sequence: 2 } });
  expect(files()).toEqual(NEW);
});

test('a change that fails, and cannot read what it would take back, is left whole for who settles it', async () => {
  let effects = 0;
  const look: BeforeCall = call => {
    if (isEffect(call) && ++effects === 2) fails();
    return effects >= 2 ? unread('a')(call) : undefined;
  };
  expect(await watched(look, () => backup.target.commit(planned()))).toMatchObject({ failure: 'unwritable' });
  expect([OLD, NEW]).not.toContainEqual(files());
  backup.reopen();
  expect(await backup.target.takeOver('pair')).toMatchObject({ ledger: { sequence: 2 } });
  expect(files()).toEqual(NEW);
});

test('a root that goes while it is looked at is missing, and no mistake', async () => {
  const goes: BeforeCall = ({ name }) => {
    if (name !== 'realpath') return undefined;
    throw Object.assign(new Error('ENOENT, simulated'), { code: 'ENOENT' });
  };
  const failure = await watched(goes, () => backup.target.reachable());
  expect(failure).toMatchObject({ failure: 'root-missing', at: { file: backup.root } });
  expect(await backup.target.reachable()).toBeUndefined();
});
