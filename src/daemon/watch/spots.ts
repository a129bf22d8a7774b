import { join } from 'node:path';
import type { Look } from '../../core/capture/look.ts';

/**
 * A name in a watched folder that means something: a link or folder on the way to a file, a file that is
 * reached by such a way, or one that events came for. Of all other files the last scan's look is enough.
 */
export interface Spot {
  readonly folder: string;
  readonly name: string;
  readonly full: string;
  /** Paths of the scope that are this file, or that lead through this link. */
  readonly paths: Set<string>;
  /** A link or a folder on the way: where it leads now is for a scan to find out. */
  passage: boolean;
  /** The file as it was last glanced at; undefined: nothing was there, or what happened since was not heard. */
  known: Look | undefined;
  /** Events heard since `known` was glanced at. */
  renames: number;
  changes: number;
  generation: number;
}

interface View {
  /** The folder's path relative to the root, where new names in it may be in scope. */
  rel: string | undefined;
  /**
   * Looks at the folder's files, by their path; undefined: none, or what happened since was not heard.
   * While a scan reads the folder, those that it has taken already.
   */
  looks: ReadonlyMap<string, Look> | undefined;
  readonly spots: Map<string, Spot>;
  generation: number;
}

/** What one relationship watches. A scan marks what it meets; what it did not meet is then forgotten. */
export class Spots {
  private readonly views = new Map<string, View>();
  private generation = 0;

  view(folder: string): View | undefined {
    return this.views.get(folder);
  }

  /** The path of a name relative to the root, where a new one could be in scope. */
  pathOf(folder: string, name: string): string | undefined {
    const rel = this.views.get(folder)?.rel;
    return rel === undefined ? undefined : rel === '' ? name : `${rel}/${name}`;
  }

  has(folder: string, name: string): boolean {
    return this.views.get(folder)?.spots.has(name) === true;
  }

  /** Whether a file is reached in this folder, so that its neighbours may be its next version. */
  hasFiles(folder: string): boolean {
    const spots = this.views.get(folder)?.spots.values() ?? [];
    for (const spot of spots) if (!spot.passage) return true;
    return false;
  }

  begin(): void {
    this.generation++;
  }

  /** Forgets what was not met since `begin`, unless it is `busy`; returns the folders that are of no more use. */
  end(busy: (spot: Spot) => boolean): string[] {
    const gone: string[] = [];
    for (const [folder, view] of this.views) {
      for (const [name, spot] of view.spots) {
        if (spot.generation !== this.generation && !busy(spot)) view.spots.delete(name);
      }
      if (view.generation === this.generation) continue;
      this.views.delete(folder);
      gone.push(folder);
    }
    return gone;
  }

  meetFolder(folder: string, rel?: string): void {
    const view = this.views.get(folder);
    if (view === undefined) {
      const { generation } = this;
      this.views.set(folder, { rel, looks: undefined, spots: new Map(), generation });
      return;
    }
    // A folder may first be met on the way to a file, and then be walked.
    if (view.generation !== this.generation || rel !== undefined) view.rel = rel;
    view.generation = this.generation;
  }

  /** A scan begins to read the folder, and puts its looks there. */
  read(folder: string, looks: ReadonlyMap<string, Look>): void {
    const view = this.views.get(folder);
    if (view !== undefined) view.looks = looks;
  }

  /** The folder must have been met. */
  meet(folder: string, name: string): Spot {
    const view = this.views.get(folder)!;
    let spot = view.spots.get(name);
    if (spot === undefined) {
      spot = {
        folder,
        name,
        full: join(folder, name),
        paths: new Set(),
        passage: false,
        known: undefined,
        renames: 0,
        changes: 0,
        generation: this.generation,
      };
      view.spots.set(name, spot);
    } else if (spot.generation !== this.generation) {
      spot.generation = this.generation;
      spot.paths.clear();
      spot.passage = false;
    }
    return spot;
  }

  /** After a time in which nothing was heard from it, nothing is known of a folder's files. */
  forget(folder: string): void {
    const view = this.views.get(folder);
    if (view === undefined) return;
    view.looks = undefined;
    for (const spot of view.spots.values()) spot.known = undefined;
  }

  folders(): Iterable<string> {
    return this.views.keys();
  }
}

/** The file was glanced at just now: events from here on are counted against this look. */
export function glanced(spot: Spot, look: Look | undefined): void {
  spot.known = look;
  spot.renames = 0;
  spot.changes = 0;
}
