import type { Manner } from './capture/settle.ts';
import type { Effect } from './effect.ts';
import type { Event, Obstacle } from './event.ts';
import type { Failure } from './failure.ts';
import { beginBatch, committed, giveBack, prepared, refused } from './replicator/batches.ts';
import { retriesDue } from './replicator/holds.ts';
import { dueLooks, hinted, lookedAt } from './replicator/paths.ts';
import { beginPeriodic, foundAway, scanned } from './replicator/scans.ts';
import { BLANK, backOff, type Pace, type Phase, type State, withEntry, without } from './replicator/state.ts';

/** So often in a row a file on the backup may have moved, before it is left alone for a while. */
const MOVES_MAX = 5;

/** What does not change while a relationship runs. */
export interface Settings {
  readonly pace: Pace;
  /** Whether the parser of this path's format notices a file that is cut off. */
  readonly manner: (path: string) => Manner;
}

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/**
 * The life of a relationship: what happened, and what is to be done about it. Deterministic; every
 * decision that the daemon takes about a relationship is taken here. The states and their diagram are in
 * replicator/state.ts.
 */
export function step(state: State, event: Event, settings: Settings): Step {
  // Whatever still answers, answers nobody.
  if (state.phase.is === 'stopped') return only(state);
  const taken = take(state, event, settings);
  return proceed(taken.state, taken.effects, event.at);
}

/** The monotonic time in milliseconds at which a `clock` event is wanted, if none comes before. */
export function wakeAt(state: State): number {
  let wake = Number.POSITIVE_INFINITY;
  const { phase, scan, proof, pause } = state;
  if (phase.is === 'stopping' || phase.is === 'stopped') return wake;
  for (const { settling, looking } of state.active.values()) {
    if (settling !== undefined && looking !== true) wake = Math.min(wake, settling.nextLook);
  }
  for (const [path, { again }] of state.doubts) if (!state.active.has(path)) wake = Math.min(wake, again);
  for (const { retry } of state.holds.values()) if (retry !== undefined) wake = Math.min(wake, retry.again);
  if (phase.is === 'waiting') wake = Math.min(wake, phase.until);
  if (pause?.until !== undefined) wake = Math.min(wake, pause.until);
  if (phase.is === 'following' && !scan.running) wake = Math.min(wake, scan.due);
  if (phase.is === 'following' && !proof.running && state.batch === undefined)
    wake = Math.min(wake, proof.due);
  return wake;
}

/** What the event itself changes. */
function take(state: State, event: Event, { pace, manner }: Settings): Step {
  const { at } = event;
  switch (event.is) {
    case 'started':
      return {
        state: {
          ...BLANK,
          heldBefore: event.held ?? BLANK.heldBefore,
          ...(event.pause === undefined ? {} : { pause: event.pause }),
        },
        effects: [{ is: 'open' }],
      };
    case 'opened':
      return opened(state, event.obstacle, at, pace);
    case 'hinted':
      return only(hinted(state, event));
    case 'looked':
      return only(lookedAt(state, event, manner(event.path)));
    case 'scanned': {
      const { obstacle } = event;
      if (obstacle === undefined)
        return { state: scanned(state, event, at, pace), effects: reachedAgain(state) };
      const patient = foundAway(state, at, pace);
      if (patient !== undefined) return only(patient);
      const away = state.away ?? at;
      return wait({ ...state, away, scan: { ...state.scan, running: false, due: at } }, obstacle, at, pace);
    }
    case 'prepared': {
      const { batch } = state;
      if (batch?.id !== event.batch || batch.stage !== 'preparing') return only(state);
      if (event.obstacle !== undefined) return wait(giveBack(state, batch), event.obstacle, at, pace);
      // Paused, or a side went away, while it was prepared: nothing more is begun.
      if (state.pause !== undefined || state.phase.is !== 'following') return only(giveBack(state, batch));
      return prepared(state, batch, event.verdicts, at, pace);
    }
    case 'committed': {
      const { batch } = state;
      if (batch?.id !== event.batch) return only(state);
      return committed(state, batch);
    }
    case 'refused':
      return refusedBy(state, event, pace);
    case 'doubted':
      return only(doubted(state, event.path, at));
    case 'proved':
      return proved(state, event, at, pace);
    case 'sight':
      return sight(state, event.blind, at);
    case 'asked':
      return only({ ...state, asked: [...state.asked, event.token] });
    case 'served':
      return served(state, event.token, event.touched);
    case 'paused':
      return only({ ...state, pause: event.pause });
    case 'resumed':
      return only(resumed(state));
    case 'clock':
      return only(state);
    case 'reached': {
      const { phase } = state;
      if (phase.is === 'opening') return only({ ...state, phase: { ...phase, reached: true } });
      return only(phase.is === 'waiting' ? { ...state, phase: { ...phase, until: at } } : state);
    }
    case 'rescan':
      return only({ ...state, scan: { ...state.scan, again: true } });
    case 'gap':
      return only({ ...state, scan: { ...state.scan, again: true }, proof: { ...state.proof, again: true } });
    case 'stop':
      return only(stop(state));
  }
}

