/** How many files are worked on at once: enough that their fsyncs share one flush of the disk. */
const AT_ONCE = 8;

/**
 * Waits for all of it, also where a part fails, and throws the first failure only then: nothing may be
 * under way any more when the traces of a failed attempt are removed.
 */
export async function together<T extends readonly unknown[]>(
  work: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const settled = await Promise.allSettled(work);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return settled.map(one => (one as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** Works on each item, several at once; in order of beginning. After a failure no further one is begun. */
export async function eachOf<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = left.next(); !next.done && !failed; next = left.next()) {
      await work(next.value).catch(error => {
        failed = true;
        throw error;
      });
    }
  };
  await together(Array.from({ length: AT_ONCE }, lane));
}
