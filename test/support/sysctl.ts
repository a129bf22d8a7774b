import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';

/** A limit for hangs only: what is restored afterwards is the whole machine's. */
const HANG_MS = 60_000;
/** Between two looks whether another test has restored its limit. */
const TURN_MS = 20;
const LOCK = join(tmpdir(), 'warmspare-test-inotify-limit');

/** What is worked, or an error when it hangs, so that whoever called can clear up. */
export function unlessItHangs(work: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const hang = AbortSignal.timeout(HANG_MS);
    hang.addEventListener('abort', () => reject(new Error(`no end after ${HANG_MS} ms`)));
    work().then(resolve, reject);
  });
}

/**
 * Sets a limit of the kernel's inotify for a while. It is the whole machine's: nobody else may fail of it,
 * so that it has to be brief; and one test at a time changes it, so that none restores another's limit.
 */
export async function withInotifyLimit(
  name: 'max_queued_events' | 'max_user_watches',
  value: number,
  during: () => Promise<void>,
): Promise<void> {
  const file = `/proc/sys/fs/inotify/${name}`;
  await lock();
  const before = readFileSync(file, 'utf8');
  const restore = () => {
    writeFileSync(file, before);
    rmSync(LOCK, { force: true });
  };
  process.once('exit', restore);
  try {
    writeFileSync(file, String(value));
    await unlessItHangs(during);
  } finally {
    restore();
    process.removeListener('exit', restore);
  }
}

/** Has the lock when it resolves. That of a process that is no more is taken over. */
async function lock(): Promise<void> {
  for await (const _ of every(TURN_MS)) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch {
      takeAwayFromTheDead();
    }
  }
}

function takeAwayFromTheDead(): void {
  try {
    process.kill(Number(readFileSync(LOCK, 'utf8')), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return;
    rmSync(LOCK, { force: true });
  }
}
