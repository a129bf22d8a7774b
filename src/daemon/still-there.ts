import type { Settled } from '../core/effect.ts';
import type { Verdict } from '../core/event.ts';
import { isExpected } from '../core/replicator/paths.ts';
import type { State } from '../core/replicator/state.ts';
import type { Eyes, Sights } from './eyes.ts';

/** A version that was prepared, and what is to become of it. */
interface Judged {
  readonly settled: readonly Settled[];
  readonly verdicts: readonly Verdict[];
}

/**
 * The verdicts, but that nothing is called deleted that is there again, nor while the primary is away or is seen to
 * hold nothing at all: then it is perhaps not this file that is gone. A file system that is unmounted between the
 * scan that missed a file and its deletion on the backup leaves an empty folder, in which nothing tells that the file
 * has come back. A deletion is rare and final, so everything is looked at once more for it.
 *
 * @param state as of when it is looked; what is found otherwise than it is known there is hinted at
 */
export async function withDeletionsSeen(
  eyes: Pick<Eyes, 'scan'>,
  state: State,
  { settled, verdicts }: Judged,
  hint: Sights['hint'],
): Promise<readonly Verdict[]> {
  const gone = new Set(settled.flatMap(({ path, look }) => (look === undefined ? [path] : [])));
  const isDeletion = ({ is, path }: Verdict) => is === 'ready' && gone.has(path);
  if (!verdicts.some(isDeletion)) return verdicts;
  const { looks, refused, failure } = await eyes.scan();
  for (const [path, look] of looks) {
    if (!isExpected(state, path, look)) hint({ path, look, whole: false });
  }
  const isThere = failure === undefined && looks.size + refused.length > 0;
  return verdicts.map(verdict => {
    const look = looks.get(verdict.path);
    const stands = isThere && look === undefined && !refused.some(({ path }) => path === verdict.path);
    return isDeletion(verdict) && !stands ? { path: verdict.path, is: 'moved', look } : verdict;
  });
}
