import { hiddenIn } from '../change/mask-patch.ts';
import type { Document } from '../document.ts';
import { nearStrings } from './coverage/near.ts';
import { domainsOf, shapesIn } from './coverage/shapes.ts';
import { type Suggestion, suggestNear, suggestUnmapped } from './coverage/suggest.ts';
import type { Lookalike, Mapping, Occurrences } from './identity.ts';
import { compiledOf } from './mapping.ts';
import { ScanContext, scan, sharedSpans, type Taken } from './scanner.ts';
import { pointerLookup, type Stretch, stretchesOf } from './stretches.ts';

/**
 * What an administrator should look at in one file: strings with a primary identifier inside a longer
 * token or in other case (near), and strings shaped like an identifier that are in no pair (unmapped).
 * One per distinct string, at its first place, each with a ready-made pair. Works on either side's text.
 */
export function lookalikes(document: Document, mapping: Mapping, file: string): Lookalike[] {
  const found = new Map<string, Lookalike>();
  const contexts = [mapping, mapping.reversed()].map(one => new ScanContext(compiledOf(one), file));
  const pointerAt = pointerLookup(document);
  const near = nearStrings(mapping);
  const domains = domainsOf(mapping);
  const isSecret = secretIn(document);
  for (const stretch of stretchesOf(document)) {
    const { scalar, text, window } = stretch;
    for (const context of contexts) {
      context.pointerAt = scalar === undefined ? pointerAt : () => scalar.pointer;
    }
    const known = new KnownSpans(contexts.flatMap(context => covered(stretch, context)));
    const shapes = shapesIn(text, window, domains)
      .filter(({ start, end }) => !known.touches(start, end))
      // A primary's own name in other case is near, although it has the shape of one that is in no pair.
      .filter(({ start, end }) => near.inside(text.slice(start, end))?.isWhole !== true);
    for (const { start, end, kind } of shapes) {
      if (isSecret(stretch, start, end)) continue;
      note(found, stretch, start, end, 'unmapped', suggestUnmapped(kind, text.slice(start, end), near));
    }
    const unmapped = new KnownSpans(shapes);
    for (const hit of near.find(text, window)) {
      if (known.touches(hit.start, hit.end) || unmapped.touches(hit.start, hit.end)) continue;
      if (isSecret(stretch, hit.start, hit.end)) continue;
      note(found, stretch, hit.start, hit.end, 'near', suggestNear(text, hit));
    }
  }
  return [...found.values()].sort((a, b) => a.span.start - b.span.start);
}

/** How often each pair is found in one file, most of all for `check`. Pairs that are not have no entry. */
export function occurrences(document: Document, mapping: Mapping, file: string): Occurrences[] {
  const counts = new Map<number, { pair: number; count: number; inKeys: number; first: Taken }>();
  const context = new ScanContext(compiledOf(mapping), file);
  const pointerAt = pointerLookup(document);
  const keys = document.scalars.filter(({ role, isolated }) => role === 'key' && !isolated);
  const inKey = new KnownSpans(keys.map(({ span }) => span));
  for (const { scalar, text, window, sourceAt } of stretchesOf(document)) {
    context.pointerAt = scalar === undefined ? pointerAt : () => scalar.pointer;
    for (const { start, end, by } of scan(text, window, context)) {
      if (by.action !== 'swap') continue;
      const first = { start: sourceAt(start), end: sourceAt(end) };
      const { pair } = by.rule;
      const count = counts.get(pair) ?? { pair, count: 0, inKeys: 0, first };
      count.count++;
      const isKey = scalar === undefined ? inKey.touches(first.start, first.end) : scalar.role === 'key';
      if (isKey) count.inKeys++;
      counts.set(pair, count);
    }
  }
  return [...counts.values()].sort((a, b) => a.pair - b.pair);
}

function covered({ text, window }: Stretch, context: ScanContext): Taken[] {
  return [...scan(text, window, context), ...sharedSpans(text, window, context)];
}

/**
 * Tells what is written with escapes (`\/srv\/a`) inside a secret. Whoever shows a look-alike leaves out what
 * the file says only where it is masked, but looks for it as it is read, and so would not find this.
 */
function secretIn({ text: source }: Document) {
  let isHidden: ((value: string) => boolean) | undefined;
  return ({ text, sourceAt }: Stretch, start: number, end: number): boolean => {
    if (text === source) return false;
    const written = source.slice(sourceAt(start), sourceAt(end));
    if (written === text.slice(start, end)) return false;
    isHidden ??= hiddenIn([source]);
    return isHidden(written);
  };
}

function note(
  found: Map<string, Lookalike>,
  stretch: Stretch,
  start: number,
  end: number,
  sort: Lookalike['sort'],
  { kind, line }: Suggestion,
): void {
  const string = stretch.text.slice(start, end);
  const before = found.get(string);
  const span = { start: stretch.sourceAt(start), end: stretch.sourceAt(end) };
  const count = (before?.count ?? 0) + 1;
  found.set(string, { ...(before ?? { sort, kind, found: string, span, suggestion: line }), count });
}

/** Spans by which a question "does anything touch this" is answered quickly. */
class KnownSpans {
  readonly #spans: { start: number; end: number }[] = [];

  constructor(spans: readonly Taken[]) {
    for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
      const last = this.#spans.at(-1);
      if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
      else this.#spans.push({ start, end });
    }
  }

  touches(start: number, end: number): boolean {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#spans[middle]!.end <= start) low = middle + 1;
      else high = middle;
    }
    return low < this.#spans.length && this.#spans[low]!.start < end;
  }
}
