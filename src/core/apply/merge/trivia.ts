import { commonSubsequence } from '../../change/align.ts';

/**
 * Three-way merge of comments and blank lines, line by line. Lines that both sides put in at one
 * place are all kept, the primary's first. Lines that both sides changed otherwise: undefined.
 */
export function mergeTrivia(base: string, next: string, local: string): string | undefined {
  if (local === base || local === next) return next;
  if (next === base) return local;
  const b = base.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const n = next.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const l = local.match(/[^\n]*\n|[^\n]+$/g) ?? [];
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
  return out.join('');
}

/** A region between two lines that all three have. */
function mergeRegion(b: string[], n: string[], l: string[]): string[] | undefined {
  const [base, next, local] = [b.join(''), n.join(''), l.join('')];
  if (local === base || local === next) return n;
  if (next === base) return l;
  if (b.length === 0) return [...n, ...l];
  // The primary took lines out, the backup only put lines in: what was put in stays.
  const kept = new Map(commonSubsequence(b, l));
  if (n.length === 0 && kept.size === b.length) {
    const own = new Set(kept.values());
    return l.filter((_, index) => !own.has(index));
  }
  // Differences in blank lines alone are nobody's setting: the primary's layout is as good as any.
  if ([...b, ...l].every(line => line.trim() === '')) return n;
  return undefined;
}

/** The lines of `local` that `base` does not have: the backup's own comments. */
export function ownLines(base: string, local: string): string {
  const b = base.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const l = local.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const common = new Set(commonSubsequence(b, l).map(([, j]) => j));
  return l.filter((line, index) => !common.has(index) && line.trim() !== '').join('');
}
