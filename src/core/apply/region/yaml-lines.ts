/**
 * What of YAML can be read by itself: whole lines of block style, with no anchor, alias, tag, directive or
 * `? key`, whose effect is elsewhere than where they stand.
 */
import type { Document } from '../../document.ts';

/** Whether entries may be read by themselves, as far as their lines tell. */
export function plainYaml(text: string, pad: number, column: number): boolean {
  if (/^(?:---|\.\.\.|%)/m.test(text) || text.includes('\t')) return false;
  const own = columnOf(text, pad);
  return own === undefined || own === column;
}

/** The column of the first line that is neither blank nor a comment. */
export function columnOf(text: string, pad: number): number | undefined {
  const found = /^ *(?![ \r\n#])/m.exec(text);
  if (found === null || found.index + found[0].length === text.length) return undefined;
  return found[0].length + (found.index === 0 ? pad : 0);
}

/** Between scalars and outside of comments there is nothing but blanks and the signs of plain structure. */
export function isPlain({ text, scalars }: Document, from = 0, to = text.length): boolean {
  let at = from;
  for (const { span } of scalars) {
    if (span.end <= from) continue;
    if (span.start >= to) break;
    if (!isStructure(text.slice(at, span.start))) return false;
    at = span.end;
  }
  return isStructure(text.slice(at, to));
}

function isStructure(between: string): boolean {
  return /^[\s\-:,[\]{}\ufeff]*$/.test(between.includes('#') ? between.replace(/#.*$/gm, '') : between);
}

/** Whether no key draws the entries of another map in, at whatever depth. */
export function mergesNothing({ scalars }: Document): boolean {
  return scalars.every(({ role, text }) => role === 'value' || text !== '<<');
}
