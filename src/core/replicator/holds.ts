import type { Effect, Settled } from '../effect.ts';
import type { Failure, FailureCode } from '../failure.ts';
import { type Batch, backOff, type Pace, type State, withEntry, without } from './state.ts';

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

/**
 * Holds the paths that the backup would not take, each by itself or with the other name of its rename: the
 * others go on, and these are tried again.
 */
export function withRefusal(
  state: State,
  batch: Batch,
  { failure, ids, at }: { failure: Failure; ids: ReadonlyMap<string, string>; at: number },
  pace: Pace,
): Moved {
  const effects: Effect[] = [];
  let next = state;
  for (const [path, settled] of batch.paths) {
    const turned = withRetry(next, { path, id: ids.get(path) ?? '', failures: [failure] }, settled, at, pace);
    next = turned.state;
    effects.push(...turned.effects);
  }
  return { state: next, effects };
}

/** Holds a path that may be written some time: nobody has to do anything here for that. */
export function withRetry(
  state: State,
  held: { path: string; id: string; failures: readonly Failure[] },
  settled: Settled,
  at: number,
  pace: Pace,
): Moved {
  const { path } = held;
  const attempt = (state.holds.get(path)?.retry?.attempt ?? 0) + 1;
  const turned = withHold(state, held, at);
  const retry = { settled, again: at + backOff(pace, attempt), attempt };
  const hold = { ...turned.state.holds.get(path)!, retry };
  return { ...turned, state: { ...turned.state, holds: withEntry(turned.state.holds, path, hold) } };
}

/** What the backup refused is tried again when its time has come. */
export function retriesDue(state: State, at: number): State {
  let next = state;
  for (const [path, hold] of state.holds) {
    if (hold.retry === undefined || hold.retry.again > at) continue;
    // Not again by itself, before the answer is there.
    const retry = { ...hold.retry, again: Number.POSITIVE_INFINITY };
    next = { ...next, holds: withEntry(next.holds, path, { ...hold, retry }) };
    if (state.active.has(path)) continue;
    next = { ...next, active: withEntry(next.active, path, { due: hold.retry.settled }) };
  }
  return next;
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
