import { reedited } from './configuration.ts';
import { decide } from './decide.ts';
import { dutyEnded, dutyTold, heedRows, reportsOf } from './duties.ts';
import type { ClusterEffect, ClusterEvent } from './event.ts';
import { risen, risenBy } from './floors.ts';
import { aged, heardAgain, heardOf, profiled, unheard } from './health.ts';
import { coordinates, isNews, leaseDue, leaseSeen, leaseSent, leaseWritten, noLease } from './lease.ts';
import type { Beat, Known, Profile } from './member.ts';
import type { ClusterPace } from './pace.ts';
import { heedNext, madeReady, readyOf } from './ready.ts';
import { ownerOf, type Route } from './route.ts';
import type { ClusterState } from './state.ts';

export interface ClusterStep {
  readonly state: ClusterState;
  readonly effects: readonly ClusterEffect[];
}

/** A member that nothing has happened to yet. */
export function joining(self: Profile, at: number): ClusterState {
  return {
    stage: 'joining',
    since: at,
    at,
    self,
    contact: undefined,
    isTold: false,
    members: new Map([[self.member, { ...unheard(self.member, at), profile: self }]]),
    drained: new Map(),
    lease: noLease(at),
    coordinatesSince: undefined,
    rows: new Map(),
    floors: new Map(),
    writing: new Map(),
    writes: 0,
    duties: new Map(),
    making: new Map(),
    passing: new Map(),
    ended: at,
    beats: 0,
    beatDue: at,
    confirmed: Number.NEGATIVE_INFINITY,
    sent: [],
    releasing: new Map(),
    inquiries: new Map(),
    avoided: new Map(),
    balanced: '',
    levelled: at,
    moves: new Map(),
    decided: Number.NEGATIVE_INFINITY,
    rebalance: false,
  };
}

/**
 * One member's part in the cluster: what happened, and what it does about it. Deterministic. Everything about who has
 * which task is decided here; what makes it safe where members differ in what they know is the
 * compare-and-set of rows, and the epoch at the backup.
 */
export function clusterStep(before: ClusterState, event: ClusterEvent, pace: ClusterPace): ClusterStep {
  if (before.stage === 'left') return { state: before, effects: [] };
  const { at } = event;
  const effects: ClusterEffect[] = [];
  const taken = take(awake(before, at, pace), event, effects);
  const state = [agedMembers, coordination, decisions, duties, beats, leaving].reduce(
    (one, next) => next(one, at, pace, effects),
    taken,
  );
  return { state, effects };
}

type Effects = ClusterEffect[];

/** After a gap (stopped, suspended, stuck): what others said meanwhile is still to be heard. */
function awake(state: ClusterState, at: number, pace: ClusterPace): ClusterState {
  return at - state.at < 2 * pace.beat ? { ...state, at } : { ...state, at, members: allHeard(state, at) };
}

function allHeard({ members }: ClusterState, at: number): ReadonlyMap<string, Known> {
  return new Map([...members].map(([name, known]) => [name, heardAgain(known, at)]));
}

function take(state: ClusterState, event: ClusterEvent, effects: Effects): ClusterState {
  const { at } = event;
  switch (event.is) {
    case 'contact':
      return contacted(state, at);
    case 'contact-lost':
      return lost(state, event.why, effects);
    case 'heard':
      return heard(state, event.beat, at, effects);
    case 'profile':
      // What the table says of this member was written by it, now or in an earlier life.
      if (event.member === state.self.member) return state;
      return withMember(state, event.member, at, known => profiled(known, event.profile, at));
    case 'drained':
      return drained(state, event.member, event.why);
    case 'lease':
      return { ...state, lease: leaseSeen(state.lease, event.lease, event.revision, at, event.refuted) };
    case 'lease-written':
      return { ...state, lease: leaseWritten(state.lease, event.sent, event.outcome, at) };
    case 'row':
      return rowSeen(state, event, at);
    case 'rows-told':
      return rowsTold(state, new Set(event.tasks), at);
    case 'row-written':
      return rowWritten(state, event, at);
    case 'told':
      return dutyTold(state, event.task, event.epoch, event.told);
    case 'made-ready':
      return madeReady(state, event.task, event.epoch);
    case 'ended':
      return dutyEnded(state, event.task, event.epoch, at);
    case 'answered':
      return answered(state, event.task, event.member, event.reaches);
    case 'configured':
      return configured(state, event.self, at, effects);
    case 'remembered':
      return { ...state, floors: risen(state.floors, event.floors) };
    case 'rebalance':
      return { ...state, rebalance: true };
    case 'clock':
      return state;
    case 'stop':
      return state.stage === 'leaving' ? state : { ...state, stage: 'leaving', since: at, beatDue: 0 };
  }
}

