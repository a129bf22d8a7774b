import { outranks, type Tenure } from './tenure.ts';

/**
 * Who may write to a backup: the decisions of the take-over, without its disk. The connector carries them
 * out (connectors/file/take-over.ts), and test/core/fence/takers.test.ts runs them against every
 * interleaving of three takers.
 *
 * An epoch is taken by making the directory `epoch-<n>`, which only one can, with a directory of the owner's own
 * in it; all that it ever does to the backup is a rename with that on one side. Whoever takes a higher one moves the lower ones into
 * its own: their owners' next rename finds nothing, and that is the fence.
 */

/** What a ledger says about who may act on its backup. */
export interface Acting {
  readonly epoch: number;
  readonly direction: 'forward' | 'reverse';
  readonly broken: boolean;
  /** The highest tenure that it was written in, or that was known when it was. */
  readonly task?: Tenure | undefined;
}

/** What somebody who takes an epoch means to do with it. */
export interface Claim {
  readonly epoch: number;
  readonly direction: 'forward' | 'reverse';
  /** Also where the relationship is broken: `activate`, `resync` and `release` are for that. */
  readonly broken: boolean;
  /** As which owner of the cluster's; absent: a person's word, which no tenure forbids. */
  readonly task?: Tenure | undefined;
}

export type Refusal = 'outranked' | 'fenced' | 'broken' | 'reversed';

/** The epoch to ask for: above the one that the caller knows of, the ledger's, and every one that was asked for. */
export function nextEpoch(above: number, ledger: number | undefined, asked: Iterable<number>): number {
  return 1 + Math.max(0, above, ledger ?? 0, ...asked);
}

/** Somebody asked for a higher epoch meanwhile: this one gives up before it has touched anything. */
export function isOutbid(epoch: number, asked: Iterable<number>): boolean {
  return [...asked].some(other => other > epoch);
}

/** Those that the owner of an epoch moves into its own, so that their owners have no source for a rename any more. */
export function lowerThan(epoch: number, asked: Iterable<number>): number[] {
  return [...asked].filter(other => other < epoch).sort((a, b) => a - b);
}

/**
 * Why what is known of a backup, when its epoch was taken, forbids to act on it. `known`: of tenures the ledger knows
 * only those whose owners have written it; the directories of those who had an epoch are named by theirs.
 */
export function refusalOf(
  ledger: Acting | undefined,
  claim: Claim,
  known: Tenure | undefined = ledger?.task,
): Refusal | undefined {
  if (outranks(known, claim.task)) return 'outranked';
  if (ledger === undefined) return undefined;
  if (ledger.epoch > claim.epoch) return 'fenced';
  if (ledger.broken && !claim.broken) return 'broken';
  return ledger.direction === claim.direction ? undefined : 'reversed';
}
