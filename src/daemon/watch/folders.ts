import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { FSWatcher } from 'chokidar';
import { isLocalKind, kindTitle } from '../../connectors/file/file-systems.ts';
import { code } from '../../connectors/file/place.ts';
import type { Blindness } from './blindness.ts';
import { folderInode } from './glance.ts';

/** Who wants to know what happens in a folder. */
export interface Follower {
  /**
   * Something happened to the name `name` in the folder. `rename`: it came, went, or another took its
   * place; `change`: content, owner, mode or times. What happens to the folder itself comes under its
   * own name.
   */
  event(folder: string, kind: 'rename' | 'change', name: string): void;
  /** The folder is watched from now on. What happened before, or between two watches, was not heard. */
  opened(folder: string): void;
  /** Not everything is heard from this folder, and why: look into it more often. May be said again. */
  blind(folder: string, reason: Blindness): void;
  /** A folder that was blind is heard again. */
  sighted(folder: string): void;
  /** So many events came at once that the kernel may have dropped others: look at everything. */
  overflowed(): void;
}

interface Followed {
  readonly followers: Set<Follower>;
  /** `device:inode` that the watch is on; undefined: there is none. */
  inode: string | undefined;
  watcher: FSWatcher | undefined;
  /** Why not everything is heard. With an `inode` it is the file system that does not tell all. */
  blind: Blindness | undefined;
  /** The attempt that is under way. */
  opening: Promise<void> | undefined;
}

/**
 * chokidar's handling of watches, and nothing on top of it: whenever something happens, chokidar reads
 * the folder again and looks at all its files, at most once a second, and guards that by its throttle. A
 * throttle that never lets it pass leaves the raw events alone, and a start that looks at nothing.
 */
class FolderWatcher extends FSWatcher {
  override _throttle(): false {
    return false;
  }
}

/**
 * The daemon's one set of watched folders, shared by all relationships. Only folders are watched: a
 * watch on a file loses it when another file takes its name. Each folder has a chokidar instance of its
 * own, so that an error tells which folder it blinds, and so that a folder which was replaced can be
 * watched anew at once; the kernel's queue behind them is one.
 */
export class Folders {
  private readonly followed = new Map<string, Followed>();
  private burst = 0;
  private readonly burstMost: number;

  constructor() {
    this.burstMost = eventsMost();
  }

  /** How many folders are watched, and how many of these in vain. */
  get counts(): { readonly watched: number; readonly blind: number } {
    const all = [...this.followed.values()];
    return { watched: all.length, blind: all.filter(one => one.blind !== undefined).length };
  }

  /**
   * Resolves when the folder is watched, or when it is known that it cannot be. The folder is given by
   * its real path. May be repeated: it renews a watch whose folder was replaced, and tries again where it
   * failed. Undefined: it is watched already, and there is nothing to wait for.
   */
  follow(folder: string, follower: Follower): Promise<void> | undefined {
    let entry = this.followed.get(folder);
    if (entry === undefined) {
      entry = {
        followers: new Set(),
        inode: undefined,
        watcher: undefined,
        blind: undefined,
        opening: undefined,
      };
      this.followed.set(folder, entry);
    }
    entry.followers.add(follower);
    if (entry.opening !== undefined) return entry.opening;
    if (entry.inode !== undefined && entry.inode === folderInode(folder)) {
      // Who comes later to the same folder has not heard it yet.
      if (entry.blind !== undefined) follower.blind(folder, entry.blind);
      return undefined;
    }
    const opened: Followed = entry;
    entry.opening = this.open(folder, entry).finally(() => {
      opened.opening = undefined;
    });
    return entry.opening;
  }

  /** Whether what is at this path now is the folder that the watch is on. */
  stands(folder: string): boolean {
    const inode = this.followed.get(folder)?.inode;
    return inode !== undefined && inode === folderInode(folder);
  }

  leave(folder: string, follower: Follower): void {
    const entry = this.followed.get(folder);
    if (entry === undefined) return;
    entry.followers.delete(follower);
    if (entry.followers.size > 0) return;
    this.followed.delete(folder);
    drop(entry);
  }

  close(): void {
    for (const entry of this.followed.values()) drop(entry);
    this.followed.clear();
  }

