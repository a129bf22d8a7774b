import { segmentsOf } from '../document.ts';

/**
 * A place that a pair may be limited to: a pointer that starts with `/` (that place and all below it),
 * or the last segments of one (`VI_1/priority`).
 */
export interface PlacePattern {
  readonly isAbsolute: boolean;
  readonly segments: readonly string[];
}

export function parsePlace(written: string): PlacePattern {
  const isAbsolute = written.startsWith('/');
  return { isAbsolute, segments: segmentsOf(isAbsolute ? written : `/${written}`) };
}

/** Whether the value at `pointer` is at the place. */
export function isAtPlace(place: PlacePattern, pointer: string): boolean {
  const segments = segmentsOf(pointer);
  if (place.isAbsolute) return place.segments.every((segment, i) => segments[i] === segment);
  return endsWith(segments, segments.length, place.segments, place.segments.length);
}

/** Whether the first `count` segments end with the first `wanted` of the place's. */
function endsWith(
  segments: readonly string[],
  count: number,
  place: readonly string[],
  wanted: number,
): boolean {
  if (wanted === 0) return true;
  if (count === 0) return false;
  const segment = segments[count - 1]!;
  if (isCalled(segment, place[wanted - 1]!) && endsWith(segments, count - 1, place, wanted - 1)) return true;
  // An ordinal only tells repeated entries apart; nobody should have to count them.
  return /^[0-9]+$/.test(segment) && endsWith(segments, count - 1, place, wanted);
}

/** Block headers are several words ("vrrp_instance VI_1"); the last ones are enough. */
function isCalled(segment: string, name: string): boolean {
  return segment === name || segment.endsWith(` ${name}`);
}
