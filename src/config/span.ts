import { type Place, placeAt } from '../core/failure.ts';

/** Half-open range of UTF-16 units. */
export type Range = readonly [start: number, end: number];

/** The place of a stretch of text; what runs over several lines is underlined on its first. */
export function spanPlace(range: Range, text: string, file: string): Place {
  const place = placeAt(text, range[0], file);
  const restOfLine = (place.source ?? '').length - (place.column ?? 1) + 1;
  return { ...place, length: Math.max(1, Math.min(range[1] - range[0], restOfLine)) };
}