  private async open(folder: string, entry: Followed): Promise<void> {
    // Looked at before and after: a folder that is replaced while its watch is made is watched again.
    for (let attempt = 0; attempt < 3; attempt++) {
      drop(entry);
      const before = folderInode(folder);
      if (before === undefined) return this.lose(folder, entry, undefined);
      const refused = await this.start(folder, entry);
      if (this.followed.get(folder) !== entry) return drop(entry);
      if (refused !== undefined) return this.lose(folder, entry, { why: 'watch', reason: refused });
      const kind = await kindOf(folder);
      if (this.followed.get(folder) !== entry) return drop(entry);
      if (folderInode(folder) !== before) continue;
      entry.inode = before;
      for (const follower of entry.followers) follower.opened(folder);
      if (kind !== undefined && !isLocalKind(kind)) this.halfHeard(folder, entry, kind);
      else this.heardAgain(folder, entry);
      return;
    }
    this.lose(folder, entry, { why: 'watch', reason: 'it is replaced again and again' });
  }

  /** Undefined when the watch stands, else what was in its way. */
  private start(folder: string, entry: Followed): Promise<string | undefined> {
    const watcher = new FolderWatcher({
      depth: 0,
      persistent: true,
      followSymlinks: false,
      ignoreInitial: true,
      atomic: false,
      // A watched folder's files get no watch of their own.
      ignored: path => path !== folder,
    });
    entry.watcher = watcher;
    watcher.on('raw', (kind, name) => this.heard(folder, entry, kind, name));
    return new Promise(resolve => {
      let refused: string | undefined;
      watcher.on('error', error => {
        refused = code(error) ?? String(error);
        // After the start: the watch broke.
        if (entry.watcher === watcher && entry.inode !== undefined)
          this.lose(folder, entry, { why: 'watch', reason: refused });
      });
      // Told also after an error, which comes before it.
      watcher.on('ready', () => resolve(refused));
      watcher.add(folder);
    });
  }

  private lose(folder: string, entry: Followed, reason: Blindness | undefined): void {
    drop(entry);
    // A folder that is not there is no blindness: what is above it tells when it comes.
    if (reason === undefined) return;
    entry.blind = reason;
    for (const follower of entry.followers) follower.blind(folder, reason);
  }

  /** inotify tells of what this machine's kernel does, and of nothing that is done underneath or elsewhere. */
  private halfHeard(folder: string, entry: Followed, kind: number): void {
    entry.blind = { why: 'file-system', title: kindTitle(kind) };
    for (const follower of entry.followers) follower.blind(folder, entry.blind);
  }

  private heardAgain(folder: string, entry: Followed): void {
    if (entry.blind === undefined) return;
    entry.blind = undefined;
    for (const follower of entry.followers) follower.sighted(folder);
  }

  private heard(folder: string, entry: Followed, kind: string, name: string): void {
    this.count();
    const what = kind === 'rename' ? 'rename' : 'change';
    for (const follower of entry.followers) follower.event(folder, what, name);
  }

  /**
   * libuv reads the kernel's queue until it is empty, in one turn of the loop, and says nothing of the
   * mark that an overflow leaves in it. A queue that overflowed was full: so many events in one turn are
   * the sign of it.
   */
  private count(): void {
    if (this.burst++ === 0) setImmediate(() => this.drained());
  }

  private drained(): void {
    const { burst } = this;
    this.burst = 0;
    if (burst < this.burstMost) return;
    const all = new Set([...this.followed.values()].flatMap(entry => [...entry.followers]));
    for (const follower of all) follower.overflowed();
  }
}

function drop(entry: Followed): void {
  void entry.watcher?.close();
  entry.watcher = undefined;
  entry.inode = undefined;
}

/** Its number as statfs(2) has it; undefined: the folder is gone. */
async function kindOf(folder: string): Promise<number | undefined> {
  try {
    return (await statfs(folder)).type;
  } catch {
    return undefined;
  }
}

/** Events in one turn that make an overflow likely: most of what the kernel's queue holds. */
function eventsMost(): number {
  try {
    return Math.floor(Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8')) * 0.8);
  } catch {
    return 13_000;
  }
}
