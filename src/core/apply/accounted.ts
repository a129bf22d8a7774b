import { commonSubsequence } from '../change/align.ts';
import type { Document, Span } from '../document.ts';
import { type Failure, placeAt } from '../failure.ts';
import type { Mapping, Residue, Swap } from '../rewrite/identity.ts';
import type { Piece } from './merge/pieces.ts';

/**
 * A primary identifier on the backup is right where a swap put it: both nodes are named in the file,
 * and the primary's text named the backup there. Everywhere else it is residue.
 *
 * In a stretch taken from rewrite(primary), the swaps' own positions tell. A stretch of the backup's own
 * is compared with what replication had put there, line by line: an identifier may stand on a line that
 * is still the same, wherever it was moved; on a changed line as often as on the lines it was made from.
 *
 * `before` is what the same search finds in the text that was replicated last; all of it was accounted
 * for then.
 */
export function unaccounted(
  found: readonly Residue[],
  swaps: readonly Swap[],
  pieces: readonly Piece[] | undefined,
  before: readonly Residue[],
): Residue[] {
  if (pieces === undefined) return found.filter(hit => !isSwapped(hit.span, swaps, 0));
  const starts: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    starts.push(length);
    length += piece.text.length;
  }
  const ledgers = new Map<Piece, Ledger>();
  return found.filter(hit => {
    const at = firstAfter(starts.length, index => starts[index]! > hit.span.start) - 1;
    const [piece, start] = [pieces[at], starts[at] ?? 0];
    if (piece === undefined || hit.span.end > start + piece.text.length) return true;
    if (piece.from === 'next') return !isSwapped(hit.span, swaps, piece.offset - start);
    const ledger = ledgers.get(piece) ?? new Ledger(piece, swaps, before);
    ledgers.set(piece, ledger);
    return !ledger.take(hit, start);
  });
}

/** The first of `count` indexes for which `holds` is true; once true, it stays so. */
function firstAfter(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isSwapped(span: Span, swaps: readonly Swap[], shift: number): boolean {
  const start = span.start + shift;
  const end = span.end + shift;
  const swap = swaps[firstAfter(swaps.length, index => swaps[index]!.to.end > start)];
  return swap !== undefined && swap.to.start <= start && end <= swap.to.end;
}

/** A line and its offset in the stretch it belongs to. */
interface Line {
  readonly text: string;
  readonly start: number;
}

/** What a stretch of the backup's own may say because replication said it there. */
class Ledger {
  readonly #piece: Piece;
  readonly #swaps: readonly Swap[];
  readonly #lines: readonly Line[];
  /** For each line which region of changed lines it is in, or the line of the base that it still is. */
  readonly #origin: readonly ({ readonly same: string } | { readonly region: number })[];
  /** How often an identifier may still stand, by `line of the base` or `region`, and identifier. */
  readonly #left = new Map<string, number>();

  constructor(piece: Piece, swaps: readonly Swap[], before: readonly Residue[]) {
    this.#piece = piece;
    this.#swaps = swaps;
    this.#lines = linesOf(piece.text);
    const base = linesOf(piece.base);
    const pairs = commonSubsequence(base.map(textOfLine), this.#lines.map(textOfLine));
    const matched = new Map(pairs.map(([i, j]) => [j, i]));
    const sameAs = new Map(pairs.map(([i]) => [i, `line ${i}`]));
    const moved = new Map<string, number>();
    base.forEach(({ text }, i) => {
      if (!sameAs.has(i)) moved.set(text, i);
    });
    let region = 0;
    this.#origin = this.#lines.map(({ text }, j) => {
      const i = matched.get(j);
      if (i !== undefined) region = i + 1;
      const from = i ?? moved.get(text);
      if (i === undefined && from !== undefined) {
        moved.delete(text);
        sameAs.set(from, `line ${from}`);
      }
      return from === undefined ? { region } : { same: `line ${from}` };
    });
    const stayed = new Set(pairs.map(([i]) => i));
    let current = 0;
    const regionOf = base.map((_, i) => {
      const here = current;
      if (stayed.has(i)) current = i + 1;
      return here;
    });
    for (const hit of before) {
      const offset = hit.span.start - (piece.baseAt ?? 0);
      if (offset < 0 || hit.span.end - (piece.baseAt ?? 0) > piece.base.length) continue;
      const i = lineIndex(base, offset);
      this.#add(`${sameAs.get(i) ?? `region ${regionOf[i]}`} ${hit.found}`, 1);
    }
  }

  /** Whether the identifier was there before, as often as this. `start`: the piece's place in the whole text. */
  take(hit: Residue, start: number): boolean {
    const j = lineIndex(this.#lines, hit.span.start - start);
    const origin = this.#origin[j]!;
    const key = `${'same' in origin ? origin.same : `region ${origin.region}`} ${hit.found}`;
    if ((this.#left.get(key) ?? 0) > 0) {
      this.#add(key, -1);
      return true;
    }
    return this.#isInNext(this.#lines[j]!, hit.span, start);
  }

  #add(key: string, change: number): void {
    this.#left.set(key, (this.#left.get(key) ?? 0) + change);
  }

  /** In comments merged from both sides, a line may be the primary's. */
  #isInNext({ text, start: lineStart }: Line, span: Span, start: number): boolean {
    const { next } = this.#piece;
    if (next === undefined) return false;
    return linesOf(next.text).some(
      line =>
        line.text === text && isSwapped(span, this.#swaps, next.offset + line.start - start - lineStart),
    );
  }
}

function linesOf(text: string): Line[] {
  let start = 0;
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map(line => {
    const at = start;
    start += line.length;
    return { text: line.replace(/\r?\n$/, ''), start: at };
  });
}

function textOfLine({ text }: Line): string {
  return text;
}

function lineIndex(lines: readonly Line[], offset: number): number {
  return firstAfter(lines.length, index => lines[index]!.start > offset) - 1;
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
