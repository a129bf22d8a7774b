/** Where two versions of a text differ: [start, oldEnd) of the one is [start, newEnd) of the other. */
export interface Stretch {
  readonly start: number;
  readonly oldEnd: number;
  readonly newEnd: number;
}

/** UTF-16 units that are compared at once: a comparison of slices runs at the speed of memory. */
const CHUNK = 1 << 16;

/**
 * The smallest stretch outside of which both texts are the same; undefined where they are equal. What was
 * only put in, or only taken out, is moved to begin with a line where the texts allow it.
 */
export function changedStretch(before: string, after: string): Stretch | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  const start = equalUnits(most, (at, size) => before.slice(at, at + size) === after.slice(at, at + size));
  const tail = equalUnits(most - start, (at, size) => {
    const [a, b] = [before.length - at, after.length - at];
    return before.slice(a - size, a) === after.slice(b - size, b);
  });
  const oldEnd = before.length - tail;
  const newEnd = after.length - tail;
  const shift = oldEnd === start ? toLine(after, start, newEnd) : toLine(before, start, oldEnd);
  const isOneSided = oldEnd === start || newEnd === start;
  return isOneSided && shift > 0
    ? { start: start - shift, oldEnd: oldEnd - shift, newEnd: newEnd - shift }
    : { start, oldEnd, newEnd };
}

/** How many units, `limit` at most, are the same; `same(at, size)` compares `size` of them from `at` on. */
function equalUnits(limit: number, same: (at: number, size: number) => boolean): number {
  let at = 0;
  for (let size = CHUNK; size > 0; size >>= 1) {
    while (at + size <= limit && same(at, size)) at += size;
  }
  return at;
}

/** By how much [start, end) of a text can be moved to the left, to begin with a line and mean the same. */
function toLine(text: string, start: number, end: number): number {
  const shift = start - (text.lastIndexOf('\n', start - 1) + 1);
  if (start === 0 || shift > CHUNK) return 0;
  return text.slice(start - shift, start) === text.slice(end - shift, end) ? shift : 0;
}
