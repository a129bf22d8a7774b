import type { Random } from './random.ts';

/** A file or a folder, with what is in memory of it and what is on the platter. */
export interface Inode {
  readonly number: number;
  readonly isFolder: boolean;
  /** Never written into: each write makes another one. */
  bytes: Uint8Array;
  saved: Uint8Array;
  /** Of a folder. */
  names: Map<string, Inode>;
  savedNames: Map<string, Inode>;
  links: number;
  mode: number;
  uid: number;
  gid: number;
  /** Nanoseconds since 1970. */
  modified: bigint;
  changed: bigint;
}

/** One change of names, all of it or nothing; undefined: the name goes. */
type Naming = readonly { readonly folder: Inode; readonly name: string; readonly to: Inode | undefined }[];

const EMPTY = new Uint8Array();

/**
 * A disk in two layers. What is done to it is seen at once; what is on the platter is what was synced: a
 * file's bytes by fsync of the file, names by fsync of their folder. A power cut keeps all that, and any
 * subset of the rest in which changes of one name stay in their order.
 */
export class SimulatedDisk {
  readonly root: Inode;
  private numbers = 0;
  private pending: Naming[] = [];

  /** `stamp`: what the file system's clock says, in nanoseconds. */
  constructor(private readonly stamp: () => bigint) {
    this.root = this.inode(true);
  }

  private inode(isFolder: boolean): Inode {
    const now = this.stamp();
    return {
      number: ++this.numbers,
      isFolder,
      bytes: EMPTY,
      saved: EMPTY,
      names: new Map(),
      savedNames: new Map(),
      links: isFolder ? 1 : 0,
      mode: isFolder ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      modified: now,
      changed: now,
    };
  }

  /** What is at a path; undefined: nothing. */
  at(path: string): Inode | undefined {
    let found: Inode | undefined = this.root;
    for (const name of parts(path)) found = found?.isFolder ? found.names.get(name) : undefined;
    return found;
  }

  /** The folder that a path is or would be in. */
  private above(path: string): { folder: Inode; name: string } {
    const names = parts(path);
    const name = names.pop();
    if (name === undefined) throw disorder('EBUSY');
    const folder = this.at(names.join('/'));
    if (folder === undefined) throw disorder('ENOENT');
    if (!folder.isFolder) throw disorder('ENOTDIR');
    return { folder, name };
  }

  text(path: string): string | undefined {
    const found = this.at(path);
    return found === undefined || found.isFolder ? undefined : Buffer.from(found.bytes).toString();
  }

  create(path: string, mode: number, isFolder = false): Inode {
    const { folder, name } = this.above(path);
    if (folder.names.has(name)) throw disorder('EEXIST');
    const made = this.inode(isFolder);
    made.mode = mode;
    this.named([{ folder, name, to: made }]);
    return made;
  }

  link(from: string, to: string): void {
    const found = this.at(from);
    if (found === undefined) throw disorder('ENOENT');
    const { folder, name } = this.above(to);
    if (folder.names.has(name)) throw disorder('EEXIST');
    this.named([{ folder, name, to: found }]);
    found.changed = this.stamp();
  }

  unlink(path: string): void {
    const { folder, name } = this.above(path);
    const found = folder.names.get(name);
    if (found === undefined) throw disorder('ENOENT');
    if (found.isFolder && found.names.size > 0) throw disorder('ENOTEMPTY');
    this.named([{ folder, name, to: undefined }]);
    found.changed = this.stamp();
  }

  rename(from: string, to: string): void {
    const old = this.above(from);
    const found = old.folder.names.get(old.name);
    if (found === undefined) throw disorder('ENOENT');
    const next = this.above(to);
    if (next.folder.names.get(next.name)?.isFolder === true) throw disorder('EISDIR');
    // Two names of one file: rename(2) leaves both.
    if (next.folder.names.get(next.name) === found) return;
    this.named([
      { ...old, to: undefined },
      { ...next, to: found },
    ]);
    found.changed = this.stamp();
  }

  write(file: Inode, bytes: Uint8Array): void {
    file.bytes = bytes;
    file.modified = this.stamp();
    file.changed = file.modified;
  }

  /** Brings one inode to the platter: its bytes, or its names with what must come before them. */
  sync(inode: Inode): void {
    if (!inode.isFolder) {
      inode.saved = inode.bytes;
      return;
    }
    const needed = new Set<Naming>();
    const keys = new Set<string>();
    for (const naming of [...this.pending].reverse()) {
      if (!naming.some(one => one.folder === inode || keys.has(keyOf(one)))) continue;
      needed.add(naming);
      for (const one of naming) keys.add(keyOf(one));
    }
    for (const naming of this.pending) if (needed.has(naming)) save(naming);
    this.pending = this.pending.filter(naming => !needed.has(naming));
  }

  /** As by a person or a tool whose work is not what is looked at here: it is on the platter at once. */
  syncAll(): void {
    for (const naming of this.pending) save(naming);
    this.pending = [];
    for (const inode of this.all()) inode.saved = inode.bytes;
  }

  /** The power goes, and comes back. */
  cut(random: Random): void {
    const lost = new Set<string>();
    for (const naming of this.pending) {
      if (!naming.some(one => lost.has(keyOf(one))) && random.chance(0.5)) save(naming);
      else for (const one of naming) lost.add(keyOf(one));
    }
    this.pending = [];
    for (const inode of this.all(true)) {
      inode.names = new Map(inode.savedNames);
      inode.links = 0;
      if (inode.bytes !== inode.saved) inode.bytes = survivor(inode, random);
      inode.saved = inode.bytes;
    }
    for (const inode of this.all()) for (const each of inode.names.values()) each.links += 1;
  }

  private named(naming: Naming): void {
    for (const { folder, name, to } of naming) {
      const before = folder.names.get(name);
      if (before !== undefined) before.links -= 1;
      if (to === undefined) folder.names.delete(name);
      else {
        folder.names.set(name, to);
        to.links += 1;
      }
      folder.modified = this.stamp();
      folder.changed = folder.modified;
    }
    this.pending.push(naming);
  }

  private all(isSaved = false): Set<Inode> {
    const found = new Set<Inode>([this.root]);
    for (const inode of found)
      for (const each of (isSaved ? inode.savedNames : inode.names).values()) found.add(each);
    return found;
  }
}

function parts(path: string): string[] {
  return path.split('/').filter(name => name !== '' && name !== '.');
}

function keyOf({ folder, name }: Naming[number]): string {
  return `${folder.number}/${name}`;
}

function save(naming: Naming): void {
  for (const { folder, name, to } of naming) {
    if (to === undefined) folder.savedNames.delete(name);
    else folder.savedNames.set(name, to);
  }
}

/** What a power cut leaves of bytes that were not synced: the old, the new, a part, or the length alone. */
function survivor({ bytes, saved }: Inode, random: Random): Uint8Array {
  return random.pick([
    () => saved,
    () => bytes,
    () => bytes.subarray(0, random.int(0, bytes.length)),
    () => new Uint8Array(bytes.length),
  ])();
}

/** An error as the file system answers it. */
export function disorder(code: string): NodeJS.ErrnoException {
  // Without a stack, which would cost more than everything else that is simulated.
  return Object.assign(Object.create(Error.prototype), { code, message: `${code}: simulated` });
}
