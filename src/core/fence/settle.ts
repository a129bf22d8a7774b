/**
 * What becomes of a transaction whose owner is gone: decided from what lies at the backup alone, so that
 * whoever is interrupted while settling it, or comes after, decides the same.
 */

/** One target of an unacknowledged transaction, by the hashes of what stood there and what was to. */
export interface Found {
  /** `other`: a local edit came in. */
  readonly is: 'old' | 'new' | 'other';
  /** Whether its staged bytes are there and whole; a deletion needs none. */
  readonly isStaged: boolean;
  /** What it replaced, where that is kept: as it was, or edited after the last look; nothing has to be kept of nothing. */
  readonly kept: 'whole' | 'edited' | 'missing';
}

/**
 * - `nothing`: no target was reached; the transaction never was.
 * - `forward`: what is missing is put from the staged bytes, and the next ledger goes into its place.
 * - `back`: what was put is replaced by what is kept of before, and the ledger stays.
 * - `each`: neither is possible any more; the ledger tells of each file what is true of it.
 */
export type Settlement = 'nothing' | 'forward' | 'back' | 'each';

/** What stands at a target, against what stood there and what was to. Absent is a version too. */
export function standingOf(
  found: string | undefined,
  old: string | undefined,
  next: string | undefined,
): Found['is'] {
  if (found === next) return 'new';
  return found === old ? 'old' : 'other';
}

/**
 * All of it or nothing. A save that came between the last look and the rename decides for `back`: then it
 * stands at its place again, and the next plan merges it. A target that somebody edited since is left as
 * it is in either case, and keeps its old entry in the ledger: the next plan has the right base for it.
 */
export function settle(targets: readonly Found[]): Settlement {
  const reached = targets.filter(({ is }) => is === 'new');
  if (reached.length === 0) return 'nothing';
  const canGoBack = reached.every(({ kept }) => kept !== 'missing');
  if (canGoBack && reached.some(({ kept }) => kept === 'edited')) return 'back';
  if (targets.every(({ is, isStaged }) => is !== 'old' || isStaged)) return 'forward';
  return canGoBack ? 'back' : 'each';
}

/**
 * Whether a transaction is still unacknowledged: its ledger would follow the one that is there, and no
 * higher epoch has written that one. Whoever settles something writes the ledger in its own epoch, and so
 * ends all that lower ones left.
 */
export function isUnsettled(
  intent: { readonly epoch: number; readonly sequence: number },
  ledger: { readonly epoch: number; readonly sequence: number } | undefined,
): boolean {
  if (ledger === undefined) return intent.sequence === 1;
  return intent.epoch >= ledger.epoch && intent.sequence === ledger.sequence + 1;
}
