import { dirname, join } from 'node:path';
import { FailureError, isFailure } from '../../core/failure.ts';
import type { StoredFile } from '../connector.ts';
import { keepAttributes, namesToKeep } from './attributes.ts';
import { sha256 } from './digest.ts';
import { link, readdir, readFile, rename, unlink } from './disk.ts';
import { absent, makeFolder, placeFolder, randomName, syncFile, syncFolder, writeDraft } from './durable.ts';
import { code } from './place.ts';
import { moved, type Standing, type StandingFile } from './standing.ts';
import { eachOf, together } from './together.ts';
import { readWhole } from './whole.ts';

/** What neither the ledger's history nor the kept file itself tells. */
interface About {
  /** Nothing stood there. */
  readonly absent?: true;
  /** The topmost folder that had to be made for the file, relative to the root. */
  readonly made?: string;
  /** The path was a symbolic link with this text. */
  readonly link?: string;
  /** Owner and mode, where the kept file could not be given them. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Where the path is too long to stand in a name. */
  readonly path?: string;
}

/** What `keep` needs to know, and tells. */
export interface Keeping {
  /** Folder for drafts, on the same file system. */
  readonly staging: string;
  /** Hashes that the plan was made against. */
  readonly expected: ReadonlyMap<string, string | undefined>;
  /** Whether the bytes of the file that stands there are on disk for sure. */
  readonly isDurable: (path: string) => boolean;
  /** Gets the paths that are touched for the first time, before anything of them is kept. */
  readonly first: Set<string>;
}

