import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Arrivals } from './arrival.ts';
import { type Name, type Pipeline, start } from './pipelines.ts';
import { quiet } from './quiet.ts';
import { type Manner, save } from './save.ts';
import { StorageFile } from './storage.ts';

/** One comparison: a file of a size, saved again and again in one manner. */
export interface Plan {
  readonly title: string;
  readonly bytes: number;
  readonly manner: Manner;
  readonly rounds: number;
  /** Saves before the first that counts. */
  readonly warmup: number;
  /** No further round is begun after so long, where there were three. */
  readonly budgetMs: number;
  /** A save that has not arrived after so long is lost. */
  readonly lostMs: number;
  /** The longest wait for a pipeline to become idle before the next save. */
  readonly quietMs: number;
}

/** One save through one pipeline. */
export interface Sample {
  readonly round: number;
  readonly pipeline: Name;
  /** From the save to the right bytes; undefined: lost. */
  readonly ms: number | undefined;
  /** To the acknowledgement that it is durable, where the pipeline gives one. */
  readonly acknowledgedMs?: number;
  /** The bytes were others than they should be when the pipeline said that it was done. */
  readonly wrong: boolean;
  readonly torn: number;
  /** Some pipeline was still busy when this save was begun. */
  readonly busy: boolean;
}

const FILE = 'storage.yaml';
const BASELINE_MS = 180_000;
const LEAST_ROUNDS = 3;

interface Lane {
  readonly pipeline: Pipeline;
  readonly arrivals: Arrivals;
  version: number;
}

/** Runs every pipeline in turn in each round, in another order each time; all of them watch all the while. */
export async function measure(plan: Plan, names: readonly Name[]): Promise<Sample[]> {
  const folder = mkdtempSync(join(tmpdir(), 'warmspare-bench-'));
  const storage = new StorageFile(plan.bytes);
  const lanes: Lane[] = [];
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    for (const name of names) lanes.push(await open(name, join(folder, String(lanes.length)), storage));
    return await rounds(plan, lanes, storage);
  } finally {
    for (const { arrivals } of lanes) arrivals.close();
    await Promise.all(lanes.map(({ pipeline }) => pipeline.stop()));
    remove();
    process.off('exit', remove);
  }
}

/** A pipeline that watches, and whose backup has the first version. */
async function open(name: Name, folder: string, storage: StorageFile): Promise<Lane> {
  mkdirSync(join(folder, 'primary'), { recursive: true });
  writeFileSync(join(folder, 'primary', FILE), storage.text('primary', 0));
  const pipeline = start(name, folder);
  const arrivals = new Arrivals(pipeline.backup, FILE);
  try {
    await pipeline.ready;
    const { at } = await arrivals.until(storage.text('backup', 0), undefined, BASELINE_MS);
    if (at === undefined) throw new Error(`${name} did not bring the first version to the backup`);
    await pipeline.acknowledged?.after(0, BASELINE_MS);
    return { pipeline, arrivals, version: 0 };
  } catch (error) {
    arrivals.close();
    await pipeline.stop();
    throw error;
  }
}

async function rounds(plan: Plan, lanes: readonly Lane[], storage: StorageFile): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  for (let round = -plan.warmup; round < plan.rounds; round++) {
    if (round >= LEAST_ROUNDS && performance.now() - began > plan.budgetMs) break;
    for (const lane of rotated(lanes, round + plan.warmup)) {
      const idle = await Promise.all(lanes.map(({ pipeline }) => quiet(pipeline.pid, plan.quietMs)));
      const sample = await once(plan, lane, storage, round, idle.includes(false));
      if (round >= 0) samples.push(sample);
    }
  }
  return samples;
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

async function once(
  { manner, lostMs }: Plan,
  lane: Lane,
  storage: StorageFile,
  round: number,
  busy: boolean,
): Promise<Sample> {
  const { pipeline, arrivals } = lane;
  const before = storage.text('backup', lane.version);
  lane.version++;
  const text = storage.text('primary', lane.version);
  const wanted = storage.text('backup', lane.version);
  const told = pipeline.acknowledged?.count ?? 0;
  const arriving = arrivals.until(wanted, before, lostMs);
  const saved = save(manner, pipeline.primary, FILE, text);
  const acknowledging = pipeline.acknowledged?.after(told, lostMs).then(at => ({
    at,
    isRight: arrivals.read()?.equals(wanted) === true,
  }));
  const { at, torn } = await arriving;
  const acknowledged = await acknowledging;
  return {
    round,
    pipeline: pipeline.name,
    ms: at === undefined ? undefined : at - saved,
    ...(acknowledged?.at === undefined ? {} : { acknowledgedMs: acknowledged.at - saved }),
    wrong: acknowledged !== undefined && !acknowledged.isRight,
    torn,
    busy,
  };
}
