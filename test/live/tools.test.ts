import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../runs.ts';
import { LivePair } from '../support/live.ts';
import { content } from '../support/tools/content.ts';
import { TOOLS } from '../support/tools/index.ts';
import { type Place, prepare, save, type Tool } from '../support/tools/tool.ts';
import { BackupObserver } from './backup-observer.ts';
import { Naive } from './naive.ts';
import { blank, type Count, print } from './tools-table.ts';

const ROUNDS = LONG ? 20 : 2;
/** A limit for hangs only. */
const LIMIT_MS = 60_000;
/** Between two saves in quick succession. */
const APART_MS = 2;
/** After this, a tool that gave no sign of its save is told to save again. */
const SETTLING_MS = 20;
/** What chokidar's own throttles take. */
const NAIVE_MS = 150;
const MANNERS = ['once', 'twice', 'while the first settles'] as const;
type Manner = (typeof MANNERS)[number];

const IDENTITY = [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }];
const rewritten = (text: string) => text.replaceAll('nas1', 'nas2');

const counts = new Map<string, Count>();
const pair = new LivePair({});
const far = existsSync('/dev/shm')
  ? mkdtempSync('/dev/shm/warmspare-tools-')
  : mkdtempSync(join(tmpdir(), 'warmspare-tools-'));

/** One way of saving at one file, which has a relationship of its own, and who watches it on both sides. */
class Bench {
  readonly name: string;
  readonly path: string;
  readonly place: Place;
  readonly backup: string;
  /** What the tool has finished, as the primary has it. */
  readonly finished = new Set<string>();
  readonly count = blank();
  last = '';
  private version = 0;
  private isWatched: { readonly observer: BackupObserver; readonly naive: Naive } | undefined;

  constructor(
    readonly tool: Tool,
    index: number,
  ) {
    this.name = `t${index}`;
    this.path = tool.path ?? 'conf';
    const root = join(pair.folder, 'primary', this.name);
    const place = { root, aside: join(pair.folder, 'aside', this.name), far: join(far, this.name) };
    this.place = { ...place, file: join(root, this.path) };
    this.backup = pair.path('backup', join(this.name, this.path));
    for (const folder of [...Object.values(place), join(pair.folder, 'backup', this.name)])
      mkdirSync(folder, { recursive: true });
  }

  /** Nothing but capture keeps a half-saved file from the backup, and a missing one from being deleted there. */
  get relationship() {
    return {
      primary: { path: `./primary/${this.name}` },
      backup: { path: `./backup/${this.name}` },
      include: [this.path],
      identity: IDENTITY,
      guard: 'off',
    };
  }

  get observer(): BackupObserver {
    return this.isWatched!.observer;
  }

  get naive(): Naive {
    return this.isWatched!.naive;
  }

  /** Lines of the log about this file. */
  said(pattern: RegExp): number {
    return pair.said.filter(({ msg, relationship }) => relationship === this.name && pattern.test(msg))
      .length;
  }

  async prepare(): Promise<void> {
    await prepare(this.tool, this.place, this.next());
    this.last = content(this.version);
  }

  async watch(): Promise<void> {
    const naive = new Naive(this.place.file, dirname(this.place.file));
    this.isWatched = { observer: new BackupObserver(this.backup), naive };
    await naive.start();
  }

  async stop(): Promise<void> {
    this.isWatched?.observer.stop();
    await this.isWatched?.naive.stop();
  }

  async save(): Promise<void> {
    const file = this.next();
    const made = content(this.version);
    for (const text of this.tool.onTheWay?.(made) ?? []) this.finished.add(text);
    this.last = this.tool.result?.(made) ?? made;
    this.finished.add(this.last);
    await save(this.tool, this.place, file);
    this.count.saves++;
  }

  /** Saves in one manner; resolves when the last of it is done. */
  async saveIn(manner: Manner): Promise<void> {
    const first = this.save();
    if (manner === 'once') return first;
    if (manner === 'twice') await first.then(() => pause(APART_MS));
    else await Promise.all([first, pause(SETTLING_MS)]);
    return this.save();
  }

  async holds(): Promise<string[]> {
    const { stdout } = await pair.warmspare('status', '--json', this.name);
    const [row] = JSON.parse(stdout).relationships;
    return row.held.map((each: { failure: string }) => each.failure);
  }

