import { type Look, sameVersion } from '../capture/look.ts';
import { held, hintedAgain, looked, type Manner, RENAMED_MS, unsettled } from '../capture/settle.ts';
import type { Effect, Settled } from '../effect.ts';
import { type State, withEntry, without } from './state.ts';

/** One path, from the first sign of a change to a version that may be read. */

export interface Sign {
  readonly path: string;
  readonly look: Look | undefined;
  readonly whole: boolean;
  readonly at: number;
}

/**
 * Takes in a sign. One that shows the version that is known already counts all the same: two writes
 * within one tick of the file system's clock give one look. Only what was never there is not missed.
 */
export function hinted(state: State, sign: Sign): State {
  const { path, look, whole, at } = sign;
  const active = state.active.get(path);
  const settling = active?.settling;
  const deletion = deletionOf(state, path);
  const isMissed = deletion !== undefined && deletion.rename === undefined;
  if (settling === undefined && look === undefined && !isMissed && isLatest(state, path, look)) return state;
  // Complete before it had its name: there is nothing to wait for.
  if (whole && look !== undefined) return settled(state, { path, look, since: settling?.since ?? at, at });
  const next = settling === undefined ? unsettled(sign) : hintedAgain(settling, sign);
  const { due: _, missing: __, ...rest } = active ?? {};
  // It is back, or was for a moment: that it was missed for so long counts no more.
  const isBack = isMissed || (look !== undefined && isMissing(state, path));
  const entry = isBack ? { ...rest, settling: next } : { ...active, settling: next };
  return { ...state, active: withEntry(state.active, path, entry) };
}

/** The answer to a `look`. */
export function lookedAt(
  state: State,
  seen: { path: string; look: Look | undefined; writing: boolean | undefined; at: number },
  manner: Manner,
): State {
  const { path } = seen;
  const active = state.active.get(path);
  if (active?.settling === undefined) return state;
  const answer = looked(active.settling, seen, manner);
  if (answer.settled) {
    return settled(state, { path, look: answer.look, since: active.settling.since, at: seen.at });
  }
  const { looking: _, ...rest } = active;
  return { ...state, active: withEntry(state.active, path, { ...rest, settling: answer.settling }) };
}

/** A version that may be read, unless the name that the file had before may yet come back. */
function settled(
  state: State,
  { path, look, since, at }: { path: string; look: Look | undefined; since: number; at: number },
): State {
  const there = state.active.get(path);
  const due: Settled = { path, look, since: there?.due?.since ?? since };
  const left = namesLeft(state, path, look);
  const quiet = Math.max(...left.map(old => state.active.get(old)!.settling!.quietSince + RENAMED_MS));
  if (look !== undefined && quiet > at) {
    const settling = held(look, { since: due.since, at, until: quiet });
    const { looking: _, ...rest } = there ?? {};
    return { ...state, active: withEntry(state.active, path, { ...rest, settling }) };
  }
  const rename = left.length === 0 ? {} : { rename: path };
  if (look === undefined) {
    // Only a look at the whole primary tells whether it is this file alone that is missing.
    const active = withEntry(state.active, path, { due, missing: at });
    const scan = { ...state.scan, again: true };
    return { ...state, active, scan, doubts: without(state.doubts, path) };
  }
  const active = new Map(state.active).set(path, { due: { ...due, ...rename } });
  for (const old of left) {
    active.set(old, { due: { path: old, look: undefined, since: due.since, ...rename } });
  }
  return { ...state, active, doubts: without(state.doubts, path) };
}

/**
 * The names that a file had before it got this one: they are missing, and it is the very inode that was
 * known by them. Both names go to the backup together.
 */
function namesLeft(state: State, path: string, look: Look | undefined): string[] {
  if (look === undefined) return [];
  return [...state.active].flatMap(([old, { settling }]) =>
    old !== path &&
    settling !== undefined &&
    settling.look === undefined &&
    state.known.get(old)?.inode === look.inode
      ? [old]
      : [],
  );
}

/** A path that was never seen counts as one that was there: that it is missing is news. */
export function forgetAbsence(state: State, path: string): State {
  if (state.known.has(path)) return state;
  const unseen: Look = { inode: '', size: -1, modified: '', changed: '' };
  return { ...state, known: withEntry(state.known, path, unseen) };
}

/** Whether a path that is missing waits, to be called deleted then. */
export function isMissing(state: State, path: string): boolean {
  return deletionOf(state, path) !== undefined;
}

/** A deletion that waits: for its turn, while it is planned, or for a disk that did not take it. */
function deletionOf({ active, batch, holds }: State, path: string): Settled | undefined {
  const planned = batch?.stage === 'preparing' ? batch.paths.get(path) : undefined;
  const waiting = active.get(path)?.due ?? planned ?? holds.get(path)?.retry?.settled;
  return waiting !== undefined && waiting.look === undefined ? waiting : undefined;
}

/** Whether a look shows what is waited for, or else what is known: that is no sign of anything. */
export function isExpected(state: State, path: string, look: Look | undefined): boolean {
  const settling = state.active.get(path)?.settling;
  return settling === undefined ? isLatest(state, path, look) : sameVersion(settling.look, look);
}

/** Whether this is the newest version of a path that was prepared or is on its way there. */
export function isLatest(state: State, path: string, look: Look | undefined): boolean {
  const under =
    state.active.get(path)?.due ??
    state.doubts.get(path)?.settled ??
    state.batch?.paths.get(path) ??
    state.holds.get(path)?.retry?.settled;
  if (under !== undefined) return sameVersion(under.look, look);
  return sameVersion(state.known.get(path), look);
}

/** The looks whose time has come. */
export function dueLooks(
  state: State,
  at: number,
): { readonly state: State; readonly effects: readonly Effect[] } {
  const effects: Effect[] = [];
  const active = new Map(state.active);
  for (const [path, each] of state.active) {
    if (each.settling === undefined || each.looking === true || each.settling.nextLook > at) continue;
    active.set(path, { ...each, looking: true });
    effects.push({ is: 'look', path });
  }
  return effects.length === 0 ? { state, effects } : { state: { ...state, active }, effects };
}
