import { checkBackup } from './checks-backup.ts';
import { checkLog } from './checks-log.ts';
import { checkOwners } from './checks-owners.ts';
import type { Entry } from './history.ts';
import { Story } from './story.ts';

export type Check = 'C1' | 'C2' | 'C3' | 'C4' | 'C5' | 'C6' | 'C7' | 'C8' | 'C9' | 'C10';

/** One thing that must not be. `t`: when it was seen. */
export interface Finding {
  readonly check: Check;
  readonly t: number;
  readonly task: string;
  readonly text: string;
}

/** What a round promises, in milliseconds. */
export interface Bounds {
  /** C10: the longest that a version may wait, outages not counted: lease, election and what the change itself takes. */
  readonly gap: number;
  /** C8: everything is in step so long after the last fault, save or outage. */
  readonly converge: number;
}

/** What is no mistake, and has to be known all the same. */
export interface Counts {
  /** Messages that were acknowledged, and had to be in the log. */
  acknowledged: number;
  /** Messages that were acknowledged, and went with an engine that the test emptied. */
  wiped: number;
  /** Times that a member said that the backup refused it. */
  rejected: number;
  /** Versions that were put where they stood already. */
  reapplied: number;
  /** Versions that no ledger had acknowledged, and that a take-over took back. */
  takenBack: number;
  /** The longest that a version waited (C10), and that the end took (C8), in milliseconds. */
  longest: number;
  converged: number;
}

export interface Verdict {
  /** In the order in which it was seen. */
  readonly findings: readonly Finding[];
  readonly counts: Counts;
}

/**
 * Judges a history; pure, and a few passes over it, since the log and each ledger are total orders.
 *
 *     C1   what was acknowledged is in the log, once; nothing in it was not saved
 *     C2   per file the log has the order of saves that did not overlap
 *     C3   epochs rise with each change of owner; one owner an epoch, in the table and at the backup
 *     C4   changes at a backup ascend, each takes effect once and stays what it was
 *     C5   no effect of an epoch that is over; changes of an epoch are its owner's
 *     C6   versions come in the order of saves, and the last one comes
 *     C7   whatever was seen is rewrite(a version): nothing torn or invented, and nothing gone
 *     C8   at the end backup == rewrite(primary), within the bound
 *     C9   the log tells nothing that replication itself has made
 *     C10  no version waits longer than the bound
 *
 * What cannot be told from outside the members, and is left out:
 * - C1: acknowledgements are known by the capturing member's beats, one a second, and not each one. Without an
 *   observer of the engine there are none, and C1, C2, C9 hold of an empty log.
 * - C2 across files: each file of a task settles on its own.
 * - C5: that each rejection is logged. A stale owner with nothing to do is not rejected; rejections are counted.
 *   The epoch of one file's rename is not seen; a stale one that the ledger does not tell of is found by C6.
 * - C6 without coalescing: warmspare always coalesces.
 */
export function judge(entries: readonly Entry[], bounds: Bounds): Verdict {
  const story = new Story(entries);
  const counts = {
    acknowledged: 0,
    wiped: 0,
    rejected: 0,
    reapplied: 0,
    takenBack: 0,
    longest: 0,
    converged: 0,
  };
  const findings = [
    ...checkLog(story, counts),
    ...checkOwners(story, counts),
    ...checkBackup(story, bounds, counts),
  ].sort((a, b) => a.t - b.t);
  return { findings, counts };
}
