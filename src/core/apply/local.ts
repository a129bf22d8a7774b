import { diff } from '../change/diff.ts';
import type { Json } from '../document.ts';

/** The places in which a backup's value differs from what was replicated last, as pointers into the backup's value. */
export function differingPlaces(base: Json, local: Json): string[] {
  return [...new Set(diff(base, local).map(operation => operation.path))];
}

/** Whether a place is one of `places` or lies below one of them. */
export function isWithin(places: readonly string[], pointer: string): boolean {
  return places.some(place => pointer === place || pointer.startsWith(`${place}/`) || place === '');
}

/** Whether one of `places` lies below this one. */
export function reachesBelow(places: readonly string[], pointer: string): boolean {
  return places.some(place => place.startsWith(`${pointer}/`) || (pointer === '' && place !== ''));
}

/** Rejected places are remembered with a leading `!`: there the primary's next change is welcome again. */
export function rejectedIn(places: readonly string[]): string[] {
  return places.filter(place => place.startsWith('!')).map(place => place.slice(1));
}
