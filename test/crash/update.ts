import type { NodePair } from '../support/pair.ts';
import { injected, type Point, pointsOf, type Run, WARMSPARE } from './points.ts';
import { withThree } from './three-files.ts';

/** An update by the command as users call it, in a pair's folder. */
export function updateIn({ folder }: { readonly folder: string }): Run {
  return { folder, argv: [WARMSPARE, 'update'] };
}

/** Their names hold the process's number: they cannot be foretold. What a lock leaves is its own test's. */
const isLock = ({ path }: Point) => path.startsWith('state/lock');

/** Every writing call of the update of the three files, on the backup and on the state. */
export async function pointsOfUpdate(): Promise<Point[]> {
  const points = await withThree(async pair => pointsOf(updateIn(pair), ['backup', 'state']));
  return points.filter(point => !isLock(point));
}

/** Calls that are made at once come in another order now and then, and then one of that name may be missing. */
const ATTEMPTS = 4;

/** Kills the update of three files at a call, and hands on what is left; false: it was never reached. */
export async function killedAt(point: Point, look: (pair: NodePair) => Promise<void>): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const isKilled = await withThree(async pair => {
      if (injected(updateIn(pair), point, 'signal=KILL').exit !== 137) return false;
      await look(pair);
      return true;
    });
    if (isKilled) return true;
  }
  return false;
}

/** So few points may not be reached. */
export const MISSED_MAX = 0.1;
