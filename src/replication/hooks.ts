import { spawn } from 'node:child_process';
import type { Failure } from '../core/failure.ts';

/** How long a hook may take, in milliseconds. */
const HOOK_MS = 30_000;
/** So much of what it says is shown, in characters. */
const SAID_MAX = 500;

/**
 * Runs a hook: a list of arguments, without a shell, `{file}` standing for a path. At its end, or at the
 * end of its time, everything that it started goes with it.
 */
export function runHook(
  argv: readonly string[],
  file: string,
  limitMs = HOOK_MS,
): Promise<Failure | undefined> {
  const [command, ...rest] = argv.map(word => word.replaceAll('{file}', file));
  return new Promise(done => {
    let said = '';
    let isLate = false;
    const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const hear = (chunk: Buffer) => {
      if (said.length < SAID_MAX) said += chunk.toString('utf8').slice(0, SAID_MAX - said.length);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const timer = setTimeout(() => {
      isLate = true;
      endGroup(child.pid);
      // Whatever has left the group may hold the pipes open; nobody waits for it.
      child.stdout.destroy();
      child.stderr.destroy();
    }, limitMs);
    child.on('error', error => {
      clearTimeout(timer);
      done(failed(argv, `cannot be started (${(error as NodeJS.ErrnoException).code})`, ''));
    });
    child.on('close', (exit, signal) => {
      clearTimeout(timer);
      if (isLate) done(failed(argv, `took longer than ${limitMs / 1000} s and was ended`, said));
      else if (exit !== 0)
        done(failed(argv, exit === null ? `was ended by ${signal}` : `exit ${exit}`, said));
      else done(undefined);
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function failed(argv: readonly string[], why: string, said: string): Failure {
  const words = said.trim() === '' ? '' : `: ${said.trim()}`;
  return {
    failure: 'hook-failed',
    message: `the hook \`${argv.join(' ')}\` failed (${why})${words}`,
    hint: 'the files are in place; mend what keeps the hook from working and run the command again',
  };
}
