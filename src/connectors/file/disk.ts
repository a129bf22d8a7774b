import type { Disk } from './disk-calls.ts';
import * as here from './local.ts';
import { isRemote, remoteDisk } from './remotes.ts';

export type { Handle } from './disk-calls.ts';

/**
 * Where every call of the file connector goes through: to the disk of this machine, or to the one of another machine
 * where the path is there. Transaction, ledger and fence are the same for both.
 */
function by<Name extends keyof Disk>(name: Name, local: Disk[Name], named = 0): Disk[Name] {
  const near = local as (...args: unknown[]) => unknown;
  const call = (...args: unknown[]) => {
    const path = args[named];
    return isRemote(path) ? there(path, name, args) : near(...args);
  };
  return call as unknown as Disk[Name];
}

async function there(path: string, name: keyof Disk, args: readonly unknown[]): Promise<unknown> {
  const disk = remoteDisk(path) as unknown as Record<
    string,
    (...args: readonly unknown[]) => Promise<unknown>
  >;
  return disk[name]!(...args);
}

export const judge = by('judge', here.judge);
export const enter = by('enter', here.enter);
export const lstat = by('lstat', here.lstat);
export const stat = by('stat', here.stat);
export const realpath = by('realpath', here.realpath);
export const readlink = by('readlink', here.readlink);
export const readdir = by('readdir', here.readdir);
export const rename = by('rename', here.rename);
export const link = by('link', here.link);
export const symlink = by('symlink', here.symlink, 1);
export const unlink = by('unlink', here.unlink);
export const rmdir = by('rmdir', here.rmdir);
export const rm = by('rm', here.rm);
export const mkdir = by('mkdir', here.mkdir);
/** A whole file: not quick for sure. */
export const readFile = by('readFile', here.readFile);
export const open = by('open', here.open);
