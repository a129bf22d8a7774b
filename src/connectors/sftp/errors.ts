import type { Line } from './line.ts';

/** The numbers of an SFTP server's answers. */
const NO_SUCH_FILE = 2;
const PERMISSION_DENIED = 3;
const BAD_MESSAGE = 5;
const UNSUPPORTED = 8;

/** What a call was to do, where that decides what its refusal means. */
export interface Asked {
  readonly call: string;
  /** As people know it. */
  readonly path: string;
  /** As the server does. */
  readonly there: string;
  /** A rename's or link's other name, on the server. */
  readonly from?: string;
}

/** So few bytes are none, once a folder wants a block of its own. */
const FULL = 64 * 1024;
const READ_ONLY = 1;

/**
 * SFTP has five answers where a file system has forty. The transaction goes by which of those it was, so it is found
 * out afterwards, by looking: at what stands at the name now, and at the file system. What is found may have come
 * about since; then the transaction looks anew, as after any failure.
 */
export async function explained(error: unknown, asked: Asked, line: Line): Promise<Error> {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'number') return error as Error;
  const { call, path } = asked;
  const name = await nameOf(code, asked, line);
  return Object.assign(new Error(`${name}, ${call} ${path}`), { code: name, path });
}

async function nameOf(answer: number, asked: Asked, line: Line): Promise<string> {
  if (answer === NO_SUCH_FILE) return missing(asked, line);
  if (answer === PERMISSION_DENIED) return /^f?ch(own|mod)$/.test(asked.call) ? 'EPERM' : 'EACCES';
  if (answer === BAD_MESSAGE) return 'EINVAL';
  if (answer === UNSUPPORTED) return 'EOPNOTSUPP';
  return (await atName(asked, line)) ?? (await atFileSystem(asked, line)) ?? 'EIO';
}

/** A folder was asked for, and something else stands there; else nothing does. */
async function missing({ call, there }: Asked, line: Line): Promise<string> {
  if (call !== 'readdir' && call !== 'enter') return 'ENOENT';
  return (await modeAt(line, there)) === undefined ? 'ENOENT' : 'ENOTDIR';
}

const MAKING = new Set(['mkdir', 'open', 'link', 'symlink']);

/** What stands at the name that the call was to make, or to take away. */
async function atName({ call, there, from }: Asked, line: Line): Promise<string | undefined> {
  const found = await modeAt(line, there);
  if (MAKING.has(call)) return found === undefined ? undefined : 'EEXIST';
  const isFolder = found !== undefined && (found & 0o170000) === 0o040000;
  if (call === 'rmdir' && isFolder) return 'ENOTEMPTY';
  if (call === 'unlink' && isFolder) return 'EISDIR';
  if (call !== 'rename' || !isFolder) return undefined;
  const moved = from === undefined ? undefined : await modeAt(line, from);
  return moved !== undefined && (moved & 0o170000) === 0o040000 ? 'ENOTEMPTY' : 'EISDIR';
}

async function modeAt(line: Line, there: string): Promise<number | undefined> {
  const found = await line
    .call<{ mode: number }>(({ sftp }, done) => sftp.lstat(there, done))
    .catch(() => undefined);
  return found?.mode;
}

interface Room {
  readonly f_frsize: number;
  readonly f_bavail: number;
  readonly f_files: number;
  readonly f_favail: number;
  readonly f_flag: number;
  readonly f_sid: number;
}

async function atFileSystem({ call, there, from }: Asked, line: Line): Promise<string | undefined> {
  const here = await roomAt(line, folderOf(there));
  if (here === undefined) return undefined;
  if ((Number(here.f_flag) & READ_ONLY) !== 0) return 'EROFS';
  const isFull = here.f_bavail * here.f_frsize < FULL || (here.f_files > 0 && here.f_favail === 0);
  if (isFull && !['unlink', 'rmdir', 'read'].includes(call)) return 'ENOSPC';
  if (from === undefined) return undefined;
  const other = await roomAt(line, folderOf(from));
  return other !== undefined && other.f_sid !== here.f_sid ? 'EXDEV' : undefined;
}

function roomAt(line: Line, folder: string): Promise<Room | undefined> {
  if (!line.has('statvfs@openssh.com')) return Promise.resolve(undefined);
  return line.call<Room>(({ sftp }, done) => sftp.ext_openssh_statvfs(folder, done)).catch(() => undefined);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}
