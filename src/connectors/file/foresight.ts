import type { Transaction } from '../connector.ts';
import { stat, unlink } from './disk.ts';
import { type Draft, writeDraft } from './durable.ts';
import type { OwnFolder } from './own-folder.ts';
import { type Standing, type StandingFile, standingAt } from './standing.ts';

/** One file of the next transaction, if its plan holds. */
export interface Foreseen {
  /** The owner's directory at the time. */
  readonly home: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of the change that it would be. */
  readonly sequence: number;
  /** What stood there, before it was given a second name. */
  readonly standing: Standing & { readonly file: StandingFile };
  /** Of its last change, with that name; every later one makes it another version. */
  readonly changed: string;
  /** The new file in staging, once it is on disk. */
  readonly draft: Promise<Draft>;
  /** Once what it replaces is kept, durably. */
  readonly kept: Promise<void>;
}

/**
 * What the next commit will probably put, made ready while its plan is still being checked: the new file
 * lies in staging and goes to disk, and what it replaces is kept, both as the commit would do it (commit.ts),
 * only sooner. It has no effect on any file. One file at a time: in a transaction over several the disk
 * is shared anyway. And none while a commit is under way: that has the same number.
 */
export class Foresight {
  /** Whoever takes it puts undefined in its place at once, so that it has one owner at a time. */
  private found: Promise<Foreseen | undefined> | undefined;
  /** Of what was dropped: its names may still be there. */
  private dropping: Promise<void> = Promise.resolve();

  constructor(private readonly folder: OwnFolder) {}

  /** Resolves when only the disk is waited for. Never rejects: what goes wrong here the commit meets again. */
  async begin(root: string, path: string, bytes: Uint8Array, sequence: number): Promise<void> {
    const dropped = this.drop();
    if (this.folder.isInTurn) return dropped;
    const found = dropped.then(() => this.prepare(root, path, bytes, sequence)).catch(() => undefined);
    this.found = found;
    await found;
  }

  private async prepare(
    root: string,
    path: string,
    bytes: Uint8Array,
    sequence: number,
  ): Promise<Foreseen | undefined> {
    const { folder } = this;
    const { earlier, isOpen, owner } = folder;
    if (!isOpen || owner === undefined || !earlier.hasFirst(path)) return undefined;
    const { home, staging } = folder;
    await folder.refuseLinks();
    const standing = await standingAt(root, path);
    const { file, real } = standing;
    // What it takes more than a link to keep is left to the commit.
    if (file === undefined || standing.link !== undefined || file.names > 1) return undefined;
    if (earlier.has(sequence, path)) return undefined;
    // Before the draft: with its sync this name comes to disk as well, mostly, and the other sync is short.
    await earlier.link(sequence, path, real, staging);
    const linked = await stat(real, { bigint: true }).catch(() => undefined);
    if (linked === undefined || folder.owner !== owner) {
      await this.remove({ home, sequence, path });
      return undefined;
    }
    const draft = await begun(written => writeDraft(staging, bytes, file, 'throw', written));
    const kept = earlier.sync();
    kept.catch(() => undefined);
    return {
      home,
      path,
      bytes,
      sequence,
      standing: { ...standing, file },
      changed: String(linked.ctimeNs),
      draft: draft.of,
      kept,
    };
  }

  /** What was made ready for this very transaction; anything else is dropped. */
  async take(transaction: Transaction): Promise<Foreseen | undefined> {
    const found = this.found;
    this.found = undefined;
    await this.dropping;
    const one = await found;
    if (one === undefined || this.isFor(transaction, one)) return one;
    await this.remove(one);
    return undefined;
  }

  private isFor({ puts, deletes, expected, ledger }: Transaction, found: Foreseen): boolean {
    const [put, more] = puts;
    if (put === undefined || more !== undefined || deletes.length > 0) return false;
    const { path, bytes, exact, link } = put;
    const isPlain = exact !== true && link === undefined && this.isStill(found);
    const isSame = path === found.path && ledger.sequence === found.sequence;
    // Only of a version that is on disk for sure the name alone is enough.
    if (!isPlain || !isSame || !this.folder.hasPut(path, expected.get(path))) return false;
    return Buffer.compare(bytes, found.bytes) === 0;
  }

  /** Removes what was made ready and comes to nothing. Never rejects. */
  drop(): Promise<void> {
    const { found } = this;
    this.found = undefined;
    if (found !== undefined)
      this.dropping = Promise.all([this.dropping, found])
        .then(([, one]) => (one === undefined ? undefined : this.remove(one)))
        .catch(() => undefined);
    return this.dropping;
  }

  /** What is left over goes when the folder is opened the next time. */
  private async remove(one: Pick<Foreseen, 'home' | 'sequence' | 'path'> & Partial<Foreseen>): Promise<void> {
    const draft = await one.draft?.catch(() => undefined);
    await one.kept?.catch(() => undefined);
    // Another epoch, also one of this process, has other names, or the same for something else.
    if (!this.isStill(one)) return;
    if (draft !== undefined) await unlink(draft.path).catch(() => undefined);
    await this.folder.earlier.unkeep(one.sequence, one.path).catch(() => undefined);
  }

  private isStill({ home }: Pick<Foreseen, 'home'>): boolean {
    const { isOpen, owner } = this.folder;
    return isOpen && owner !== undefined && this.folder.home === home;
  }
}

/** Goes on when the work waits for the disk only, or has failed; without waiting for its end. */
async function begun<T>(work: (written: () => void) => Promise<T>): Promise<{ readonly of: Promise<T> }> {
  let of: Promise<T> | undefined;
  await new Promise<void>(written => {
    of = work(written);
    of.catch(() => written());
  });
  return { of: of! };
}
