import { distance } from 'fastest-levenshtein';

/** The candidate that was most likely meant by a misspelt word, or undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const allowed = word.length <= 3 ? 1 : word.length <= 6 ? 2 : 3;
  let best: string | undefined;
  let least = allowed + 1;
  for (const candidate of candidates) {
    const off = distance(word.toLowerCase(), candidate.toLowerCase());
    // A word of which nothing is left was not misspelt: "a" is no spelling of "b".
    if (off < least && off < Math.max(word.length, candidate.length)) {
      best = candidate;
      least = off;
    }
  }
  return best;
}

/** `did you mean "include"?`, or undefined when no candidate is near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const meant = nearest(word, candidates);
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}
