import { commonSubsequence } from '../../change/align.ts';

/**
 * Three-way merge of comments and blank lines, line by line. Lines that both sides put in at one
 * place are all kept, the primary's first. Lines that both sides changed otherwise: undefined.
 */
export function mergeTrivia(base: string, next: string, local: string): string | undefined {
  if (local === base || local === next) return next;
  if (next === base) return local;
  // A file's last line gets a line end for as long as something may come to stand behind it.
  const unended = [next, local].every(text => text !== '' && !text.endsWith('\n'));
  const [b, n, l] = [linesOf(base), linesOf(next), linesOf(local)];
  const toNext = new Map(commonSubsequence(b, n));
  const toLocal = new Map(commonSubsequence(b, l));
  const out: string[] = [];
  let at = { b: 0, n: 0, l: 0 };
  for (let i = 0; i <= b.length; i++) {
    const end = i === b.length;
    const j = end ? n.length : toNext.get(i);
    const k = end ? l.length : toLocal.get(i);
    if (j === undefined || k === undefined) continue;
    const merged = mergeRegion(b.slice(at.b, i), n.slice(at.n, j), l.slice(at.l, k));
    if (merged === undefined) return undefined;
    out.push(...merged);
    if (!end) out.push(b[i]!);
    at = { b: i + 1, n: j + 1, l: k + 1 };
  }
  return unended ? withoutEnd(out.join('')) : out.join('');
}

function linesOf(text: string): string[] {
  const ended = text === '' || text.endsWith('\n') ? text : text + (text.includes('\r\n') ? '\r\n' : '\n');
  return ended.match(/[^\n]*\n/g) ?? [];
}

/** A text without its last line end. */
export function withoutEnd(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/** A region between two lines that all three have. */
function mergeRegion(b: string[], n: string[], l: string[]): string[] | undefined {
  const [base, next, local] = [b.join(''), n.join(''), l.join('')];
  if (local === base || local === next) return n;
  if (next === base) return l;
  if (b.length === 0) return union(n, l);
  // One side took the lines out, the other only put lines in: what was put in stays.
  const added = n.length === 0 ? additions(b, l) : l.length === 0 ? additions(b, n) : undefined;
  if (added !== undefined) return added;
  // Differences in blank lines alone are nobody's setting: the primary's layout is as good as any.
  if ([...b, ...l].every(line => line.trim() === '')) return n;
  return undefined;
}

/** What `more` has beyond all the lines of `b`; undefined where it lacks some of them. */
function additions(b: string[], more: string[]): string[] | undefined {
  const kept = commonSubsequence(b, more);
  if (kept.length < b.length) return undefined;
  const old = new Set(kept.map(([, index]) => index));
  return more.filter((_, index) => !old.has(index));
}

/** All lines of both, those in common once; where both have lines between two of these, the first's come first. */
function union(first: string[], second: string[]): string[] {
  const out: string[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [
    ...commonSubsequence(first, second),
    [first.length, second.length] as const,
  ]) {
    out.push(...first.slice(i, nextI), ...second.slice(j, nextJ), ...first.slice(nextI, nextI + 1));
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return out;
}

/** The lines of `local` that `base` does not have: the backup's own comments. */
export function ownLines(base: string, local: string): string {
  const [b, l] = [linesOf(base), linesOf(local)];
  const common = new Set(commonSubsequence(b, l).map(([, j]) => j));
  return l.filter((line, index) => !common.has(index) && line.trim() !== '').join('');
}
