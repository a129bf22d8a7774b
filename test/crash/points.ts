import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { LONG, SEED } from '../runs.ts';

const STRACE = '/usr/bin/strace';
const SAME_NAMES = fileURLToPath(new URL('./same-names.js', import.meta.url));

export const WARMSPARE = fileURLToPath(new URL('../../bin/warmspare.js', import.meta.url));

/** The calls that change something, and those after which a change is complete. */
const WRITING = [
  ...['openat', 'write', 'pwrite64', 'writev', 'ftruncate', 'fsync', 'fdatasync', 'close'],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'unlink', 'unlinkat'],
  ...['mkdir', 'mkdirat', 'rmdir', 'fchmod', 'fchown', 'chmod', 'chown', 'utimensat', 'copy_file_range'],
];

/** One system call of a run: the `count`th of its name on this path, which is relative to the folder. */
export interface Point {
  readonly call: string;
  readonly path: string;
  readonly count: number;
}

/** A program's run in a folder: `argv` after node's own. */
export interface Run {
  readonly folder: string;
  readonly argv: readonly string[];
}

export interface Ended {
  /** The exit code; 137 where it was killed. */
  readonly exit: number | null;
  readonly stderr: string;
}

/** Every writing call of a run on what lies below one of the folders (`backup/`), in the order they began. */
export function pointsOf(run: Run, below: readonly string[]): Point[] {
  const log = join(run.folder, 'trace');
  const ended = strace(run, ['-y', '-s', '0', '-e', `trace=${WRITING.join(',')}`], log);
  if (ended.exit !== 0) throw new Error(`the run to be traced ended with ${ended.exit}: ${ended.stderr}`);
  const counts = new Map<string, number>();
  const points: Point[] = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const point = pointIn(line, run.folder);
    if (point === undefined || !below.some(folder => point.path.startsWith(folder))) continue;
    const key = `${point.call} ${point.path}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    points.push({ ...point, count: counts.get(key)! });
  }
  return points;
}

/** Reading is no point: not even of a folder that is opened for its sync. */
function pointIn(line: string, folder: string): Omit<Point, 'count'> | undefined {
  const call = /^\d+ +(\w+)\(/.exec(line)?.[1];
  if (call === undefined || (call === 'openat' && !line.includes('O_CREAT'))) return undefined;
  const named = [...line.matchAll(/"([^"]*)"|\d<([^>]*)>/g)].map(match => match[1] ?? match[2]!);
  const path = named.find(one => one.startsWith(`${folder}/`));
  return path === undefined ? undefined : { call, path: path.slice(folder.length + 1) };
}

/** The run again, with something done to it at one of its points: `signal=KILL`, `error=ENOSPC`. */
export function injected(run: Run, { call, path, count }: Point, what: string): Ended {
  const where = ['-P', join(run.folder, path), '-e', `trace=${call}`];
  return strace(run, [...where, '-e', `inject=${call}:${what}:when=${count}`]);
}

function strace({ folder, argv }: Run, how: readonly string[], log = '/dev/null'): Ended {
  const { status, signal, stderr } = spawnSync(
    STRACE,
    ['-f', '-qq', '-o', log, ...how, process.execPath, '--import', SAME_NAMES, ...argv],
    // Calls are counted for each thread by itself, so there must be one for the file system.
    { cwd: folder, env: { ...process.env, UV_THREADPOOL_SIZE: '1' }, encoding: 'utf8' },
  );
  return { exit: signal === 'SIGKILL' ? 137 : status, stderr };
}

/** Some of the points, drawn by the run's seed; all of them in the long run. */
export function sampleOf<T>(points: readonly T[], size: number): readonly T[] {
  if (LONG) return points;
  const subset = fc.noBias(fc.shuffledSubarray([...points], { minLength: size, maxLength: size }));
  return fc.sample(subset, { numRuns: 1, seed: SEED })[0]!;
}

export function nameOf({ call, path, count }: Point): string {
  return `${call} ${path} #${count}`;
}
