import { join } from 'node:path';
import { type Failure, isFailure } from '../../core/failure.ts';
import { type Claim, isOutbid, lowerThan, nextEpoch, refusalOf } from '../../core/fence/epoch.ts';
import type { Source, Taken, TakeOver } from '../connector.ts';
import type { Ledger } from '../ledger.ts';
import { mkdir, rename, rm, rmdir } from './disk.ts';
import { absent, makeFolder, syncFolder } from './durable.ts';
import { epochsIn, fencedBy, refused } from './epochs.ts';
import type { OwnFolder } from './own-folder.ts';
import { code } from './place.ts';
import { homesIn, settleLeft } from './settlement.ts';

type Files = Source & { readonly root: string };

/** How often somebody else may be quicker before this one gives up. */
const ATTEMPTS = 100;

/**
 * Takes the next epoch. The order is what makes it safe (test/core/fence/takers.test.ts has each step left out):
 *
 *     epoch-N is made by one mkdir, which only one can; its name is on disk
 *     the directories are listed: a higher one ends this attempt, before it has touched anything
 *     the ledger is read, now: what was read before may be another owner's past
 *     each lower epoch-M is renamed to epoch-N/taken-M: its owner has no source for a rename any more
 *     the ledger is read again: a lower owner may have written until then, and cannot from here on
 *     what a lower owner left unacknowledged is settled
 *
 * The directories of lower epochs are removed at the end, so that at any time one lies there.
 */
export async function takeOver(
  files: Files,
  folder: OwnFolder,
  readLedger: () => Promise<Ledger | undefined | Failure>,
  how: TakeOver,
): Promise<Taken | Failure> {
  await folder.refuseLinks();
  const lost = await folder.lost();
  if (lost?.failure === 'fenced' && !folder.mayRetake(how.above ?? 0)) return lost;
  await makeFolder(folder.path, files.root);
  const read = async () => {
    const found = await readLedger();
    return how.anew === true && isFailure(found) && found.failure === 'ledger-gone' ? undefined : found;
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await read();
    if (isFailure(before)) return before;
    const above = Math.max(how.above ?? 0, folder.highest);
    const epoch = nextEpoch(above, before?.epoch, await epochsIn(folder.path));
    const claim: Claim = { epoch, direction: how.direction ?? 'forward', broken: how.broken === true };
    const why = refusalOf(before, claim);
    if (why !== undefined) return refused(files.root, why, before!.epoch);
    const isMade = await make(join(folder.path, `epoch-${epoch}`));
    if (!isMade) continue;
    const failure = await holds(files, folder, claim, read);
    if (failure !== undefined) return failure;
    folder.taken({ ...claim, anew: how.anew === true });
    try {
      const taken = await settleLower(files, folder, claim, read);
      if (isFailure(taken)) folder.giveUp();
      return taken;
    } catch (error) {
      const lost = await folder.lost().catch(() => undefined);
      folder.giveUp();
      if (lost !== undefined) return lost;
      throw error;
    }
  }
  return fencedBy(files.root, nextEpoch(0, undefined, await epochsIn(folder.path)) - 1);
}

/** Not recursively, and never again: a directory that another one made must not pass for one's own. */
async function make(home: string): Promise<boolean> {
  try {
    await mkdir(home, { mode: 0o700 });
    return true;
  } catch (error) {
    if (code(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Why the epoch whose directory was just made is not to be used; the directory is gone then. */
async function holds(
  files: Files,
  folder: OwnFolder,
  claim: Claim,
  read: () => Promise<Ledger | undefined | Failure>,
): Promise<Failure | undefined> {
  await syncFolder(folder.path);
  const asked = await epochsIn(folder.path);
  const ledger = await read();
  const why = isFailure(ledger) ? undefined : refusalOf(ledger, claim);
  const failure = isFailure(ledger)
    ? ledger
    : isOutbid(claim.epoch, asked)
      ? fencedBy(files.root, Math.max(...asked))
      : why === undefined
        ? undefined
        : refused(files.root, why, ledger!.epoch);
  if (failure !== undefined) await rmdir(join(folder.path, `epoch-${claim.epoch}`)).catch(() => undefined);
  return failure;
}

async function settleLower(
  files: Files,
  folder: OwnFolder,
  claim: Claim,
  read: () => Promise<Ledger | undefined | Failure>,
): Promise<Taken | Failure> {
  const { home } = folder;
  for (const lower of lowerThan(claim.epoch, await epochsIn(folder.path))) {
    // Not there any more: who made it has given up, or somebody higher has it, and then this one's as well.
    await rename(join(folder.path, `epoch-${lower}`), join(home, `taken-${lower}`)).catch(absent);
  }
  await syncFolder(home);
  await syncFolder(folder.path);
  const ledger = await read();
  if (isFailure(ledger)) return ledger;
  const why = refusalOf(ledger, claim);
  if (why !== undefined) return refused(files.root, why, ledger!.epoch);
  await mkdir(folder.staging, { mode: 0o700 });
  await mkdir(folder.removed, { mode: 0o700 });
  const [, ...taken] = await homesIn(home);
  let current = ledger;
  for (const each of taken) current = await settleLeft(files, folder, each, current);
  for (const each of taken) await rm(each, { recursive: true, force: true });
  return { epoch: claim.epoch, ledger: current };
}
