import { join } from 'node:path';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { type Claim, isOutbid } from '../../core/fence/epoch.ts';
import { highestOf, outranked, outranks, type Tenure } from '../../core/fence/tenure.ts';
import type { Source, TakeOver, Transaction } from '../connector.ts';
import type { Ledger } from '../ledger.ts';
import { Asking } from './asking.ts';
import { Bases } from './bases.ts';
import { readdir, readFile, rename, rm, stat, unlink } from './disk.ts';
import { absent, randomName, renameDurably, writeDurably } from './durable.ts';
import { EarlierVersions } from './earlier.ts';
import { epochsIn, fencedBy, neverTaken, ownFolderGone } from './epochs.ts';
import { Foresight } from './foresight.ts';
import { refuseLink } from './guarded.ts';
import { code } from './place.ts';
import { tenuresIn } from './tenures.ts';

/** An epoch that was taken, and what for. */
export interface Ownership extends Claim {
  /** The name of this owner's directory in that of its epoch, which nobody else ever has (tenures.ts). */
  readonly name: string;
  /** The highest tenure that is known at the backup: its own, or one that it carries on. */
  readonly carries: Tenure | undefined;
  /** A damaged ledger counts as none, until the first commit replaces it. */
  readonly anew: boolean;
}

/**
 * What this process knows of one relationship's folder on the backup, and what it still owes it:
 *
 *     closed --ready()--> open --commit--> open, owing --finish()--> open
 *        ^                  |
 *        +----- close() ----+   a commit failed: what lies there is looked at anew
 *
 * A later commit finishes first what an earlier one could not. Nothing in the folder is written but through
 * the epoch that this process has: renamed out of its `new/`, or into its `removed/`.
 */
export class OwnFolder {
  readonly path: string;
  /** What the next take-over asks with. */
  readonly asking: Asking;
  readonly bases: Bases;
  readonly earlier: EarlierVersions;
  readonly foresight = new Foresight(this);
  /** The epoch that this process has, until it finds that it has not. */
  owner: Ownership | undefined;
  /** The epoch that took it from this process, and how that is told. */
  private lostTo: { readonly epoch: number; readonly failure: Failure } | undefined;
  /** The highest epoch that this process had: it never has a lower one, whatever was restored meanwhile. */
  highest = 0;
  /** Whether the staging folder is clean. */
  isOpen = false;
  /** A commit failed when its ledger was in its place already: it is there, and a power cut may take it away. */
  isInDoubt = false;
  private isRecovered = false;
  private definition: string | undefined;
  /** Bases that the ledger names and that are not written yet; undefined: to be dropped. */
  private readonly owed = new Map<string, Uint8Array | undefined>();
  /** Names of deleted files in the owner's folder. */
  private readonly graves: string[] = [];
  /** No change up to this one can be undone any more. */
  private outdated = 0;
  /** By path: hash of what this process put there, durably. */
  private readonly put = new Map<string, string>();
  private tail: Promise<unknown> = Promise.resolve();
  private turns = 0;

  constructor(
    private readonly root: string,
    readonly relationship: string,
  ) {
    this.path = join(root, OWN_FOLDER, relationship);
    this.asking = new Asking(root, this.path);
    const discard = (path: string) => this.discard(path);
    this.bases = new Bases(this.path, discard);
    this.earlier = new EarlierVersions(this.path, discard);
  }

  /** Works when all that was begun before is done; the caller goes on at `acknowledge`, the next turn after the end. */
  inTurn<T>(work: (acknowledge: (result: T) => void) => Promise<void>): Promise<T> {
    this.turns += 1;
    return new Promise((acknowledge, refuse) => {
      this.tail = this.tail
        .then(() => work(acknowledge))
        .catch(refuse)
        .finally(() => {
          this.turns -= 1;
        });
    });
  }

  /** Whether anybody works here, or waits to. */
  get isInTurn(): boolean {
    return this.turns > 0;
  }

  async settled(): Promise<void> {
    await this.tail;
    await this.foresight.drop();
  }

  get ledger(): string {
    return join(this.path, 'ledger.json');
  }

  /**
   * The owner's own directory, `epoch-<n>/<token>`. It is looked up by name in each call, and never held open:
   * through a descriptor of it, or of anything below, a rename would still work after the next owner has
   * moved it.
   */
  get home(): string {
    if (this.owner === undefined) throw new FailureError(this.lostTo?.failure ?? neverTaken(this.root));
    return join(this.path, `epoch-${this.owner.epoch}`, this.owner.name);
  }

  get staging(): string {
    return join(this.home, 'new');
  }

  get removed(): string {
    return join(this.home, 'removed');
  }

  /** Removes what is the replication's own; nothing happens where it, or the epoch, is gone. */
  async discard(path: string): Promise<void> {
    const grave = join(this.removed, randomName());
    const isMoved = await rename(path, grave).then(() => true, absent);
    if (isMoved === true) await unlink(grave).catch(absent);
  }

  async refuseLinks(): Promise<void> {
    await Promise.all([
      refuseLink(this.root, OWN_FOLDER),
      refuseLink(this.root, join(OWN_FOLDER, this.relationship)),
    ]);
  }

