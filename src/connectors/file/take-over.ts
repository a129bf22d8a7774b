import { dirname, join } from 'node:path';
import { type Failure, isFailure } from '../../core/failure.ts';
import { type Claim, isOutbid, lowerThan, nextEpoch, refusalOf } from '../../core/fence/epoch.ts';
import type { Source, Taken, TakeOver } from '../connector.ts';
import type { Ledger } from '../ledger.ts';
import { mkdir, readdir, rename, rm, rmdir } from './disk.ts';
import { absent, makeFolder, randomName, syncFolder } from './durable.ts';
import { epochsIn, fencedBy, refused } from './epochs.ts';
import type { OwnFolder } from './own-folder.ts';
import { code } from './place.ts';
import { homesIn, settleLeft, takenIn } from './settlement.ts';

type Files = Source & { readonly root: string };

/** How often somebody else may be quicker before this one gives up. */
const ATTEMPTS = 100;

/**
 * Takes the next epoch. The order is what makes it safe (test/core/fence/takers.test.ts has each step left out):
 *
 *     epoch-N is made, which only one can; its name is on disk
 *     the directories are listed: a higher one ends this attempt, before it has touched anything
 *     the ledger is read, now: what was read before may be another owner's past
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
  const read = async () => {
    const found = await readLedger();
    if (how.anew === true && isFailure(found) && found.failure === 'ledger-gone') return undefined;
    if (isFailure(found) || how.follows === undefined || found?.backup === how.follows) return found;
    return exchanged(files.root);
  };
  // Before anything is made: nothing is to be left where no backup is mounted.
  const there = how.follows === undefined ? undefined : await read();
  if (isFailure(there)) return there;
  await makeFolder(folder.path, files.root);
  // Whoever made it may have failed, or died, before its name was on disk.
  for (const above of [dirname(folder.path), files.root]) await syncFolder(above);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await read();
    if (isFailure(before)) return before;
    const above = Math.max(how.above ?? 0, folder.highest);
    const epoch = nextEpoch(above, before?.epoch, await epochsIn(folder.path));
    const claim: Claim = { epoch, direction: how.direction ?? 'forward', broken: how.broken === true };
    const why = refusalOf(before, claim);
    if (why !== undefined) return refused(files.root, why, before!.epoch);
    const token = randomName();
    if (!(await make(folder.path, epoch, token))) continue;
    const failure = await holds(files, folder, claim, read);
    if (failure !== undefined) {
      await unmake(join(folder.path, `epoch-${epoch}`), token);
      return failure;
    }
    folder.taken({ ...claim, token, anew: how.anew === true });
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

function exchanged(root: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `${root}: the backup's ledger is not the one that was just read: the backup was unmounted or exchanged`,
    at: { file: root },
    hint: 'mount the right backup; both sides are read anew',
  };
}

/** Makes the directory of an epoch, with the owner's in it; false: somebody else has that number. */
async function make(path: string, epoch: number, token: string): Promise<boolean> {
  const draft = join(path, `asking-${token}`);
  const folders = [draft, join(draft, token), ...ROOMS.map(room => join(draft, token, room))];
  try {
    for (const folder of folders) await mkdir(folder, { mode: 0o700 });
    // An intent is only on disk if all names above it are.
    for (const folder of [join(draft, token), draft]) await syncFolder(folder);
    await rename(draft, join(path, `epoch-${epoch}`));
    return true;
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    if (TAKEN.has(code(error) ?? '')) return false;
    throw error;
  }
}

const ROOMS = ['new', 'removed'];

/** ENOENT: the owner that came before has swept the draft away. */
const TAKEN = new Set(['EEXIST', 'ENOTEMPTY', 'ENOENT']);

/** Gives up what was never used. Where somebody has taken it, there is nothing to give up. */
async function unmake(home: string, token: string): Promise<void> {
  await rm(join(home, token), { recursive: true, force: true });
  await rmdir(home).catch(() => undefined);
}

/** Why the epoch whose directory was just made is not to be used. */
async function holds(
  files: Files,
  folder: OwnFolder,
  claim: Claim,
  read: () => Promise<Ledger | undefined | Failure>,
): Promise<Failure | undefined> {
  await syncFolder(folder.path);
  const asked = await epochsIn(folder.path);
  const ledger = await read();
  if (isFailure(ledger)) return ledger;
  const why = refusalOf(ledger, claim);
  if (isOutbid(claim.epoch, asked)) return fencedBy(files.root, Math.max(...asked));
  return why === undefined ? undefined : refused(files.root, why, ledger!.epoch);
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
  let current = ledger;
  for (const taken of await takenIn(home))
    for (const each of await homesIn(taken)) current = await settleLeft(files, folder, each, current);
  const drafts = (await readdir(folder.path)).filter(name => name.startsWith('asking-'));
  for (const dead of [...(await takenIn(home)), ...drafts.map(name => join(folder.path, name))])
    await rm(dead, { recursive: true, force: true });
  return { epoch: claim.epoch, ledger: current };
}
