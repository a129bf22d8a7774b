import { type Point, pointsOf, type Run, WARMSPARE } from './points.ts';
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
