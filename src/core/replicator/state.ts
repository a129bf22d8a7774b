import type { Look } from '../capture/look.ts';
import type { Settling } from '../capture/settle.ts';
import type { Settled } from '../effect.ts';
import type { Obstacle, Pause } from '../event.ts';
import type { Failure } from '../failure.ts';

/**
 * Where a relationship stands.
 *
 *                    a side cannot be reached, a ledger is not the one it was
 *            ┌──────────────────────────────────────────────┐
 *            ▼                                              │
 *         waiting ── time is up ──► opening ── opened ──► following ── stop ──► stopping ──► stopped
 *            │                         ▲                    │   ▲
 *            └──────── asked ──────────┼──────── asked ─────┘   │
 *                        ▼             │                        │
 *                     serving ─ served, touched ────────────────┘ served, nothing touched
 *
 * Capture goes on in every phase: a hint is never dropped. Only in `following`, and not while paused, is
 * anything prepared; at most one batch is under way at a time.
 */
export type Phase =
  /** `obstacle`: what stood in the way at the last attempt. */
  | {
      readonly is: 'opening';
      readonly attempt: number;
      readonly obstacle?: Obstacle;
      /** What stood in the way may have gone since this attempt began: another one follows at once. */
      readonly reached?: true;
    }
  | {
      readonly is: 'waiting';
      readonly attempt: number;
      /** Monotonic milliseconds at which both sides are tried again. */
      readonly until: number;
      readonly obstacle: Obstacle;
    }
  /** `attempt`, `obstacle`: until everything was looked at, what stood in the way at the last attempt. */
  | { readonly is: 'following'; readonly attempt?: number; readonly obstacle?: Obstacle }
  | { readonly is: 'serving'; readonly token: number; readonly from: 'following' | 'waiting' }
  /** What is under way is finished first: the batch, and the command with this token. */
  | { readonly is: 'stopping'; readonly token?: number }
  | { readonly is: 'stopped' };

export interface State {
  readonly phase: Phase;
  readonly pause?: Pause;
  /** Why changes are not seen when they happen; the rescan finds them all the same. */
  readonly blind?: Failure;
  /** The version of each path that was prepared last; undefined: it was not there. */
  readonly known: ReadonlyMap<string, Look | undefined>;
  /** Paths on which something was seen since. */
  readonly active: ReadonlyMap<string, Active>;
  /** Paths whose change a guard stopped. Others go on. */
  readonly holds: ReadonlyMap<string, Hold>;
  /** Since when paths were held before this process began, until they are held again or released. */
  readonly heldBefore: ReadonlyMap<string, number>;
  /** Paths that look half-saved: looked at once more before they are called held. */
  readonly doubts: ReadonlyMap<string, Doubt>;
  /** What stands at a path of the scope and may not be read, as the last scan found it. */
  readonly refused: ReadonlyMap<string, Failure>;
  readonly batch?: Batch;
  /** Paths of a batch that the backup refused: each is tried by itself, so that one keeps no other back. */
  readonly apart: ReadonlySet<string>;
  readonly batches: number;
  /** Everything was looked at since both sides were opened. */
  readonly isScanned: boolean;
  /**
   * Monotonic milliseconds since when the primary as a whole was found away, or without any of its files.
   * It is believed after the time that a missing file is, and none of them counts as deleted before.
   */
  readonly away?: number;
  readonly scan: Periodic;
  readonly proof: Periodic & {
    /** Monotonic milliseconds at which the backup was last read and found to be what it should. */
    readonly proven?: number;
    /** Files that somebody changed on the backup. */
    readonly edited: readonly string[];
    /** Those of them that somebody deleted. */
    readonly gone: readonly string[];
  };
  /** Persons' commands that wait for their turn. */
  readonly asked: readonly number[];
  /** Refusals of the backup in a row that were no reason to wait, for the back-off. */
  readonly refusals: number;
}

/** A path on which something was seen: a burst that has not settled, a settled version, or both. */
export interface Active {
  readonly settling?: Settling;
  /** A `look` is under way. */
  readonly looking?: boolean;
  /** Settled, and not prepared yet. */
  readonly due?: Settled;
  /** Monotonic milliseconds at which it was settled that nothing is there. */
  readonly missing?: number;
}

export interface Hold {
  readonly id: string;
  readonly failures: readonly Failure[];
  /** Monotonic milliseconds. */
  readonly since: number;
  /** The backup refused to take it: it is tried again at `again`, later and later. */
  readonly retry?: { readonly settled: Settled; readonly again: number; readonly attempt: number };
}

export interface Doubt {
  readonly settled: Settled;
  readonly again: number;
}

export interface Batch {
  readonly id: number;
  readonly stage: 'preparing' | 'committing';
  readonly paths: ReadonlyMap<string, Settled>;
}

/** Something that is done again and again: at `due`, or sooner where `again` says so. */
export interface Periodic {
  readonly running: boolean;
  readonly due: number;
  /** Wanted once more as soon as the one that runs has ended. */
  readonly again: boolean;
  /** Monotonic milliseconds at which the one that runs, or ran last, began. */
  readonly began?: number;
  /** When the last one began that found both sides there. */
  readonly found?: number;
}

/** Times in milliseconds. */
export interface Pace {
  /** Between two looks at everything: the guarantee where events are the latency. */
  readonly rescan: number;
  /** The same while changes are not seen when they happen. */
  readonly rescanBlind: number;
  /** Between two readings of the backup. */
  readonly proof: number;
  /** How long a file that looks half-saved may take to be finished. */
  readonly doubt: number;
  /** First and longest wait for a side that cannot be reached; doubled from one to the next. */
  readonly retry: number;
  readonly retryMax: number;
}

export const PACE: Pace = {
  rescan: 10_000,
  rescanBlind: 2_000,
  proof: 60_000,
  doubt: 2_000,
  retry: 1_000,
  retryMax: 60_000,
};

const NEVER_YET: Periodic = { running: false, due: 0, again: false };

/** Of a relationship that nothing is known of yet. */
export const BLANK: State = {
  phase: { is: 'opening', attempt: 0 },
  known: new Map(),
  active: new Map(),
  holds: new Map(),
  heldBefore: new Map(),
  doubts: new Map(),
  refused: new Map(),
  apart: new Set(),
  batches: 0,
  isScanned: false,
  scan: NEVER_YET,
  proof: { ...NEVER_YET, edited: [], gone: [] },
  asked: [],
  refusals: 0,
};

/** How long to wait before the attempt after this many, in milliseconds: longer each time. */
export function backOff({ retry, retryMax }: Pick<Pace, 'retry' | 'retryMax'>, attempts: number): number {
  return Math.min(retry * 2 ** (attempts - 1), retryMax);
}

export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

export function without<K, V>(map: ReadonlyMap<K, V>, ...keys: readonly K[]): ReadonlyMap<K, V> {
  if (!keys.some(key => map.has(key))) return map;
  const rest = new Map(map);
  for (const key of keys) rest.delete(key);
  return rest;
}