  /** Makes the folder fit for a commit; what an interrupted run left in it was never in place, and goes. */
  async ready({ ledger, puts, deletes }: Transaction): Promise<void> {
    await this.refuseLinks();
    if (this.owner?.epoch !== ledger.epoch)
      throw new FailureError(this.lostTo?.failure ?? neverTaken(this.root));
    if (this.isOpen) return;
    await this.foresight.drop();
    const { staging, removed } = this;
    for (const folder of [staging, removed])
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    // A commit that only notes something has the number of the last change, whose versions stay.
    await this.earlier.open(ledger.sequence + (puts.length + deletes.length > 0 ? 0 : 1), staging);
    this.definition = await readFile(join(this.path, 'definition'), 'utf8').catch(absent);
    this.isOpen = true;
  }

  /** The ledger that is to follow comes to its place: from then on its transaction is done. */
  async acknowledge(next: string): Promise<void> {
    this.isInDoubt = true;
    await renameDurably(next, this.ledger);
    this.isInDoubt = false;
  }

  /** After a failure nothing is known for sure any more. */
  close(): void {
    this.isOpen = false;
    this.put.clear();
  }

  /** Takes note of an epoch that was taken. What another process did meanwhile is not known. */
  taken(owner: Ownership): void {
    this.close();
    this.isRecovered = false;
    this.owner = owner;
    this.highest = owner.epoch;
    this.lostTo = undefined;
    this.graves.length = 0;
  }

  /**
   * Whether the epoch of this process is over: its directory is gone from its name. Then it ends for good:
   * nothing makes it again, and where somebody has a higher one, only above that may this process have another.
   */
  async lost(): Promise<Failure | undefined> {
    if (this.owner === undefined) return this.lostTo?.failure;
    const there = await stat(this.home).catch(error => {
      if (code(error) === 'ESTALE') return undefined;
      return absent(error);
    });
    if (there !== undefined) return undefined;
    const asked = await epochsIn(this.path).catch(() => undefined);
    const { epoch: own, task } = this.owner;
    const known = highestOf(await tenuresIn(this.path, asked ?? []).catch(() => []));
    this.owner = undefined;
    this.close();
    // Nobody has taken it: it was unmounted, removed or restored, and may be taken anew when it is found right.
    if (asked === undefined || !isOutbid(own, asked)) return ownFolderGone(this.root);
    const epoch = Math.max(...asked);
    const failure = outranks(known, task) ? outranked(known!, task!, this.root) : fencedBy(this.root, epoch);
    this.lostTo = { epoch, failure };
    return failure;
  }

  /**
   * Whether this process may ask for an epoch again that somebody took from it: above theirs, or as the owner of a
   * task, which is let in only where nobody has it in a later tenure.
   */
  mayRetake({ above = 0, task }: TakeOver): boolean {
    return this.lostTo === undefined || task !== undefined || above >= this.lostTo.epoch;
  }

  /** A ledger as this owner writes it: who had the task must not be forgotten with their directories. */
  signed(ledger: Ledger): Ledger {
    const task = this.owner?.carries;
    return task === undefined ? ledger : { ...ledger, task };
  }

  /** An epoch whose take-over did not come to its end is never used. */
  giveUp(): void {
    this.owner = undefined;
    this.close();
  }

  /** The folder is gone, and with it all that was owed to it. */
  forget(): void {
    this.close();
    this.owner = undefined;
    this.lostTo = undefined;
    this.owed.clear();
    this.graves.length = 0;
    this.outdated = 0;
  }

  async define(definition: string): Promise<void> {
    if (this.definition === definition) return;
    await writeDurably(this.staging, join(this.path, 'definition'), definition);
    this.definition = definition;
  }

  /** Whether this process put that version there, and so knows it to be on disk. */
  hasPut(path: string, hash: string | undefined): boolean {
    return hash !== undefined && this.put.get(path) === hash;
  }

  /** A base that is owed, as long as only memory has it. */
  owedBase(path: string): Uint8Array | undefined {
    return this.owed.get(path);
  }

  /** Notes what an acknowledged transaction leaves for `finish`. */
  owe({ bases, puts, deletes, ledger }: Transaction, graves: readonly string[]): void {
    for (const [path, bytes] of bases) this.owed.set(path, bytes);
    for (const path of deletes) this.put.delete(path);
    for (const { path, hash } of puts) this.put.set(path, hash);
    this.graves.push(...graves);
    this.outdated = (ledger.history[0]?.sequence ?? ledger.sequence + 1) - 1;
  }

  /** Writes and removes what is owed; what fails is still owed. */
  async finish(): Promise<void> {
    for (const [path, bytes] of this.owed) {
      if (bytes !== undefined) await this.bases.write(path, bytes, this.staging);
      await this.bases.prune(path, bytes);
      this.owed.delete(path);
    }
    for (let grave = this.graves.pop(); grave !== undefined; grave = this.graves.pop()) {
      await unlink(grave).catch(absent);
    }
    await this.earlier.forget(this.outdated);
  }

  /** Only memory or a file of the backup has them yet. */
  get owes(): boolean {
    return this.owed.size > 0;
  }

  /**
   * Owes the bases that a process which ended between acknowledgement and `finish` left unwritten: of the
   * last change's files, as far as they still are their own base.
   */
  async recover(files: Source, { ledger, bases }: Transaction): Promise<void> {
    if (this.isRecovered) return;
    this.isRecovered = true;
    for (const [path, { base, file, sequence }] of Object.entries(ledger.files)) {
      if (sequence < ledger.sequence - 1 || base !== file || bases.has(path)) continue;
      if (this.owed.has(path) || (await this.bases.has(path, base))) continue;
      const found = await files.read(path);
      if (!isFailure(found) && found?.hash === base) this.owed.set(path, found.bytes);
    }
  }
}