  private next(): string {
    this.version++;
    const file = join(this.place.aside, `next-${this.version}`);
    writeFileSync(file, content(this.version));
    this.finished.add(content(this.version));
    return file;
  }
}

const BENCHES = TOOLS.map((tool, index) => new Bench(tool, index));
/** A file that its tool leaves empty: only a person may say that this is meant. */
const leavesEmpty = ({ tool }: Bench) => tool.result?.('something') === '';

beforeAll(async () => {
  const there = BENCHES.filter(({ tool }) => tool.needs.every(file => existsSync(file)));
  for (const bench of there) await bench.prepare();
  const relationships = Object.fromEntries(there.map(bench => [bench.name, bench.relationship]));
  pair.configure({}, { relationships });
  // A save that shows nothing to inotify is found by the next rescan.
  pair.pace = 'rescan=2000,proof=60000';
  await pair.start();
  await pair.until(() => there.every(bench => bench.said(/ replicated in /) > 0));
  for (const bench of there) await bench.watch();
});

afterAll(async () => {
  await pair.stop();
  for (const bench of BENCHES) await bench.stop();
  pair.remove();
  rmSync(far, { recursive: true, force: true });
  print(counts);
});

async function round(bench: Bench, manner: Manner): Promise<void> {
  const { observer, naive, count, place } = bench;
  const naiveFrom = naive.published.length;
  await bench.saveIn(manner);
  const done = performance.now();
  count.cases++;
  if (!(await observer.until(rewritten(bench.last), LIMIT_MS))) count.missed++;
  count.lags.push((observer.seen.at(-1)?.at ?? Number.NaN) - done);
  // The control gets its time.
  await pause(NAIVE_MS);
  expect(readFileSync(place.file, 'utf8')).toBe(bench.last);
  expect(readFileSync(bench.backup, 'utf8')).toBe(rewritten(bench.last));
  if (naive.published.slice(naiveFrom).at(-1) !== bench.last) count.naiveMissed++;
}

/** What is empty is held, and the backup keeps what it has; what comes after it arrives again. */
async function emptyRound(bench: Bench, manner: Manner): Promise<void> {
  const { observer, count, place } = bench;
  const before = observer.seen.length;
  const held = bench.said(/ is held: /);
  await bench.saveIn(manner);
  const done = performance.now();
  count.cases++;
  await pair.until(() => bench.said(/ is held: /) > held);
  count.lags.push(performance.now() - done);
  expect(await bench.holds()).toEqual(['empty']);
  expect(observer.seen.length).toBe(before);
  await prepare(bench.tool, place, join(place.aside, 'next-1'));
  await pair.until(() => bench.said(/ is not held any more/) > held);
}

/** Of all that was seen from the beginning on, so that nothing falls between two rounds. */
function judge({ observer, naive, count, finished }: Bench): void {
  const versions = new Set([...finished].map(rewritten));
  count.torn = observer.seen.filter(({ text }) => text !== undefined && !versions.has(text)).length;
  count.deleted = observer.seen.filter(({ text }) => text === undefined).length;
  count.naiveTorn = naive.published.filter(text => text !== undefined && !finished.has(text)).length;
  count.naiveDeleted = naive.published.filter(text => text === undefined).length;
}

describe.concurrent('every way of saving, to the backup', { concurrent: true }, () => {
  for (const bench of BENCHES) {
    const { tool, count } = bench;
    const there = tool.needs.every(file => existsSync(file));
    it.skipIf(!there)(tool.name, async () => {
      counts.set(tool.name, count);
      const manners = tool.long ? MANNERS.slice(0, 1) : MANNERS;
      for (let i = 0; i < ROUNDS; i++)
        for (const manner of manners) await (leavesEmpty(bench) ? emptyRound : round)(bench, manner);
      judge(bench);
      expect(bench.naive.errors).toEqual([]);
      const { missed, torn, deleted } = count;
      expect({ missed, torn, deleted }).toEqual({ missed: 0, torn: 0, deleted: 0 });
      expect(await bench.holds()).toEqual([]);
      expect(bench.said(/ waits: /)).toBe(0);
      // The observer was quick enough to see every version that the daemon says it wrote.
      if (leavesEmpty(bench)) return;
      await pair.until(() => bench.said(/ replicated in /) >= bench.observer.seen.length);
      expect(bench.said(/ replicated in /)).toBe(bench.observer.seen.length);
    });
  }
});
