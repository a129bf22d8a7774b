import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Look } from '../../core/capture/look.ts';
import { OWN_FOLDER, type Scope, scopeTest } from '../../core/capture/scope.ts';
import { Arrivals, type Candidate, proven } from './arrivals.ts';
import { type Blindness, QUEUE } from './blindness.ts';
import type { Folders, Follower } from './folders.ts';
import { type Glance, glance, lookAt, UNSEEN } from './glance.ts';
import { reachTest } from './reach.ts';
import { isOdd, type Scan, Scanner } from './scan.ts';
import { glanced, type Spot, Spots } from './spots.ts';

/** An event came for a path; `at`: monotonic milliseconds. */
export interface Hint {
  readonly path: string;
  /** What is there now; undefined: nothing. */
  readonly look: Look | undefined;
  /** It is proven that the file was complete before it had its name (see `Arrivals`). */
  readonly whole: boolean;
  readonly at: number;
}

export interface CaptureOptions {
  /** The primary's folder, absolute. */
  readonly root: string;
  readonly scope: Scope;
  /** Shared by all relationships. */
  readonly folders: Folders;
  /** Monotonic milliseconds. */
  now(): number;
  hint(hint: Hint): void;
  /** Something happened that only a scan can sort out; asked at most every 50 ms. */
  rescan(reason: string): void;
  /** Not everything is seen there as it happens, and why: rescan more often. */
  blind(folder: string, reason: Blindness): void;
  /** What was blind sees everything again. */
  sighted(folder: string): void;
}

const RESCAN_MS = 50;
/** A link that so many paths lead through is left to the scan. */
const PATHS_MAX = 64;

/**
 * The primary's side of one relationship: hints, looks and scans. It decides nothing. Nothing is heard
 * before the first scan, which finds out what to watch.
 */
export class Capture implements Follower {
  private readonly spots = new Spots();
  private readonly arrivals = new Arrivals();
  private readonly scanner: Scanner;
  private readonly verdict: (path: string) => 'in' | 'out' | 'node-own';
  private readonly reaches: (folder: string) => boolean;
  private dirty = new Set<Spot>();
  private proving = new Set<Spot>();
  private scanning: Promise<unknown> = Promise.resolve();
  private rescanning: NodeJS.Timeout | undefined;
  private closed = false;
  /** How often the kernel dropped events since everything was looked at. */
  private overflows = 0;

  constructor(private readonly options: CaptureOptions) {
    this.verdict = scopeTest(options.scope);
    this.reaches = reachTest(options.scope);
    this.scanner = new Scanner(options.root, options.scope, this.spots, {
      follow: folder => options.folders.follow(folder, this),
      leave: folder => options.folders.leave(folder, this),
      busy: spot => this.dirty.has(spot) || this.proving.has(spot),
    });
  }

  /** Looks at everything in scope, and watches what is to be watched. One runs at a time; others wait. */
  scan(): Promise<Scan> {
    const scan = this.scanning.then(() => this.scanAll());
    this.scanning = scan.catch(() => undefined);
    return scan;
  }

  private async scanAll(): Promise<Scan> {
    const { overflows } = this;
    const scan = await this.scanner.scan();
    if (overflows > 0 && overflows === this.overflows && scan.failure === undefined) {
      this.overflows = 0;
      this.options.sighted(QUEUE);
    }
    return scan;
  }

  /** What is at a path of the scope now. Undefined only where surely nothing is: not when the root is away. */
  look(path: string): Look | undefined {
    const look = lookAt(join(this.options.root, path));
    return look === undefined && !this.scanner.rootStands() ? UNSEEN : look;
  }

  /** Where the file of a path really is, for the question who is writing it. */
  real(path: string): string {
    const full = join(this.options.root, path);
    try {
      return realpathSync(full);
    } catch {
      return full;
    }
  }

  /**
   * Resolves when a hint was given for everything that could be seen happening before the call. Whoever
   * read a whole arrival waits for it, and publishes only if no further hint came for the path: within
   * one tick of the file system's clock (4 ms) a look is the same before and after a write of the same
   * size, so that looks alone do not tell that the file was written into while it was read.
   */
  async told(): Promise<void> {
    // The queue may have been read in this turn already: only the next turn surely reads it.
    for (let turn = 0; turn < 2 || this.dirty.size > 0 || this.proving.size > 0; turn++) {
      if (this.closed) return;
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.rescanning);
    for (const folder of this.spots.folders()) this.options.folders.leave(folder, this);
  }

