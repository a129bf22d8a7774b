import { applyEdits, type Scalar, type TextEdit } from '../../document.ts';
import { splitsPair } from '../json/units.ts';
import { bareValue, isBareKey } from './bare.ts';
import { decodeEscape, decodeString, escapeText } from './string.ts';

/**
 * See Format.respell. A literal string stays one unless the new text has a quote or a control
 * character; whatever cannot stay in its own quoting becomes a basic string.
 */
export function respell(scalar: Scalar, edits: readonly TextEdit[], source: string): TextEdit[] {
  if (edits.length === 0) return [];
  const { start, end } = scalar.span;
  const wanted = applyEdits(scalar.text, edits);
  const whole = [{ offset: start, length: end - start, content: `"${escapeText(wanted)}"` }];
  if (scalar.style === 'bare' || scalar.style === 'plain') {
    const stays = scalar.style === 'bare' ? isBareKey(wanted) : bareValue(wanted) !== undefined;
    return stays ? edits.map(edit => ({ ...edit, offset: start + edit.offset })) : whole;
  }
  if (splitsPair(scalar.text, edits)) return whole;
  const carried = edits.map(edit => inSource(scalar, edit, source));
  return readsAs(source.slice(start, end), start, carried, wanted) ? carried : whole;
}

function inSource(scalar: Scalar, edit: TextEdit, source: string): TextEdit {
  const escapes = scalar.style.endsWith('basic');
  const offset = scalar.offsets?.[edit.offset] ?? scalar.span.start;
  const content = escapes ? escapeText(edit.content) : edit.content;
  if (edit.length === 0) return { offset, length: 0, content };
  // Up to the end of the last unit itself: a `\` at a line end may stand between it and the next one.
  const last = scalar.offsets?.[edit.offset + edit.length - 1] ?? offset;
  const escaped = escapes && source.charAt(last) === '\\' ? decodeEscape(source, last) : undefined;
  return { offset, length: (escaped?.end ?? last + 1) - offset, content };
}

/**
 * Quotes that meet, a newline after the opening quotes, a blank after a `\` at a line end: what an
 * edit brings together may mean something else. So the result is read before it is given out.
 */
function readsAs(quoted: string, start: number, edits: readonly TextEdit[], wanted: string): boolean {
  const edited = applyEdits(
    quoted,
    edits.map(edit => ({ ...edit, offset: edit.offset - start })),
  );
  const decoded = decodeString(edited, 0);
  return 'text' in decoded && decoded.text === wanted && decoded.end === edited.length;
}
