import { configurationOf } from './configuration.ts';
import { avoidedKey, mayKeep, mayTake, mayTakeIfNeedBe, offerOf, whyNobody } from './fitness.ts';
import { above } from './floors.ts';
import { isPresent, takesTasks } from './health.ts';
import { type Judgement, judge } from './judgement.ts';
import type { ClusterPace } from './pace.ts';
import { type PlacedMember, type PlacedTask, place, shouldRebalance } from './placement.ts';
import { assigned, type Edition, newRoute, ownerOf, type Route, releasing, unowned } from './route.ts';
import type { ClusterState } from './state.ts';

/** What the coordinator has decided: rows to be written, questions, and what it remembers of it. */
export interface Decision {
  readonly rows: readonly Route[];
  readonly inquire: readonly string[];
  readonly avoided: ReadonlyMap<string, number>;
  /** See `ClusterState`. */
  readonly balanced: string;
  readonly levelled: number;
  readonly moves: ReadonlyMap<string, string>;
  readonly rebalance: boolean;
}

interface Judged {
  readonly route: Route;
  readonly inForce: Edition;
  readonly judgement: Judgement;
}

const NOBODY: ReadonlyMap<string, string | undefined> = new Map();

/** How long a member is not given a task that it could not do. */
const SHUNNED_MS = 60_000;

/**
 * Every decision over owners that is due now. By levels, not by events: whatever was missed, the next look decides the
 * same. `mark` gives each row that is written a mark of its own.
 */
export function decide(
  state: ClusterState,
  at: number,
  pace: ClusterPace,
  mark: (count: number) => string,
): Decision {
  const judged = judgeAll(state, at, pace, mark);
  const avoided = shunned(state, judged, at);
  const now = { ...state, avoided };
  const given = giveOwners(now, judged, at, pace, mark);
  const busy = [...state.rows.values()].filter(({ route }) => route.state.is === 'releasing').length;
  const free = Math.max(0, pace.moves - busy);
  const balance = balanced(now, judged, at, pace);
  const planned = planMoves({ ...now, ...balance }, judged, at, pace).slice(0, free);
  const rows = [...given, ...planned].map((row, i) => ({ ...row, mark: mark(i) }));
  const inquire = judged.filter(({ judgement }) => judgement.is === 'inquire').map(({ route }) => route.task);
  return { rows, inquire, avoided, ...balance };
}

function judgeAll(
  state: ClusterState,
  at: number,
  pace: ClusterPace,
  mark: (count: number) => string,
): Judged[] {
  const tasks = new Set(state.rows.keys());
  for (const { profile } of state.members.values()) for (const task in profile?.tasks) tasks.add(task);
  const judged: Judged[] = [];
  for (const task of [...tasks].sort()) {
    if (state.writing.has(task)) continue;
    const row = state.rows.get(task);
    const inForce = configurationOf(state, task, row?.route);
    // The members do not agree, and nobody said what is in force: `status` tells.
    if (inForce === undefined) continue;
    // What the engine has lost is made anew, with who has it now.
    const isLost = row?.revision === undefined;
    const anew = isLost ? above(state.floors.get(task), `${task} ${mark(judged.length)}`) : 0;
    const route =
      row === undefined ? newRoute(task, inForce, anew) : isLost ? lostAnew(row.route, anew) : row.route;
    judged.push({ route, inForce, judgement: judge(state, route, inForce, at, pace) });
  }
  return judged;
}

function lostAnew(route: Route, epoch: number): Route {
  const home = ownerOf(route)?.owner ?? route.home;
  return { ...route, state: { is: 'unowned' }, epoch, ...(home === undefined ? {} : { home }) };
}

function shunned(state: ClusterState, judged: readonly Judged[], at: number): ReadonlyMap<string, number> {
  const avoided = new Map([...state.avoided].filter(([, until]) => until > at));
  for (const { route, judgement } of judged) {
    if (!('shuns' in judgement) || judgement.shuns === undefined) continue;
    avoided.set(avoidedKey(route.task, judgement.shuns), at + SHUNNED_MS);
  }
  return avoided;
}

