import type { Circles } from './circles.ts';

/** Tasks in the order in which they are placed. */
export interface Order {
  readonly tasks: Int32Array;
  /** Where each circle begins in `tasks`; one more than there are circles. */
  readonly starts: Int32Array;
}

/**
 * The narrowest circle first, within it the heaviest, among equals the smallest number. Weights are told
 * apart to a thirty-second: what is gained by placing heavy tasks first does not need more, and counting
 * them into buckets takes a tenth of the time of sorting.
 */
export function orderOf(tasks: Int32Array, weight: Float64Array, circles: Circles): Order {
  const buckets = new Int32Array(tasks.length);
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  for (let i = 0; i < tasks.length; i++) {
    single[0] = weight[tasks[i]!]!;
    // The exponent and five bits of the fraction, as they stand in the number: greater weight, smaller bucket.
    buckets[i] = BUCKETS - 1 - (bits[0]! >>> FRACTION_LEFT_OUT);
  }
  const heavyFirst = counted(tasks, buckets, BUCKETS).sorted;
  const ranks = new Int32Array(tasks.length);
  if (circles.members.length > 1) {
    for (let i = 0; i < tasks.length; i++) ranks[i] = circles.circleOf(heavyFirst[i]!);
  }
  const { sorted, starts } = counted(heavyFirst, ranks, circles.members.length);
  return { tasks: sorted, starts };
}

const FRACTION_LEFT_OUT = 18;
/** Eight bits of exponent, five of fraction; the sign is never set. */
const BUCKETS = 1 << 13;

/** Sorted by key, which is below `most`; equal ones stay in their order. */
function counted(tasks: Int32Array, keys: Int32Array, most: number) {
  const starts = new Int32Array(most + 1);
  for (let i = 0; i < keys.length; i++) starts[keys[i]! + 1]!++;
  for (let key = 0; key < most; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const sorted = new Int32Array(tasks.length);
  for (let i = 0; i < tasks.length; i++) sorted[next[keys[i]!]!++] = tasks[i]!;
  return { sorted, starts };
}