  event(folder: string, kind: 'rename' | 'change', name: string): void {
    if (this.closed) return;
    // The folder itself went or was replaced, and not a file of the same name in it.
    if (kind === 'rename' && name === basename(folder) && !this.options.folders.stands(folder)) {
      this.rescan('a watched folder is gone or was replaced');
      return;
    }
    const view = this.spots.view(folder);
    if (view === undefined) return;
    const spot = view.spots.get(name) ?? this.discover(folder, kind, name);
    if (spot === undefined) return;
    if (kind === 'rename') spot.renames++;
    else spot.changes++;
    if (this.dirty.size === 0) setImmediate(() => this.glanceAtDirty());
    this.dirty.add(spot);
  }

  opened(folder: string): void {
    this.spots.forget(folder);
  }

  blind(folder: string, reason: Blindness): void {
    this.options.blind(folder, reason);
  }

  sighted(folder: string): void {
    this.options.sighted(folder);
    this.rescan('a folder is watched again');
  }

  overflowed(): void {
    // What is glanced at next must not pass for proven.
    for (const spot of [...this.dirty, ...this.proving]) spot.changes++;
    this.overflows++;
    this.options.blind(QUEUE, { why: 'overflow' });
    this.rescan('the kernel may have dropped events');
  }

  private rescan(reason: string): void {
    if (this.rescanning !== undefined || this.closed) return;
    this.rescanning = setTimeout(() => {
      this.rescanning = undefined;
      this.options.rescan(reason);
    }, RESCAN_MS);
  }

  /** A path in scope that is heard of for the first time since a scan, a new folder that may hold some, or noise. */
  private discover(folder: string, kind: string, name: string): Spot | undefined {
    const full = join(folder, name);
    if (kind === 'rename' && this.spots.view(full) !== undefined) this.rescan('a folder came or went');
    if (name === OWN_FOLDER) return undefined;
    const path = this.spots.pathOf(folder, name);
    // Beside the root, or beside a link on the way, others may write a log, line by line.
    if (path === undefined && !this.spots.hasFiles(folder)) return undefined;
    const found = quietly(full);
    if (found?.kind === 'folder') {
      if (path !== undefined && this.reaches(path)) this.rescan('there is a new folder');
      return undefined;
    }
    if (path !== undefined && this.verdict(path) === 'in' && !isOdd(name)) {
      const spot = this.spots.meet(folder, name);
      spot.paths.add(path);
      spot.known = this.spots.view(folder)?.looks?.get(path);
      return spot;
    }
    if (found?.kind === 'file') this.arrivals.remember(full, found);
    return undefined;
  }

  /** Runs after libuv has emptied the kernel's queue. */
  private glanceAtDirty(): void {
    const dirty = this.dirty;
    this.dirty = new Set();
    if (this.closed) return;
    const candidates: Candidate[] = [];
    for (const spot of dirty) {
      const found = quietly(spot.full);
      if (spot.passage || (found !== undefined && found.kind !== 'file')) {
        this.passed(spot);
        continue;
      }
      const candidate = found === undefined ? undefined : this.arrivals.candidate(spot, found);
      if (candidate !== undefined && this.options.folders.stands(spot.folder)) {
        this.proving.add(spot);
        candidates.push(candidate);
      } else this.tell(spot, found, false);
    }
    if (candidates.length > 0) setImmediate(() => this.prove(candidates));
  }

  private prove(candidates: readonly Candidate[]): void {
    for (const candidate of candidates) {
      const { spot } = candidate;
      this.proving.delete(spot);
      // Heard of again: it is glanced at anew, in this same turn.
      if (this.closed || this.dirty.has(spot)) continue;
      const second = quietly(spot.full);
      this.tell(spot, second, proven(candidate, second) && this.options.folders.stands(spot.folder));
    }
  }

  private tell(spot: Spot, found: Glance | undefined, whole: boolean): void {
    const file = found?.kind === 'file' ? found : undefined;
    glanced(spot, file?.look);
    if (file !== undefined) this.arrivals.remember(spot.full, file);
    // Not `found`: what can't be glanced at is not missing.
    for (const path of spot.paths) this.hint(path, file?.look ?? this.look(path), whole);
  }

  /** Something on the way to files came, went, or leads elsewhere. */
  private passed(spot: Spot): void {
    glanced(spot, undefined);
    if (spot.paths.size <= PATHS_MAX) {
      for (const path of spot.paths) this.hint(path, this.look(path), false);
    }
    this.rescan(`${spot.full} leads elsewhere, or is new`);
  }

  private hint(path: string, look: Look | undefined, whole: boolean): void {
    const { scanner, options } = this;
    if ((look === undefined || look === UNSEEN) && !scanner.rootStands())
      return this.rescan('the root is away');
    options.hint({ path, look, whole, at: options.now() });
  }
}

/** What cannot be glanced at is told apart by the scan. */
function quietly(full: string): Glance | undefined {
  try {
    return glance(full);
  } catch {
    return undefined;
  }
}
