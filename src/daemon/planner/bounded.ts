import type { FilePlan } from '../../core/apply/plan.ts';
import type { Failure, Place } from '../../core/failure.ts';
import type { Text } from '../../core/text.ts';

/**
 * A plan as the daemon keeps it: without the backup's text now, and of each list that only explains the
 * first entries, with the true numbers beside them. What decides (texts, hashes, `local`, whether and by
 * which codes it is held) is whole.
 */
export interface BoundedPlan<T extends Text = Text> extends FilePlan<T> {
  readonly counts: PlanCounts;
}

/** How many entries each list had before it was cut. */
export interface PlanCounts {
  readonly edits: number;
  readonly patch: number;
  readonly swaps: number;
  readonly notes: number;
  readonly held: number;
}

/** Entries of one list. A file of 20 MB may have 225,000 swaps, which nobody reads. */
export const ENTRIES_MAX = 1000;
/** Weight of one list in characters, about: a single operation of a patch may carry the whole file. */
export const WEIGHT_MAX = 256 * 1024;
/** A longer source line is left out of a failure: without a line end, a file of 5 MB is one line. */
const LINE_MAX = 4096;

export function bounded<T extends Text>(plan: FilePlan<T>): BoundedPlan<T> {
  const { was: _, ...rest } = plan;
  const { edits, patch, swaps, notes, held } = plan;
  return {
    ...rest,
    edits: firstOf(edits),
    patch: firstOf(patch),
    swaps: firstOf(swaps),
    notes: firstOf(notes),
    held: firstFailures(held),
    counts: {
      edits: edits.length,
      patch: patch.length,
      swaps: swaps.length,
      notes: notes.length,
      held: held.length,
    },
  };
}

function firstOf<T>(list: readonly T[]): readonly T[] {
  let left = WEIGHT_MAX;
  const end = list.findIndex((entry, index) => {
    left -= weightOf(entry, left);
    return index >= ENTRIES_MAX || left < 0;
  });
  return end === -1 ? list : list.slice(0, end);
}

/** The first failures, and of every other code one: whether a person may release the file hangs on the codes. */
function firstFailures(held: readonly Failure[]): readonly Failure[] {
  const short = held.map(shortened);
  const first = firstOf(short);
  if (first.length === held.length) return first;
  const codes = new Set(first.map(({ failure }) => failure));
  const others = short.slice(first.length).filter(({ failure }) => !codes.has(failure) && codes.add(failure));
  return [...first, ...others];
}

function shortened(failure: Failure): Failure {
  const { at, also } = failure;
  return {
    ...failure,
    ...(at === undefined ? {} : { at: withoutLongLine(at) }),
    ...(also === undefined ? {} : { also: also.map(withoutLongLine) }),
  };
}

function withoutLongLine(place: Place): Place {
  if ((place.source?.length ?? 0) <= LINE_MAX) return place;
  const { source: _, ...rest } = place;
  return rest;
}

/** Characters in a value, about; it stops counting above `limit`. */
function weightOf(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length + 8;
  if (typeof value !== 'object' || value === null) return 8;
  let sum = 8;
  for (const [key, inner] of Object.entries(value)) {
    if (sum > limit) return sum;
    sum += key.length + weightOf(inner, limit - sum);
  }
  return sum;
}