function contacted(state: ClusterState, at: number): ClusterState {
  if (state.contact !== undefined) return state;
  // Whoever could not be heard meanwhile has not failed by that.
  const members = allHeard(state, at);
  // The engine may have lost it: whatever lease there is, is told before the rows are.
  const lease = { ...state.lease, lease: undefined, revision: undefined, seen: at, writing: undefined };
  return { ...state, contact: at, isTold: false, members, lease, writing: new Map(), beatDue: 0 };
}

function lost(state: ClusterState, why: string, effects: Effects): ClusterState {
  if (state.contact === undefined) return state;
  effects.push({
    is: 'say',
    level: 'warn',
    text: `cut off from the cluster (${why}): who owns what is not known here until contact is back`,
  });
  return { ...state, contact: undefined, isTold: false };
}

function withMember(
  state: ClusterState,
  name: string,
  at: number,
  change: (known: Known) => Known,
): ClusterState {
  const known = state.members.get(name) ?? unheard(name, at);
  const changed = change(known);
  return changed === known ? state : { ...state, members: new Map(state.members).set(name, changed) };
}

function heard(state: ClusterState, beat: Beat, at: number, effects: Effects): ClusterState {
  const known = state.members.get(beat.member) ?? unheard(beat.member, at);
  const now = heardOf(known, beat, at);
  if (now === undefined) return state;
  if (known.health === 'failed') {
    effects.push({ is: 'say', level: 'info', text: `${beat.member} is heard of again` });
  }
  const floors = risenBy(state.floors, beat.reports);
  const next = { ...state, floors, members: new Map(state.members).set(beat.member, now) };
  const mine = beat.heard?.[state.self.member];
  if (mine === undefined || beat.incarnation !== state.lease.lease?.incarnation) return next;
  const confirmed = state.sent.find(one => one.beat === mine);
  if (confirmed === undefined) return next;
  return {
    ...next,
    confirmed: Math.max(state.confirmed, confirmed.at),
    sent: state.sent.filter(one => one.beat > mine),
  };
}

function drained(state: ClusterState, member: string, why: string | undefined): ClusterState {
  const all = new Map(state.drained);
  if (why === undefined) all.delete(member);
  else all.set(member, why);
  return { ...state, drained: all };
}

function rowSeen(
  state: ClusterState,
  { task, route, revision, refuted }: Omit<Extract<ClusterEvent, { is: 'row' }>, 'is' | 'at'>,
  at: number,
): ClusterState {
  const row = state.rows.get(task);
  // A table that was made anew counts from 1 again: told anew, its revisions are believed.
  if (state.isTold && !isNews(row?.revision, revision, refuted)) return state;
  const rows = new Map(state.rows);
  if (route === undefined) rows.delete(task);
  else rows.set(task, { route, revision });
  const floors = route === undefined ? state.floors : risen(state.floors, [[task, route]]);
  const releasing = new Map(state.releasing);
  if (route?.state.is !== 'releasing') releasing.delete(task);
  else if (!releasing.has(task)) releasing.set(task, at);
  return { ...state, rows, floors, releasing };
}

function rowsTold(state: ClusterState, told: ReadonlySet<string>, at: number): ClusterState {
  const rows = new Map(
    [...state.rows].map(([task, row]) => [task, told.has(task) ? row : { ...row, revision: undefined }]),
  );
  const stage = state.stage === 'joining' ? 'running' : state.stage;
  return { ...state, rows, isTold: true, stage, since: stage === state.stage ? state.since : at };
}

function rowWritten(
  state: ClusterState,
  { task, mark, outcome }: Omit<Extract<ClusterEvent, { is: 'row-written' }>, 'is' | 'at'>,
  at: number,
): ClusterState {
  const route = state.writing.get(task);
  // The answer of another write, over which contact was lost: what came of that one the table tells.
  if (route?.mark !== mark) return state;
  const writing = new Map(state.writing);
  writing.delete(task);
  const next = { ...state, writing };
  return outcome.is === 'written' ? rowSeen(next, { task, route, revision: outcome.revision }, at) : next;
}

