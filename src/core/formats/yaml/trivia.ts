import type { CST } from 'yaml';

const TRIVIA: ReadonlySet<string> = new Set(['space', 'newline', 'comment', 'comma']);

/** Where the trail of an entry ends: blanks, a comment on the same line, and the line end. */
export function endOfTrail(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  if (at === text.length) return at;
  if (text[at] === '#') return afterLine(text, at);
  if (text[at] === '\n') return at + 1;
  if (text[at] === '\r' && text[at + 1] === '\n') return at + 2;
  return from;
}

/** The start of the next line, or the end of the text. */
export function afterLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end + 1;
}

/** The first own byte of an entry: an indicator, an anchor or a tag, its key, its value. */
export function ownStart(item: CST.CollectionItem): number {
  const own = item.start.find(token => !TRIVIA.has(token.type));
  return own?.offset ?? item.key?.offset ?? item.sep?.[0]?.offset ?? item.value?.offset ?? -1;
}

/** The end of the last indicator, anchor or tag among tokens that stand before a node. */
export function endOfLast(tokens: readonly CST.SourceToken[] | undefined): number | undefined {
  const last = tokens?.findLast(token => !TRIVIA.has(token.type));
  return last === undefined ? undefined : last.offset + last.source.length;
}

/** The first own byte of a block collection, or undefined for any other node. */
export function blockStart(token: CST.Token | undefined): number | undefined {
  if (token?.type !== 'block-map' && token?.type !== 'block-seq') return undefined;
  const first = token.items[0];
  return first === undefined ? undefined : ownStart(first);
}

/**
 * Where a block collection starts, of which `own` is the first own byte, after an indicator or
 * property that ends at `after`. On a line of its own it starts with the line after the indicator's,
 * so that its entries are whole lines with the comments above them; a compact one (`- name: x`)
 * starts at its first byte.
 */
export function startAfter(text: string, after: number, own: number): number {
  const line = text.indexOf('\n', after);
  return line === -1 || line >= own ? own : line + 1;
}

/**
 * Where the first entry of a document without `---` starts: after the last blank line before `own`.
 * What stands above is the file's own header, and is not moved or dropped with its first entry.
 */
export function startBelowHeader(text: string, from: number, own: number): number {
  let start = from;
  for (let line = from; line < own; line = afterLine(text, line)) {
    if (/^[ \t]*\r?$/.test(text.slice(line, afterLine(text, line) - 1))) start = afterLine(text, line);
  }
  return Math.min(start, own);
}
