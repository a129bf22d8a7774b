import { canonical } from '../../../src/core/change/align.ts';
import type { Json } from '../../../src/core/document.ts';

/** What a value says, whatever the order of its lists. */
export function said(value: Json): string {
  const sets = (each: Json): Json =>
    Array.isArray(each)
      ? each.map(sets).sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1))
      : each !== null && typeof each === 'object'
        ? Object.fromEntries(Object.entries(each).map(([key, item]) => [key, sets(item)]))
        : each;
  return canonical(sets(value));
}

/** Lines that can be counted: without line ends and commas, comments without indentation, none that are blank. */
export function linesOf(text: string): string[] {
  const inOrder = (list: string) =>
    list
      .split(/[,[\]{}]+ ?/)
      .sort()
      .join();
  return text
    .split(/\r?\n/)
    .map(line => (/^\s*[#;]/.test(line) ? line.trim() : line.replace(/,$/, '')))
    .map(line => (line.startsWith('{"') ? inOrder(line) : line.replace(/(?<=\[)[^\]]+(?=\])/, inOrder)))
    .filter(line => line.trim() !== '')
    .sort();
}
