import { overdue } from '../capture/settle.ts';
import type { Failure } from '../failure.ts';
import type { State } from '../replicator/state.ts';

/** What the life of a capturing member's machine says of the state that it may tell others. */

/**
 * Whether everything that a first scan found has been read, so that a full revision names every file that is
 * there. What is still being written is not waited for: it goes as refused (`unsettled`), which is no deletion.
 */
export function isWhole(state: State, at: number): boolean {
  if (state.phase.is !== 'following' || !state.isScanned || state.away !== undefined) return false;
  if (state.batch !== undefined || state.doubts.size > 0) return false;
  return [...state.active.values()].every(
    ({ settling, due }) =>
      (due === undefined || due.look === undefined) &&
      (settling === undefined || settling.look === undefined || overdue(settling, at)),
  );
}

/** Paths where something is there that has not settled yet. */
export function unsettled(state: State): string[] {
  return [...state.active].flatMap(([path, { settling }]) => (settling?.look === undefined ? [] : [path]));
}

/**
 * What may not be read: as the last scan found it, or as reading it said. A member elsewhere is told so, and takes
 * none of it for deleted.
 */
export function refusals(state: State): ReadonlyMap<string, Failure> {
  if (state.holds.size === 0) return state.refused;
  const held = [...state.holds].map(([path, { failures }]) => [path, failures[0]!] as const);
  return new Map([...held, ...state.refused]);
}