function answered(state: ClusterState, task: string, member: string, reaches: boolean): ClusterState {
  const inquiry = state.inquiries.get(task);
  if (inquiry === undefined) return state;
  const answers = new Map(inquiry.answers).set(member, reaches);
  return { ...state, inquiries: new Map(state.inquiries).set(task, { ...inquiry, answers }) };
}

function configured(state: ClusterState, read: Profile, at: number, effects: Effects): ClusterState {
  const self = reedited(read, state);
  effects.push({ is: 'write-profile', profile: self });
  return withMember({ ...state, self }, self.member, at, known => ({ ...known, profile: self }));
}

function agedMembers(state: ClusterState, at: number, pace: ClusterPace, effects: Effects): ClusterState {
  if (state.contact === undefined) return state;
  let members: Map<string, Known> | undefined;
  for (const [name, known] of state.members) {
    // One hears oneself as long as one lives.
    if (name === state.self.member) continue;
    const now = aged(known, at, pace);
    if (now === known) continue;
    members ??= new Map(state.members);
    members.set(name, now);
    if (now.health === 'failed' && known.incarnation !== undefined && !known.leaving) {
      const silent = Math.round(at - known.heard);
      effects.push({ is: 'say', level: 'warn', text: `${name} has failed: not heard of for ${silent} ms` });
    }
  }
  return members === undefined ? state : { ...state, members };
}

/** Takes, renews, or gives up the coordinator's lease. */
function coordination(state: ClusterState, at: number, pace: ClusterPace, effects: Effects): ClusterState {
  const { self, lease } = state;
  if (state.contact === undefined) return { ...state, coordinatesSince: undefined };
  const rank = rankOf(state);
  const due =
    state.isTold && state.stage !== 'joining' ? leaseDue(lease, { ...self, rank }, at, pace) : undefined;
  const isMine = lease.lease?.incarnation === self.incarnation;
  // Who leaves does not begin to coordinate, but goes on until its tasks are elsewhere.
  const wanted = state.stage === 'leaving' && !isMine ? undefined : due;
  if (wanted !== undefined)
    effects.push({ is: 'write-lease', lease: wanted, expected: lease.revision, sent: at });
  const next = wanted === undefined ? lease : leaseSent(lease, wanted, at);
  const does = coordinates(lease, self.incarnation, at, pace);
  const since = does ? (state.coordinatesSince ?? at) : undefined;
  if (does && state.coordinatesSince === undefined) {
    effects.push({
      is: 'say',
      level: 'info',
      text: `${self.member} coordinates (term ${lease.lease!.term})`,
    });
  }
  return { ...state, lease: next, coordinatesSince: since };
}

/** How many members that are well come before this one. */
function rankOf({ members, self, lease }: ClusterState): number {
  return [...members.values()].filter(
    ({ name, health, leaving }) =>
      health === 'healthy' && !leaving && name < self.member && name !== lease.lease?.holder,
  ).length;
}

function decisions(state: ClusterState, at: number, pace: ClusterPace, effects: Effects): ClusterState {
  if (!mayDecide(state, at, pace)) return state;
  const mark = (count: number) => `${state.self.incarnation}/${state.writes + count}`;
  const { rows, inquire, ...remembered } = decide(state, at, pace, mark);
  const writing = new Map(state.writing);
  for (const route of rows) {
    writing.set(route.task, route);
    effects.push({ is: 'write-row', route, expected: state.rows.get(route.task)?.revision });
    effects.push({ is: 'say', level: 'info', text: sentence(route, state) });
  }
  const inquiries = new Map(state.inquiries);
  for (const task of inquire) {
    inquiries.set(task, { asked: at, answers: new Map() });
    effects.push({ is: 'inquire', task });
  }
  return { ...state, ...remembered, decided: at, writing, writes: state.writes + rows.length, inquiries };
}

/** To look at every task takes time: where there are many, events that come at once are looked at together. */
const DECIDE_MS = 20;
const TASKS_PER_MS = 50;

