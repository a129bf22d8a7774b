import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { isFailure } from '../../../src/core/failure.ts';
import { openJournal } from '../../../src/daemon/journal/journal.ts';
import { openJournalReader } from '../../../src/daemon/journal/reader.ts';
import { opened, reading, sha256, withState } from './world.ts';

const LOOK = { inode: '1:2', size: 3, modified: '1700000000000000001', changed: '1700000000000000002' };

test('standing facts outlive a restart, one by one', async () => {
  await withState(async state => {
    const first = await opened(state);
    const long = `${'deep/'.repeat(700)}smb.conf`;
    first.setHeld('a', 'smb.conf', { since: 5, id: 'abc' });
    first.setHeld('a', long, { since: 6, id: 'def' });
    first.setHeld('b', 'smb.conf', { since: 7, id: 'ghi' });
    first.setCaptured('a', 'smb.conf', { look: LOOK, hash: sha256('x') });
    expect(await first.setPaused('a', { since: 1, until: 9, who: 'me', reason: 'work' })).toBeUndefined();
    await first.close();

    const journal = await opened(state);
    expect(journal.facts('a')).toEqual({
      paused: { since: 1, until: 9, who: 'me', reason: 'work' },
      held: new Map([
        ['smb.conf', { since: 5, id: 'abc' }],
        [long, { since: 6, id: 'def' }],
      ]),
      captured: new Map([['smb.conf', { look: LOOK, hash: sha256('x') }]]),
      failures: [],
    });
    journal.setHeld('a', 'smb.conf', undefined);
    await journal.setPaused('a', undefined);
    await journal.close();
    await reading(state, async reader => {
      const { held, paused } = await reader.facts('a');
      expect([[...held.keys()], paused]).toEqual([[long], undefined]);
      expect((await reader.facts('b')).held.get('smb.conf')).toEqual({ since: 7, id: 'ghi' });
    });
  });
});

test('a pause is durable by itself, and a damaged note of it still means paused', async () => {
  await withState(async state => {
    const journal = await opened(state);
    await journal.setPaused('a', { since: 1, who: 'me' });
    const file = join(state, 'journal/paused/a');
    const whole = readFileSync(file);
    for (let at = 0; at <= whole.length; at++) {
      const damaged = Buffer.from(at === whole.length ? whole.subarray(0, 40) : whole);
      if (at < whole.length) damaged[at]! ^= 0x41;
      writeFileSync(file, damaged);
      const { paused, failures } = journal.facts('a');
      expect([paused?.who, failures.length]).toEqual(['unknown', 1]);
    }
    writeFileSync(file, whole);
    expect(journal.facts('a')).toMatchObject({ paused: { who: 'me' }, failures: [] });
    writeFileSync(join(state, 'journal/paused/b'), whole);
    expect(journal.facts('b').paused?.who).toBe('unknown');
    await journal.setPaused('b', undefined);
    expect(journal.facts('b').paused).toBeUndefined();
    await journal.close();
  });
});

test('nobody else may read it', async () => {
  await withState(async state => {
    const journal = await opened(state);
    await journal.setPaused('a', { since: 1, who: 'me' });
    journal.append({ relationship: 'a', at: 1, event: { type: 'sighted' } });
    await journal.flushed();
    const files = readdirSync(join(state, 'journal'), { recursive: true, withFileTypes: true });
    expect(files.map(file => file.name).sort()).toEqual([
      'a',
      'data.mdb',
      'lock.mdb',
      'mark',
      'paused',
      'store',
    ]);
    for (const file of files) {
      const mode = statSync(join(file.parentPath, file.name)).mode & 0o777;
      expect(mode).toBe(file.isDirectory() ? 0o700 : 0o600);
    }
    expect(statSync(join(state, 'journal')).mode & 0o777).toBe(0o700);
    await journal.close();
  });
});

test('without a journal a reader finds none, and makes none', async () => {
  await withState(async state => {
    expect(await openJournalReader(state)).toBeUndefined();
    expect(readdirSync(state)).toEqual([]);
  });
});

test('where nothing can be written, that is a Failure', async () => {
  await withState(async state => {
    const file = join(state, 'file');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    chmodSync(file, 0o400);
    const found = await openJournal(file);
    expect(isFailure(found) && found.failure).toBe('unwritable');
  });
});
