/**
 * The load per capacity that members reach when a total is poured over them, each of which has a floor
 * below which it cannot go: the sum of max(floor, level x capacity) is the total. Somebody with one very
 * heavy task thus does not raise what the others count as their share.
 *
 * `floor` and `capacity` are by member; the total is at least the sum of the floors.
 */
export function levelOf(
  members: Int32Array,
  floor: Float64Array,
  capacity: Float64Array,
  total: number,
): number {
  let level = Number.POSITIVE_INFINITY;
  let before = members.length + 1;
  // Whoever lies above the level is left out, which lowers it for the others: at most once for each member. (Not
  // `===`: where sums end in other bits the level may rise by that, and somebody be counted again.)
  for (;;) {
    let wide = 0;
    let rest = total;
    let count = 0;
    for (let i = 0; i < members.length; i++) {
      const member = members[i]!;
      if (floor[member]! > level * capacity[member]!) rest -= floor[member]!;
      else {
        wide += capacity[member]!;
        count++;
      }
    }
    if (count >= before || count === 0) return level;
    before = count;
    level = Math.max(0, rest / wide);
  }
}

/** What differs by less than this part of a member's share is equal: sums of the same numbers differ in their last bits. */
export const DUST = 1e-9;
