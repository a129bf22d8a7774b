import { wordAt, wordBefore } from '../kinds/characters.ts';
import type { Finder, Found, Sought } from './near-sought.ts';

const PIECE = /[\p{L}\p{M}\p{Nd}]+/gu;

/** Where a name that has this piece as its first one begins before the piece, and how long it is. */
interface Reach {
  readonly lead: number;
  readonly length: number;
}

/**
 * Names and paths in any case. By its first piece it is known how long a name may be, and by its text which
 * one it is: a thousand paths below `/srv` are looked up as fast as one.
 */
export function nameFinder(all: readonly Sought[]): Finder | undefined {
  const names = new Map<string, Sought>();
  const reaches = new Map<string, Reach[]>();
  for (const sought of all) {
    const folded = sought.name.toLowerCase();
    const first = folded.search(PIECE);
    // Folding case must not move anything: a few letters change their length.
    if (first === -1 || folded.length !== sought.name.length || names.has(folded)) continue;
    names.set(folded, sought);
    const piece = folded.slice(first).match(PIECE)![0];
    const known = reaches.get(piece) ?? [];
    reaches.set(piece, known);
    const { length } = folded;
    if (!known.some(reach => reach.lead === first && reach.length === length)) {
      known.push({ lead: first, length });
    }
  }
  // The longest one that fits is the one that is meant.
  for (const list of reaches.values()) list.sort((a, b) => b.length - a.length);
  if (names.size === 0) return undefined;
  return (text, { from, to }) => {
    const found: Found[] = [];
    for (const { 0: piece, index } of text.slice(from, to).matchAll(PIECE)) {
      for (const { lead, length } of reaches.get(piece.toLowerCase()) ?? []) {
        const [start, end] = [from + index - lead, from + index - lead + length];
        if (start < from || end > to || isCut(text, end, from, to)) continue;
        const sought = names.get(text.slice(start, end).toLowerCase());
        if (sought === undefined) continue;
        found.push({ start, end, sought });
        break;
      }
    }
    return found;
  };
}

/** A name that goes on with a letter or digit is another word: `nas1` is not in `nas10`. */
function isCut(text: string, end: number, from: number, to: number): boolean {
  return wordAt(text, end, to) && wordBefore(text, end, from);
}
