import { dirname, join } from 'node:path';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import type { Source, StoredFile } from '../connector.ts';
import { lstat, readlink, realpath, stat } from './disk.ts';
import { absent, type Owner } from './durable.ts';
import { locate, notAFile } from './place.ts';

/** What stands at a path before a commit touches it. */
export interface Standing {
  readonly path: string;
  /** The name that a new version takes, links followed. */
  readonly real: string;
  /** Absent: nothing is there. */
  readonly file?: StandingFile;
  /** The path is a symbolic link with this text. */
  readonly link?: string;
  /** Where nothing is: the topmost folder above it that is not there either, relative to the root. */
  readonly made?: string;
}

export interface StandingFile extends Owner {
  /** `device:inode`. */
  readonly inode: string;
  /** Nanoseconds of its last change of any sort. */
  readonly changed: string;
  /** How many names it has. */
  readonly names: number;
}

export async function standingAt(root: string, path: string): Promise<Standing> {
  const [real, link] = await Promise.all([locate(root, path), linkAt(join(root, path))]);
  if (isFailure(real)) throw new FailureError(real);
  if (real === undefined) return nothingAt(root, path);
  const found = await stat(real, { bigint: true });
  if (!found.isFile()) throw new FailureError(notAFile(path, found));
  const file: StandingFile = {
    inode: `${found.dev}:${found.ino}`,
    changed: String(found.ctimeNs),
    names: Number(found.nlink),
    mode: Number(found.mode) & 0o7777,
    uid: Number(found.uid),
    gid: Number(found.gid),
  };
  return { path, real, file, ...(link === undefined ? {} : { link }) };
}

/** The text of a symbolic link; looked at first, because the error that a file is none costs more than the look. */
async function linkAt(named: string): Promise<string | undefined> {
  const found = await lstat(named).catch(() => undefined);
  return found?.isSymbolicLink() === true ? readlink(named).catch(() => undefined) : undefined;
}

async function nothingAt(root: string, path: string): Promise<Standing> {
  const failure = await noPlace(root, path);
  if (failure !== undefined) throw new FailureError(failure);
  const [realRoot, made] = await Promise.all([realpath(root), firstMissing(root, path)]);
  return { path, real: join(realRoot, path), ...(made === undefined ? {} : { made }) };
}

/** The topmost folder above a path that is not there yet. */
async function firstMissing(root: string, path: string): Promise<string | undefined> {
  let missing: string | undefined;
  for (let at = dirname(path); at !== '.'; at = dirname(at)) {
    if ((await stat(join(root, at)).catch(absent)) !== undefined) break;
    missing = at;
  }
  return missing;
}

/** Why nothing can be put at a path where nothing is: something above it is no folder. */
export async function noPlace(root: string, path: string): Promise<Failure | undefined> {
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
    const found = await stat(join(root, folder)).catch(absent);
    if (found === undefined) continue;
    if (found.isDirectory()) return undefined;
    return {
      failure: 'not-a-file',
      message: `${path} has no place: ${folder} is no folder`,
      at: { file: path },
      hint: `move ${folder} away, or exclude ${path}`,
    };
  }
  return undefined;
}

/**
 * What stands at a path, where something is decided by it: that it cannot be told just now must not pass for
 * an edit by somebody else. A Failure is of what is there and never was replicated.
 */
export async function readToDecide(files: Source, path: string): Promise<StoredFile | undefined | Failure> {
  const found = await files.read(path);
  if (isFailure(found) && found.failure === 'unreadable') throw new FailureError(found);
  return found;
}

/** A target is not what the plan was made against; nothing of the whole transaction is done. */
export function moved(path: string): FailureError {
  return new FailureError({
    failure: 'plan-moved',
    message: `${path} was changed on the backup after the plan was made`,
    at: { file: path },
    hint: 'run the command again: the new plan takes the change into account',
  });
}
