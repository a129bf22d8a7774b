import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Ledger } from '../../src/connectors/ledger.ts';
import { checkWitness, dropWitness, witnessSettled, writeWitness } from '../../src/replication/witness.ts';

const ledger = (sequence: number, epoch = 1, backup = 'this one') =>
  ({ relationship: 'pair', backup, sequence, epoch }) as Ledger;

async function withState(work: (state: string) => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'warmspare-witness-'));
  try {
    await work(state);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

test('of many in a row the last one is remembered, and nothing else is left', async () => {
  await withState(async state => {
    for (let sequence = 1; sequence <= 50; sequence++) writeWitness(state, ledger(sequence));
    expect(await witnessSettled(state, 'pair')).toBeUndefined();
    expect(readdirSync(join(state, 'relationships'))).toEqual(['pair.json']);
    expect(JSON.parse(readFileSync(join(state, 'relationships/pair.json'), 'utf8'))).toEqual({
      backup: 'this one',
      sequence: 50,
      epoch: 1,
    });
    expect(await checkWitness(state, 'pair', ledger(50))).toBeUndefined();
    expect(await checkWitness(state, 'pair', ledger(49))).toMatchObject({ failure: 'ledger-gone' });
  });
});

test('a ledger whose number or epoch goes back, or of another backup, is noticed; one that goes on is not', async () => {
  await withState(async state => {
    writeWitness(state, ledger(5, 3));
    expect(await witnessSettled(state, 'pair')).toBeUndefined();
    for (const right of [ledger(5, 3), ledger(6, 3), ledger(5, 4), ledger(9, 9)])
      expect(await checkWitness(state, 'pair', right)).toBeUndefined();
    const wrong = [
      ledger(4, 3),
      ledger(5, 2),
      ledger(9, 2),
      ledger(4, 9),
      ledger(5, 3, 'another'),
      undefined,
    ];
    for (const each of wrong) {
      const failure = await checkWitness(state, 'pair', each);
      expect(failure, JSON.stringify(each)).toMatchObject({ failure: 'ledger-gone' });
    }
    // As an earlier version remembered it.
    writeFileSync(join(state, 'relationships/pair.json'), '{"backup": "this one", "sequence": 5}');
    expect(await checkWitness(state, 'pair', ledger(5, 1))).toBeUndefined();
  });
});

test('one that is dropped is not written again by one that was under way', async () => {
  await withState(async state => {
    writeWitness(state, ledger(1));
    writeWitness(state, ledger(2));
    await dropWitness(state, 'pair');
    expect(await witnessSettled(state, 'pair')).toBeUndefined();
    expect(readdirSync(join(state, 'relationships'))).toEqual([]);
  });
});

test('one that cannot be written is said when it is asked for, and the next one is tried again', async () => {
  await withState(async state => {
    writeFileSync(join(state, 'relationships'), 'in the way');
    writeWitness(state, ledger(1));
    expect(await witnessSettled(state, 'pair')).toMatchObject({
      failure: 'unwritable',
      hint: expect.stringContaining('the change itself is on the backup'),
    });
    rmSync(join(state, 'relationships'));
    writeWitness(state, ledger(2));
    expect(await witnessSettled(state, 'pair')).toBeUndefined();
    expect(await checkWitness(state, 'pair', ledger(1))).toMatchObject({ failure: 'ledger-gone' });
  });
});
