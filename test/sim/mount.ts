import * as fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { attributeTool } from '../../src/connectors/file/attribute-names.ts';
import { disorder, type Inode, type SimulatedDisk } from './disk.ts';

/**
 * Puts simulated disks into this process's file system, below `/simulated/<process>/<disk>/`: the real
 * connector works on them by the very calls of node:fs that it makes otherwise. Every other path goes to
 * the real ones. To be imported before whatever takes functions out of node:fs.
 *
 * Symbolic links are not simulated.
 */
const PREFIX = '/simulated/';

export type Call =
  | 'stat'
  | 'list'
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'own'
  | 'sync'
  | 'sync folder'
  | 'rename'
  | 'link'
  | 'unlink'
  | 'make folder';

/** What one simulated process sees of the disks. */
export interface Mounts {
  disk(name: string): SimulatedDisk | undefined;
  /** Before each call: lets it wait, throws what the plan of faults says, or never resolves. */
  admit(call: Call, disk: string, path: string): Promise<void> | undefined;
  /** A name got another file. `before`, `after`: what it leads to. */
  renamed(disk: string, path: string, before: Inode | undefined, after: Inode | undefined): void;
  /** Whether a rename to that path is to do nothing. */
  isLeftOut(path: string): boolean;
  /** Bytes of a name were read. */
  read(disk: string, path: string, bytes: Uint8Array): void;
  /** Whether a sync is to do what it says. */
  isSynced(isFolder: boolean): boolean;
  /** How much of what was asked for a call reads or writes; less than all is a short one. */
  portion(call: 'read' | 'write', length: number): number;
}

const processes = new Map<string, Mounts>();

export function mount(name: string, mounts: Mounts): string {
  processes.set(name, mounts);
  return `${PREFIX}${name}`;
}

export function unmountAll(): void {
  processes.clear();
}

interface Place {
  readonly mounts: Mounts;
  readonly diskName: string;
  readonly path: string;
  readonly full: string;
}

function placeOf(full: string): Place | undefined {
  const [name = '', diskName = '', ...rest] = full.slice(PREFIX.length).split('/');
  const mounts = processes.get(name);
  return mounts === undefined ? undefined : { mounts, diskName, path: rest.join('/'), full };
}

function diskOf({ mounts, diskName }: Place): SimulatedDisk {
  const disk = mounts.disk(diskName);
  if (disk === undefined) throw disorder('ENOENT');
  return disk;
}

function existing(place: Place): Inode {
  const found = diskOf(place).at(place.path);
  if (found === undefined) throw disorder('ENOENT');
  return found;
}

/** Numbers, unless whoever asks wants them without rounding: as Node.js answers. */
function statOf(inode: Inode, options: unknown) {
  const isExact = (options as { readonly bigint?: boolean } | undefined)?.bigint === true;
  const as = (number: number) => (isExact ? BigInt(number) : number);
  return {
    dev: as(1),
    ino: as(inode.number),
    size: as(inode.bytes.length),
    nlink: as(inode.links),
    mode: as(inode.mode),
    uid: as(inode.uid),
    gid: as(inode.gid),
    mtimeNs: inode.modified,
    ctimeNs: inode.changed,
    isFile: () => !inode.isFolder,
    isDirectory: () => inode.isFolder,
    isSymbolicLink: () => false,
    isFIFO: () => false,
    isSocket: () => false,
  };
}

class SimulatedHandle {
  /** What is open stays what it is, also where something else is mounted meanwhile. */
  private readonly disk: SimulatedDisk;

  constructor(
    private readonly place: Place,
    private readonly inode: Inode,
  ) {
    this.disk = diskOf(place);
  }

  private admit(call: Call) {
    return this.place.mounts.admit(call, this.place.diskName, this.place.path);
  }

  async stat(options?: unknown) {
    await this.admit('stat');
    return statOf(this.inode, options);
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number) {
    await this.admit('read');
    const { bytes } = this.inode;
    const there = Math.max(0, Math.min(length, bytes.length - position));
    const bytesRead = there === 0 ? 0 : this.place.mounts.portion('read', there);
    buffer.set(bytes.subarray(position, position + bytesRead), offset);
    this.place.mounts.read(this.place.diskName, this.place.path, bytes);
    return { bytesRead };
  }

  /** As node does it: a short write is gone on with, and each part may fail. */
  async writeFile(content: Uint8Array | string) {
    const bytes = Buffer.from(content as string);
    for (let written = 0; written < bytes.length || written === 0; ) {
      await this.admit('write');
      written += bytes.length === 0 ? 1 : this.place.mounts.portion('write', bytes.length - written);
      this.disk.write(this.inode, Uint8Array.from(bytes.subarray(0, written)));
    }
  }

  async chown(uid: number, gid: number) {
    await this.admit('own');
    Object.assign(this.inode, { uid, gid });
  }

  async chmod(mode: number) {
    await this.admit('own');
    this.inode.mode = mode;
  }

  async sync() {
    const { isFolder } = this.inode;
    await this.admit(isFolder ? 'sync folder' : 'sync');
    if (this.place.mounts.isSynced(isFolder)) this.disk.sync(this.inode);
  }

  async close() {}
}

