import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LONG } from '../../runs.ts';
import { opened, reading, withState } from './world.ts';

const WRITER = fileURLToPath(new URL('./writer.js', import.meta.url));

/** Starts a writer that goes on from a number; `line` waits for what it says next. */
function writer(state: string, from: number) {
  const child = spawn(process.execPath, [WRITER, state, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value as string;
  return { child, line, rest: lines };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function readsWhole(state: string, acknowledged: number): Promise<void> {
  await reading(state, async reader => {
    const { records, failures } = await reader.read({ relationships: ['a'] });
    expect(failures).toEqual([]);
    expect(records[0]!.number).toBeGreaterThanOrEqual(acknowledged);
    const first = Math.max(1, records[0]!.number - 9_999);
    expect(records.at(-1)!.number).toBeLessThanOrEqual(first + 4);
    for (const { number, event } of records) expect(event).toMatchObject({ reason: `number ${number}` });
    expect((await reader.facts('a')).held.get('smb.conf')!.since).toBeGreaterThanOrEqual(acknowledged);
  });
}

test('a second process reads while one writes', async () => {
  await withState(async state => {
    const { child, line } = writer(state, 0);
    try {
      expect(await line()).toBe('failures 0');
      for (let round = 0; round < (LONG ? 100 : 3); round++) await readsWhole(state, Number(await line()));
    } finally {
      // Else it would go on, and what it writes would be in the way of the folder's end, and hide the reason.
      await killed(child);
    }
  });
});

test('kill -9 of the writer: what was acknowledged is there, and nothing is called damaged', async () => {
  const kills = LONG ? 300 : 4;
  await withState(async state => {
    let acknowledged = 0;
    let last = 0;
    for (let kill = 0; kill < kills; kill++) {
      const { child, line, rest } = writer(state, last);
      expect(await line()).toBe('failures 0');
      for (let lines = 0; lines < 1 + ((kill * 7) % 23); lines++) acknowledged = Number(await line());
      await killed(child);
      for await (const more of rest) acknowledged = Number(more);
      await reading(state, async reader => {
        const { records, failures } = await reader.read();
        expect(failures).toEqual([]);
        last = records[0]!.number;
        expect(last).toBeGreaterThanOrEqual(acknowledged);
        expect(records.map(record => record.number)).toEqual(records.map((_, index) => last - index));
        expect((await reader.facts('a')).held.get('smb.conf')!.since).toBe(last);
      });
    }
    const journal = await opened(state);
    expect([journal.failures, journal.read().records[0]!.number]).toEqual([[], last]);
    await journal.close();
  });
});
