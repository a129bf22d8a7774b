import { dirname, join } from 'node:path';
import type { Tenure } from '../../core/fence/tenure.ts';
import { mkdir, rename, rm, stat } from './disk.ts';
import { absent, randomName, syncFolder } from './durable.ts';
import { code } from './place.ts';
import { homeName } from './tenures.ts';
import { together } from './together.ts';

interface Draft {
  readonly path: string;
  readonly token: string;
  /** Of the owner's directory in it. */
  readonly home: string;
  /** What of it is not on disk for sure: all of it, the name of the owner's directory, or nothing. */
  readonly owes: 'all' | 'name' | 'nothing';
}

/**
 * The directory that becomes `epoch-<n>`, with the owner's in it, from the moment in which it is made:
 *
 *     asking-<random>/<token>/              prepared, and on disk: whose tenure it will tell is not known yet
 *     asking-<random>/<token>-<tenure>/     at the take-over, before it asks
 *     epoch-<n>/<token>-<tenure>/           asks, and then is on disk by that name
 *
 * As a draft it is nothing to anybody: no epoch, no tenure, no source of any rename. Whoever takes the backup over
 * sweeps such drafts away, each by one rename, so that one that is found is whole; whose it was makes another one.
 *
 * All that is not on disk yet when it asks is synced together, before anything is taken. A power cut until then leaves
 * any part of it: a draft, a number whose directory is empty, or one whose owner's has its bare token or lacks
 * rooms. To whoever comes next each is an epoch that was asked for, in which nothing was left; nobody was let in by
 * it, and what it was to carry on is still told by those that it has not taken.
 */
export class Asking {
  private draft: Draft | undefined;

  /** `folder`: the relationship's on the backup. */
  constructor(
    private readonly root: string,
    private readonly folder: string,
  ) {}

  /**
   * Makes sure that the relationship's folder is there, in which everything is looked for. A prepared draft that is
   * found in it tells that it is the one whose name came to disk at the preparation.
   */
  async begin(): Promise<void> {
    const { draft } = this;
    const found = draft && (await stat(join(draft.path, draft.home)).catch(() => undefined));
    if (found !== undefined) return;
    this.draft = undefined;
    await makeBelow(this.root, this.folder);
  }

  /** What is ready already, and still there, stays. */
  async prepare(): Promise<void> {
    await this.begin();
    if (this.draft?.owes === 'nothing') return;
    await this.drop();
    const token = randomName();
    const draft = await this.make(token, token);
    this.draft = draft;
    try {
      await this.sync(draft.path, draft);
    } catch (error) {
      await this.drop();
      throw error;
    }
    this.draft = { ...draft, owes: 'nothing' };
  }

  /** What was made for a take-over that came to nothing goes; what was prepared stays for the next one. */
  async end(): Promise<void> {
    if (this.draft?.owes === 'all') await this.drop();
  }

  /** Never rejects: what is left goes with the next take-over, whoever's it is. */
  async drop(): Promise<void> {
    const { draft } = this;
    this.draft = undefined;
    if (draft !== undefined) await rm(draft.path, { recursive: true, force: true }).catch(() => undefined);
  }

  /**
   * Asks for an epoch, and gives the name of the owner's directory in it when that is on disk; undefined: somebody
   * else has that number, or has swept the draft away.
   */
  async take(epoch: number, tenure: Tenure | undefined): Promise<string | undefined> {
    const named = join(this.folder, `epoch-${epoch}`);
    let draft: Draft;
    try {
      draft = await this.telling(tenure);
      await rename(draft.path, named);
    } catch (error) {
      // With another number it is as good.
      if (NOT_EMPTY.has(code(error) ?? '')) return undefined;
      await this.drop();
      if (code(error) === 'ENOENT') return undefined;
      throw error;
    }
    this.draft = undefined;
    await this.sync(named, draft);
    return draft.home;
  }

  /** The draft, with a name in it that tells the tenure; a new one where none is there. */
  private async telling(tenure: Tenure | undefined): Promise<Draft> {
    const { draft } = this;
    if (draft !== undefined) {
      const home = homeName(draft.token, tenure);
      if (home === draft.home) return draft;
      const isThere = await rename(join(draft.path, draft.home), join(draft.path, home)).then(
        () => true,
        absent,
      );
      const owes = draft.owes === 'nothing' ? 'name' : draft.owes;
      if (isThere === true) return this.keep({ ...draft, home, owes });
      await makeBelow(this.root, this.folder);
    }
    const token = randomName();
    return this.keep(await this.make(token, homeName(token, tenure)));
  }

  private keep(draft: Draft): Draft {
    this.draft = draft;
    return draft;
  }

  private async make(token: string, home: string): Promise<Draft> {
    const path = join(this.folder, `asking-${randomName()}`);
    const folders = [path, join(path, home), ...ROOMS.map(room => join(path, home, room))];
    try {
      for (const folder of folders) await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
    return { path, token, home, owes: 'all' };
  }

  /**
   * Of what has that name now. An intent is only on disk if all names above it are; whoever made those may have
   * failed, or died, before they were. Somebody higher may have taken it meanwhile, and is found by the next look.
   */
  private async sync(named: string, { home, owes }: Draft): Promise<void> {
    const own = { all: [named, join(named, home)], name: [named], nothing: [] }[owes];
    const above = owes === 'all' ? [dirname(this.folder), this.root] : [];
    await together([
      ...[this.folder, ...above].map(path => syncFolder(path)),
      ...own.map(path => syncFolder(path).catch(absent)),
    ]);
  }
}

const ROOMS = ['new', 'removed'];

/** What a rename answers where a directory is that has something in it. */
const NOT_EMPTY = new Set(['EEXIST', 'ENOTEMPTY']);

/** Makes the folder, and the one above it, where they are missing; and nothing in the place of a root that is gone. */
async function makeBelow(root: string, folder: string): Promise<void> {
  const make = (path: string) =>
    mkdir(path, { mode: 0o700 }).catch(error => {
      if (code(error) !== 'EEXIST') throw error;
    });
  await make(folder).catch(async error => {
    if (code(error) !== 'ENOENT' || dirname(folder) === root) throw error;
    await make(dirname(folder));
    await make(folder);
  });
}
