import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folders } from '../../../src/daemon/watch/folders.ts';
import { Writers } from '../../../src/daemon/watch/writers.ts';
import { LONG } from '../../runs.ts';
import { content } from '../../support/tools/content.ts';
import { TOOLS } from '../../support/tools/index.ts';
import { type Place, prepare, save, type Tool } from '../../support/tools/tool.ts';
import { Naive } from './naive.ts';
import { CaptureObserver, type Observer, onDisk } from './observer.ts';

const ROUNDS = LONG ? 20 : 2;
/** A save that shows nothing to inotify is found by the next scan; a held-off one takes 5 s. */
const LIMIT_MS = 60_000;
/** Between two saves in quick succession. */
const APART_MS = 2;
/** After which a save that gave no sign is taken for settling. */
const SETTLING_MS = 20;
/** What chokidar's own throttles take. */
const NAIVE_MS = 150;
const MANNERS = ['once', 'twice', 'while the first settles'] as const;

interface Count {
  saves: number;
  cases: number;
  torn: number;
  missed: number;
  deleted: number;
  /** Cases whose last version was published without waiting. */
  whole: number;
  naiveTorn: number;
  naiveMissed: number;
  naiveDeleted: number;
  /** From the end of the last save to its publication, in ms. */
  readonly lags: number[];
}

const counts = new Map<string, Count>();
const base = mkdtempSync(join(tmpdir(), 'warmspare-tools-'));
const far = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/warmspare-tools-') : base;
let folders: Folders;
const writers = new Writers();

beforeAll(() => {
  folders = new Folders();
});

afterAll(() => {
  folders.close();
  for (const folder of [base, far]) rmSync(folder, { recursive: true, force: true });
  print();
});

/** One tool at one file: its places, both observers, and which contents it has finished. */
class Bench {
  readonly place: Place;
  readonly path: string;
  readonly observer: Observer;
  readonly naive: Naive;
  readonly finished = new Set<string>();
  last = '';
  private version = 0;

  constructor(
    readonly tool: Tool,
    index: number,
  ) {
    const home = join(base, String(index));
    const place = { root: join(home, 'root'), aside: join(home, 'aside'), far: join(far, String(index)) };
    for (const folder of Object.values(place)) mkdirSync(folder, { recursive: true });
    this.path = tool.path ?? 'conf';
    this.place = { ...place, file: join(place.root, this.path) };
    this.observer = new CaptureObserver({
      root: place.root,
      scope: { include: [this.path], exclude: [] },
      folders,
      writers,
      manner: 'unparsed',
      rescanMs: 500,
    });
    this.naive = new Naive(this.place.file, dirname(this.place.file));
  }

  async start(): Promise<void> {
    await prepare(this.tool, this.place, this.next());
    await Promise.all([this.observer.start(), this.naive.start()]);
  }

  async save(): Promise<void> {
    const file = this.next();
    const made = content(this.version);
    for (const text of this.tool.onTheWay?.(made) ?? []) this.finished.add(text);
    this.last = this.tool.result?.(made) ?? made;
    this.finished.add(this.last);
    await save(this.tool, this.place, file);
  }

  async stop(): Promise<void> {
    await Promise.all([this.observer.stop(), this.naive.stop()]);
  }

  private next(): string {
    this.version++;
    const file = join(this.place.aside, `next-${this.version}`);
    writeFileSync(file, content(this.version));
    this.finished.add(content(this.version));
    return file;
  }
}

async function round(bench: Bench, manner: (typeof MANNERS)[number], count: Count): Promise<void> {
  const { observer, naive, path } = bench;
  const [from, naiveFrom] = [observer.published.length, naive.published.length];
  const sign = observer.sign(path);
  const first = bench.save();
  if (manner === 'once') await first;
  else {
    if (manner === 'twice') await first.then(() => pause(APART_MS));
    // A tool that shows nothing to inotify gives no sign before the scan.
    else await Promise.all([first, Promise.race([sign, pause(SETTLING_MS)])]);
    await bench.save();
  }
  const done = performance.now();
  count.saves += manner === 'once' ? 1 : 2;
  count.cases++;
  await observer.until(path, bench.last, LIMIT_MS).catch(() => count.missed++);
  const published = observer.published.slice(from);
  count.torn += published.filter(one => one.content !== undefined && !bench.finished.has(one.content)).length;
  count.deleted += published.filter(one => one.content === undefined).length;
  if (published.at(-1)?.whole) count.whole++;
  count.lags.push((published.at(-1)?.at ?? Number.NaN) - done);
  expect(onDisk(bench.place.root, path)).toBe(bench.last);
  // The control gets the time that chokidar's own throttles take.
  await pause(NAIVE_MS);
  const naively = naive.published.slice(naiveFrom);
  count.naiveTorn += naively.filter(text => text !== undefined && !bench.finished.has(text)).length;
  count.naiveDeleted += naively.filter(text => text === undefined).length;
  if (naively.at(-1) !== bench.last) count.naiveMissed++;
}

describe.concurrent('every way of saving, watched', { concurrent: true }, () => {
  for (const [index, tool] of TOOLS.entries()) {
    const there = tool.needs.every(file => existsSync(file));
    it.skipIf(!there)(tool.name, async () => {
      const count = blank();
      counts.set(tool.name, count);
      const bench = new Bench(tool, index);
      await bench.start();
      try {
        const manners = tool.long ? MANNERS.slice(0, 1) : MANNERS;
        for (let i = 0; i < ROUNDS; i++) for (const manner of manners) await round(bench, manner, count);
      } finally {
        await bench.stop();
      }
      expect({ missed: count.missed, torn: count.torn, deleted: count.deleted }).toEqual({
        missed: 0,
        torn: 0,
        deleted: 0,
      });
    });
  }
});

function blank(): Count {
  const none = { saves: 0, cases: 0, torn: 0, missed: 0, deleted: 0, whole: 0 };
  return { ...none, naiveTorn: 0, naiveMissed: 0, naiveDeleted: 0, lags: [] };
}

function print(): void {
  const cells = [
    'saves',
    'missed',
    'torn',
    'deleted',
    'at once',
    'lag ms',
    '| naive: missed',
    'torn',
    'deleted',
  ];
  console.log(['way of saving'.padEnd(34), ...cells.map(cell => cell.padStart(8))].join(''));
  const all: [string, Count][] = [...counts];
  for (const [name, c] of [...all, ['all', total(all.map(([, count]) => count))] as const]) {
    const lag = [...c.lags].sort((a, b) => a - b)[Math.floor(c.lags.length / 2)] ?? 0;
    const row = [c.saves, c.missed, c.torn, c.deleted, `${c.whole}/${c.cases}`, lag.toFixed(0)];
    const naive = [c.naiveMissed, c.naiveTorn, c.naiveDeleted];
    const figures = [...row.map(x => String(x).padStart(8)), `|${String(naive[0]).padStart(14)}`];
    console.log([name.padEnd(34), ...figures, ...naive.slice(1).map(x => String(x).padStart(8))].join(''));
  }
}

function total(all: readonly Count[]): Count {
  const sum = blank();
  for (const one of all) {
    for (const key of Object.keys(one) as (keyof Count)[]) {
      if (key === 'lags') sum.lags.push(...one.lags);
      else sum[key] += one[key];
    }
  }
  return sum;
}