type Args = readonly unknown[];
type Simulated = (place: Place, args: Args) => Promise<unknown>;

const admit = (call: Call, { mounts, diskName, path }: Place) => mounts.admit(call, diskName, path);

const look: Simulated = async (place, [, options]) => {
  await admit('stat', place);
  return statOf(existing(place), options);
};

function renameTo(place: Place, to: Place, act: (disk: SimulatedDisk) => void): void {
  const disk = diskOf(place);
  const [gone, before] = [disk.at(place.path), disk.at(to.path)];
  act(disk);
  place.mounts.renamed(to.diskName, to.path, before, gone);
}

/** The calls that the connector and the state's memory make. */
const CALLS: Readonly<Record<string, Simulated>> = {
  stat: look,
  lstat: look,
  async realpath(place) {
    await admit('stat', place);
    existing(place);
    return place.full.replace(/\/+$/, '');
  },
  async readlink(place) {
    await admit('stat', place);
    existing(place);
    throw disorder('EINVAL');
  },
  async readdir(place, [, options]) {
    await admit('list', place);
    const folder = existing(place);
    if (!folder.isFolder) throw disorder('ENOTDIR');
    if (options === undefined) return [...folder.names.keys()];
    return [...folder.names].map(([name, inode]) => ({ name, isDirectory: () => inode.isFolder }));
  },
  async mkdir(place, [, options]) {
    await admit('make folder', place);
    const { mode = 0o755 } = (options ?? {}) as { mode?: number };
    diskOf(place).create(place.path, mode, true);
  },
  async rename(place, [, to]) {
    await admit('rename', place);
    const target = placeOf(to as string)!;
    if (target.diskName !== place.diskName) throw disorder('EXDEV');
    if (place.mounts.isLeftOut(target.path)) return;
    renameTo(place, target, disk => disk.rename(place.path, target.path));
    const removed = { ...place };
    place.mounts.renamed(removed.diskName, removed.path, diskOf(place).at(target.path), undefined);
  },
  async link(place, [, to]) {
    await admit('link', place);
    const target = placeOf(to as string)!;
    renameTo(place, target, disk => disk.link(place.path, target.path));
  },
  async symlink() {
    throw disorder('EPERM');
  },
  async unlink(place) {
    await admit('unlink', place);
    const before = existing(place);
    if (before.isFolder) throw disorder('EISDIR');
    diskOf(place).unlink(place.path);
    place.mounts.renamed(place.diskName, place.path, before, undefined);
  },
  async rmdir(place) {
    await admit('unlink', place);
    if (!existing(place).isFolder) throw disorder('ENOTDIR');
    diskOf(place).unlink(place.path);
  },
  async rm(place, [, options]) {
    await admit('unlink', place);
    const { force } = (options ?? {}) as { force?: boolean };
    const disk = diskOf(place);
    if (disk.at(place.path) === undefined && force === true) return;
    existing(place);
    const remove = (path: string) => {
      for (const name of [...disk.at(path)!.names.keys()]) remove(`${path}/${name}`);
      disk.unlink(path);
    };
    remove(place.path);
  },
  async open(place, [, how, mode]) {
    const { O_CREAT, O_EXCL, O_WRONLY } = fs.constants;
    const flags = how === 'wx' ? O_WRONLY | O_CREAT | O_EXCL : (how as number);
    const isNew = (flags & O_CREAT) !== 0;
    await admit(isNew ? 'create' : 'open', place);
    const inode = isNew ? diskOf(place).create(place.path, (mode as number) ?? 0o644) : existing(place);
    return new SimulatedHandle(place, inode);
  },
  async readFile(place, [, encoding]) {
    await admit('read', place);
    const found = existing(place);
    if (found.isFolder) throw disorder('EISDIR');
    place.mounts.read(place.diskName, place.path, found.bytes);
    const bytes = Buffer.from(found.bytes);
    return encoding === undefined ? bytes : bytes.toString('utf8');
  },
  async opendir(place) {
    await admit('list', place);
    if (!existing(place).isFolder) throw disorder('ENOTDIR');
    return { close: async () => {} };
  },
  // Of no kind that is known as a local one: every call then is one that can be waited for.
  async statfs(place) {
    await admit('stat', place);
    return { type: 0 };
  },
};

const real = { ...fs.promises } as unknown as Record<string, (...args: Args) => Promise<unknown>>;

for (const [name, simulated] of Object.entries(CALLS)) {
  const call = (...args: Args) => {
    const [path] = args;
    // No real wait may come into a story: its clock would go on meanwhile.
    if (path === '/proc/self/mountinfo') return Promise.resolve('');
    if (typeof path !== 'string' || !path.startsWith(PREFIX)) return real[name]!(...args);
    const place = placeOf(path);
    // Of a process that nobody knows any more.
    return place === undefined ? new Promise(() => {}) : simulated(place, args);
  };
  (fs.promises as unknown as Record<string, unknown>)[name] = call;
}

/** Simulated files have no attributes. */
const ask = attributeTool.ask;
attributeTool.ask = file => (file.startsWith(PREFIX) ? Promise.resolve({ exit: 0, text: '' }) : ask(file));
syncBuiltinESMExports();