function only(state: State): Step {
  return { state, effects: [] };
}

/** What is due by now, whatever the event was. */
function proceed(before: State, taken: readonly Effect[], at: number): Step {
  const effects = [...taken];
  let state = before;
  if (state.phase.is === 'stopping') return stopping(state, effects);
  if (state.pause?.until !== undefined && state.pause.until <= at) {
    state = resumed(state);
    effects.push({ is: 'say', level: 'info', text: 'the pause is over' });
  }
  if (state.phase.is === 'waiting' && state.phase.until <= at) {
    const { attempt, obstacle } = state.phase;
    state = { ...state, phase: { is: 'opening', attempt, obstacle } };
    effects.push({ is: 'open' });
  }
  state = retriesDue(doubtsDue(state, at), at);
  for (const begin of [serve, beginPeriodic, dueLooks, beginBatch]) {
    const begun = begin(state, at);
    state = begun.state;
    effects.push(...begun.effects);
  }
  return { state, effects };
}

function opened(state: State, obstacle: Obstacle | undefined, at: number, pace: Pace): Step {
  if (state.phase.is !== 'opening') return only(state);
  if (obstacle !== undefined) return wait(state, obstacle, at, pace);
  const { is: _, reached: __, ...before } = state.phase;
  // Nothing that was known of the backup holds for sure any more: all of it is prepared anew.
  return only({
    ...state,
    phase: { is: 'following', ...before },
    known: new Map(),
    isScanned: false,
    scan: { ...state.scan, again: true },
    proof: { ...state.proof, due: at + pace.proof },
  });
}

/** Said when the primary was seen as well. */
function reachedAgain({ phase }: State): Effect[] {
  if (phase.is !== 'following' || (phase.attempt ?? 0) === 0) return [];
  return [{ is: 'say', level: 'info', text: 'both sides are reached again' }];
}

/** Waits until both sides may be reached again, longer each time. */
function wait(state: State, obstacle: Obstacle, at: number, pace: Pace): Step {
  const { failure } = obstacle;
  if (state.phase.is !== 'opening' && state.phase.is !== 'following') return only(state);
  const attempt = (state.phase.attempt ?? 0) + 1;
  const delay = 'reached' in state.phase ? 0 : backOff(pace, attempt);
  const isNew = attempt === 1;
  return {
    state: { ...state, phase: { is: 'waiting', attempt, until: at + delay, obstacle } },
    effects: isNew
      ? [
          { is: 'say', level: 'error', text: `replication waits: ${failure.message}` },
          { is: 'record', record: { what: 'failed', failure } },
        ]
      : [],
  };
}

/** A side that moved is planned anew at once, a side that is away is waited for; else it is about the files. */
function refusedBy(state: State, event: Extract<Event, { is: 'refused' }>, pace: Pace): Step {
  const { batch } = state;
  const { failure, unreachable, ids, at } = event;
  if (batch?.id !== event.batch) return only(state);
  if (unreachable) return wait(giveBack(state, batch), { failure, unreachable }, at, pace);
  if (failure.failure !== 'plan-moved' || state.refusals >= MOVES_MAX) {
    return refused(state, batch, { failure, ids, at }, pace);
  }
  return {
    state: { ...giveBack(state, batch), refusals: state.refusals + 1 },
    effects: [{ is: 'say', level: 'info', text: `${failure.message}; it is planned anew` }],
  };
}

/** Prepares a path once more from the ground up: what was made of this version is not believed any more. */
function doubted(state: State, path: string, at: number): State {
  const there = state.active.get(path);
  const known = there?.due ?? state.batch?.paths.get(path);
  if (known === undefined && !state.known.has(path)) return state;
  const look = known === undefined ? state.known.get(path) : known.look;
  const due = { path, look, since: known?.since ?? at, anew: true };
  return { ...state, active: withEntry(state.active, path, { ...there, due }) };
}

