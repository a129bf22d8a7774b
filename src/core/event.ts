import type { Look } from './capture/look.ts';
import type { Failure } from './failure.ts';

/**
 * What can happen to a relationship that is kept in step. Every event carries `at`, the monotonic time
 * in milliseconds: the core has no clock of its own.
 */
export type Event = { readonly at: number } & (
  | Started
  | Opened
  | Hinted
  | Looked
  | Scanned
  | Prepared
  | Committed
  | Refused
  | Doubted
  | Proved
  | Sight
  | Asked
  | Served
  | Paused
  | { readonly is: 'resumed' }
  | { readonly is: 'clock' }
  /** Something happened that only a scan can tell. */
  | { readonly is: 'rescan' }
  /** The primary is there again: whoever waits for it tries at once. */
  | { readonly is: 'reached' }
  /** The process did not run for a while (stopped, suspended): anything may have happened unseen. */
  | { readonly is: 'gap' }
  | { readonly is: 'stop' }
);

/** What survived from before: how a person paused it, and since when which paths are held (monotonic). */
interface Started {
  readonly is: 'started';
  readonly pause?: Pause;
  readonly held?: ReadonlyMap<string, number>;
}

/** Why nothing can be replicated just now. `unreachable`: the backup; else it is held until that ends. */
export interface Obstacle {
  readonly failure: Failure;
  readonly unreachable: boolean;
}

/** Both sides were reached and the backup's ledger was read; or not. */
interface Opened {
  readonly is: 'opened';
  readonly obstacle?: Obstacle;
}

/** A sign that a path changed. `whole`: proven to have been complete before it had its name. */
interface Hinted {
  readonly is: 'hinted';
  readonly path: string;
  readonly look: Look | undefined;
  readonly whole: boolean;
}

/** The answer to a `look`. `writing`: whether somebody has it open for writing; undefined: nobody can tell. */
interface Looked {
  readonly is: 'looked';
  readonly path: string;
  readonly look: Look | undefined;
  readonly writing: boolean | undefined;
}

/** The answer to a `scan`: everything in scope that is there now, and what may not be read. */
interface Scanned {
  readonly is: 'scanned';
  readonly looks: ReadonlyMap<string, Look>;
  readonly refused: readonly { readonly path: string; readonly failure: Failure }[];
  /** Replicated before according to the ledger, whether there now or not. */
  readonly replicated: readonly string[];
  /** The primary as a whole cannot be read: nothing in this answer counts. */
  readonly obstacle?: Obstacle;
}

/** What came of preparing one path. */
export type Verdict =
  /** Another version than the one that had settled: it changes still. */
  | { readonly path: string; readonly is: 'moved'; readonly look: Look | undefined }
  /** Nothing to do. */
  | { readonly path: string; readonly is: 'same' }
  /** Nothing holds it. `write` is false where both sides are equal and only the ledger is to know. */
  | { readonly path: string; readonly is: 'ready'; readonly write: boolean }
  | {
      readonly path: string;
      readonly is: 'held';
      readonly id: string;
      readonly failures: readonly Failure[];
    };

/** The answer to a `prepare`; with an obstacle none of it could be prepared. */
interface Prepared {
  readonly is: 'prepared';
  readonly batch: number;
  readonly verdicts: readonly Verdict[];
  readonly obstacle?: Obstacle;
}

/** The batch is on the backup, durable, and was read back. */
interface Committed {
  readonly is: 'committed';
  readonly batch: number;
}

/** Nothing of the batch is to be taken for done. `unreachable`: nothing else would go through either. */
interface Refused {
  readonly is: 'refused';
  readonly batch: number;
  readonly failure: Failure;
  readonly unreachable: boolean;
  /** Of the plan of each path, by which people speak of it. */
  readonly ids: ReadonlyMap<string, string>;
}

/** What was replicated of this path may be wrong: a plan that was checked afterwards did not hold. */
interface Doubted {
  readonly is: 'doubted';
  readonly path: string;
}

/**
 * The answer to a `prove`: the backup was read; `edited` are the files that somebody changed there, and `gone`
 * those of them that are not there any more.
 */
interface Proved {
  readonly is: 'proved';
  readonly edited: readonly string[];
  readonly gone?: readonly string[];
  readonly obstacle?: Obstacle;
}

/** Whether changes are seen when they happen; without a reason they are again. */
interface Sight {
  readonly is: 'sight';
  readonly blind?: Failure;
}

/** A person's command wants the relationship to itself. */
interface Asked {
  readonly is: 'asked';
  readonly token: number;
}

/** That command has ended. `touched`: backup or ledger may be other than before. */
interface Served {
  readonly is: 'served';
  readonly token: number;
  readonly touched: boolean;
}

interface Paused {
  readonly is: 'paused';
  readonly pause: Pause;
}

export interface Pause {
  /** Monotonic milliseconds at which it ends by itself; absent: until `resume`. */
  readonly until?: number;
}