/** Link refused: another file system, too many names, or a file that this user may not link. */
const UNLINKABLE = new Set(['EXDEV', 'EMLINK', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** In bytes, as file systems count a name. */
const NAME_MAX = 255;

/**
 * The versions that changes replaced, all in one folder, so that one fsync keeps them all:
 *
 *     earlier/<n>.file.<path>    what change n replaced; `/` in the path is written %2F
 *     earlier/<n>.about.<path>   what the file itself does not tell (JSON); mostly not needed
 *
 * Of change n it is the replaced file itself, by a hard link; the ledger's history has its hash, because
 * whoever still has it open can write into it. Number 0 is what replication found when it touched a path
 * for the first time: kept for `undo --baseline` and a copy of its own, because no history tells its hash.
 */
export class EarlierVersions {
  private readonly folder: string;
  /** By change: names in the folder. */
  private kept = new Map<number, Set<string>>();

  constructor(
    own: string,
    private readonly discard: (path: string) => Promise<void>,
  ) {
    this.folder = join(own, 'earlier');
  }

  async read(sequence: number, path: string): Promise<StoredFile | undefined> {
    const about = await this.about(nameOf(sequence, 'about', path));
    if (about?.absent === true) return undefined;
    const found = await readWhole(join(this.folder, nameOf(sequence, 'file', path)), path).catch(absent);
    if (found === undefined) return undefined;
    if (isFailure(found)) throw new FailureError(found);
    const { look: _, ...file } = found;
    const { mode, uid, gid, link: text } = about ?? {};
    return {
      ...file,
      ...(mode === undefined ? {} : { mode }),
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      ...(text === undefined ? {} : { link: text }),
    };
  }

  /** Where the file itself lies that a change replaced. */
  placeOf(sequence: number, path: string): string {
    return join(this.folder, nameOf(sequence, 'file', path));
  }

  private async about(name: string): Promise<About | undefined> {
    const text = await readFile(join(this.folder, name), 'utf8').catch(absent);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Every path that replication ever touched, created ones included, in order. */
  async touched(): Promise<string[]> {
    const paths = new Set<string>();
    for (const name of (await readdir(this.folder).catch(absent)) ?? []) {
      const [, sort, written] = /^0\.(file|about)\.(.+)$/.exec(name) ?? [];
      if (written === undefined) continue;
      if (!written.startsWith('#')) paths.add(decodeURIComponent(written));
      else if (sort === 'about') paths.add((await this.about(name))!.path!);
    }
    return [...paths].sort();
  }

  /** The folders that replication made, each with a path that it was made for. */
  async made(): Promise<{ readonly path: string; readonly made: string }[]> {
    const found: { path: string; made: string }[] = [];
    for (const path of await this.touched()) {
      const made = (await this.about(nameOf(0, 'about', path)))?.made;
      if (made !== undefined) found.push({ path, made });
    }
    return found;
  }

  /** Makes ready for change `next`: what an interrupted attempt kept for it, or for a later one, goes. */
  async open(next: number, staging: string): Promise<void> {
    const place = (folder: string) => placeFolder(staging, folder, 0o700);
    await makeFolder(this.folder, dirname(this.folder), place);
    this.kept = new Map();
    for (const name of await readdir(this.folder)) {
      const sequence = Number(/^(\d+)\.(?:file|about)\./.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(sequence)) continue;
      if (sequence >= next) await this.discard(join(this.folder, name));
      else this.note(sequence, name);
    }
  }

  private note(sequence: number, name: string): void {
    const names = this.kept.get(sequence) ?? new Set();
    this.kept.set(sequence, names.add(name));
  }

  /** Whether the first version of a path is kept: it is never written over, later ones are replication's. */
  hasFirst(path: string): boolean {
    const names = this.kept.get(0);
    return names?.has(nameOf(0, 'file', path)) === true || names?.has(nameOf(0, 'about', path)) === true;
  }

  /** Keeps what one change replaces; it is there for good after `sync`. */
  async keep(sequence: number, all: readonly Standing[], how: Keeping): Promise<void> {
    await eachOf(all, async standing => {
      const isFirst = !this.hasFirst(standing.path);
      if (isFirst) how.first.add(standing.path);
      await together([
        this.keepReplaced(sequence, standing, how),
        isFirst ? this.keepCopy(0, standing, how) : Promise.resolve(),
      ]);
    });
  }

  /** Brings the names of what was kept to disk. */
  sync(): Promise<void> {
    return syncFolder(this.folder);
  }

  /** Of an attempt that came to nothing: the next one may find something else as the first version. */
  async unkeepFirst(paths: Iterable<string>): Promise<void> {
    for (const path of paths) {
      for (const sort of ['file', 'about'] as const) {
        const name = nameOf(0, sort, path);
        this.kept.get(0)?.delete(name);
        await this.discard(join(this.folder, name));
      }
    }
  }

  private async keepReplaced(sequence: number, standing: Standing, how: Keeping): Promise<void> {
    const { path, real, file } = standing;
    // That nothing was there, the history tells.
    if (file === undefined) return;
    // Only a file that loses its last name here is nobody else's afterwards: under another name, or at
    // the end of a link, somebody may go on editing it.
    if (standing.link !== undefined || file.names > 1) return this.keepCopy(sequence, standing, how);
    try {
      await this.link(sequence, path, real, how.staging);
    } catch (error) {
      if (!UNLINKABLE.has(code(error) ?? '')) throw error;
      return this.keepCopy(sequence, standing, how);
    }
    if (!how.isDurable(path)) await syncFile(this.placeOf(sequence, path));
  }

  /** Whether what that change replaces is kept already. */
  has(sequence: number, path: string): boolean {
    return this.kept.get(sequence)?.has(nameOf(sequence, 'file', path)) === true;
  }

  /** Gives what a change will replace its name here. */
  async link(sequence: number, path: string, real: string, staging: string): Promise<void> {
    const name = nameOf(sequence, 'file', path);
    // By way of staging, as everything: whose epoch is over keeps nothing under a name of the next owner's.
    const draft = join(staging, randomName());
    await link(real, draft);
    try {
      await rename(draft, join(this.folder, name));
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
    this.note(sequence, name);
  }

  /** Of a change that comes to nothing. */
  async unkeep(sequence: number, path: string): Promise<void> {
    const name = nameOf(sequence, 'file', path);
    this.kept.get(sequence)?.delete(name);
    await this.discard(join(this.folder, name));
  }

  private async keepCopy(sequence: number, standing: Standing, how: Keeping): Promise<void> {
    const { path, file, link: text, made } = standing;
    const about: About = {
      ...(file === undefined ? { absent: true } : await this.copy(sequence, standing, file, how)),
      ...(made === undefined ? {} : { made }),
      ...(text === undefined ? {} : { link: text }),
      ...(sequence === 0 && isLong(path) ? { path } : {}),
    };
    if (Object.keys(about).length === 0) return;
    const name = nameOf(sequence, 'about', path);
    const draft = await writeDraft(how.staging, JSON.stringify(about));
    await rename(draft.path, join(this.folder, name));
    this.note(sequence, name);
  }

  private async copy(
    sequence: number,
    { path, real }: Standing,
    { mode, uid, gid, inode, changed }: StandingFile,
    { staging, expected }: Keeping,
  ): Promise<About> {
    const found = await readWhole(real, path);
    if (isFailure(found)) throw new FailureError(found);
    if (expected.has(path) && expected.get(path) !== found.hash) throw moved(path);
    const draft = await writeDraft(staging, found.bytes, { mode, uid, gid }, 'allow');
    const model = { real, path, seen: { inode, changed } };
    await keepAttributes(model, await namesToKeep(model), draft.path, { mode, uid, gid });
    const name = nameOf(sequence, 'file', path);
    await rename(draft.path, join(this.folder, name));
    this.note(sequence, name);
    return draft.isOwned ? {} : { mode, uid, gid };
  }

  /** Drops what all changes up to that one replaced, but for the first versions. */
  async forget(last: number): Promise<void> {
    const old = [...this.kept.keys()].filter(sequence => sequence > 0 && sequence <= last);
    for (const sequence of old) {
      for (const name of this.kept.get(sequence)!) await this.discard(join(this.folder, name));
      this.kept.delete(sequence);
    }
  }
}

function nameOf(sequence: number, sort: 'file' | 'about', path: string): string {
  return `${sequence}.${sort}.${isLong(path) ? `#${sha256(path)}` : encodeURIComponent(path)}`;
}

/** Whether a path does not fit a name; the numbers of changes, and the sort, leave room for 24 digits. */
function isLong(path: string): boolean {
  return encodeURIComponent(path).length > NAME_MAX - 32;
}
