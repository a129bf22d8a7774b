import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { code } from '../connectors/file/place.ts';
import { type Failure, isFailure } from '../core/failure.ts';

/**
 * Runs work while this process holds the state's lock. A lock whose process is gone is taken over.
 */
export async function withLock<T>(state: string, work: () => Promise<T>): Promise<T | Failure> {
  const path = join(state, 'lock');
  const taken = await take(state, path);
  if (isFailure(taken)) return taken;
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => undefined);
  }
}

async function take(state: string, path: string): Promise<true | Failure> {
  try {
    await mkdir(state, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        await hold(path);
        return true;
      } catch (error) {
        if (code(error) !== 'EEXIST') throw error;
        const [pid = '', started = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
        if (await isAlive(Number(pid), started)) {
          return {
            failure: 'locked',
            message: `another warmspare works on ${state} (process ${pid})`,
            at: { file: path },
            hint: 'wait until it has finished, or stop it',
          };
        }
        await unlink(path).catch(() => undefined);
      }
    }
  } catch (error) {
    return stateFailure(state, error);
  }
  return stateFailure(state, new Error('it is taken again and again'));
}

/** The lock appears with its owner's process id already in it. */
async function hold(path: string): Promise<void> {
  const own = `${path}.${process.pid}`;
  await writeFile(own, `${process.pid} ${await startOf(process.pid)}`, { mode: 0o600 });
  try {
    await link(own, path);
  } finally {
    await unlink(own);
  }
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
