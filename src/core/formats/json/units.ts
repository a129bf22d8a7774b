import type { Scalar, TextEdit } from '../../document.ts';

/** A table in which position i holds i, up to and with `length`: offsets of all that stands as it is. */
export function identityOffsets(length: number): Uint32Array {
  const offsets = new Uint32Array(length + 1);
  for (let i = 0; i <= length; i++) offsets[i] = i;
  return offsets;
}

/** Edits of a scalar's text as edits of its source: exactly the units that are touched. */
export function unitEdits(
  scalar: Scalar,
  edits: readonly TextEdit[],
  spell: (text: string) => string,
): TextEdit[] {
  const sourceAt = (unit: number) => scalar.offsets?.[unit] ?? scalar.span.start + unit;
  return edits.map(({ offset, length, content }) => {
    const start = sourceAt(offset);
    return { offset: start, length: sourceAt(offset + length) - start, content: spell(content) };
  });
}

/** Whether an edit stands between the two halves of a surrogate pair. */
export function splitsPair(text: string, edits: readonly TextEdit[]): boolean {
  return edits.some(
    ({ offset, length }) => isInsidePair(text, offset) || isInsidePair(text, offset + length),
  );
}

function isInsidePair(text: string, at: number): boolean {
  const left = text.charCodeAt(at - 1);
  const right = text.charCodeAt(at);
  return left >= 0xd800 && left < 0xdc00 && right >= 0xdc00 && right < 0xe000;
}
