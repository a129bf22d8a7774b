import type { Look } from '../core/capture/look.ts';
import type { Settled } from '../core/effect.ts';
import type { Verdict } from '../core/event.ts';
import type { Eyes } from './eyes.ts';

/**
 * Whether the primary is seen just now to hold anything but these paths. Where it holds nothing at all, it is perhaps
 * not they that are gone: a file system that is unmounted between the scan that missed a file and the deletion of it
 * on the backup leaves an empty folder, in which nothing says whether the file has come back.
 *
 * @param known what each path was last seen as; undefined: gone
 */
export async function isStillThere(
  eyes: Pick<Eyes, 'look' | 'scan'>,
  known: ReadonlyMap<string, Look | undefined>,
  gone: ReadonlySet<string>,
): Promise<boolean> {
  for (const [path, seen] of known) {
    if (seen === undefined || gone.has(path)) continue;
    if ((await eyes.look(path)).look !== undefined) return true;
  }
  // What stands there may be known under no name yet.
  const { looks, refused, failure } = await eyes.scan();
  return failure === undefined && looks.size + refused.length > 0;
}

/** The verdicts, but that nothing is called deleted while the primary is seen to hold nothing. */
export async function whileStillThere(
  eyes: Pick<Eyes, 'look' | 'scan'>,
  known: ReadonlyMap<string, Look | undefined>,
  settled: readonly Settled[],
  verdicts: readonly Verdict[],
): Promise<readonly Verdict[]> {
  const gone = new Set(settled.flatMap(({ path, look }) => (look === undefined ? [path] : [])));
  const isDeletion = ({ is, path }: Verdict) => is === 'ready' && gone.has(path);
  if (!verdicts.some(isDeletion) || (await isStillThere(eyes, known, gone))) return verdicts;
  return verdicts.map(verdict =>
    isDeletion(verdict) ? { path: verdict.path, is: 'moved', look: undefined } : verdict,
  );
}
