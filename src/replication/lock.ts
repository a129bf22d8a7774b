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
        const holder = Number(await readFile(path, 'utf8').catch(() => ''));
        if (isAlive(holder)) {
          return {
            failure: 'locked',
            message: `another warmspare works on ${state} (process ${holder})`,
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
  await writeFile(own, String(process.pid), { mode: 0o600 });
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

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return code(error) === 'EPERM';
  }
}
