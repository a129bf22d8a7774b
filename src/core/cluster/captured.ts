import { overdue } from '../capture/settle.ts';
import type { Failure } from '../failure.ts';
import type { State } from '../replicator/state.ts';

/** What the life of a capturing member's machine says of the state that it may tell others. */

/**
 * Whether everything that a scan found has been read, so that a full revision names every file that is there. The
 * scan has begun at `since` or later (monotonic milliseconds). What is still being written or missed is not waited
 * for: it goes as refused (`unsettled`), which is no deletion.
 */
export function isWhole(state: State, at: number, since: number): boolean {
  if (state.phase.is !== 'following' || !state.isScanned || state.away !== undefined) return false;
  if ((state.scan.found ?? Number.NEGATIVE_INFINITY) < since || state.scan.running) return false;
  if (state.batch !== undefined || state.doubts.size > 0) return false;
  return [...state.active.values()].every(
    ({ settling, due }) =>
      (due === undefined || due.look === undefined) &&
      (settling === undefined || settling.look === undefined || overdue(settling, at)),
  );
}

/** Paths of which it is not known yet what they have become. */
export function unsettled(state: State): Set<string> {
  return new Set([...state.active.keys(), ...(state.batch?.paths.keys() ?? []), ...state.doubts.keys()]);
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
