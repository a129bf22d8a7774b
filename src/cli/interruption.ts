import { EXIT, type Exit } from './exit.ts';

/** Thrown where a commit was to begin after the signal had come. */
export class Interrupted extends Error {}

/** How long an interrupted command may take to let go of its lock, in milliseconds. */
const UNWIND_MS = 300;

/** The stretches of a command that change a backup; an interruption waits for the one that runs. */
export class Commits {
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly signal: AbortSignal) {}

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.signal.aborted) return Promise.reject(new Interrupted('interrupted'));
    const running = work();
    this.running = running.catch(() => undefined);
    return running;
  }

  settled(): Promise<unknown> {
    return this.running;
  }
}

/**
 * Ends with 130 when the signal comes: at once where nothing is being changed, else after the commit
 * that runs. No further commit is begun, and the command gets a moment to release its lock; a lock
 * that is left all the same is taken over, because its process is gone.
 */
export function interruptible(work: Promise<Exit>, commits: Commits, signal: AbortSignal): Promise<Exit> {
  return new Promise((done, failed) => {
    const interrupt = async () => {
      await commits.settled();
      const timer = setTimeout(() => done(EXIT.interrupted), UNWIND_MS);
      const unwound = () => {
        clearTimeout(timer);
        done(EXIT.interrupted);
      };
      work.then(unwound, unwound);
    };
    if (signal.aborted) void interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
    const finish = (settle: () => void) => {
      signal.removeEventListener('abort', interrupt);
      if (!signal.aborted) settle();
    };
    work.then(
      exit => finish(() => done(exit)),
      error => finish(() => failed(error)),
    );
  });
}
