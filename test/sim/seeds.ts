/** Seeds that once found something: played in every run, in both modes, with what they found. */
export const KEPT: readonly (readonly [seed: number, why: string])[] = [
  [2096, 'with `guard: off` a file was deleted when the primary went as a whole'],
  [60009, 'the same, after a save that was under way'],
  [1144, 'a file was called deleted at once when the primary went while it was read'],
  [92663472, 'the ledger told of a file whose name was not on disk, after an attempt that failed half-way'],
];
