import {
  accessSync,
  constants,
  type Dirent,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { code, isBelow, locate, notAFile, unreadable } from '../../connectors/file/place.ts';
import { FileSource } from '../../connectors/file/source.ts';
import type { Look } from '../../core/capture/look.ts';
import { OWN_FOLDER, type Scope, scopeRoots, scopeTest } from '../../core/capture/scope.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import { folderInode, type Glance, glance } from './glance.ts';
import { reachTest } from './reach.ts';
import { glanced, type Spot, type Spots } from './spots.ts';

/** Everything in scope at one time, as `FileSource.list` finds it, with a look at each. */
export interface Scan {
  readonly looks: ReadonlyMap<string, Look>;
  readonly refused: readonly { readonly path: string; readonly failure: Failure }[];
  readonly nodeOwn: readonly string[];
  /** The root is not there, or not mounted: nothing else here means anything. */
  readonly failure?: Failure;
}

export interface Watching {
  /** See `Folders.follow`. */
  follow(folder: string): Promise<void> | undefined;
  leave(folder: string): void;
  /** Events of this spot are being worked on: its counters and its look are left alone. */
  busy(spot: Spot): boolean;
}

/** The loop is never held longer than about this. */
const SLICE_MS = 4;
const LINKS_MAX = 40;

/** Where a path ends: the real folder and name, and what is there. */
interface End {
  readonly folder: string;
  readonly name: string;
  readonly found: Glance;
}

interface Found {
  readonly looks: Map<string, Look>;
  readonly refused: { path: string; failure: Failure }[];
  readonly nodeOwn: string[];
}

/**
 * Walks the scope and watches each folder before it reads it, so that whatever changes after a look is
 * heard of. What leads to a file is watched too: each folder below the root on the way to it, each
 * folder with a symbolic link on the way, and the folder that the root is in.
 */
export class Scanner {
  private readonly source: FileSource;
  private readonly verdict: ReturnType<typeof scopeTest>;
  private readonly reaches: (folder: string) => boolean;
  /** Of the root when it was last scanned. */
  private device: string | undefined;
  /** What the last scan found: the scope takes these in, and need not be asked. */
  private last: ReadonlyMap<string, Look> = new Map();
  private realRoot = '';
  private sliceEnd = 0;

  constructor(
    private readonly root: string,
    private readonly scope: Scope,
    private readonly spots: Spots,
    private readonly watching: Watching,
  ) {
    this.source = new FileSource(root);
    this.verdict = scopeTest(scope);
    this.reaches = reachTest(scope);
  }

  /** Whether the root is there, on the file system that it was last scanned on. */
  rootStands(): boolean {
    const inode = folderInode(this.root);
    return inode !== undefined && (this.device === undefined || deviceOf(inode) === this.device);
  }

  async scan(): Promise<Scan> {
    const found: Found = { looks: new Map(), refused: [], nodeOwn: [] };
    this.sliceEnd = performance.now() + SLICE_MS;
    this.spots.begin();
    await this.trace('/', this.root, undefined);
    const failure =
      (await this.source.reachable()) ??
      (await this.collect(found).catch(error => this.source.reachable().then(gone => gone ?? thrown(error))));
    for (const folder of this.spots.end(this.watching.busy)) this.watching.leave(folder);
    const { looks, refused, nodeOwn } = found;
    if (failure !== undefined) return { looks: new Map(), refused: [], nodeOwn: [], failure };
    return { looks, refused, nodeOwn: nodeOwn.sort() };
  }

  private async collect(found: Found): Promise<Failure | undefined> {
    this.realRoot = realpathSync(this.root);
    const { files, folders } = scopeRoots(this.scope);
    for (const path of files) if (this.verdict(path) === 'in') await this.takeTraced(path, found);
    for (const base of folders) await this.walk(base, found);
    const device = deviceOf(folderInode(this.root) ?? '');
    // A folder that something is mounted on is there also when nothing is, and empty.
    if (found.looks.size === 0 && this.last.size > 0 && device !== this.device) return unmounted(this.root);
    this.device = device;
    this.last = found.looks;
    return undefined;
  }

  /** Level by level: first all folders of a level are watched, then they are read. */
  private async walk(base: string, found: Found): Promise<void> {
    const start = await this.start(base, found);
    let level = start === undefined ? [] : [start];
    while (level.length > 0) {
      await Promise.all(level.map(({ real, rel }) => this.follow(real, rel)));
      const next: { real: string; rel: string }[] = [];
      for (const { real, rel } of level) {
        const inside = this.inside(real);
        this.spots.read(real, found.looks);
        for (const entry of this.entries(real, rel, found)) {
          if (entry.name === OWN_FOLDER) continue;
          const path = rel === '' ? entry.name : `${rel}/${entry.name}`;
          if (!entry.isDirectory()) await this.visit(path, inside ? real : undefined, entry, found);
          else if (this.reaches(path)) next.push({ real: join(real, entry.name), rel: path });
        }
        await this.breathe();
      }
      level = next;
    }
  }

  private async start(base: string, found: Found): Promise<{ real: string; rel: string } | undefined> {
    if (base === '') return { real: this.realRoot, rel: '' };
    const end = await this.trace(this.realRoot, base, undefined);
    if (end?.found.kind === 'folder') return { real: join(end.folder, end.name), rel: base };
    // Links that lead in a circle are no folder, and not nothing either.
    this.entries(join(this.root, base), base, found);
    return undefined;
  }

  private entries(real: string, rel: string, found: Found): Dirent[] {
    try {
      return readdirSync(real, { withFileTypes: true });
    } catch (error) {
      if (code(error) !== 'ENOENT' && code(error) !== 'ENOTDIR') {
        found.refused.push({ path: rel, failure: unreadable(rel, error) });
      }
      return [];
    }
  }

  /** `folder`: the real one, when it is below the root. */
  private async visit(path: string, folder: string | undefined, entry: Dirent, found: Found): Promise<void> {
    const answer = this.last.has(path) ? 'in' : this.verdict(path);
    if (answer === 'node-own') found.nodeOwn.push(path);
    if (answer !== 'in' || found.looks.has(path)) return;
    if (folder === undefined || !entry.isFile() || isOdd(path)) return this.takeTraced(path, found);
    // The common case, in which nothing is awaited but a breath.
    const seen = glance(join(folder, entry.name));
    if (seen?.kind === 'file') {
      found.looks.set(path, seen.look);
      if (this.spots.has(folder, entry.name)) this.met(path, folder, entry.name, seen.look);
    }
    if (performance.now() > this.sliceEnd) await this.breathe();
  }

  private met(path: string, folder: string, name: string, look: Look): void {
    const spot = this.spots.meet(folder, name);
    spot.paths.add(path);
    // Reached through a link, it may be in scope by its own name as well.
    const own = this.spots.pathOf(folder, name);
    if (own !== undefined && own !== path && this.verdict(own) === 'in') spot.paths.add(own);
    if (!this.watching.busy(spot)) glanced(spot, look);
  }

  /** A file by its exact name, or through a link. */
  private async takeTraced(path: string, found: Found): Promise<void> {
    const end = await this.trace(this.realRoot, path, path);
    const failure = await this.refuse(path);
    if (failure !== undefined) found.refused.push({ path, failure });
    else if (end?.found.kind === 'file') {
      found.looks.set(path, end.found.look);
      this.met(path, end.folder, end.name, end.found.look);
    }
  }

  /** As `FileSource.list` refuses it. Nothing there is no refusal. */
  private async refuse(path: string): Promise<Failure | undefined> {
    if (isOdd(path)) return (await this.source.list({ include: [path], exclude: [] })).refused[0]?.failure;
    try {
      if (glance(join(this.root, path)) === undefined) return undefined;
      const real = await locate(this.root, path);
      if (real === undefined || isFailure(real)) return real;
      const found = statSync(real);
      return found.isFile() ? undefined : notAFile(path, found);
    } catch (error) {
      return code(error) === 'ENOENT' || code(error) === 'ENOTDIR' ? undefined : unreadable(path, error);
    }
  }

  /**
   * Goes the way of a path from a real folder, link by link, and watches what could turn it elsewhere.
   * `owner`: the path of the scope that is looked for, which hears of each link on its way.
   */
  private async trace(from: string, path: string, owner: string | undefined): Promise<End | undefined> {
    let folder = from;
    let links = 0;
    const names = path.split('/');
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        folder = dirname(folder);
        continue;
      }
      const full = join(folder, name);
      const inside = this.inside(folder);
      const last = names.length === 0;
      // Above the root only links, and the folder that the way ends in, can turn it elsewhere.
      if (inside || last || quiet(full)?.kind === 'link') await this.followAlong(folder, inside);
      const found = quiet(full);
      if (last && found !== undefined && found.kind !== 'link') {
        if (owner === undefined) this.pass(folder, name, owner);
        return { folder, name, found };
      }
      this.pass(folder, name, found?.kind === 'link' || last ? owner : undefined);
      if (found?.kind === 'folder') {
        folder = full;
        continue;
      }
      if (found?.kind !== 'link' || ++links > LINKS_MAX) return undefined;
      const target = targetOf(full);
      if (target === undefined) return undefined;
      if (isAbsolute(target)) folder = '/';
      names.unshift(...target.split('/'));
    }
    return undefined;
  }

  private inside(folder: string): boolean {
    return this.realRoot !== '' && (folder === this.realRoot || isBelow(this.realRoot, folder));
  }

  private pass(folder: string, name: string, owner: string | undefined): void {
    if (this.spots.view(folder) === undefined) return;
    const spot = this.spots.meet(folder, name);
    spot.passage = true;
    if (owner !== undefined) spot.paths.add(owner);
  }

  /** Outside of the root a folder that may not be read is not watched, and that is no blindness. */
  private async followAlong(folder: string, inside: boolean): Promise<void> {
    if (!inside) {
      try {
        accessSync(folder, constants.R_OK);
      } catch {
        return;
      }
    }
    await this.follow(folder);
  }

  private async follow(folder: string, rel?: string): Promise<void> {
    this.spots.meetFolder(folder, rel);
    const opening = this.watching.follow(folder);
    if (opening !== undefined) await opening;
  }

  private async breathe(): Promise<void> {
    if (performance.now() <= this.sliceEnd) return;
    await new Promise(resolve => setImmediate(resolve));
    this.sliceEnd = performance.now() + SLICE_MS;
  }
}

/** No diff, message or ledger could name such a file without a doubt. */
export function isOdd(path: string): boolean {
  return /[\u0000-\u001f\u007f]/.test(path);
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function quiet(full: string): Glance | undefined {
  try {
    return glance(full);
  } catch {
    return undefined;
  }
}

function thrown(error: unknown): never {
  throw error;
}

function deviceOf(inode: string): string {
  return inode.slice(0, inode.indexOf(':'));
}

function unmounted(root: string): Failure {
  return {
    failure: 'root-missing',
    message: `${root} is empty, and another file system than before`,
    at: { file: root },
    hint: 'mount its file system',
  };
}
