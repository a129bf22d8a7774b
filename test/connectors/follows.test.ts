import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFailure } from '../../src/core/failure.ts';
import { Backup } from './world.ts';

/** Whoever takes a backup over says whose ledger it goes by: an unmounted one shows an empty folder. */

let backup: Backup;
beforeEach(() => {
  backup = new Backup();
});
afterEach(() => backup.remove());

test('where no ledger is any more nothing is taken, and nothing is made', async () => {
  const taken = await backup.target.takeOver('pair', { follows: 'the one that was mounted' });
  expect(taken).toMatchObject({ failure: 'ledger-gone' });
  expect(readdirSync(backup.path('.'))).toEqual([]);
});

test('the ledger of another backup is not taken either, the one that was read is', async () => {
  await backup.change({ a: 'one\n' });
  const ledger = await backup.target.ledger('pair');
  if (ledger === undefined || isFailure(ledger)) throw new Error('no ledger');
  expect(await backup.target.takeOver('pair', { follows: 'another one' })).toMatchObject({
    failure: 'ledger-gone',
  });
  const taken = await backup.target.takeOver('pair', { follows: ledger.backup });
  expect(taken).toMatchObject({ ledger: { backup: ledger.backup } });
});
