import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { isFailure } from '../../core/failure.ts';
import type { Source, Transaction } from '../connector.ts';
import { Bases } from './bases.ts';
import { readdir, rm, unlink } from './disk.ts';
import { absent, makeFolder, writeDurably } from './durable.ts';
import { EarlierVersions } from './earlier.ts';
import { refuseLink } from './guarded.ts';

/**
 * What this process knows of one relationship's folder on the backup, and what it still owes it:
 *
 *     closed --ready()--> open --commit--> open, owing --finish()--> open
 *        ^                  |
 *        +----- close() ----+   a commit failed: what lies there is looked at anew
 *
 * A later commit finishes first what an earlier one could not.
 */
export class OwnFolder {
  readonly path: string;
  readonly bases: Bases;
  readonly earlier: EarlierVersions;
  /** The epoch whose staging folder is made and clean. */
  private epoch: number | undefined;
  private isRecovered = false;
  private definition: string | undefined;
  /** Bases that the ledger names and that are not written yet; undefined: to be dropped. */
  private readonly owed = new Map<string, Uint8Array | undefined>();
  /** Names of deleted files in the staging folder. */
  private readonly graves: string[] = [];
  /** No change up to this one can be undone any more. */
  private outdated = 0;
  /** By path: hash of what this process put there, durably. */
  private readonly put = new Map<string, string>();
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly root: string,
    private readonly relationship: string,
  ) {
    this.path = join(root, OWN_FOLDER, relationship);
    this.bases = new Bases(this.path);
    this.earlier = new EarlierVersions(this.path);
  }

  /** Works when all that was begun before is done; the caller goes on at `acknowledge`, the next turn after the end. */
  inTurn<T>(work: (acknowledge: (result: T) => void) => Promise<void>): Promise<T> {
    return new Promise((acknowledge, refuse) => {
      this.tail = this.tail.then(() => work(acknowledge)).catch(refuse);
    });
  }

  async settled(): Promise<void> {
    await this.tail;
  }

  staging(epoch: number): string {
    return join(this.path, `epoch-${epoch}`, 'new');
  }

  /** Makes the folder fit for a commit; what an interrupted run left in it was never in place, and goes. */
  async ready({ ledger, puts, deletes }: Transaction): Promise<void> {
    await Promise.all([
      refuseLink(this.root, OWN_FOLDER),
      refuseLink(this.root, join(OWN_FOLDER, this.relationship)),
    ]);
    if (this.epoch === ledger.epoch) return;
    const staging = this.staging(ledger.epoch);
    await makeFolder(staging, this.root);
    for (const name of await readdir(staging)) await rm(join(staging, name), { recursive: true });
    // A commit that only notes something has the number of the last change, whose versions stay.
    await this.earlier.open(ledger.sequence + (puts.length + deletes.length > 0 ? 0 : 1));
    this.definition = await readFile(join(this.path, 'definition'), 'utf8').catch(absent);
    this.epoch = ledger.epoch;
  }

  /** After a failure nothing is known for sure any more. */
  close(): void {
    this.epoch = undefined;
    this.put.clear();
  }

  /** The folder is gone, and with it all that was owed to it. */
  forget(): void {
    this.close();
    this.owed.clear();
    this.graves.length = 0;
    this.outdated = 0;
  }

  async define(definition: string, epoch: number): Promise<void> {
    if (this.definition === definition) return;
    await writeDurably(this.staging(epoch), join(this.path, 'definition'), definition);
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
  async finish(epoch: number): Promise<void> {
    for (const [path, bytes] of this.owed) {
      if (bytes !== undefined) await this.bases.write(path, bytes, this.staging(epoch));
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
