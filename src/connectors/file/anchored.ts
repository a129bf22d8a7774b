import * as fs from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { FailureError } from '../../core/failure.ts';
import { outermost } from './roots.ts';

/**
 * Writes below a root where somebody else may exchange a folder for a link at any moment. No look at a
 * name is safe then, only a descriptor: each folder from the root on is opened in the one before, links
 * refused, and the call is made in the last one, as `/proc/self/fd/N/name` (Node has no openat).
 *
 * Where nobody but root and this user can write into the folders of a path, which is the rule, the name
 * will do, and is used: looking costs a few microseconds, and is trusted for a second.
 *
 * Of the replication's own folder a descriptor is held down to `.warmspare/<relationship>` and never
 * further: what is below, the staging folder most of all, is looked up by name in the call itself, so that
 * an owner whose staging folder was taken away finds nothing there. It is 0700 and nobody else's.
 */
const roots = new Set<string>();

/** Monotonic milliseconds. */
let clock = () => performance.now();

/** From now on what was looked at is trusted by that clock: the simulator's, whose stories are told twice alike. */
export function trustBy(now: () => number): void {
  clock = now;
}

/** From now on, writes below this folder are anchored in it. */
export function anchorIn(root: string): void {
  roots.add(root);
  try {
    roots.add(fs.realpathSync.native(root));
  } catch {
    // It is not there; who writes to it hears so.
  }
}

/** A folder's own entry only: no right to read it is needed. Not among Node's constants. */
const O_PATH = 0x200000;
const FOLDER = O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;
const FDS = '/proc/self/fd';

interface Way {
  open(path: string, flags: number): number | Promise<number>;
}

/** At once where the file system is this machine's own; else in the thread pool, as it may hang. */
const QUICK: Way = { open: fs.openSync };
const SLOW: Way = { open: promisify(fs.open) as Way['open'] };

/** Makes a call with names that lead nowhere else, whatever is done to the folders meanwhile. */
export function anchored<T>(
  paths: readonly string[],
  isLocal: boolean,
  call: (safe: readonly string[]) => Promise<T>,
): Promise<T> {
  const now = clock();
  return paths.every(path => isSafe(path, now)) ? call(paths) : anchoredAnew(paths, isLocal, call);
}

/** Whether it was looked at so short a while ago that the name will do. */
function isSafe(path: string, now: number): boolean {
  return now < (safeUntil.get(path.slice(0, path.lastIndexOf(sep))) ?? Number.NEGATIVE_INFINITY);
}

async function anchoredAnew<T>(
  paths: readonly string[],
  isLocal: boolean,
  call: (safe: readonly string[]) => Promise<T>,
): Promise<T> {
  const held: number[] = [];
  const safe: string[] = [];
  try {
    for (const path of paths) safe.push(await hold(path, isLocal ? QUICK : SLOW, held));
    return await call(safe);
  } catch (error) {
    throw named(error, paths, safe);
  } finally {
    for (const fd of held) fs.closeSync(fd);
  }
}

/** The names that people know, in an error of the system. */
function named(error: unknown, paths: readonly string[], safe: readonly string[]): unknown {
  const { path } = error as { path?: string };
  const at = path === undefined ? -1 : safe.indexOf(path);
  if (at !== -1) (error as { path?: string }).path = paths[at]!;
  else if (path?.startsWith(FDS)) (error as { path?: string }).path = paths[safe.length] ?? paths[0]!;
  return error;
}

async function hold(path: string, way: Way, held: number[]): Promise<string> {
  const now = clock();
  if (isSafe(path, now)) return path;
  const root = outermost(roots, dirname(path));
  if (root === undefined) return path;
  const parts = relative(root, dirname(path))
    .split(sep)
    .filter(part => part !== '');
  const [own, rest] = parts[0] === OWN_FOLDER ? [parts.slice(0, 2), parts.slice(2)] : [parts, []];
  const until = oursUntil(root, own, now);
  if (until !== undefined) remember(path.slice(0, path.lastIndexOf(sep)), until);
  // Without /proc there is nothing better than the name; it is asked for where it matters only.
  if (until !== undefined || !fs.existsSync(FDS)) return path;
  const folder = await walk(root, own, way, held, path);
  return folder === undefined ? path : join(folder, ...rest, basename(path));
}

/** The folder's name by its descriptor; a folder that is not there is the call's own affair. */
async function walk(
  root: string,
  parts: readonly string[],
  way: Way,
  held: number[],
  path: string,
  isResolved = false,
): Promise<string> {
  let fd = await way.open(root, O_PATH | fs.constants.O_DIRECTORY);
  held.push(fd);
  for (const part of parts) {
    try {
      fd = await way.open(`${FDS}/${fd}/${part}`, FOLDER);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
      // Links within the root are followed, but only as they are found now.
      const real = isResolved ? undefined : realBelow(root, join(root, ...parts));
      if (real === undefined) throw exchanged(root, path);
      return walk(root, real, way, held, path, true);
    }
    held.push(fd);
  }
  return `${FDS}/${fd}`;
}

function realBelow(root: string, folder: string): string[] | undefined {
  if (relative(root, folder).startsWith(OWN_FOLDER)) return undefined;
  try {
    const parts = relative(fs.realpathSync.native(root), fs.realpathSync.native(folder)).split(sep);
    return parts[0] === '..' || parts[0] === OWN_FOLDER ? undefined : parts.filter(part => part !== '');
  } catch {
    return undefined;
  }
}

function exchanged(root: string, path: string): FailureError {
  return new FailureError({
    failure: 'outside-root',
    message: `${relative(root, path)} lies outside its root: a folder above it is a symbolic link that leads out, or was exchanged for one just now`,
    at: { file: path },
    hint: 'see who made the link; nothing was written through it',
  });
}

/** How long, in milliseconds, it is believed that a folder is nobody else's. */
const TRUSTED_MS = 1000;
const trusted = new Map<string, number>();

/** By folder: until when names in it will do; so that the names above it are not taken apart for each call. */
const safeUntil = new Map<string, number>();
const SAFE_MOST = 1000;

function remember(folder: string, until: number): void {
  if (safeUntil.size >= SAFE_MOST) safeUntil.clear();
  safeUntil.set(folder, until);
}

/**
 * Until when it is believed that only root and this user can exchange a folder on the way: then nobody will.
 * Undefined: somebody else can.
 */
function oursUntil(root: string, parts: readonly string[], now: number): number | undefined {
  let at = root;
  let until = folderOursUntil(at, now);
  for (const part of parts) {
    if (until === undefined) return undefined;
    at = join(at, part);
    const here = folderOursUntil(at, now);
    until = here === undefined ? undefined : Math.min(until, here);
  }
  return until;
}

function folderOursUntil(folder: string, now: number): number | undefined {
  const until = trusted.get(folder);
  if (until !== undefined && now < until) return until;
  trusted.delete(folder);
  const found = fs.statSync(folder, { throwIfNoEntry: false });
  // What is not there yet is made by this user, in a folder that is this user's.
  if (found === undefined) return now;
  const isOwn = found.uid === 0 || found.uid === process.geteuid?.();
  // The group's bit is also that of an access list.
  if (!isOwn || (found.mode & 0o022) !== 0 || fs.lstatSync(folder).isSymbolicLink()) return undefined;
  trusted.set(folder, now + TRUSTED_MS);
  return now + TRUSTED_MS;
}
