/**
 * Whether a rejection without a handler is one that the journal's store leaves behind when it could not write:
 * lmdb makes promises of its own for each transaction (the one in `commitError`, which carries its own
 * `reject`, and that of the batch it opens by itself) and hands neither of them out. The journal hears of the
 * failure by the promise of its own write; these two say nothing more, and must not end the process.
 */
export function isUnheardOfStore(error: unknown, promise: Promise<unknown>): boolean {
  if (!(error instanceof Error)) return false;
  const { commitError } = error as { commitError?: unknown };
  return commitError instanceof Promise || typeof (promise as { reject?: unknown }).reject === 'function';
}
