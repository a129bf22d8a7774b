/** The law of `respell`: the edited text is what the format reads, and no other byte has changed. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { applyEdits, type Document, type Scalar, type TextEdit } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import type { Format } from '../../../src/core/formats/format.ts';

/** Numbers that select places in a text which is not known yet. */
export type EditSeeds = readonly { readonly at: number; readonly length: number; readonly content: string }[];

export function editSeeds(content: fc.Arbitrary<string>): fc.Arbitrary<EditSeeds> {
  const seed = fc.record({ at: fc.nat(), length: fc.nat(5), content });
  return fc.array(seed, { minLength: 1, maxLength: 3 });
}

/** Sorted edits of `text` that do not overlap. */
export function editsOf(text: string, seeds: EditSeeds): TextEdit[] {
  const edits: TextEdit[] = [];
  let from = 0;
  for (const { at, length, content } of seeds) {
    const offset = from + (at % (text.length - from + 1));
    const end = Math.min(text.length, offset + length);
    edits.push({ offset, length: end - offset, content });
    from = end;
  }
  return edits;
}

/**
 * Respells one scalar, and expects that the document reads back with exactly that scalar changed. An
 * edited key may collide with another: such a failure ends the check.
 */
export function expectRespelled(
  format: Format,
  document: Document,
  scalar: Scalar,
  edits: TextEdit[],
): string | undefined {
  const { text } = document;
  const respelled = format.respell(scalar, edits, text);
  const source = applyEdits(text, respelled);
  for (const edit of respelled) {
    expect(edit.offset).toBeGreaterThanOrEqual(scalar.span.start);
    expect(edit.offset + edit.length).toBeLessThanOrEqual(scalar.span.end);
  }
  // Half of a surrogate pair in the source would be lost on the way to bytes.
  expect(Buffer.from(source, 'utf8').toString('utf8')).toBe(source);
  const again = format.parse(source);
  if (isFailure(again)) {
    expect(scalar.role, `${again.message}\n${source}`).toBe('key');
    expect(['duplicate-key', 'forbidden-key', 'syntax']).toContain(again.failure);
    return undefined;
  }
  const wanted = applyEdits(scalar.text, edits);
  const found = again.scalars[document.scalars.indexOf(scalar)];
  expect(found?.text).toBe(wanted);
  if (scalar.isString) expect(found).toMatchObject({ isString: true, value: wanted, role: scalar.role });
  expect(again.scalars.length).toBe(document.scalars.length);
  return source;
}
