import type { Document } from '../document.ts';
import { type Failure, placeAt } from '../failure.ts';
import type { Mapping, Residue, Swap } from '../rewrite/identity.ts';
import type { Piece } from './merge/pieces.ts';

/**
 * A primary identifier on the backup is right where a swap put it: both nodes are named in the file,
 * and the primary's text named the backup there. Everywhere else it is residue.
 *
 * In a stretch taken from rewrite(primary), the swaps' own positions tell. In a stretch of the
 * backup's own, whatever replication had put there before may still stand there, as often as it did.
 */
export function unaccounted(
  found: readonly Residue[],
  swaps: readonly Swap[],
  pieces: readonly Piece[] | undefined,
): Residue[] {
  if (pieces === undefined) return found.filter(hit => !isSwapped(hit, swaps, 0));
  const out: Residue[] = [];
  const allowances = new Map<Piece, Map<string, number>>();
  for (const hit of found) {
    const at = pieceAt(pieces, hit.span.start);
    if (at === undefined) {
      out.push(hit);
    } else if (at.piece.from === 'next') {
      if (!isSwapped(hit, swaps, at.piece.offset - at.start)) out.push(hit);
    } else if (!takeAllowance(allowances, at.piece, hit.found)) {
      out.push(hit);
    }
  }
  return out;
}

function isSwapped(hit: Residue, swaps: readonly Swap[], shift: number): boolean {
  const start = hit.span.start + shift;
  const end = hit.span.end + shift;
  let low = 0;
  let high = swaps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (swaps[middle]!.to.end <= start) low = middle + 1;
    else high = middle;
  }
  const swap = swaps[low];
  return swap !== undefined && swap.to.start <= start && end <= swap.to.end;
}

function pieceAt(pieces: readonly Piece[], offset: number): { piece: Piece; start: number } | undefined {
  let start = 0;
  for (const piece of pieces) {
    if (offset < start + piece.text.length) return { piece, start };
    start += piece.text.length;
  }
  return undefined;
}

function takeAllowance(all: Map<Piece, Map<string, number>>, piece: Piece, found: string): boolean {
  let counts = all.get(piece);
  if (counts === undefined) {
    counts = new Map();
    all.set(piece, counts);
  }
  const left = counts.get(found) ?? piece.base.split(found).length - 1;
  counts.set(found, left - 1);
  return left > 0;
}

/** Residue as what a person sees: the place in the new text, and what to do. */
export function residueFailure(hit: Residue, document: Document, mapping: Mapping, file: string): Failure {
  const pair = mapping.spec.pairs[hit.pair];
  const place = placeAt(document.text, hit.span.start, file);
  return {
    failure: 'residue',
    message: `${hit.kind} ${hit.found} names the primary and would be left on the backup`,
    at: { ...place, length: hit.span.end - hit.span.start },
    ...(pair?.source === undefined ? {} : { also: [pair.source] }),
    hint: 'correct it where it was written (see the line), or declare it shared if both nodes mean it',
  };
}
