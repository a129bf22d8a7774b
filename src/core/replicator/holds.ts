import type { Effect } from '../effect.ts';
import type { Failure, FailureCode } from '../failure.ts';
import { type State, withEntry, without } from './state.ts';

/** Changes that a guard stopped, and how they come free again. */

interface Moved {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** What a file shows that its tool has not finished yet. */
const HALF_SAVED: ReadonlySet<FailureCode> = new Set([
  'empty',
  'syntax',
  'duplicate-key',
  'not-utf8',
  'nul-byte',
  'too-deep',
  'unreadable',
  'unknown-format',
]);

export function isHalfSaved(failure: Failure): boolean {
  return HALF_SAVED.has(failure.failure);
}

/** Holds a path, or holds it on: since when it is held does not change with the version. */
export function withHold(
  state: State,
  { path, id, failures }: { path: string; id: string; failures: readonly Failure[] },
  at: number,
): Moved {
  const before = state.holds.get(path);
  const holds = withEntry(state.holds, path, {
    id,
    failures,
    since: before?.since ?? state.heldBefore.get(path) ?? at,
  });
  if (before?.id === id && before.failures[0]?.failure === failures[0]?.failure) {
    return { state: { ...state, holds }, effects: [] };
  }
  const why = failures.map(each => each.message).join('; ');
  return {
    state: { ...state, holds },
    effects: [
      { is: 'say', level: 'warn', text: `${path} is held: ${why}` },
      { is: 'record', record: { what: 'held', path, id, failures } },
    ],
  };
}

/** The path is not held any more, if it was. */
export function released(state: State, path: string): Moved {
  const hold = state.holds.get(path);
  const heldBefore = without(state.heldBefore, path);
  // Held by the process before, and not any more: nobody was told that it was.
  if (hold === undefined) return { state: { ...state, heldBefore }, effects: [] };
  return {
    state: { ...state, heldBefore, holds: without(state.holds, path) },
    effects: [
      { is: 'say', level: 'info', text: `${path} is not held any more` },
      { is: 'record', record: { what: 'released', path, id: hold.id } },
    ],
  };
}
