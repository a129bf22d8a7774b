import { commonSubsequence } from '../change/align.ts';
import type { TextEdit } from '../document.ts';

/**
 * The edits that carry one text to another, whole lines at first and then cut down to what differs
 * within them. Sorted, not overlapping; applying them gives `after` exactly.
 */
export function textEdits(before: string, after: string): TextEdit[] {
  const a = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const b = after.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const edits: TextEdit[] = [];
  let [i, j, offset] = [0, 0, 0];
  for (const [nextI, nextJ] of [...commonSubsequence(a, b), [a.length, b.length] as const]) {
    const old = a.slice(i, nextI).join('');
    const content = b.slice(j, nextJ).join('');
    if (old !== content) edits.push(trimmed(offset, old, content));
    offset += old.length + (a[nextI]?.length ?? 0);
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return edits;
}

function trimmed(offset: number, old: string, content: string): TextEdit {
  const most = Math.min(old.length, content.length);
  let start = 0;
  while (start < most && old[start] === content[start]) start++;
  let end = 0;
  while (end < most - start && old[old.length - 1 - end] === content[content.length - 1 - end]) end++;
  return {
    offset: offset + start,
    length: old.length - start - end,
    content: content.slice(start, content.length - end),
  };
}
