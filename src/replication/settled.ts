import { type Failure, isFailure } from '../core/failure.ts';
import { directionHere, type Opened } from './opened.ts';
import { witnessSettled } from './witness.ts';

/** Waits for what changes leave for after their acknowledgement, at the backup and in this node's memory. */
export async function settled({ target, state, name, isReversed }: Opened): Promise<Failure | undefined> {
  await target.settled();
  return witnessSettled(state, name, directionHere({ isReversed }));
}

/** A change with all that it leaves: what a command waits for that ends after it. */
export async function wholly<T>(opened: Opened, change: () => Promise<T>): Promise<T | Failure> {
  const result = await change();
  const late = await settled(opened);
  return isFailure(result) ? result : (late ?? result);
}
