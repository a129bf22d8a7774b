import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askChild } from '../../../src/daemon/journal/ask-child.ts';
import { opened, withState } from './world.ts';

/** A state with a journal of three records, closed. */
async function withJournal(work: (state: string, folder: string) => Promise<void>): Promise<void> {
  await withState(async state => {
    const journal = await opened(state);
    for (let at = 1; at <= 3; at++) journal.append({ relationship: 'a', at, event: { type: 'sighted' } });
    await journal.close();
    await work(state, join(state, 'journal'));
  });
}

async function held(state: string): Promise<{ records: number; failures: number }> {
  const journal = await opened(state);
  const { records, failures } = journal.read();
  expect(failures).toEqual([]);
  await journal.close();
  return { records: records.length, failures: journal.failures.length };
}

test('an exchange that was broken off anywhere is brought to its end or forgotten', async () => {
  await withJournal(async (state, folder) => {
    const at = (name: string) => join(folder, name);
    // Between the two renames: the old store is away, the new one has no name yet.
    cpSync(at('store'), at('store.new'), { recursive: true });
    renameSync(at('store'), at('store.old'));
    expect(await held(state)).toEqual({ records: 3, failures: 0 });
    expect(readdirSync(folder).sort()).toContain('store');

    // The new one was not finished.
    mkdirSync(at('store.new'));
    writeFileSync(join(at('store.new'), 'data.mdb'), 'begun');
    expect(await held(state)).toEqual({ records: 3, failures: 0 });

    // The old one was not yet removed.
    cpSync(at('store'), at('store.old'), { recursive: true });
    expect(await held(state)).toEqual({ records: 3, failures: 0 });
    expect(readdirSync(folder)).toEqual(['store']);
  });
});

test('without its seal it is carried over; with a wrong one too, and the old one is kept', async () => {
  await withJournal(async (state, folder) => {
    const seal = join(folder, 'store/seal');
    rmSync(seal);
    expect(await held(state)).toEqual({ records: 3, failures: 0 });
    expect(readdirSync(folder)).toEqual(['store']);
    for (let round = 1; round <= 4; round++) {
      writeFileSync(seal, 'x');
      expect(await held(state)).toEqual({ records: 3, failures: 1 });
    }
    expect(readdirSync(folder).sort()).toEqual(['store', 'store.damaged.3', 'store.damaged.4']);
  });
});

test('a store that ends whoever opens it is told of, and nothing of its copy is left', async () => {
  await withJournal(async (state, folder) => {
    const room = join(state, 'tmp');
    mkdirSync(room);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = room;
    try {
      const store = join(folder, 'store');
      const request = { call: 'page', folder: store, query: {} } as const;
      expect(await askChild(request)).toMatchObject({ records: [{}, {}, {}] });
      truncateSync(join(store, 'data.mdb'), 6208);
      const failure = await askChild(request);
      expect(failure).toMatchObject({
        failure: 'unreadable',
        message: expect.stringMatching(/ended with SIG/),
      });
      expect(readdirSync(room)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });
});

test('numbers go on where they were, and what is missing stays told', async () => {
  await withState(async state => {
    const first = await opened(state, {
      limits: { records: { records: 2, days: 9 }, revisions: { perPath: 1, bytes: 9_000 } },
    });
    for (let at = 1; at <= 9; at++) first.append({ relationship: 'a', at, event: { type: 'sighted' } });
    await first.flushed();
    const killed = join(state, 'killed');
    mkdirSync(killed);
    cpSync(join(state, 'journal'), join(killed, 'journal'), { recursive: true });
    await first.close();
    const journal = await opened(killed);
    journal.append({ relationship: 'a', at: 10, event: { type: 'sighted' } });
    await journal.flushed();
    expect(journal.read().records.map(record => record.number)).toEqual([10, 9, 8]);
    expect(journal.failures).toEqual([]);
    await journal.close();
    expect(existsSync(join(killed, 'journal/store.damaged.1'))).toBe(false);
  });
});

test('an error of the disk is told once it is known, and ends nothing', async () => {
  await withJournal(async (state, folder) => {
    const told: string[] = [];
    const journal = await opened(state, { onFailure: failure => told.push(failure.failure) });
    // The folder is gone under it: neither its mark nor its seal can be written.
    renameSync(join(folder, 'store'), join(folder, 'elsewhere'));
    journal.append({ relationship: 'a', at: 4, event: { type: 'sighted' } });
    await journal.flushed();
    expect(told).toEqual(['unwritable']);
    expect(journal.read().records.length).toBe(4);
    await journal.close();
    expect(told).toEqual(['unwritable', 'unwritable']);
  });
});
