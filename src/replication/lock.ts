import { createHash, randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolders } from '../connectors/file/folders.ts';
import { code } from '../connectors/file/place.ts';
import { type Failure, isFailure } from '../core/failure.ts';

/** A state's lock that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

/** Runs work while this process holds the state's lock. */
export async function withLock<T>(state: string, work: () => Promise<T>): Promise<T | Failure> {
  const lock = await takeLock(state);
  if (isFailure(lock)) return lock;
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/**
 * Takes the state's lock, or tells who has it. The lock of a process that is gone is taken over.
 *
 * Of several that find one such lock at once, one gets it. To remove it and make one's own would not do:
 * who is slower would remove the new lock of who was quicker. So whoever wants to replace a lock first
 * makes a *claim* on it: a file named by the hash of the lock's name and content, which only one can make. With
 * the claim made, the lock is read again; is it still the one claimed, nobody else may touch it, and it
 * is replaced by a rename. Contents never come again, so an outdated claim is a claim on nothing. A
 * claim whose process is gone is replaced in the same way: by a claim on the claim.
 */
export async function takeLock(state: string): Promise<Lock | Failure> {
  const path = join(state, 'lock');
  try {
    await makeFolders(state);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const outcome = await attemptTo(path);
      if (outcome === 'taken') return { release: () => unlink(path).catch(() => undefined) };
      if (outcome !== 'again') return held(state, path, outcome.pid);
    }
  } catch (error) {
    return stateFailure(state, error);
  }
  return stateFailure(state, new Error('it is taken again and again'));
}

/** Each but the last ends because another process got further meanwhile. */
const ATTEMPTS = 20;

type Outcome = 'taken' | 'again' | { readonly pid: string };

/** A file as it was found, its process gone. */
interface Stale {
  readonly file: string;
  readonly content: string;
}

async function attemptTo(path: string): Promise<Outcome> {
  const own = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  // The lock appears with its owner in it. The last word makes each content another one.
  const content = `${process.pid} ${await startOf(process.pid)} ${randomBytes(12).toString('hex')}`;
  await writeFile(own, content, { mode: 0o600, flag: 'wx' });
  try {
    if (await linked(own, path)) return 'taken';
    const stale: Stale[] = [];
    for (let file = path; ; file = claimOn(path, stale.at(-1)!)) {
      if (stale.length > 0 && (await linked(own, file))) return await replaced(own, path, file, stale);
      const found = await contentOf(file);
      // Released or replaced meanwhile: the next attempt sees what there is now.
      if (found === undefined) return 'again';
      const [pid = '', started = ''] = found.split(' ');
      if (await isAlive(Number(pid), started)) return { pid };
      stale.push({ file, content: found });
    }
  } finally {
    await unlink(own).catch(() => undefined);
  }
}

/** Puts one's own in the lock's place, once it is claimed and found to be still what was claimed. */
async function replaced(own: string, path: string, claim: string, stale: readonly Stale[]): Promise<Outcome> {
  try {
    for (const { file, content } of stale) if ((await contentOf(file)) !== content) return 'again';
    await rename(own, path);
    // Whatever else is claimed now is outdated: its maker finds another lock than the one claimed.
    const names = await readdir(dirname(path));
    const claims = names.filter(name => /^lock\.[0-9a-f]{64}$/.test(name));
    for (const name of claims) await unlink(join(dirname(path), name)).catch(() => undefined);
    return 'taken';
  } finally {
    await unlink(claim).catch(() => undefined);
  }
}

/** Of the name as well: a power cut may leave lock and claim equally empty. */
function claimOn(path: string, { file, content }: Stale): string {
  return `${path}.${createHash('sha256')
    .update(`${basename(file)}\n${content}`)
    .digest('hex')}`;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (code(error) !== 'EEXIST') throw error;
    return false;
  }
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (code(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

function held(state: string, path: string, pid: string): Failure {
  return {
    failure: 'locked',
    message: `another warmspare works on ${state} (process ${pid})`,
    at: { file: path },
    hint: 'wait until it has finished, or stop it',
  };
}

function stateFailure(state: string, error: unknown): Failure {
  return {
    failure: 'unwritable',
    message: `the state folder ${state} cannot be used (${code(error) ?? (error as Error).message})`,
    at: { file: state },
    hint: 'set `state:` in the configuration file to a folder that this user may write',
  };
}

/** A process id comes again, after a restart of the machine even soon; with its time of start it does not. */
async function isAlive(pid: number, started: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (code(error) !== 'EPERM') return false;
  }
  const now = await startOf(pid);
  return started === '' || now === '' || started === now;
}

/** When a process began, as the kernel counts it, with the boot it belongs to; '' where that cannot be read. */
async function startOf(pid: number): Promise<string> {
  const about = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  // The second field is the program's name, which may hold blanks and brackets.
  const ticks = about.slice(about.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? '' : `${boot.trim()}/${ticks}`;
}
