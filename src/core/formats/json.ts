import type { Document, Scalar, TextEdit } from '../document.ts';
import { applyEdits } from '../document.ts';
import { type Failure, FailureError, placeAt } from '../failure.ts';
import type { Format } from './format.ts';
import { bareValue } from './json/bare.ts';
import { JsonReader } from './json/reader.ts';
import { escapeText } from './json/string.ts';
import { splitsPair, unitEdits } from './json/units.ts';

/**
 * Strict JSON. A byte-order mark is kept, and so is every blank.
 *
 * Refused besides bad syntax: a key that stands twice in one object, because readers differ in which
 * one counts, and `__proto__`.
 */
export const json: Format = {
  name: 'json',

  parse(text: string, file?: string): Document | Failure {
    const reader = new JsonReader(text, file);
    try {
      const { root, value } = reader.root();
      return platformFailure(text, file) ?? { format: 'json', text, root, scalars: reader.scalars, value };
    } catch (error) {
      if (error instanceof FailureError) return error.failure;
      throw error;
    }
  },

  respell(scalar: Scalar, edits: readonly TextEdit[]): TextEdit[] {
    if (edits.length === 0) return [];
    const { start, end } = scalar.span;
    const wanted = applyEdits(scalar.text, edits);
    const whole = [{ offset: start, length: end - start, content: `"${escapeText(wanted)}"` }];
    if (!scalar.isString) {
      const stays = bareValue(wanted) !== undefined;
      return stays ? edits.map(edit => ({ ...edit, offset: start + edit.offset })) : whole;
    }
    // Half of a surrogate pair has no encoding of its own: what is left of the pair must be escaped too.
    return splitsPair(scalar.text, edits) ? whole : unitEdits(scalar, edits, escapeText);
  },
};

/** The platform's own parser has the last word on what is JSON. */
function platformFailure(text: string, file: string | undefined): Failure | undefined {
  try {
    JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    return undefined;
  } catch {
    return { failure: 'syntax', message: 'this is not JSON', at: placeAt(text, 0, file) };
  }
}