function proved(
  state: State,
  { edited, gone = [], obstacle }: Extract<Event, { is: 'proved' }>,
  at: number,
  pace: Pace,
): Step {
  const proof = { ...state.proof, running: false, due: at + pace.proof };
  if (obstacle !== undefined) return wait({ ...state, proof }, obstacle, at, pace);
  const news = edited.filter(path => !state.proof.edited.includes(path));
  const effects: Effect[] = news.map(path => ({
    is: 'say',
    level: 'warn',
    text: `${path} was ${gone.includes(path) ? 'deleted' : 'edited'} on the backup`,
  }));
  // What is held may be so because of the backup; a person may have mended it there.
  const next = again(
    { ...state, proof: { ...proof, proven: at, edited, gone } },
    [...state.holds.keys()],
    at,
  );
  return { state: next, effects };
}

/** Prepares paths once more, in the version they were known in. */
function again(state: State, paths: readonly string[], at: number): State {
  const active = new Map(state.active);
  for (const path of paths) {
    if (active.has(path) || state.batch?.paths.has(path) === true || !state.known.has(path)) continue;
    active.set(path, { due: { path, look: state.known.get(path), since: at } });
  }
  return { ...state, active };
}

function sight(state: State, blind: Failure | undefined, at: number): Step {
  if (blind?.message === state.blind?.message) return only(state);
  const { blind: _, ...seeing } = state;
  const scan = { ...state.scan, again: true };
  if (blind === undefined) {
    return {
      state: { ...seeing, scan },
      effects: [
        { is: 'say', level: 'info', text: 'changes are seen again when they happen' },
        { is: 'record', record: { what: 'sighted' } },
      ],
    };
  }
  return {
    state: { ...state, blind, scan: { ...scan, due: Math.min(scan.due, at) } },
    effects: [
      {
        is: 'say',
        level: 'warn',
        text: `degraded: ${blind.message}; changes are found by looking at everything`,
      },
      { is: 'record', record: { what: 'degraded', failure: blind } },
    ],
  };
}

/** Lets the next person's command have the relationship, as soon as nothing is under way. */
function serve(state: State): Step {
  const [token, ...asked] = state.asked;
  const { phase } = state;
  const isFree = (phase.is === 'following' || phase.is === 'waiting') && state.batch === undefined;
  if (token === undefined || !isFree) return only(state);
  return {
    state: { ...state, asked, phase: { is: 'serving', token, from: phase.is } },
    effects: [{ is: 'serve', token }],
  };
}

function served(state: State, token: number, touched: boolean): Step {
  const { phase } = state;
  if (phase.is === 'stopping' && phase.token === token) return only({ ...state, phase: { is: 'stopping' } });
  if (phase.is !== 'serving' || phase.token !== token) return only(state);
  if (touched || phase.from === 'waiting') {
    return { state: { ...state, phase: { is: 'opening', attempt: 0 } }, effects: [{ is: 'open' }] };
  }
  return only({ ...state, phase: { is: 'following' } satisfies Phase });
}

function resumed(state: State): State {
  const { pause: _, ...rest } = state;
  return rest;
}

/** Doubtful paths whose time has come are prepared once more. */
function doubtsDue(state: State, at: number): State {
  const due = [...state.doubts].filter(([path, { again: when }]) => when <= at && !state.active.has(path));
  if (due.length === 0) return state;
  const active = new Map(state.active);
  for (const [path, { settled }] of due) active.set(path, { due: settled });
  const late = due.map(([path, doubt]) => [path, { ...doubt, again: Number.POSITIVE_INFINITY }] as const);
  return { ...state, active, doubts: new Map([...state.doubts, ...late]) };
}

/** A batch that is only being prepared is given up; one that is being committed is finished. */
function stop(state: State): State {
  const { phase, batch } = state;
  const rest = batch?.stage === 'preparing' ? giveBack(state, batch) : state;
  if (phase.is === 'serving') return { ...rest, phase: { is: 'stopping', token: phase.token } };
  return phase.is === 'stopping' ? rest : { ...rest, phase: { is: 'stopping' } };
}

/** What is under way is finished first; nothing new is begun. */
function stopping(state: State, effects: Effect[]): Step {
  const { phase, batch } = state;
  if (batch?.stage === 'committing' || (phase.is === 'stopping' && phase.token !== undefined)) {
    return { state, effects };
  }
  const quiet = without(state.doubts, ...state.doubts.keys());
  return {
    state: { ...state, phase: { is: 'stopped' }, doubts: quiet },
    effects: [...effects.filter(({ is }) => is === 'say' || is === 'record'), { is: 'stopped' }],
  };
}
