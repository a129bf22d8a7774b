import type { Look } from './capture/look.ts';
import type { Failure } from './failure.ts';

/**
 * What a relationship may ask for. Each effect but `say` and `record` is answered by one event. The
 * order in which effects become durable is the connector's (files before the ledger, the ledger before
 * `committed`); a `record` is memory for people and for a restart, and decides nothing.
 */
export type Effect =
  /** Reach both sides, read the ledger. Answered by `opened`. */
  | { readonly is: 'open' }
  /** Look at everything in scope, and watch it. Answered by `scanned`. */
  | { readonly is: 'scan' }
  /** Look at one path, and whether somebody writes it. Answered by `looked`. */
  | { readonly is: 'look'; readonly path: string }
  /** Read both sides of these paths and plan them. Answered by `prepared`. */
  | { readonly is: 'prepare'; readonly batch: number; readonly paths: readonly Settled[] }
  /** Carry out what was prepared for these paths. Answered by `committed` or `refused`. */
  | { readonly is: 'commit'; readonly batch: number; readonly paths: readonly Settled[] }
  /** Read the backup, and compare it with the ledger. Answered by `proved`. */
  | { readonly is: 'prove' }
  /** Run a person's command. Answered by `served`. */
  | { readonly is: 'serve'; readonly token: number }
  /** One sentence for the log: a decision with its reason. */
  | { readonly is: 'say'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly is: 'record'; readonly record: Remark }
  /** Nothing is under way any more, and nothing will be. */
  | { readonly is: 'stopped' };

/** A version that has settled, and when its first sign came (monotonic milliseconds). */
export interface Settled {
  readonly path: string;
  readonly look: Look | undefined;
  readonly since: number;
  /** The new name of the rename that it is a part of: both names go to the backup together. */
  readonly rename?: string;
  /** What was replicated of this version is in doubt: it is planned whatever the ledger says. */
  readonly anew?: boolean;
}

/** What the journal keeps of the life of a relationship, beside the changes themselves. */
export type Remark =
  | {
      readonly what: 'held';
      readonly path: string;
      readonly id: string;
      readonly failures: readonly Failure[];
    }
  | { readonly what: 'released'; readonly path: string; readonly id: string }
  | { readonly what: 'degraded'; readonly failure: Failure }
  | { readonly what: 'sighted' }
  | { readonly what: 'failed'; readonly failure: Failure };
