import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Surroundings, thisMachine } from '../config/surroundings.ts';
import type { PlannerOptions } from '../daemon/planner/planner.ts';

/** The world as the command line sees it; tests pass one of their own. */
export interface Host {
  /** Environment, host name, user, and reading of files. */
  readonly machine: Surroundings;
  /** Absolute; relative paths of arguments start here. */
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Milliseconds since 1970. */
  now(): number;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Calls back at each SIGHUP, until the answer is called. */
  hangup(call: () => void): () => void;
  /** Resolves after so many milliseconds, or at once when the signal comes. */
  pause(ms: number): Promise<void>;
  /** How the daemon's planner is to be opened; for tests. */
  readonly planner?: PlannerOptions;
  /** Writes a whole file or none, for its owner alone (0600): plan files hold real secrets. */
  writeFile(path: string, content: string | Uint8Array): void;
}

export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Of the terminal; 80 where there is none. */
  readonly columns: number;
}

/** The real world. `signal` is the caller's, because only a process may have signal handlers. */
export function nodeHost(signal: AbortSignal): Host {
  return {
    machine: thisMachine(process.env, path => readFileSync(path)),
    cwd: process.cwd(),
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    now: () => Date.now(),
    signal,
    hangup: call => {
      process.on('SIGHUP', call);
      return () => process.off('SIGHUP', call);
    },
    pause: ms =>
      new Promise(done => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          done();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end, { once: true });
      }),
    writeFile: (path, content) => {
      const draft = `${path}.${process.pid}.tmp`;
      try {
        writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
        renameSync(draft, path);
      } catch (error) {
        rmSync(draft, { force: true });
        throw error;
      }
    },
  };
}

/** A reader that goes away (`| head`) must not end a command in the middle of its work. */
function output(stream: NodeJS.WriteStream): Output {
  let open = true;
  stream.on('error', () => {
    open = false;
  });
  return {
    write: text => {
      if (open) stream.write(text);
    },
    isTTY: stream.isTTY === true,
    columns: stream.columns ?? 80,
  };
}
