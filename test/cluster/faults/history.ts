import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';

/** Of a text, as a history names it; null: nothing stood there. */
export type Hash = string | null;

export const hashOf = (bytes: string | Uint8Array | undefined): Hash =>
  bytes === undefined ? null : createHash('sha256').update(bytes).digest('hex');

/**
 * What somebody did, or saw, in one round. `proc`: who. `invoke`: begun; `ok`: ended, or seen to be so; `fail`: it
 * had no effect; `info`: it may have had one. None of the observers shares code with what it observes, but for
 * those of the engine, which read its messages as members do.
 */
export type Happening = { readonly proc: string } & (
  | Save
  | Saved
  | Published
  | Logged
  | Owned
  | Coordinated
  | Sighting
  | SeenFile
  | Rejected
  | LetGo
  | Fault
  | Outage
  | Final
);

/** An editor begins to save a version on the primary. `expected`: what a backup has to make of it. */
export interface Save {
  readonly type: 'invoke';
  readonly op: 'save';
  readonly task: string;
  readonly file: string;
  readonly revision: number;
  readonly hash: string;
  readonly expected: string;
}

/** The version stands there whole. */
export interface Saved {
  readonly type: 'ok';
  readonly op: 'save';
  readonly task: string;
  readonly file: string;
  readonly revision: number;
}

/** The capturing member says that this message was acknowledged. */
export interface Published {
  readonly type: 'ok';
  readonly op: 'publish';
  readonly task: string;
  readonly id: string;
  readonly seq: number;
}

/** A message of the engine's log, as a reader of its own found it. `log`: which one, counted up when it began anew. */
export interface Logged {
  readonly type: 'ok';
  readonly op: 'log';
  readonly task: string;
  readonly log: number;
  readonly seq: number;
  readonly id: string;
  /** Files that the message tells of. */
  readonly files: Readonly<Record<string, string>>;
}

/** A row of the routing table. `owner`: member and process; null: nobody. */
export interface Owned {
  readonly type: 'ok';
  readonly op: 'own';
  readonly task: string;
  /** Of the table: a reader that begins anew at a server that lags is told older ones once more. */
  readonly revision: number;
  readonly epoch: number;
  readonly owner: { readonly member: string; readonly incarnation: string } | null;
}

export interface Coordinated {
  readonly type: 'ok';
  readonly op: 'coordinate';
  readonly member: string | null;
  readonly term: number;
}

/** One change as the backup's ledger tells of it. */
export interface Change {
  readonly seq: number;
  /** The member that made it, where the ledger says so. */
  readonly by: string | null;
  readonly files: Readonly<Record<string, Hash>>;
}

/** The witness at the backup: the owners' folders as they were listed, and the ledger that was read after it. */
export interface Sighting {
  readonly type: 'ok';
  readonly op: 'sight';
  readonly task: string;
  /** Numbers of the folders `epoch-<n>`. */
  readonly epochs: readonly number[];
  readonly ledger: {
    /** The backup's own count of who took it. */
    readonly epoch: number;
    /** How its owner has the task: the epoch of the routing table, and the member. Null: nobody of a cluster has it. */
    readonly tenure: { readonly epoch: number; readonly owner: string } | null;
    readonly seq: number;
    /** Newest last. */
    readonly changes: readonly Change[];
    readonly files: Readonly<Record<string, Hash>>;
  } | null;
}

/** A version of a backup's file, seen by somebody who knows nothing of warmspare. */
export interface SeenFile {
  readonly type: 'ok';
  readonly op: 'see';
  readonly task: string;
  readonly file: string;
  readonly hash: Hash;
}

/** A member says that the backup refused it as a stale owner. */
export interface Rejected {
  readonly type: 'fail';
  readonly op: 'apply';
  readonly task: string;
}

/** An owner says that it lets a task go for another member: from then on it begins nothing. */
export interface LetGo {
  readonly type: 'info';
  readonly op: 'let go';
  readonly task: string;
}

/** What the test did to somebody, by the fault's own name: `kill`, `stop`, `wake`, `cut`, `heal`, `wipe`, `whole`, `leave` ... */
export interface Fault {
  readonly type: 'info';
  readonly op: 'fault';
  readonly fault: string;
  readonly whom: string;
}

/** A time in which nothing can be replicated, whatever warmspare does; `tasks` absent: none of them. */
export interface Outage {
  readonly type: 'invoke' | 'ok';
  readonly op: 'outage';
  readonly name: string;
  readonly tasks?: readonly string[];
}

/** How a file stood when the round was over: the primary's rewritten by the test, and the backup's. */
export interface Final {
  readonly type: 'ok';
  readonly op: 'end';
  readonly task: string;
  readonly file: string;
  readonly expected: Hash;
  readonly found: Hash;
}

/** `t`: monotonic milliseconds of the test's own process, which is where everything is noted. */
export type Entry = Happening & { readonly t: number };

/** Who writes a history down. */
export interface Scribe {
  add(happening: Happening): void;
}

/** Append-only: what a round did and saw, in the order in which it was noted. */
export class History implements Scribe {
  readonly entries: Entry[] = [];
  private readonly listeners = new Set<(entry: Entry) => void>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  add(happening: Happening): void {
    const entry = { t: this.now(), ...happening };
    this.entries.push(entry);
    for (const listener of [...this.listeners]) listener(entry);
  }

  /** Called for each entry from now on. */
  listen(listener: (entry: Entry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves when it is so; looks again at each entry. False: it was not within the time, in milliseconds. */
  until(isSo: () => boolean, withinMs: number): Promise<boolean> {
    return new Promise(done => {
      const limit = AbortSignal.timeout(withinMs);
      const end = () => {
        unlisten();
        limit.removeEventListener('abort', end);
        done(isSo());
      };
      const unlisten = this.listen(() => {
        if (isSo()) end();
      });
      limit.addEventListener('abort', end);
      if (isSo()) end();
    });
  }

  /** One line an entry, as JSON. */
  lines(): string[] {
    return this.entries.map(({ t, ...rest }) => JSON.stringify({ t: Math.round(t * 10) / 10, ...rest }));
  }
}
