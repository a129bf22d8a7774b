import { dirname, join } from 'node:path';
import { type Look, sameVersion } from '../../core/capture/look.ts';
import { OWN_FOLDER } from '../../core/capture/scope.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { isSameTenure, type Tenure } from '../../core/fence/tenure.ts';
import type { Put, StoredFile, Taken, TakeOver, Target, Transaction } from '../connector.ts';
import { type Ledger, parseLedger } from '../ledger.ts';
import { Commit } from './commit.ts';
import { sha256 } from './digest.ts';
import { readdir, readFile, rename, rm, rmdir, stat } from './disk.ts';
import { absent, randomName, syncFolder } from './durable.ts';
import { epochsIn, refusedBy } from './epochs.ts';
import { guarded } from './guarded.ts';
import { intentIn, nextLedgerIn } from './intent.ts';
import { mountsBelow, otherMount } from './mounts.ts';
import { OwnFolder } from './own-folder.ts';
import { code, unreadable } from './place.ts';
import { homesIn, settleLeft, unsettledIn } from './settlement.ts';
import { FileSource } from './source.ts';
import { moved, noPlace } from './standing.ts';
import { prepare, sweep, takeOver } from './take-over.ts';
import { tellable } from './tenures.ts';
import { KeptTexts } from './texts.ts';
import { lookOf } from './whole.ts';

/**
 * A backup below a local path. Beside the files lies `.warmspare/<relationship>/` (0700):
 *
 *     ledger.json      what was replicated last, as hashes (ledger.ts)
 *     definition       relationship and mapping
 *     base/            last replicated texts (bases.ts)
 *     earlier/         what each change replaced, and what stood there before replication (earlier.ts)
 *     texts/           what waits for a break, and what stood there at one (texts.ts)
 *     epoch-<n>/<token>/   the owner's own: every effect is a rename out of here, or into it (its name: tenures.ts)
 *         new/         staging
 *         removed/     what was deleted
 *         next.json    the ledger that is to follow, before the first rename
 *         intent       of several effects: what they are to be (intent.ts)
 *         taken-<m>/   an earlier owner's directory, while it is settled (take-over.ts)
 *     asking-<random>/ what is to become such a directory (asking.ts)
 */
export class FileTarget extends FileSource implements Target {
  private readonly folders = new Map<string, OwnFolder>();
  /** As they were read last: to read one of many files anew before each batch would cost more than the batch. */
  private readonly ledgers = new Map<string, { readonly look: Look; readonly ledger: Ledger }>();

  /** Below the root, when it was last seen to be there. */
  private mounts: readonly string[] = [];

  protected own(relationship: string): OwnFolder {
    const known = this.folders.get(relationship) ?? new OwnFolder(this.root, relationship);
    this.folders.set(relationship, known);
    return known;
  }

  override async reachable(): Promise<Failure | undefined> {
    const failure = await super.reachable();
    if (failure !== undefined) return failure;
    const mounts = await mountsBelow(this.root);
    this.mounts = mounts ?? [];
    return mounts === undefined ? this.missing('does not exist') : undefined;
  }

  /** Also a Failure where nothing can be put: neither in an empty place, nor in that of a file. */
  override async read(path: string): Promise<StoredFile | undefined | Failure> {
    const apart = await this.apart(path);
    const found = apart ?? (await super.read(path));
    return found ?? noPlace(this.root, path).catch(error => unreadable(path, error));
  }

  /** What was mounted may be unmounted meanwhile. */
  private async apart(path: string): Promise<Failure | undefined> {
    if ((await otherMount(this.root, path, this.mounts)) === undefined) return undefined;
    this.mounts = (await mountsBelow(this.root)) ?? [];
    return otherMount(this.root, path, this.mounts);
  }

  async ledger(relationship: string): Promise<Ledger | undefined | Failure> {
    const path = this.own(relationship).ledger;
    try {
      // A ledger is replaced by a rename, never written into: the same look is the same ledger. Over SFTP no two looks
      // are the same, and it is read each time.
      const look = lookOf(await stat(path, { bigint: true }));
      const known = this.ledgers.get(relationship);
      if (known !== undefined && sameVersion(known.look, look)) return known.ledger;
      const ledger = await readLedger(path);
      const after = lookOf(await stat(path, { bigint: true }));
      if (ledger !== undefined && !isFailure(ledger) && sameVersion(look, after))
        this.ledgers.set(relationship, { look, ledger });
      return ledger;
    } catch (error) {
      return noLedger(path, error);
    }
  }

  epoch(relationship: string, task?: Tenure): number | undefined {
    const { owner } = this.own(relationship);
    return task === undefined || isSameTenure(owner?.task, tellable(task)) ? owner?.epoch : undefined;
  }

