import type { Document, Scalar, Span } from '../document.ts';
import type { Mapping, Residue } from './identity.ts';
import { addressHits } from './residue/addresses.ts';
import { hexHits } from './residue/hex.ts';
import { nameHits } from './residue/names.ts';
import { percentDecoded, type View } from './residue/percent.ts';
import { type Hit, type Sought, soughtOf } from './residue/sought.ts';

/**
 * The primary's identifiers that stand in a text as whole tokens, in any spelling: a mixed-case MAC,
 * `fd00:0::1`, `%6eas1`. Looked for in the bytes, in decoded scalars and in what percent signs hide.
 *
 * `document` is what a backup would get, so places (`at:`) are read as they are called on the backup.
 * Identifiers of both kinds of pairs are returned; the caller takes away those that a swap has put there
 * (`span` is in the document's text). Shared values never are.
 *
 * This is the second matcher: it shares no code with the scanner, so that one mistake cannot hide in both.
 * It cuts a text into runs of identifier characters, brings each to one spelling, and looks it up.
 */
export function findResidue(document: Document, mapping: Mapping, file: string): Residue[] {
  const search = new Search(document, soughtOf(mapping, file));
  return search.run();
}

class Search {
  readonly #document: Document;
  readonly #sought: Sought;
  readonly #found = new Map<string, Residue>();

  constructor(document: Document, sought: Sought) {
    this.#document = document;
    this.#sought = sought;
  }

  run(): Residue[] {
    const { text, scalars } = this.#document;
    this.#look({ text, at: unit => unit, view: 'raw' });
    for (const scalar of scalars) {
      if (!scalar.isolated) continue;
      const { offsets, span } = scalar;
      const at = (unit: number) => (offsets === undefined ? span.start + unit : offsets[unit]!);
      this.#look({ text: scalar.text, at, view: 'decoded' });
    }
    return [...this.#found.values()].sort((a, b) => a.span.start - b.span.start || b.span.end - a.span.end);
  }

  #look(view: View): void {
    for (const hit of hitsIn(view.text, this.#sought)) this.#take(view, hit);
    const percent = percentDecoded(view.text, view.at);
    if (percent === undefined) return;
    for (const hit of hitsIn(percent.text, this.#sought)) this.#take(percent, hit, view.view);
  }

  #take(view: View, hit: Hit, within = view.view): void {
    const span = { start: view.at(hit.start), end: view.at(hit.end) };
    const scalar = scalarFrom(this.#document.scalars, span.start);
    // What an isolated scalar says is decoded: its source alone (`\nas1`) would say something else.
    if (within === 'raw' && scalar?.isolated && contentOf(scalar).start < span.end) return;
    const pointer = scalar !== undefined && scalar.span.start <= span.start ? scalar.pointer : undefined;
    const pair = hit.owners.find(owner => typeof owner === 'number' && this.#sought.applies(owner, pointer));
    if (typeof pair !== 'number') return;
    const key = `${span.start} ${span.end}`;
    if (this.#found.has(key)) return;
    const found = this.#document.text.slice(span.start, span.end);
    this.#found.set(key, { pair, kind: this.#sought.kindOf(pair), found, span, view: view.view });
  }
}

/** All hits of one text, without those that touch a shared value or begin in the tail of a prefix. */
function hitsIn(text: string, sought: Sought): Hit[] {
  const hits = [...nameHits(text, sought), ...addressHits(text, sought), ...hexHits(text, sought)];
  const shared = joined(hits.filter(hit => hit.owners.includes('shared')));
  const prefixes = joined(hits.filter(hit => hit.isPrefix));
  if (shared.length === 0 && prefixes.length === 0) return hits;
  return hits.filter(({ start, end }) => {
    const next = shared[firstEndingAfter(shared, span => span.end, start)];
    const token = prefixes[firstEndingAfter(prefixes, span => span.end, start)];
    return (next === undefined || next.start >= end) && (token === undefined || token.start >= start);
  });
}

/** Spans sorted, and those that overlap made one. */
function joined(hits: readonly Hit[]): Span[] {
  const spans: { start: number; end: number }[] = [];
  for (const { start, end } of [...hits].sort((a, b) => a.start - b.start)) {
    const last = spans.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}

/** The part of an isolated scalar that its text stands for: without quotes and block headers. */
function contentOf({ span, offsets, text }: Scalar): Span {
  return offsets === undefined ? span : { start: offsets[0]!, end: offsets[text.length]! };
}

/** The scalar that holds an offset, or else the next one. */
function scalarFrom(scalars: readonly Scalar[], offset: number): Scalar | undefined {
  return scalars[firstEndingAfter(scalars, scalar => scalar.span.end, offset)];
}

function firstEndingAfter<T>(sorted: readonly T[], endOf: (one: T) => number, offset: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(sorted[middle]!) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
