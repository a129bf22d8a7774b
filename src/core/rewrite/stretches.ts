import type { Document, Scalar } from '../document.ts';
import type { Window } from './scanner.ts';

/**
 * What the identity rules apply to, one after the other: each isolated scalar by itself, and the text
 * between them with its true neighbours.
 */
export interface Stretch {
  /** The text that is scanned: the document's own, or a scalar's decoded text. */
  readonly text: string;
  readonly window: Window;
  /** Absent for what stands raw in the source. */
  readonly scalar?: Scalar;
  /** Where a unit of `text` stands in the source. */
  readonly sourceAt: (unit: number) => number;
}

export function* stretchesOf(document: Document): Generator<Stretch> {
  const { text } = document;
  let at = 0;
  for (const scalar of document.scalars) {
    if (!scalar.isolated) continue;
    const start = scalar.span.start + headerLength(text, scalar);
    if (start > at) yield raw(text, at, start);
    yield ofScalar(text, scalar);
    at = scalar.span.end;
  }
  if (at < text.length) yield raw(text, at, text.length);
}

/** The pointer at an offset of the source, for what is not isolated: that of the scalar it stands in. */
export function pointerLookup(document: Document): (offset: number) => string | undefined {
  const { scalars } = document;
  return offset => {
    let low = 0;
    let high = scalars.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scalars[middle]!.span.end <= offset) low = middle + 1;
      else high = middle;
    }
    const scalar = scalars[low];
    return scalar !== undefined && scalar.span.start <= offset ? scalar.pointer : undefined;
  };
}

/**
 * The header of a block scalar may end in a comment, which is in the scalar's span and in no value. In
 * any other scalar what stands before the content is a quote.
 */
function headerLength(text: string, { span, offsets }: Scalar): number {
  if (offsets === undefined) return 0;
  const length = offsets[0]! - span.start;
  return length > 1 && text.slice(span.start, span.start + length).includes('#') ? length : 0;
}

const unmoved = (unit: number) => unit;

function raw(text: string, from: number, to: number): Stretch {
  return { text, window: { from, to, low: 0, high: text.length }, sourceAt: unmoved };
}

function ofScalar(source: string, scalar: Scalar): Stretch {
  const { offsets, span, text } = scalar;
  const { length } = text;
  const start = offsets === undefined ? span.start : offsets[0]!;
  // Most scalars stand in the source as they are: then there is nothing to decode, and no copy to make.
  if (offsets === undefined || (offsets[length] === start + length && source.startsWith(text, start))) {
    const end = start + length;
    return {
      text: source,
      window: { from: start, to: end, low: start, high: end },
      scalar,
      sourceAt: unmoved,
    };
  }
  const window = { from: 0, to: length, low: 0, high: length };
  return { text, window, scalar, sourceAt: unit => offsets[unit]! };
}