  async isUnsettled(relationship: string): Promise<boolean> {
    const folder = this.own(relationship);
    const ledger = await this.ledger(relationship);
    if (isFailure(ledger)) return false;
    for (const epoch of await epochsIn(folder.path).catch(() => [])) {
      for (const home of await homesIn(join(folder.path, `epoch-${epoch}`)).catch(() => []))
        if ((await unsettledIn(home, ledger).catch(() => [])).length > 0) return true;
    }
    return false;
  }

  takeOver(relationship: string, how: TakeOver = {}): Promise<Taken | Failure> {
    const folder = this.own(relationship);
    return folder.inTurn<Taken | Failure>(async acknowledge => {
      let taken: Taken | Failure | undefined;
      const failure = await guarded(this.root, async () => {
        taken = await takeOver(this, folder, () => readAnew(folder.ledger), how);
      });
      acknowledge(failure ?? taken!);
      // What fails here is left to the next commit.
      if (failure === undefined && !isFailure(taken)) await guarded(this.root, () => sweep(folder));
    });
  }

  prepareTakeOver(relationship: string, how: Pick<TakeOver, 'follows'> = {}): Promise<Failure | undefined> {
    const folder = this.own(relationship);
    return folder.inTurn<Failure | undefined>(async acknowledge => {
      let refused: Failure | undefined;
      const failure = await guarded(this.root, async () => {
        refused = await prepare(this, folder, () => readAnew(folder.ledger), how);
      });
      acknowledge(failure ?? refused);
    });
  }

  dropTakeOver(relationship: string): Promise<void> {
    const folder = this.own(relationship);
    return folder.inTurn<void>(async acknowledge => acknowledge(await folder.asking.drop()));
  }

  async base(relationship: string, path: string, hash: string): Promise<Uint8Array | undefined> {
    const folder = this.own(relationship);
    const owed = folder.owedBase(path);
    if (owed !== undefined && sha256(owed) === hash) return owed;
    return folder.bases.read(path, hash).catch(untold(path));
  }

  earlier(relationship: string, sequence: number, path: string): Promise<StoredFile | undefined> {
    return this.own(relationship).earlier.read(sequence, path).catch(untold(path));
  }

  touchedPaths(relationship: string): Promise<string[]> {
    return this.own(relationship)
      .earlier.touched()
      .catch(untold(join(OWN_FOLDER, relationship)));
  }

  keepTexts(relationship: string, texts: readonly Uint8Array[]): Promise<Failure | undefined> {
    return guarded(this.root, () => new KeptTexts(this.root, relationship).keep(texts));
  }

  text(relationship: string, hash: string): Promise<Uint8Array | undefined> {
    return new KeptTexts(this.root, relationship).read(hash);
  }

  dropTexts(relationship: string, hashes: readonly string[]): Promise<void> {
    const folder = this.own(relationship);
    return new KeptTexts(this.root, relationship).drop(hashes, path => folder.discard(path));
  }

  async settled(): Promise<void> {
    for (const folder of this.folders.values()) await folder.settled();
  }

  async foresee(relationship: string, put?: Pick<Put, 'path' | 'bytes'>): Promise<void> {
    const { foresight } = this.own(relationship);
    const known = this.ledgers.get(relationship);
    if (put === undefined || known === undefined) return foresight.drop();
    return foresight.begin(this.root, put.path, put.bytes, known.ledger.sequence + 1);
  }

  commit(planned: Transaction): Promise<Failure | undefined> {
    const folder = this.own(planned.relationship);
    let transaction = planned;
    return folder.inTurn<Failure | undefined>(async acknowledge => {
      const failed = await guarded(this.root, async () => {
        await this.settleOwn(folder);
        await this.mayFollow(folder, planned);
        transaction = { ...planned, ledger: folder.signed(planned.ledger) };
        await new Commit(this, folder, transaction).run();
      });
      // Whatever it looked like: where the epoch is over, that is why.
      const failure = failed === undefined ? undefined : ((await this.lost(folder)) ?? failed);
      if (failure === undefined) await this.remember(transaction);
      // Refused before it was asked for.
      else await folder.foresight.drop();
      acknowledge(failure);
      if (failure !== undefined) return;
      // What fails here is still owed, and the next commit says so.
      await guarded(this.root, async () => {
        await folder.recover(this, transaction);
        await folder.finish();
      });
    });
  }

  async confirm(relationship: string): Promise<Failure | undefined> {
    const folder = this.own(relationship);
    if (!folder.isInDoubt) return undefined;
    return folder.inTurn<Failure | undefined>(async acknowledge => {
      acknowledge(
        await guarded(this.root, async () => {
          await syncFolder(folder.path);
          folder.isInDoubt = false;
        }),
      );
    });
  }

