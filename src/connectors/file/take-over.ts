import { basename, join } from 'node:path';
import { type Failure, isFailure } from '../../core/failure.ts';
import { type Claim, isOutbid, lowerThan, nextEpoch } from '../../core/fence/epoch.ts';
import { highestOf, isForgotten, type Tenure } from '../../core/fence/tenure.ts';
import type { Source, Taken, TakeOver } from '../connector.ts';
import type { Ledger } from '../ledger.ts';
import { readdir, rename, rm, rmdir } from './disk.ts';
import { absent, syncFolder } from './durable.ts';
import { epochsIn, fencedBy, refusedBy } from './epochs.ts';
import type { OwnFolder } from './own-folder.ts';
import { homesIn, settleLeft, takenIn } from './settlement.ts';
import { tellable, tenuresIn } from './tenures.ts';
import { together } from './together.ts';

type Files = Source & { readonly root: string };

/** How often somebody else may be quicker before this one gives up. */
const ATTEMPTS = 100;

type ReadLedger = () => Promise<Ledger | undefined | Failure>;

/**
 * Takes the next epoch. The order is what makes it safe (test/core/fence/takers.test.ts has each step left out):
 *
 *     epoch-N is made, which only one can; its name, and all in it and above it, is on disk (asking.ts)
 *     the other directories are looked at, from the lowest up: a later tenure than the own ends this attempt
 *     the ledger is read, now: what was read before may be another owner's past
 *     the directories are listed again: a higher one ends this attempt, before it has touched anything
 *     each lower epoch-M is renamed to epoch-N/taken-M: its owner has no source for a rename any more
 *     the ledger is read again: a lower owner may have written until then, and cannot from here on
 *     what a lower owner left unacknowledged is settled
 *
 * The directories of lower epochs are removed at the end, so that at any time one lies there. So the name of
 * an epoch that was taken is free again, and whoever asked for that number long ago can still get it, until
 * the next look tells that it is outbid. In between, the earlier owner of the same number must not find
 * a directory under the name of its own: therefore everything lies in `epoch-N/<token>`, a name that nobody
 * else has, and epoch-N comes to its name with that in it. A rename of the prepared directory does
 * both: it fails where a directory is that is not empty, as each of them is from its first moment to its last.
 *
 * That name tells the tenure as well (tenures.ts). So a member that wakes when it has long lost the task finds who
 * has it from the moment in which that one has its epoch, also before it has written a ledger. With a directory
 * that is removed it would be forgotten: whoever comes without a tenure carries the highest one on, in the name
 * of its own directory; where it learns of a higher one only now, it makes another one before it takes any.
 */
export async function takeOver(
  files: Files,
  folder: OwnFolder,
  readLedger: ReadLedger,
  how: TakeOver,
): Promise<Taken | Failure> {
  await folder.refuseLinks();
  const lost = await folder.lost();
  if (lost?.failure === 'fenced' && !folder.mayRetake(how)) return lost;
  const read = following(files, readLedger, how);
  // Before anything is made: nothing is to be left where no backup is mounted.
  const there = how.follows === undefined ? undefined : await read();
  if (isFailure(there)) return there;
  await folder.asking.begin();
  const attempt = new Attempt(files, folder, read, how);
  try {
    for (let count = 0; count < ATTEMPTS; count++) {
      const answer = await attempt.run();
      if (answer !== 'again') return answer;
    }
  } finally {
    await folder.asking.end();
  }
  return fencedBy(files.root, nextEpoch(0, undefined, await epochsIn(folder.path)) - 1);
}

/** Makes ready what a take-over will need, and takes nothing. */
export async function prepare(
  files: Files,
  folder: OwnFolder,
  readLedger: ReadLedger,
  how: Pick<TakeOver, 'follows'>,
): Promise<Failure | undefined> {
  await folder.refuseLinks();
  const there = how.follows === undefined ? undefined : await following(files, readLedger, how)();
  if (isFailure(there)) return there;
  await folder.asking.prepare();
  return undefined;
}

/** Reads the ledger, which has to be the one that the caller goes by. */
function following({ root }: Files, readLedger: ReadLedger, how: TakeOver): ReadLedger {
  return async () => {
    const found = await readLedger();
    if (how.anew === true && isFailure(found) && found.failure === 'ledger-gone') return undefined;
    if (isFailure(found) || how.follows === undefined || found?.backup === how.follows) return found;
    return exchanged(root);
  };
}

function exchanged(root: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `${root}: the backup's ledger is not the one that was just read: the backup was unmounted or exchanged`,
    at: { file: root },
    hint: 'mount the right backup; both sides are read anew',
  };
}

/** One take-over, as often as somebody else is quicker. */
class Attempt {
  private readonly task: Tenure | undefined;
  /** The highest tenure that is known at the backup. */
  private known: Tenure | undefined;