/** A new coordinator first hears everybody who can be heard: silence before that means nothing. */
function mayDecide(state: ClusterState, at: number, pace: ClusterPace): boolean {
  if (at - state.decided < Math.min(DECIDE_MS, state.rows.size / TASKS_PER_MS)) return false;
  if (state.coordinatesSince === undefined || !state.isTold || state.contact === undefined) return false;
  return at - state.contact >= pace.beat * 2 || everybodyHeard(state);
}

function everybodyHeard({ members }: ClusterState): boolean {
  return [...members.values()].every(
    ({ incarnation, health }) => incarnation !== undefined || health === 'failed',
  );
}

function sentence(route: Route, state: ClusterState): string {
  const before = state.rows.get(route.task);
  const from = before === undefined ? undefined : ownerOf(before.route)?.owner;
  const { state: now, task, epoch, why } = route;
  if (now.is === 'unowned') return `${task} has no owner: ${why}`;
  if (now.is === 'releasing') {
    const to = now.next === undefined || now.next === now.owner ? '' : `, for ${now.next}`;
    return `${task} is to be let go by ${now.owner}${to}: ${why}`;
  }
  const way = from === undefined || from === now.owner ? `to ${now.owner}` : `from ${from} to ${now.owner}`;
  return `${task} goes ${way} in epoch ${epoch}: ${why}`;
}

function duties(state: ClusterState, at: number, pace: ClusterPace, effects: Effects): ClusterState {
  const moved = heedRows(state, at, pace);
  const next = heedNext(moved.state);
  effects.push(...moved.effects, ...next.effects);
  return next.state;
}

/** Beats that may still be confirmed. */
const SENT_KEPT = 64;

function beats(state: ClusterState, at: number, pace: ClusterPace, effects: Effects): ClusterState {
  if (state.contact === undefined || at < state.beatDue) return state;
  const { self } = state;
  const beat: Beat = {
    member: self.member,
    incarnation: self.incarnation,
    beat: state.beats + 1,
    reports: [...reportsOf(state), ...readyOf(state)],
    leaving: state.stage === 'leaving',
    ...(state.coordinatesSince === undefined ? {} : { heard: heardBeats(state) }),
  };
  effects.push({ is: 'beat', beat });
  const sent = [...state.sent, { beat: beat.beat, at }].slice(-SENT_KEPT);
  // One hears oneself at once, whatever the engine does.
  const known = heardOf(state.members.get(self.member)!, beat, at)!;
  const members = new Map(state.members).set(self.member, known);
  const floors = risenBy(state.floors, beat.reports);
  const confirmed = state.coordinatesSince === undefined ? state.confirmed : state.lease.confirmed;
  return { ...state, members, floors, sent, confirmed, beats: beat.beat, beatDue: at + pace.beat };
}

function heardBeats({ members }: ClusterState): Record<string, number> {
  const heard = [...members.values()].filter(({ health }) => health !== 'failed');
  return Object.fromEntries(heard.map(({ name, beat }) => [name, beat]));
}

/** Leaves when nothing is its own any more, or when nothing was let go for too long. */
function leaving(state: ClusterState, at: number, pace: ClusterPace, effects: Effects): ClusterState {
  if (state.stage !== 'leaving') return state;
  const { self, rows, members } = state;
  const others = [...members.values()].some(
    ({ name, health, leaving }) => name !== self.member && health === 'healthy' && !leaving,
  );
  const own = [...rows.values()].some(({ route }) => ownerOf(route)?.incarnation === self.incarnation);
  const isLate = at - Math.max(state.since, state.ended) >= pace.release;
  if (own && others && state.contact !== undefined && !isLate) return state;
  const running = [...state.duties.values()].filter(({ stage }) => stage === 'running');
  if (running.length > 0) {
    effects.push(...running.map(({ task, epoch }) => ({ is: 'end', task, epoch }) as const));
    const ending = running.map(duty => [duty.task, { ...duty, stage: 'ending' }] as const);
    return { ...state, duties: new Map([...state.duties, ...ending]) };
  }
  if ([...state.duties.values()].some(({ stage }) => stage === 'ending')) return state;
  if (state.coordinatesSince !== undefined) {
    const lease = { ...state.lease.lease!, renewal: state.lease.lease!.renewal + 1, resigned: true };
    effects.push({ is: 'write-lease', lease, expected: state.lease.revision, sent: at });
  }
  effects.push({ is: 'left' });
  return { ...state, stage: 'left', since: at };
}
