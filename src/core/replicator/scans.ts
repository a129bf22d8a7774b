import type { Look } from '../capture/look.ts';
import { MISSING_MS } from '../capture/settle.ts';
import type { Effect } from '../effect.ts';
import type { Failure } from '../failure.ts';
import { forgetAbsence, hinted, isExpected, isMissing } from './paths.ts';
import type { Pace, Periodic, State } from './state.ts';

/** What is done again and again, whatever events said: looking at everything, reading the backup. */

interface Moved {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Begins what is due. A scan also runs while paused: what happened meanwhile must be known afterwards. */
export function beginPeriodic(state: State, at: number): Moved {
  if (state.phase.is !== 'following') return { state, effects: [] };
  const effects: Effect[] = [];
  let { scan, proof } = state;
  if (isDue(scan, at)) {
    scan = { ...scan, running: true, again: false, began: at };
    effects.push({ is: 'scan' });
  }
  // The backup is read between batches, so that a proof never speaks of a half-way state.
  if (isDue(proof, at) && state.batch === undefined) {
    proof = { ...proof, running: true, again: false };
    effects.push({ is: 'prove' });
  }
  return effects.length === 0 ? { state, effects } : { state: { ...state, scan, proof }, effects };
}

function isDue(each: Periodic, at: number): boolean {
  return !each.running && (each.again || each.due <= at);
}

export interface Scan {
  readonly looks: ReadonlyMap<string, Look>;
  readonly refused: readonly { readonly path: string; readonly failure: Failure }[];
  readonly replicated: readonly string[];
}

/**
 * The scan found nothing at all. A tool that saves by `rm` and a new file, or an administrator who
 * exchanges the root, leaves such a moment. Undefined: it has been so for long enough to be believed.
 */
export function foundAway(state: State, at: number, pace: Pace): State | undefined {
  const since = state.away ?? at;
  // What was never seen cannot be gone for a moment.
  if (!state.isScanned || at - since >= MISSING_MS) return undefined;
  const due = Math.min(since + MISSING_MS, at + interval(state, pace));
  return { ...state, away: since, scan: { ...state.scan, running: false, due } };
}

function interval({ blind }: State, pace: Pace): number {
  return blind === undefined ? pace.rescan : pace.rescanBlind;
}

/** Whatever the scan found otherwise than it was known is a sign like any other. */
export function scanned(
  { away: _, ...state }: State,
  { looks, refused, replicated }: Scan,
  at: number,
  pace: Pace,
): State {
  let next: State = {
    ...state,
    phase: state.phase.is === 'following' ? { is: 'following' } : state.phase,
    isScanned: true,
    refused: new Map(refused.map(({ path, failure }) => [path, failure])),
    scan: {
      ...state.scan,
      running: false,
      due: at + interval(state, pace),
      ...(state.scan.began === undefined ? {} : { found: state.scan.began }),
    },
    // Whether the backup is as it should be is known when it was read, and not before.
    proof: state.isScanned ? state.proof : { ...state.proof, again: true },
  };
  for (const [path, look] of looks) {
    if (isExpected(state, path, look)) continue;
    next = hinted(next, { path, look, whole: false, at });
  }
  const before = new Set([
    ...replicated,
    ...state.known.keys(),
    ...state.holds.keys(),
    ...state.doubts.keys(),
  ]);
  for (const path of before) {
    if (looks.has(path) || next.refused.has(path)) continue;
    if (state.known.has(path) && state.known.get(path) === undefined) continue;
    const settling = state.active.get(path)?.settling;
    if (settling === undefined ? isMissing(state, path) : settling.look === undefined) continue;
    next = hinted(forgetAbsence(next, path), { path, look: undefined, whole: false, at });
  }
  return next;
}
