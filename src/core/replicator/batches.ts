import type { Effect, Settled } from '../effect.ts';
import type { Verdict } from '../event.ts';
import type { Failure } from '../failure.ts';
import { isHalfSaved, released, withHold, withRefusal, withRetry } from './holds.ts';
import { forgetAbsence, hinted } from './paths.ts';
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
    if (each.missing !== undefined && (state.scan.found ?? -1) < each.missing) continue;
    const [first] = paths;
    if (first !== undefined && !goTogether(state, first, each.due)) continue;
    paths.push(each.due);
    const { due: _, missing: __, ...rest } = each;
    active = rest.settling === undefined ? without(active, path) : withEntry(active, path, rest);
  }
  if (paths.length === 0) return { state, effects: [] };
  const id = state.batches + 1;
  const batch: Batch = { id, stage: 'preparing', paths: new Map(paths.map(each => [each.path, each])) };
  return { state: { ...state, active, batch, batches: id }, effects: [{ is: 'prepare', batch: id, paths }] };
}

/** What the backup refused goes by itself, only with the other name of its rename. */
function goTogether({ apart }: State, one: Settled, other: Settled): boolean {
  if (one.rename !== undefined && one.rename === other.rename) return true;
  return !apart.has(one.path) && !apart.has(other.path);
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
      const unknown = forgetAbsence({ ...rest, known: without(next.known, verdict.path) }, verdict.path);
      next = { ...hinted(unknown, sign), batch };
      continue;
    }
    if (verdict.is === 'held' && isDoubtful(next, verdict.path, verdict.failures)) {
      const again = at + pace.doubt;
      next = { ...next, doubts: withEntry(next.doubts, verdict.path, { settled: version, again }) };
      continue;
    }
    const settling = next.active.get(verdict.path)?.settling;
    const isDeletion = version.look === undefined && verdict.is === 'held';
    if (settling !== undefined && (verdict.is === 'ready' || isDeletion)) {
      // Somebody wrote to it while it was read: what was read may be half of two versions. And what was missing
      // was there for a moment: nobody is to be asked about it before it is missed anew.
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
    else next = { ...next, apart: withoutPaths(next.apart, [verdict.path]) };
    if (verdict.is === 'same') next = forgotten(next, version);
    const turned =
      verdict.is === 'held'
        ? verdict.failures.every(isOfMedium)
          ? withRetry(next, verdict, version, at, pace)
          : withHold(next, verdict, at)
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

/** It may pass without any file being changed. */
function isOfMedium({ failure }: Failure): boolean {
  return failure === 'unwritable' || failure === 'unreadable';
}

/** A file that may still be being written is looked at once more before it is called held. */
function isDoubtful(state: State, path: string, failures: readonly Failure[]): boolean {
  return failures.every(isHalfSaved) && !state.doubts.has(path) && !state.holds.has(path);
}

export function committed(state: State, batch: Batch): Moved {
  const effects: Effect[] = [];
  let next = withoutBatch(state);
  for (const [path, version] of batch.paths) {
    const turned = released(next, path);
    next = forgotten(turned.state, version);
    effects.push(...turned.effects);
  }
  const apart = withoutPaths(next.apart, [...batch.paths.keys()]);
  return { state: { ...next, apart, refusals: 0 }, effects };
}

/** What is neither here nor there is nobody's any more: to remember it for ever would only grow. */
function forgotten(state: State, { path, look }: Settled): State {
  return look === undefined ? { ...state, known: without(state.known, path) } : state;
}

/**
 * The backup would not take a batch. Whose fault it was is found by trying the files one by one; the one
 * that is refused by itself is held, and the others go on.
 */
export function refused(
  state: State,
  batch: Batch,
  why: { failure: Failure; ids: ReadonlyMap<string, string>; at: number },
  pace: Pace,
): Moved {
  const paths = [...batch.paths.keys()];
  const [first] = batch.paths.values();
  const isAlone = [...batch.paths.values()].every(each => each === first || isOneRename(each, first));
  if (!isAlone) {
    const text = `${why.failure.message}; each of ${paths.length} files is tried by itself`;
    const back = giveBack(state, batch);
    return {
      state: { ...back, apart: new Set([...back.apart, ...paths]) },
      effects: [{ is: 'say', level: 'warn', text }],
    };
  }
  const newer = paths.filter(path => state.active.get(path)?.due !== undefined);
  const back = { ...withoutBatch(state), known: without(state.known, ...paths), refusals: 0 };
  const stuck = { ...batch, paths: without(batch.paths, ...newer) };
  return withRefusal({ ...back, apart: new Set([...back.apart, ...paths]) }, stuck, why, pace);
}

function isOneRename(one: Settled, other: Settled | undefined): boolean {
  return one.rename !== undefined && one.rename === other?.rename;
}

function withoutPaths(set: ReadonlySet<string>, paths: readonly string[]): ReadonlySet<string> {
  if (!paths.some(path => set.has(path))) return set;
  return new Set([...set].filter(each => !paths.includes(each)));
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
