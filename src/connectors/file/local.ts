import * as fs from 'node:fs';
import * as promises from 'node:fs/promises';
import { promisify } from 'node:util';
import { anchored, anchorIn } from './anchored.ts';
import type { Handle } from './disk-calls.ts';
import { isLocalKind } from './file-systems.ts';
import { outermost } from './roots.ts';
import { turn } from './turn.ts';

/**
 * The disk of this machine: the calls of node:fs/promises that a connector makes of names and small files, at the
 * cost of the call itself where the file system is a local one: there a stat takes some microseconds, while a trip through
 * the thread pool and back takes a hundred, and a commit makes about fifty. What waits for the disk
 * (`sync`, large reads and writes) takes that trip always, and so does everything on a file system that
 * may hang: across a network, in user space, or not looked at yet.
 */

const localRoots = new Set<string>();

/** Looks which kind of file system a root is on. It may be another one each time, or hang. */
export async function judge(root: string): Promise<void> {
  anchorIn(root);
  const { type } = await promises.statfs(root);
  if (isLocalKind(type)) localRoots.add(root);
  else localRoots.delete(root);
}

/** Opens a folder, and not only looks at it: one that may not be read must not pass for an empty one. */
export async function enter(path: string): Promise<void> {
  await (await promises.opendir(path)).close();
}

function isLocal(path: unknown): boolean {
  return typeof path === 'string' && outermost(localRoots, path) !== undefined;
}

type Call = (...args: never[]) => unknown;

/** One call in two ways; `path` is its last argument that is a name (a link's text is none). */
function either<Slow extends Call>(quick: Call, slow: Slow, named = 0): Slow {
  const call = (...args: never[]) => {
    if (!isLocal(args[named])) return slow(...args);
    const waiting = turn();
    return waiting === undefined ? atOnce(quick, args) : waiting.then(() => quick(...args));
  };
  return call as unknown as Slow;
}

/** Not by `async`: each of the promises that it takes costs as much as the call. */
function atOnce(quick: Call, args: never[]): Promise<unknown> {
  try {
    return Promise.resolve(quick(...args));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** One that changes folders: its names are anchored, so that nobody's link leads it elsewhere. */
function changing<Change extends Call>(call: Change, names: readonly number[]): Change {
  const change = (...args: never[]) =>
    anchored(
      names.map(at => args[at]!),
      isLocal(args[names.at(-1)!]),
      safe => {
        const there = [...args];
        names.forEach((at, index) => {
          there[at] = safe[index] as never;
        });
        return call(...there) as Promise<unknown>;
      },
    );
  return change as unknown as Change;
}

export const lstat = either(fs.lstatSync as Call, promises.lstat);
export const stat = either(fs.statSync as Call, promises.stat);
export const realpath = either(fs.realpathSync.native as Call, promises.realpath);
export const readlink = either(fs.readlinkSync as Call, promises.readlink);
export const readdir = either(fs.readdirSync as Call, promises.readdir);
export const rename = changing(either(fs.renameSync as Call, promises.rename, 1), [0, 1]);
export const link = changing(either(fs.linkSync as Call, promises.link, 1), [0, 1]);
export const symlink = changing(either(fs.symlinkSync as Call, promises.symlink, 1), [1]);
export const unlink = changing(either(fs.unlinkSync as Call, promises.unlink), [0]);
export const rmdir = changing(either(fs.rmdirSync as Call, promises.rmdir), [0]);
export const rm = changing(promises.rm, [0]);
export const mkdir = changing(either(fs.mkdirSync as Call, promises.mkdir), [0]);
/** A whole file: not quick for sure. */
export const readFile = promises.readFile;

export async function open(path: string, flags: number, mode?: number): Promise<Handle> {
  if ((flags & fs.constants.O_CREAT) === 0) return opened(path, isLocal(path), flags, mode);
  return anchored([path], isLocal(path), ([safe]) => opened(safe!, isLocal(path), flags, mode));
}

async function opened(path: string, isNear: boolean, flags: number, mode?: number): Promise<Handle> {
  if (!isNear) return promises.open(path, flags, mode) as Promise<unknown> as Promise<Handle>;
  await turn();
  return new LocalHandle(fs.openSync(path, flags, mode));
}

/** Up to here bytes are copied from and to the page cache in no time. */
const SMALL = 256 * 1024;

class LocalHandle implements Handle {
  constructor(private readonly fd: number) {}

  async stat(options: { bigint: true }): Promise<fs.BigIntStats> {
    return fs.fstatSync(this.fd, options);
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number) {
    if (length <= SMALL) return { bytesRead: fs.readSync(this.fd, buffer, offset, length, position) };
    return promisify(fs.read)(this.fd, buffer, offset, length, position);
  }

  async writeFile(content: Uint8Array | string): Promise<void> {
    if (content.length <= SMALL) fs.writeFileSync(this.fd, content);
    else await promisify(fs.writeFile)(this.fd, content);
  }

  async chown(uid: number, gid: number): Promise<void> {
    fs.fchownSync(this.fd, uid, gid);
  }

  async chmod(mode: number): Promise<void> {
    fs.fchmodSync(this.fd, mode);
  }

  sync(): Promise<void> {
    return promisify(fs.fsync)(this.fd);
  }

  async close(): Promise<void> {
    fs.closeSync(this.fd);
  }
}
