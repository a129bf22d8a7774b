import { homedir, hostname } from 'node:os';
import { join } from 'node:path';

/** What a configuration takes from the machine it is read on, as data. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  readonly home: string;
  /** Numeric user id; 0 is root. Undefined where the system has none. */
  readonly uid: number | undefined;
  /** The bytes of a file by its absolute path; throws where it cannot be read. */
  readonly read: (path: string) => Uint8Array;
}

/** This machine. */
export function thisMachine(env: Surroundings['env'], read: Surroundings['read']): Surroundings {
  return { env, hostname: hostname(), home: homedir(), uid: process.getuid?.(), read };
}

/** Where journal, history and control socket lie when the configuration does not say. */
export function defaultState({ env, home, uid }: Surroundings): string {
  if (uid === 0) return '/var/lib/warmspare';
  const base = env.XDG_STATE_HOME;
  // The specification of that variable has a relative path ignored.
  return join(base?.startsWith('/') ? base : join(home, '.local/state'), 'warmspare');
}
