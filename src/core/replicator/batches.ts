import type { Effect, Settled } from '../effect.ts';
import type { Verdict } from '../event.ts';
import type { Failure } from '../failure.ts';
import { isHalfSaved, released, withHold } from './holds.ts';
import { hinted } from './paths.ts';
import { type Batch, type Pace, type State, withEntry, without } from './state.ts';

/** Paths on their way to the backup, together: prepared, then committed as one transaction. */

/** So that a first replication of thousands of files shows progress, and lets hints in between. */
const BATCH_MAX = 64;

interface Moved {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Takes what is due into a batch, where one may begin. */
export function beginBatch(state: State): Moved {
  if (state.phase.is !== 'following' || state.pause !== undefined || state.batch !== undefined) {
    return { state, effects: [] };
  }
  const paths: Settled[] = [];
  let active = state.active;
  for (const [path, each] of state.active) {
    if (each.due === undefined || paths.length === BATCH_MAX) continue;
    // Perhaps it is not this file that is gone, but the primary.
    if (each.due.look === undefined && (state.away !== undefined || !state.isScanned)) continue;
    paths.push(each.due);
    const { due: _, ...rest } = each;
    active = rest.settling === undefined ? without(active, path) : withEntry(active, path, rest);
  }
  if (paths.length === 0) return { state, effects: [] };
  const id = state.batches + 1;
  const batch: Batch = { id, stage: 'preparing', paths: new Map(paths.map(each => [each.path, each])) };
  return { state: { ...state, active, batch, batches: id }, effects: [{ is: 'prepare', batch: id, paths }] };
}

/** The verdicts on a batch: holds are set or lifted, the rest is committed. */
export function prepared(
  state: State,
  batch: Batch,
  verdicts: readonly Verdict[],
  at: number,
  pace: Pace,
): Moved {
  const effects: Effect[] = [];
  const commit: Settled[] = [];
  let next: State = state;
  for (const verdict of verdicts) {
    const version = batch.paths.get(verdict.path)!;
    if (verdict.is === 'moved') {
      const { batch: _, ...rest } = next;
      const sign = { path: verdict.path, look: verdict.look, whole: false, at };
      next = {
        ...hinted({ ...rest, known: without(next.known, verdict.path) }, sign),
        batch,
      };
      continue;
    }
    if (verdict.is === 'held' && isDoubtful(next, verdict.path, verdict.failures)) {
      const again = at + pace.doubt;
      next = { ...next, doubts: withEntry(next.doubts, verdict.path, { settled: version, again }) };
      continue;
    }
    const settling = next.active.get(verdict.path)?.settling;
    if (settling !== undefined && verdict.is === 'ready') {
      // Somebody wrote to it while it was read: what was read may be half of two versions.
      next = {
        ...next,
        active: withEntry(next.active, verdict.path, { settling: { ...settling, since: version.since } }),
      };
      continue;
    }
    next = {
      ...next,
      doubts: without(next.doubts, verdict.path),
      known: withEntry(next.known, verdict.path, version.look),
    };
    if (verdict.is === 'ready') commit.push(version);
    const turned =
      verdict.is === 'held'
        ? withHold(next, verdict, at)
        : verdict.is === 'same'
          ? released(next, verdict.path)
          : undefined;
    if (turned === undefined) continue;
    next = turned.state;
    effects.push(...turned.effects);
  }
  const going = withWholeGroups(batch, verdicts, commit);
  for (const late of commit.filter(each => !going.includes(each))) {
    const active = withEntry(next.active, late.path, { due: late });
    next = { ...next, active, known: without(next.known, late.path) };
  }
  if (going.length === 0) return { state: withoutBatch(next), effects };
  const paths = new Map(going.map(each => [each.path, each]));
  next = { ...next, batch: { ...batch, stage: 'committing', paths } };
  return { state: next, effects: [...effects, { is: 'commit', batch: batch.id, paths: going }] };
}

/**
 * What may be committed of a batch: no deletion where another file left the batch, for that may be the new
 * name of the deleted one. By itself it is planned as what it then is, and asked about.
 */
function withWholeGroups(
  batch: Batch,
  verdicts: readonly Verdict[],
  ready: readonly Settled[],
): readonly Settled[] {
  const stayed = verdicts.filter(({ is }) => is === 'same' || is === 'held').length;
  const isWhole = stayed + ready.length === batch.paths.size;
  return isWhole ? ready : ready.filter(({ look }) => look !== undefined);
}

/** A file that may still be being written is looked at once more before it is called held. */
function isDoubtful(state: State, path: string, failures: readonly Failure[]): boolean {
  return failures.every(isHalfSaved) && !state.doubts.has(path) && !state.holds.has(path);
}

export function committed(state: State, batch: Batch): Moved {
  const effects: Effect[] = [];
  let next = withoutBatch(state);
  for (const path of batch.paths.keys()) {
    const turned = released(next, path);
    next = turned.state;
    effects.push(...turned.effects);
  }
  return { state: { ...next, refusals: 0 }, effects };
}

/** All of a batch is due again, where nothing newer is. */
export function giveBack(state: State, batch: Batch): State {
  const active = new Map(state.active);
  for (const [path, due] of batch.paths) {
    const there = active.get(path);
    active.set(path, { ...there, due: there?.due === undefined ? due : { ...there.due, since: due.since } });
  }
  return { ...withoutBatch(state), active, known: without(state.known, ...batch.paths.keys()) };
}

function withoutBatch(state: State): State {
  const { batch: _, ...rest } = state;
  return rest;
}