  constructor(
    private readonly files: Files,
    private readonly folder: OwnFolder,
    private readonly read: ReadLedger,
    private readonly how: TakeOver,
  ) {
    this.task = how.task && tellable(how.task);
  }

  /** `again`: somebody else was quicker, or has told of something that this one is to carry on. */
  async run(): Promise<Taken | Failure | 'again'> {
    const { files, folder, read, how, task } = this;
    const before = await read();
    if (isFailure(before)) return before;
    const asked = await epochsIn(folder.path);
    const epoch = nextEpoch(Math.max(how.above ?? 0, folder.highest), before?.epoch, asked);
    const claim: Claim = { epoch, direction: how.direction ?? 'forward', broken: how.broken === true, task };
    // Looked at now as well, so that who comes too late makes nothing at all, most often.
    const told = task === undefined ? [] : await tenuresIn(folder.path, asked);
    const refused = this.refused(claim, before, told);
    if (refused !== undefined) return refused;
    const carries = task ?? this.known;
    const name = await folder.asking.take(epoch, carries);
    if (name === undefined) return 'again';
    const lower = await this.lower(claim, carries);
    if (isFailure(lower) || lower === 'again') {
      await unmake(join(folder.path, `epoch-${epoch}`), name);
      return lower;
    }
    folder.taken({ ...claim, name, carries, anew: how.anew === true });
    try {
      const taken = await settleLower(files, folder, claim, lower, read);
      if (isFailure(taken)) folder.giveUp();
      return taken;
    } catch (error) {
      const lost = await folder.lost().catch(() => undefined);
      folder.giveUp();
      if (lost !== undefined) return lost;
      throw error;
    }
  }

  /** The epochs that the one whose directory was just made takes; or why it is not to be used. */
  private async lower(claim: Claim, carries: Tenure | undefined): Promise<number[] | Failure | 'again'> {
    const { files, folder } = this;
    const others = (await epochsIn(folder.path)).filter(epoch => epoch !== claim.epoch);
    const told = await tenuresIn(folder.path, others);
    const ledger = await this.read();
    if (isFailure(ledger)) return ledger;
    const refused = this.refused(claim, ledger, told);
    if (refused !== undefined) return refused;
    if (isForgotten(this.known, carries)) return 'again';
    const asked = await epochsIn(folder.path);
    return isOutbid(claim.epoch, asked)
      ? fencedBy(files.root, Math.max(...asked))
      : lowerThan(claim.epoch, asked);
  }

  private refused(claim: Claim, ledger: Ledger | undefined, told: readonly Tenure[]): Failure | undefined {
    this.known = highestOf([ledger?.task, this.known, ...told]);
    return refusedBy(this.files.root, claim, ledger, this.known);
  }
}

/** Gives up what was never used. Where somebody has taken it, there is nothing to give up. */
async function unmake(epoch: string, name: string): Promise<void> {
  await rm(join(epoch, name), { recursive: true, force: true });
  await rmdir(epoch).catch(() => undefined);
}

async function settleLower(
  files: Files,
  folder: OwnFolder,
  claim: Claim,
  lower: readonly number[],
  read: ReadLedger,
): Promise<Taken | Failure> {
  const { home } = folder;
  for (const epoch of lower) {
    // Not there any more: who made it has given up, or somebody higher has it, and then this one's as well.
    await rename(join(folder.path, `epoch-${epoch}`), join(home, `taken-${epoch}`)).catch(absent);
  }
  // Together: a file system with a journal brings a rename to disk as one change. On one without, no order of these two
  // would do it either, as it writes what was changed whenever it likes.
  if (lower.length > 0) await together([syncFolder(home), syncFolder(folder.path)]);
  const ledger = await read();
  if (isFailure(ledger)) return ledger;
  const refused = refusedBy(files.root, claim, ledger);
  if (refused !== undefined) return refused;
  let current = ledger;
  const taken = await takenIn(home);
  for (const epoch of taken)
    for (const each of await homesIn(epoch)) current = await settleLeft(files, folder, each, current);
  // By one rename each, so that nobody looks for anything unsettled in them, whatever becomes of their removal.
  for (const epoch of taken)
    await rename(epoch, join(folder.removed, basename(epoch))).catch(() => undefined);
  return { epoch: claim.epoch, ledger: current };
}

/**
 * Removes what was taken and settled, and the drafts of takers that died, or will make another one. What is left
 * goes with the next commit, which empties the same folder first. Every name is looked up in the owner's
 * directory: who was taken over meanwhile removes nothing of anybody's.
 */
export async function sweep({ path, removed }: OwnFolder): Promise<void> {
  for (const name of await readdir(path))
    if (name.startsWith('asking-')) await rename(join(path, name), join(removed, name)).catch(absent);
  for (const name of await readdir(removed))
    if (/^(asking|taken)-/.test(name)) await rm(join(removed, name), { recursive: true, force: true });
}
