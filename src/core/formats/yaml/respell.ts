import { applyEdits, type Scalar, type TextEdit } from '../../document.ts';
import type { Decoded } from './decode.ts';
import { readsPlain } from './plain.ts';
import { escapeDouble, fitsSingle, quote } from './quote.ts';
import { decode, type Style, type YamlScalar } from './scalar.ts';

/**
 * Edits of a scalar's text as edits of its source, in its own quoting. Every result is read again
 * before it is given out; what would not come back as the edited text is quoted as a whole.
 */
export function respell(scalar: Scalar, edits: readonly TextEdit[], source: string): TextEdit[] {
  if (edits.length === 0) return [];
  const own = scalar as YamlScalar;
  const text = applyEdits(own.text, edits);
  const written = spell(own, edits, source, text);
  return written ?? [requoted(own, text, source)];
}

/** The edits in the scalar's own quoting, or undefined where that cannot hold the text. */
function spell(
  scalar: YamlScalar,
  edits: readonly TextEdit[],
  source: string,
  text: string,
): TextEdit[] | undefined {
  const { start, end } = scalar.span;
  const { style, parentIndent } = scalar;
  const raw = source.slice(start, end);
  const places = decode(raw, start, style, parentIndent);
  const written: TextEdit[] = [];
  for (const edit of edits) {
    const content = spellContent(style, edit.content);
    if (content === undefined) return undefined;
    const from = offsetOf(places, start, edit.offset);
    const to = edit.length === 0 ? from : endOf(places, start, edit.offset + edit.length - 1);
    if (to < from) return undefined;
    written.push({ offset: from, length: to - from, content });
  }
  const edited = applyEdits(
    raw,
    written.map(edit => ({ ...edit, offset: edit.offset - start })),
  );
  if (style === 'plain') return readsPlain(scalar, edited, text, source) ? written : undefined;
  // Else the line that follows the block would go on its last one.
  if (raw.endsWith('\n') && !edited.endsWith('\n')) return undefined;
  const again = decode(edited, 0, style, parentIndent);
  return again?.text === text && again.indent === places?.indent ? written : undefined;
}

function spellContent(style: Style, content: string): string | undefined {
  if (style === 'double') return escapeDouble(content);
  if (!fitsSingle(content)) return undefined;
  return style === 'single' ? content.replaceAll("'", "''") : content;
}

function offsetOf(places: Decoded | undefined, start: number, unit: number): number {
  return places === undefined ? start + unit : (places.offsets[unit] ?? start);
}

function endOf(places: Decoded | undefined, start: number, unit: number): number {
  return places === undefined ? start + unit + 1 : (places.ends[unit] ?? start);
}

/** The whole scalar in quotes. A block scalar keeps the line end that is part of it. */
function requoted(scalar: YamlScalar, text: string, source: string): TextEdit {
  const { start, end } = scalar.span;
  const isBlock = scalar.style === 'literal' || scalar.style === 'folded';
  const lineEnd = isBlock ? (/\r?\n$/.exec(source.slice(start, end))?.[0] ?? '') : '';
  const content = (scalar.style === 'double' ? `"${escapeDouble(text)}"` : quote(text)) + lineEnd;
  return { offset: start, length: end - start, content };
}
