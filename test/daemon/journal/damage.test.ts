import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFailure } from '../../../src/core/failure.ts';
import { openJournal } from '../../../src/daemon/journal/journal.ts';
import { openJournalReader } from '../../../src/daemon/journal/reader.ts';
import { sealState } from '../../../src/daemon/journal/seal.ts';
import { LONG } from '../../runs.ts';
import { damaged } from './damage.mjs';
import { opened, reading, sha256 } from './world.ts';

const READER = fileURLToPath(new URL('./damaged-reader.js', import.meta.url));
const RELATIONSHIPS = ['', 'a', 'b'];

interface Told {
  readonly failures: number;
  readonly records?: readonly unknown[];
  readonly facts?: readonly unknown[];
  readonly contents?: readonly string[];
}

let folder: string;
/** The same small journal: as a clean stop leaves it, and as kill -9 does. */
let clean: string;
let killed: string;
let names: string;
let whole: Told;
/** Everything that was ever written, facts that were overwritten since among it. */
const written = new Set<string>();

beforeAll(async () => {
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'warmspare-damage-'));
  [clean, killed] = [join(folder, 'clean'), join(folder, 'killed')];
  const journal = await opened(clean);
  const revisions: [string, string][] = [];
  for (let i = 0; i < 9; i++) {
    journal.append({
      relationship: i % 3 === 2 ? 'b' : 'a',
      at: i,
      event: { type: 'stopped', reason: 'r'.repeat(20 * i) },
    });
    const held = { since: i, id: `id${i}` };
    journal.setHeld('a', `f${i % 4}`, held);
    written.add(JSON.stringify({ kind: 'held', relationship: 'a', path: `f${i % 4}`, ...held }));
    if (i === 5) await journal.flushed();
    const bytes = Buffer.from(`content ${i} `.repeat(i * 40));
    if (i % 4 === 0) revisions.push(['p', sha256(bytes)]);
    if (i % 4 === 0) journal.keep({ relationship: 'a', path: 'p', hash: sha256(bytes), bytes });
  }
  await journal.flushed();
  cpSync(clean, killed, { recursive: true });
  rmSync(join(killed, 'journal/store/lock.mdb'));
  await journal.close();
  names = JSON.stringify({ relationships: RELATIONSHIPS, revisions });
  whole = readDamaged('none', 0, 1).told[0]!.read!;
  for (const item of items(whole)) written.add(item);
  expect(written.size).toBe(9 + 9 + 3);
  expect([whole.failures, whole.records?.length, whole.facts?.length, whole.contents?.length]).toEqual([
    0, 9, 4, 3,
  ]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface AtPlace {
  readonly at: number;
  read?: Told;
  rebuilt?: Told;
}

/** What one process says of one place after the other, up to where it ended. */
function readDamaged(sort: keyof typeof damaged, from: number, step: number) {
  const store = join(killed, 'journal/store');
  const args = [READER, store, join(folder, 'work'), sort, String(from), String(step), names];
  const { stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    timeout: LONG ? 3_000_000 : 120_000,
  });
  const told: AtPlace[] = [];
  const lines = stdout.split('\n');
  for (const line of lines) {
    const [, word, rest = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
    if (word === 'at') told.push({ at: Number(rest) });
    if (word === 'read' || word === 'rebuilt') told.at(-1)![word] = JSON.parse(rest);
  }
  return { told, isDone: lines.includes('end') };
}

const items = (told: Told) =>
  [...(told.records ?? []), ...(told.facts ?? []), ...(told.contents ?? [])].map(item =>
    JSON.stringify(item),
  );

// A step that is prime to all sizes in the file meets every sort of byte over the places.
test.each([
  ['flip', LONG ? 1 : 613],
  ['cut', LONG ? 1 : 193],
] as const)('%s: what comes back was written, and what does not come back is missed', (sort, step) => {
  const counted = { places: 0, noticed: 0, ended: 0, wrong: [] as number[], silent: [] as number[] };
  for (let from = 0, isDone = false; !isDone; ) {
    const run = readDamaged(sort, from, step);
    isDone = run.isDone;
    for (const { at, read, rebuilt } of run.told) {
      counted.places++;
      from = at + step;
      if (read === undefined || rebuilt === undefined) counted.ended++;
      if (rebuilt !== undefined && rebuilt.failures > 0) counted.noticed++;
      if ([read, rebuilt].some(told => told && items(told).some(item => !written.has(item))))
        counted.wrong.push(at);
      // That a version of a file is not kept is nothing to be said for a reader, but is for a rebuild.
      if (read?.failures === 0 && read.records?.length !== whole.records?.length) counted.silent.push(at);
      if (rebuilt?.failures === 0 && items(rebuilt).join() !== items(whole).join()) counted.silent.push(at);
    }
    expect(isDone || run.told.length > 0).toBe(true);
  }
  expect(counted).toMatchObject({ wrong: [], silent: [] });
  expect(counted.noticed + counted.ended).toBeGreaterThan(counted.places / 20);
  const size = readFileSync(join(killed, 'journal/store/data.mdb')).length;
  expect(counted.places).toBe(Math.ceil(damaged[sort].places(size) / step));
});

test('after a clean stop every flipped byte and every cut breaks the seal', async () => {
  const store = join(folder, 'sealed');
  cpSync(join(clean, 'journal/store'), store, { recursive: true });
  expect(await sealState(store)).toBe('sealed');
  const data = readFileSync(join(clean, 'journal/store/data.mdb'));
  for (const sort of ['flip', 'cut'] as const) {
    for (let at = 0; at < damaged[sort].places(data.length); at += LONG ? 1 : 307) {
      writeFileSync(join(store, 'data.mdb'), damaged[sort].at(data, at));
      if ((await sealState(store)) !== 'damaged') throw new Error(`${sort} ${at}`);
    }
  }
});

/** Opens a journal that is damaged at one place as the daemon does, and goes on with it. */
async function goOn(from: string, file: string, sort: 'flip' | 'cut', at: number) {
  const state = join(folder, 'state');
  rmSync(state, { recursive: true, force: true });
  cpSync(from, state, { recursive: true });
  const damagedFile = join(state, 'journal/store', file);
  writeFileSync(damagedFile, damaged[sort].at(readFileSync(damagedFile), at));
  const good = new Set(items(whole));
  const before = await openJournalReader(state);
  if (before !== undefined && !isFailure(before)) {
    const { records } = await before.read();
    expect(records.map(one => JSON.stringify(one)).filter(one => !good.has(one))).toEqual([]);
    await before.close();
  }
  const journal = await openJournal(state);
  if (isFailure(journal)) throw new Error(journal.message);
  const { records } = journal.read({ relationships: ['a', 'b'] });
  expect(records.map(one => JSON.stringify(one)).filter(one => !good.has(one))).toEqual([]);
  journal.append({ relationship: 'a', at: 99, event: { type: 'sighted' } });
  await journal.flushed();
  expect(journal.read({ relationships: ['a'] }).records[0]).toMatchObject({
    at: 99,
    event: { type: 'sighted' },
  });
  await journal.close();
  await reading(state, async reader => {
    const again = await reader.read();
    expect(again.records.length).toBe(records.length + 1);
  });
  return { failures: journal.failures.length, records: records.length };
}

test('a damaged journal never ends the process: it is mended or begun anew, said so, and goes on', async () => {
  const data = readFileSync(join(clean, 'journal/store/data.mdb')).length;
  const places = LONG ? 200 : 2;
  for (let i = 0; i < places; i++) {
    const at = Math.floor((i * data) / places) + 16 * i;
    expect((await goOn(clean, 'data.mdb', 'flip', at)).failures).toBeGreaterThan(0);
    expect((await goOn(clean, 'data.mdb', 'cut', Math.floor(at / 64))).failures).toBeGreaterThan(0);
    const { failures, records } = await goOn(killed, 'data.mdb', 'flip', at);
    expect(failures > 0 || records === 9).toBe(true);
    await goOn(killed, 'data.mdb', 'cut', Math.floor(at / 64));
    expect(await goOn(clean, 'seal', 'flip', i % 64)).toEqual({ failures: 1, records: 9 });
    expect(await goOn(clean, 'lock.mdb', 'flip', (i * 8272) / places)).toEqual({ failures: 0, records: 9 });
  }
});