/** Tasks that nobody has, or whose owner is lost: all at once, whatever else is being moved. */
function giveOwners(
  state: ClusterState,
  judged: readonly Judged[],
  at: number,
  pace: ClusterPace,
  mark: (count: number) => string,
): Route[] {
  const wanting = judged.flatMap(one =>
    one.judgement.is === 'needs-owner' ? [{ ...one, need: one.judgement }] : [],
  );
  if (wanting.length === 0) return [];
  const fit = fitness(state, at, pace);
  const allowed = new Map(
    wanting.map(({ route, inForce, need }) => {
      const isBound = need.insists === true && need.prefers !== undefined;
      return [route.task, isBound ? [need.prefers] : fit.ifNeedBe(route.task, inForce.configuration)];
    }),
  );
  const picture = judged.map(({ route, judgement }) => {
    const one = { name: route.task, weight: weightOf(state, route.task), last: route.home };
    if (judgement.is !== 'needs-owner') return { ...one, owner: willHave(route), allowed: undefined };
    // For whom it was let go, or who had it until now, has it: that was decided before.
    return { ...one, owner: judgement.prefers, allowed: allowed.get(route.task) };
  });
  const isVain = [...allowed.values()].every(names => names.length === 0);
  const chosen = isVain ? NOBODY : place(fit.members, picture, 'orphans').owners;
  return wanting.flatMap(({ route, inForce, need }) => {
    const name = chosen.get(route.task);
    const home = need.shuns === undefined ? homeOf(route, name) : undefined;
    const known = name === undefined ? undefined : state.members.get(name);
    if (known?.incarnation === undefined) {
      if (route.state.is === 'unowned' && state.rows.has(route.task)) return [];
      const why = `${need.why}, and ${whyNobody(state, route.task, inForce.configuration)}`;
      return [unowned(route, { why, mark: '', inForce, home })];
    }
    const owner = { owner: known.name, incarnation: known.incarnation };
    const fresh = need.isBehind === true ? { above: above(state.floors.get(route.task), mark(0)) } : {};
    return [assigned(route, owner, { why: need.why, mark: '', inForce, home, ...fresh })];
  });
}

/** Who had it before it was lost, and is to have it again once well. */
function homeOf(route: Route, next: string | undefined): string | undefined {
  // Whether a planned hand-over is meant to last was decided when it began.
  const home = route.state.is === 'releasing' ? route.home : (route.home ?? ownerOf(route)?.owner);
  return home === next ? undefined : home;
}

/** Hand-overs in good order: what must go first, then what balance asked for. */
function planMoves(state: ClusterState, judged: readonly Judged[], at: number, pace: ClusterPace): Route[] {
  const fit = fitness(state, at, pace);
  const allowed = new Map<string, readonly string[]>();
  for (const { route, inForce, judgement } of judged) {
    if (judgement.is !== 'hand-over') continue;
    const to = judgement.to ?? fit.of(route.task, inForce.configuration);
    // With nobody to give it to, its owner goes on as long as it may.
    if (to.length > 0 || mustEnd(state, route, inForce)) allowed.set(route.task, to);
  }
  if (allowed.size === 0) return takeMoves(state, judged, at, pace);
  const next = chosenNext(state, judged, fit.members, allowed);
  return judged.flatMap(({ route, judgement }) => {
    if (judgement.is !== 'hand-over' || !allowed.has(route.task)) return [];
    const change = { why: judgement.why, mark: '', home: keptHome(state, route) };
    return [releasing(route, next.get(route.task), change)];
  });
}

