import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Look, sameVersion } from '../../core/capture/look.ts';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { type Failure, isFailure } from '../../core/failure.ts';
import type { StoredFile, Target, Transaction } from '../connector.ts';
import { type Ledger, parseLedger } from '../ledger.ts';
import { Commit } from './commit.ts';
import { sha256 } from './digest.ts';
import { rm, rmdir, stat, unlink } from './disk.ts';
import { absent } from './durable.ts';
import { guarded } from './guarded.ts';
import { OwnFolder } from './own-folder.ts';
import { code } from './place.ts';
import { FileSource } from './source.ts';
import { noPlace } from './standing.ts';
import { lookOf } from './whole.ts';

/**
 * A backup below a local path. Beside the files lies `.warmspare/<relationship>/` (0700):
 *
 *     ledger.json      what was replicated last, as hashes (ledger.ts)
 *     definition       relationship and mapping
 *     base/            last replicated texts (bases.ts)
 *     earlier/         what each change replaced, and what stood there before replication (earlier.ts)
 *     epoch-<n>/new/   staging: every effect on a file is a rename out of here
 */
export class FileTarget extends FileSource implements Target {
  private readonly folders = new Map<string, OwnFolder>();
  /** As they were read last: to read one of many files anew before each batch would cost more than the batch. */
  private readonly ledgers = new Map<string, { readonly look: Look; readonly ledger: Ledger }>();

  private own(relationship: string): OwnFolder {
    const known = this.folders.get(relationship) ?? new OwnFolder(this.root, relationship);
    this.folders.set(relationship, known);
    return known;
  }

  /** Also a Failure where nothing is and nothing can be put. */
  override async read(path: string): Promise<StoredFile | undefined | Failure> {
    return (await super.read(path)) ?? (await noPlace(this.root, path));
  }

  async ledger(relationship: string): Promise<Ledger | undefined | Failure> {
    const path = join(this.own(relationship).path, 'ledger.json');
    try {
      // A ledger is replaced by a rename, never written into: the same look is the same ledger.
      const look = lookOf(await stat(path, { bigint: true }));
      const known = this.ledgers.get(relationship);
      if (known !== undefined && sameVersion(known.look, look)) return known.ledger;
      const ledger = parseLedger(await readFile(path, 'utf8'), path);
      const after = lookOf(await stat(path, { bigint: true }));
      if (!isFailure(ledger) && sameVersion(look, after)) this.ledgers.set(relationship, { look, ledger });
      return ledger;
    } catch (error) {
      if (code(error) === 'ENOENT') return undefined;
      return {
        failure: 'unreadable',
        message: `the ledger cannot be read (${code(error)})`,
        at: { file: path },
        hint: 'run warmspare as the user who replicated before; nothing is replicated meanwhile',
      };
    }
  }

  async base(relationship: string, path: string, hash: string): Promise<Uint8Array | undefined> {
    const folder = this.own(relationship);
    const owed = folder.owedBase(path);
    return owed !== undefined && sha256(owed) === hash ? owed : folder.bases.read(path, hash);
  }

  earlier(relationship: string, sequence: number, path: string): Promise<StoredFile | undefined> {
    return this.own(relationship).earlier.read(sequence, path);
  }

  touchedPaths(relationship: string): Promise<string[]> {
    return this.own(relationship).earlier.touched();
  }

  async settled(): Promise<void> {
    for (const folder of this.folders.values()) await folder.settled();
  }

  commit(transaction: Transaction): Promise<Failure | undefined> {
    const { relationship, ledger } = transaction;
    const folder = this.own(relationship);
    return folder.inTurn<Failure | undefined>(async acknowledge => {
      const failure = await guarded(this.root, () => new Commit(this, folder, transaction).run());
      if (failure === undefined) await this.remember(transaction);
      acknowledge(failure);
      if (failure !== undefined) return;
      // What fails here is still owed, and the next commit says so.
      await guarded(this.root, async () => {
        await folder.recover(this, transaction);
        await folder.finish(ledger.epoch);
      });
    });
  }

  /** The ledger that was just written need not be read. */
  private async remember({ relationship, ledger }: Transaction): Promise<void> {
    const path = join(this.own(relationship).path, 'ledger.json');
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined) this.ledgers.delete(relationship);
    else this.ledgers.set(relationship, { look: lookOf(found), ledger });
  }

  async forget(relationship: string): Promise<Failure | undefined> {
    const folder = this.own(relationship);
    return folder.inTurn<Failure | undefined>(async acknowledge => {
      const failure = await guarded(this.root, () => this.remove(folder));
      folder.forget();
      acknowledge(failure);
    });
  }

  private async remove(folder: OwnFolder): Promise<void> {
    const made = await folder.earlier.made();
    // The ledger goes first: without it nothing here means anything any more.
    await unlink(join(folder.path, 'ledger.json')).catch(absent);
    await rm(folder.path, { recursive: true, force: true });
    for (const { path, made: top } of made) await this.removeEmpty(dirname(path), dirname(top));
    await this.removeEmpty(OWN_FOLDER, '.');
  }

  /** Removes folders from `path` up to below `end`, as long as they are empty. */
  private async removeEmpty(path: string, end: string): Promise<void> {
    for (let at = path; at !== end && at !== '.'; at = dirname(at)) {
      const isGone = await rmdir(join(this.root, at)).then(
        () => true,
        error => code(error) === 'ENOENT',
      );
      if (!isGone) return;
    }
  }
}
