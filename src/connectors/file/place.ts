import { type BigIntStats, constants } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { type Handle, lstat, open, realpath, stat } from './disk.ts';

/** Above this a file is refused by name, before any of it is read. */
export const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Where a path under a root really is, every link followed, or a Failure when that is outside the
 * root. `undefined`: nothing is there. Links inside the root are followed and stay links.
 *
 * Whoever may put links into the folders above the file can still exchange one between this answer and
 * its use; against them no name is safe, only a descriptor.
 */
export async function locate(root: string, path: string): Promise<string | undefined | Failure> {
  // Both at once: nearly always the file is there, and no third name has to be looked up.
  const [realRoot, real] = await Promise.all([
    realpath(root),
    realpath(join(root, path)).catch(() => undefined),
  ]);
  if (real !== undefined && isBelow(realRoot, real)) return real;
  return locateSlowly(root, path);
}

/** One after the other, so that a root which is exchanged meanwhile does not make its files strangers. */
async function locateSlowly(root: string, path: string): Promise<string | undefined | Failure> {
  const realRoot = await realpath(root);
  const wanted = join(realRoot, path);
  let real: string;
  try {
    real = await realpath(wanted);
  } catch (error) {
    if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return locateMissing(realRoot, path, wanted);
    if (code(error) === 'ELOOP') return outside(path, 'it is a symbolic link that leads to itself');
    throw error;
  }
  return isBelow(realRoot, real) ? real : outside(path, `it is a symbolic link to ${real}`);
}

/** A path with nothing there: its nearest existing ancestor must be inside the root all the same. */
async function locateMissing(realRoot: string, path: string, wanted: string): Promise<undefined | Failure> {
  const link = await lstat(wanted).catch(() => undefined);
  if (link?.isSymbolicLink()) return outside(path, 'it is a symbolic link that leads nowhere');
  for (let at = dirname(wanted); ; at = dirname(at)) {
    let real: string;
    try {
      real = await realpath(at);
    } catch (error) {
      const isMissing = code(error) === 'ENOENT' || code(error) === 'ENOTDIR';
      if (isMissing && isBelow(realRoot, at)) continue;
      // A root that goes away meanwhile makes no file a stranger, and none a missing one: nothing is known of it.
      if (isMissing) return unreadable(path, error);
      throw error;
    }
    return isBelow(realRoot, real) || real === realRoot
      ? undefined
      : outside(path, `its folder is a symbolic link to ${real}`);
  }
}

/** What a path with something at it is, that this user may not read. */
export function unreadable(path: string, error: unknown): Failure {
  return {
    failure: 'unreadable',
    message: `${path} cannot be read (${code(error) ?? (error as Error).message})`,
    at: { file: path },
    hint: 'check its permissions and those of its folders, and run warmspare as a user who may read it',
  };
}

/**
 * The real folder that a path lies in. Refused where that is outside the root: it was asked where the path itself is
 * a moment ago, and the folder may have been exchanged for a link since.
 */
export async function folderOf(root: string, path: string): Promise<string> {
  const realRoot = await realpath(root);
  const folder = await realpath(dirname(join(root, path)));
  if (folder === realRoot || isBelow(realRoot, folder)) return folder;
  throw new FailureError(outside(path, `its folder is a symbolic link to ${folder}`));
}

function outside(path: string, why: string): Failure {
  return {
    failure: 'outside-root',
    message: `${path} lies outside its root: ${why}`,
    at: { file: path },
    hint: 'exclude it, or name a root that holds it',
  };
}

export function isBelow(root: string, path: string): boolean {
  const rest = relative(root, path);
  return rest !== '' && rest !== '..' && !rest.startsWith(`..${sep}`);
}

export function code(error: unknown): string | undefined {
  const { code: name, errno } = error as NodeJS.ErrnoException;
  return errno === DISK_QUOTA ? 'EDQUOT' : name;
}

/** Node 20 has no name for it. */
const DISK_QUOTA = -122;

export interface OpenedFile {
  readonly handle: Handle;
  /** As it was when it was opened. */
  readonly found: BigIntStats;
}

/** Opens for reading what must be a regular file of acceptable size; a FIFO does not block. */
export async function openRegular(real: string, path: string): Promise<OpenedFile | Failure> {
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    async error => {
      // A socket cannot be opened at all.
      if (code(error) === 'ENXIO') return notAFile(path, await stat(real));
      throw error;
    },
  );
  if (isFailure(handle)) return handle;
  try {
    const found = await handle.stat({ bigint: true });
    const failure = !found.isFile() ? notAFile(path, found) : tooLarge(path, Number(found.size));
    if (failure === undefined) return { handle, found };
    await handle.close();
    return failure;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function tooLarge(path: string, size: number): Failure | undefined {
  if (size <= BYTES_MAX) return undefined;
  const megabytes = (size / 1024 / 1024).toFixed(0);
  return {
    failure: 'too-large',
    message: `${path} is ${megabytes} MB; a configuration file may have ${BYTES_MAX / 1024 / 1024} MB`,
    at: { file: path },
    hint: 'exclude it, or copy it by other means',
  };
}

interface Kind {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

export function notAFile(path: string, found: Kind): Failure {
  const what = found.isDirectory()
    ? 'a directory'
    : found.isFIFO()
      ? 'a named pipe (FIFO)'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  return {
    failure: 'not-a-file',
    message: `${path} is ${what}, not a regular file`,
    at: { file: path },
    hint: found.isDirectory() ? `write "${path}/*" to take in the files in it` : 'exclude it',
  };
}