/** For whom each is to be let go: chosen before its owner ends, so that the next one can make ready meanwhile. */
function chosenNext(
  state: ClusterState,
  judged: readonly Judged[],
  members: readonly PlacedMember[],
  allowed: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, string | undefined> {
  const picture = judged.map(({ route }) => {
    const { task, home } = route;
    const to = allowed.get(task);
    const owner = to === undefined ? willHave(route) : undefined;
    return { name: task, weight: weightOf(state, task), last: home, owner, allowed: to };
  });
  const isVain = [...allowed.values()].every(names => names.length === 0);
  return isVain ? NOBODY : place(members, picture, 'orphans').owners;
}

/** What is on its way counts where it goes. */
function willHave({ state }: Route): string | undefined {
  if (state.is === 'unowned') return undefined;
  return state.is === 'releasing' ? (state.next ?? state.owner) : state.owner;
}

/** An owner that a person drained, or whose configuration is not in force, does not go on for want of another. */
function mustEnd(state: ClusterState, { task, state: now }: Route, { configuration }: Edition): boolean {
  if (now.is === 'unowned') return false;
  const offer = offerOf(state.members.get(now.owner), task);
  return state.drained.has(now.owner) || offer?.configuration !== configuration;
}

/** From a member that is drained or leaving it comes home when that is back. */
function keptHome(state: ClusterState, route: Route): string | undefined {
  const owner = ownerOf(route)?.owner;
  if (owner === undefined) return route.home;
  const isAway = state.drained.has(owner) || state.members.get(owner)?.leaving === true;
  return isAway ? (route.home ?? owner) : undefined;
}

/**
 * Balance is looked at once each time that the members which take tasks, or the tasks, are others than before, or
 * when a person asks; and now and then, whether what the tasks cost has drifted far apart: measured costs that go up
 * and down a little move nothing.
 */
function balanced(state: ClusterState, judged: readonly Judged[], at: number, pace: ClusterPace) {
  const signature = signatureOf(state, judged, at, pace);
  const { moves, rebalance } = state;
  // What is being moved is not moved twice.
  const isBusy = judged.some(({ judgement }) => judgement.is !== 'keep') || state.writing.size > 0;
  const isDue = at - state.levelled >= pace.level && !isBusy && stillDue(state).size === 0;
  const levelled = isDue ? at : state.levelled;
  const isAsked = rebalance || (isDue && hasDrifted(state, judged, at, pace));
  if (signature === state.balanced && !isAsked)
    return { balanced: signature, levelled, moves: stillDue(state), rebalance };
  // Nor is it forgotten that there was a change, where it is undone before anything could be looked at.
  if (isBusy) return { balanced: '', levelled, moves, rebalance };
  return {
    balanced: signature,
    levelled: at,
    moves: balanceMoves(state, judged, at, pace),
    rebalance: false,
  };
}

function hasDrifted(state: ClusterState, judged: readonly Judged[], at: number, pace: ClusterPace): boolean {
  const fit = fitness(state, at, pace);
  return shouldRebalance(fit.members, pictureOf(state, judged, fit), pace.drift);
}

function stillDue({ moves, rows }: ClusterState): ReadonlyMap<string, string> {
  const due = [...moves].filter(([task, to]) => {
    const now = rows.get(task)?.route.state;
    return now?.is === 'owned' && now.owner !== to;
  });
  return due.length === moves.size ? moves : new Map(due);
}

function balanceMoves(
  state: ClusterState,
  judged: readonly Judged[],
  at: number,
  pace: ClusterPace,
): ReadonlyMap<string, string> {
  const fit = fitness(state, at, pace);
  const { owners } = place(fit.members, pictureOf(state, judged, fit), 'balance');
  const moves = judged.flatMap(({ route }) => {
    const to = owners.get(route.task);
    const owner = ownerOf(route)?.owner;
    return to === undefined || owner === undefined || to === owner ? [] : [[route.task, to] as const];
  });
  return new Map(moves);
}

function pictureOf(
  state: ClusterState,
  judged: readonly Judged[],
  fit: ReturnType<typeof fitness>,
): readonly PlacedTask[] {
  return judged.map(({ route, inForce }) => {
    const owner = ownerOf(route)?.owner;
    const allowed = fit.of(route.task, inForce.configuration, owner);
    // Whoever had it before its failure is where it belongs, as far as that leaves all in balance.
    const belongs = route.home !== undefined && allowed.includes(route.home) ? route.home : owner;
    return { name: route.task, weight: weightOf(state, route.task), owner: belongs, last: owner, allowed };
  });
}

function takeMoves(state: ClusterState, judged: readonly Judged[], at: number, pace: ClusterPace): Route[] {
  return judged.flatMap(({ route, inForce, judgement }) => {
    const to = state.moves.get(route.task);
    if (to === undefined || judgement.is !== 'keep' || route.state.is !== 'owned' || route.state.owner === to)
      return [];
    const known = state.members.get(to);
    if (known === undefined || !mayTake(state, known, route.task, inForce.configuration, at, pace)) return [];
    const why =
      route.home === to
        ? `${to} had it before, and is well again`
        : `${route.state.owner} has more to do than ${to}`;
    return [releasing(route, to, { why, mark: '', home: undefined })];
  });
}

/** Who takes tasks, and which: when none of it changes, balance is left alone. */
function signatureOf(state: ClusterState, judged: readonly Judged[], at: number, pace: ClusterPace): string {
  const takers = [...state.members.values()]
    .filter(known => takesTasks(known, at, pace) && !state.drained.has(known.name))
    .map(known => {
      const may = judged.filter(({ route, inForce }) =>
        mayKeep(state, known, route.task, inForce.configuration),
      );
      return `${known.name}:${known.profile?.weight ?? 1}:${may.length}`;
    });
  return `${takers.sort().join(' ')} / ${judged.length}`;
}

function fitness(state: ClusterState, at: number, pace: ClusterPace) {
  const all = [...state.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    members: all.map(known => ({
      name: known.name,
      capacity: known.profile?.weight ?? 1,
      takes: isPresent(known) && !state.drained.has(known.name),
    })),
    /** Who may be given the task, and the one that has it. */
    of: (task: string, configuration: string, owner?: string) =>
      all
        .filter(known => known.name === owner || mayTake(state, known, task, configuration, at, pace))
        .map(({ name }) => name),
    /** Where nobody else may be given it, those that were better left alone. */
    ifNeedBe: (task: string, configuration: string) => {
      const first = all.filter(known => mayTake(state, known, task, configuration, at, pace));
      const fit =
        first.length > 0 ? first : all.filter(known => mayTakeIfNeedBe(state, known, task, configuration));
      return fit.map(({ name }) => name);
    },
  };
}

/** The least that an owner ever measures: as much counts for a task that nobody has told of yet. */
const LEAST_COST = 1;

/** What a task costs, in thousandths of a core, as its owner measured it; and what having it costs. */
function weightOf(state: ClusterState, task: string): number {
  let cost = LEAST_COST;
  for (const { reports } of state.members.values()) cost = Math.max(cost, reports.get(task)?.cost ?? 0);
  return 1 + cost;
}
