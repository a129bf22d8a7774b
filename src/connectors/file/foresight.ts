import type { Transaction } from '../connector.ts';
import { stat, unlink } from './disk.ts';
import { absent, type Draft, writeDraft } from './durable.ts';
import type { OwnFolder } from './own-folder.ts';
import { type Standing, type StandingFile, standingAt } from './standing.ts';

/** One file of the next transaction, if its plan holds. */
export interface Foreseen {
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
 * is shared anyway.
 */
export class Foresight {
  private found: Promise<Foreseen | undefined> = Promise.resolve(undefined);

  constructor(private readonly folder: OwnFolder) {}

  /** Resolves when only the disk is waited for. Never rejects: what goes wrong here the commit meets again. */
  async begin(root: string, path: string, bytes: Uint8Array, sequence: number): Promise<void> {
    const before = this.drop();
    this.found = before.then(() => this.prepare(root, path, bytes, sequence)).catch(() => undefined);
    await this.found;
  }

  private async prepare(
    root: string,
    path: string,
    bytes: Uint8Array,
    sequence: number,
  ): Promise<Foreseen | undefined> {
    const { earlier, isOpen, owner, staging } = this.folder;
    if (!isOpen || owner === undefined || !earlier.hasFirst(path)) return undefined;
    const standing = await standingAt(root, path);
    const { file, real } = standing;
    // What it takes more than a link to keep is left to the commit.
    if (file === undefined || standing.link !== undefined || file.names > 1) return undefined;
    // Before the draft: with its sync this name comes to disk as well, mostly, and the other sync is short.
    await earlier.link(sequence, path, real, staging);
    const { ctimeNs } = await stat(real, { bigint: true });
    const draft = await begun(written => writeDraft(staging, bytes, file, 'throw', written));
    const kept = earlier.sync();
    kept.catch(() => undefined);
    return {
      path,
      bytes,
      sequence,
      standing: { ...standing, file },
      changed: String(ctimeNs),
      draft: draft.of,
      kept,
    };
  }

  /** What was made ready for this very transaction; anything else is dropped. */
  async take(transaction: Transaction): Promise<Foreseen | undefined> {
    const found = await this.found;
    if (found === undefined) return undefined;
    if (!this.isFor(transaction, found)) return this.drop().then(() => undefined);
    this.found = Promise.resolve(undefined);
    return found;
  }

  private isFor({ puts, deletes, expected, ledger }: Transaction, found: Foreseen): boolean {
    const [put, more] = puts;
    if (put === undefined || more !== undefined || deletes.length > 0) return false;
    const { path, bytes, exact, link } = put;
    const isPlain = exact !== true && link === undefined && this.folder.isOpen;
    const isSame = path === found.path && ledger.sequence === found.sequence;
    // Only of a version that is on disk for sure the name alone is enough.
    if (!isPlain || !isSame || !this.folder.hasPut(path, expected.get(path))) return false;
    return Buffer.compare(bytes, found.bytes) === 0;
  }

  /** Removes what was made ready and comes to nothing. Never rejects. */
  drop(): Promise<void> {
    const { found } = this;
    const dropped = found.then(async one => {
      if (one === undefined) return;
      const draft = await one.draft.catch(() => undefined);
      await one.kept.catch(() => undefined);
      if (draft !== undefined) await unlink(draft.path).catch(absent);
      await this.folder.earlier.unkeep(one.sequence, one.path);
    });
    // What is left over goes when the folder is opened the next time.
    const ended = dropped.catch(() => undefined);
    this.found = ended.then(() => undefined);
    return ended;
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
