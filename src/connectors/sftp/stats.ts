import { constants } from 'node:fs';
import type { Attributes } from 'ssh2';

/** What one look at a file over SFTP tells, as numbers or as bigint. */
type Field = 'dev' | 'ino' | 'mode' | 'nlink' | 'uid' | 'gid' | 'size' | 'mtimeNs' | 'ctimeNs';

export interface RemoteStats extends Readonly<Record<Field, number | bigint>> {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

let looks = 0n;

/**
 * SFTP tells no inode, no time of the last change of any sort, no number of names, and whole seconds. So
 *
 * - `ctimeNs` is another one at each look: no two looks are ever the same version, and whatever would go by that
 *   reads the file again;
 * - `ino` is made of size, time, owner and mode: where it differs the file is another one, or was changed. That it is
 *   equal proves nothing; whoever has to know compares bytes besides;
 * - `nlink` is 1: a file with other names is kept by hard link as well, and may be edited under them (its hash tells).
 */
export function statsOf({ mode, uid, gid, size, mtime }: Attributes, isBig: boolean): RemoteStats {
  looks += 1n;
  const kind = mode & constants.S_IFMT;
  const field = (value: bigint) => (isBig ? value : Number(value));
  return {
    dev: field(0n),
    ino: field(identity([mode, uid, gid, size, mtime])),
    mode: field(BigInt(mode)),
    nlink: field(1n),
    uid: field(BigInt(uid)),
    gid: field(BigInt(gid)),
    size: field(BigInt(size)),
    mtimeNs: field(BigInt(mtime) * 1_000_000_000n),
    ctimeNs: field(looks),
    isFile: () => kind === constants.S_IFREG,
    isDirectory: () => kind === constants.S_IFDIR,
    isSymbolicLink: () => kind === constants.S_IFLNK,
    isFIFO: () => kind === constants.S_IFIFO,
    isSocket: () => kind === constants.S_IFSOCK,
  };
}

/** One number of several, each of them told apart. */
function identity(parts: readonly number[]): bigint {
  return parts.reduce((sum, part) => (sum << 48n) | BigInt(part), 1n);
}
