/**
 * The question in its dense form: members and tasks are numbers, and what is known of them stands in typed
 * arrays, because a plan of 100,000 tasks may take some milliseconds only. Where two are equal the smaller
 * number wins, so that whoever numbers them by name gets the same answer everywhere.
 */
export interface Problem {
  /** By member: how much it can carry beside the others; above 0, of any unit. */
  readonly capacity: Float64Array;
  /** By member: 1 where it may have tasks now; what another one has becomes an orphan. */
  readonly takes: Uint8Array;
  /** By task: its measured cost; above 0, of any unit. */
  readonly weight: Float64Array;
  /** By task: the member that has it, or NONE, also for a member that is gone. */
  readonly owner: Int32Array;
  /** By task: the member that had it before, or NONE. */
  readonly last: Int32Array;
  /** By task: who may have it, as an index into `sets`; or ANYBODY. */
  readonly allowed: Int32Array;
  /** Each with its members rising and once each; may be empty. */
  readonly sets: readonly Int32Array[];
}

export const NONE = -1;
export const ANYBODY = -1;

/** `sorted` rises. */
export function contains(sorted: Int32Array, wanted: number): boolean {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]! < wanted) from = middle + 1;
    else to = middle;
  }
  return sorted[from] === wanted;
}
