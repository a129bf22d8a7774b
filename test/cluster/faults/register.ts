/** One attempt on a key of a table, as whoever made it saw it. `end` is infinite where no answer ever came. */
export interface Attempt {
  readonly begin: number;
  readonly end: number;
  readonly does:
    | { readonly is: 'read'; readonly found: number | undefined }
    /** Writes where the key is at that version still; a version is the number of the attempt that wrote it. */
    | {
        readonly is: 'put';
        readonly expected: number | undefined;
        readonly came: 'written' | 'conflict' | 'unknown';
      };
}

/**
 * Whether there is one order in which all of it can have happened, each attempt at one moment between its begin and
 * its end: a search after Wing and Gong. What nobody knows the outcome of may have happened, at any time since, or not.
 */
export function isLinearizable(attempts: readonly Attempt[]): boolean {
  const seen = new Set<string>();
  const search = (left: readonly number[], value: number | undefined): boolean => {
    if (left.every(at => isUnknown(attempts[at]!))) return true;
    const state = `${left} ${value}`;
    if (seen.has(state)) return false;
    seen.add(state);
    // The first of those that are left began before any other of them had ended.
    const firstEnd = Math.min(...left.map(at => attempts[at]!.end));
    return left.some(at => {
      const attempt = attempts[at]!;
      if (attempt.begin > firstEnd) return false;
      const rest = left.filter(other => other !== at);
      return after(attempt, at, value).some(next => search(rest, next.value));
    });
  };
  return search([...attempts.keys()], undefined);
}

const isUnknown = ({ does }: Attempt) => does.is === 'put' && does.came === 'unknown';

/** What the key can be after it, where it can come next. */
function after(
  { does }: Attempt,
  at: number,
  value: number | undefined,
): readonly { readonly value: number | undefined }[] {
  if (does.is === 'read') return does.found === value ? [{ value }] : [];
  const writes = does.expected === value;
  if (does.came === 'conflict') return writes ? [] : [{ value }];
  if (writes) return [{ value: at }];
  return does.came === 'unknown' ? [{ value }] : [];
}