  private async lost(folder: OwnFolder): Promise<Failure | undefined> {
    let lost: Failure | undefined;
    const failure = await guarded(this.root, async () => {
      lost = await folder.lost();
    });
    return failure === undefined ? lost : undefined;
  }

  /** Settles what this process could not take back itself, when it failed. */
  private async settleOwn(folder: OwnFolder): Promise<void> {
    if (folder.owner === undefined || folder.isOpen) return;
    const { home } = folder;
    const ledger = await this.ledger(folder.relationship);
    const settled = isFailure(ledger) ? ledger : await settleLeft(this, folder, home, ledger);
    for (const left of [intentIn(home), nextLedgerIn(home)]) await rm(left, { force: true });
    if (settled !== ledger) throw moved(join(OWN_FOLDER, folder.relationship, 'ledger.json'));
  }

  /**
   * The ledger that is there lets this process act, and is the one that the next was made from: nobody has
   * broken or turned the relationship, and the backup was not exchanged for another one or an older copy.
   */
  private async mayFollow({ owner }: OwnFolder, { relationship, ...next }: Transaction): Promise<void> {
    const { ledger, puts, deletes } = next;
    if (owner === undefined) return;
    const found = await this.ledger(relationship);
    if (isFailure(found)) {
      if (owner.anew && found.failure === 'ledger-gone') return;
      throw new FailureError(found);
    }
    const refused = refusedBy(this.root, owner, found);
    if (refused !== undefined) throw new FailureError(refused);
    if (found === undefined) return;
    const hasEffects = puts.length + deletes.length > 0;
    const follows =
      ledger.sequence === found.sequence + 1 ||
      (!hasEffects && ledger.sequence === found.sequence) ||
      // Meanwhile the other end counted on.
      ((ledger.turn ?? 0) > (found.turn ?? 0) && ledger.sequence > found.sequence);
    if (ledger.backup !== found.backup || !follows)
      throw moved(join(OWN_FOLDER, relationship, 'ledger.json'));
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
      const failed = await guarded(this.root, () => this.remove(folder));
      const failure = failed === undefined ? undefined : ((await this.lost(folder)) ?? failed);
      if (failure === undefined) folder.forget();
      else folder.close();
      acknowledge(failure);
    });
  }

  private async remove(folder: OwnFolder): Promise<void> {
    const { home, removed } = folder;
    const made = await folder.earlier.made();
    // The ledger goes first: without it nothing here means anything any more.
    await folder.discard(folder.ledger);
    for (const name of await readdir(folder.path)) {
      if (name !== `epoch-${folder.owner?.epoch}`)
        await rename(join(folder.path, name), join(removed, randomName()));
    }
    for (const { path, made: top } of made) await this.removeEmpty(dirname(path), dirname(top), removed);
    await rm(home, { recursive: true, force: true });
    await rmdir(dirname(home)).catch(() => undefined);
    // Where somebody has taken the next epoch meanwhile, it is not empty.
    for (const own of [folder.path, dirname(folder.path)]) await rmdir(own).catch(() => undefined);
  }

  /** Removes folders from `path` up to below `end`, as long as they are empty: by renames, as everything. */
  private async removeEmpty(path: string, end: string, removed: string): Promise<void> {
    for (let at = path; at !== end && at !== '.'; at = dirname(at)) {
      const named = join(this.root, at);
      const names = await readdir(named).catch(absent);
      if (names === undefined) continue;
      if (names.length > 0) return;
      const grave = join(removed, randomName());
      await rename(named, grave);
      const isGone = await rmdir(grave).then(
        () => true,
        () => false,
      );
      // Somebody put something into it meanwhile.
      if (!isGone) return rename(grave, named);
    }
  }
}

/** What the medium says against a look into the folder of the replication, in words. */
const untold = (path: string) => (error: unknown) => {
  if (error instanceof FailureError) throw error;
  throw new FailureError(unreadable(path, error));
};

/** By its name, and opened anew; undefined: there is none. */
async function readLedger(path: string): Promise<Ledger | undefined | Failure> {
  const text = await readFile(path, 'utf8').catch(absent);
  return text === undefined ? undefined : parseLedger(text, path);
}

/** Opened each time: on a network file system that is when its newest version is asked for. */
function readAnew(path: string): Promise<Ledger | undefined | Failure> {
  return readLedger(path).catch(error => noLedger(path, error));
}

function noLedger(path: string, error: unknown): undefined | Failure {
  if (code(error) === 'ENOENT') return undefined;
  return {
    failure: 'unreadable',
    message: `the ledger cannot be read (${code(error)})`,
    at: { file: path },
    hint: 'run warmspare as the user who replicated before; nothing is replicated meanwhile',
  };
}
