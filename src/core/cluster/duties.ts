import type { ClusterEffect } from './event.ts';
import type { Report } from './member.ts';
import type { ClusterPace } from './pace.ts';
import { Passage } from './passage.ts';
import { isAwaited } from './ready.ts';
import { ownerOf } from './route.ts';
import type { ClusterState, Duty, Told } from './state.ts';

/** The owner's side: what the routing table gives this process, and how it lets go of it. */

interface Moved {
  readonly state: ClusterState;
  readonly effects: readonly ClusterEffect[];
}

const NOTHING_YET: Told = { state: 'beginning', progress: 0, busy: false, cost: 0 };

/** Begins and ends what the table says. A row that the engine has lost changes nothing: nobody else has it yet. */
export function heedRows(before: ClusterState, at: number, pace: ClusterPace): Moved {
  const duties = new Map(before.duties);
  const effects: ClusterEffect[] = [];
  const passage = new Passage(before, at, pace);
  for (const duty of before.duties.values()) {
    if (duty.stage !== 'running' || isStillOurs(before, duty, at, pace)) continue;
    const next = isAsked(before, duty, at, pace) ? nextOf(before, duty) : undefined;
    if (next !== undefined && !passage.enter(duty.task)) continue;
    duties.set(duty.task, { ...duty, stage: 'ending' });
    effects.push({ is: 'end', task: duty.task, epoch: duty.epoch });
    if (next !== undefined)
      effects.push({ is: 'say', level: 'info', text: `${duty.task} is let go for ${next}` });
  }
  for (const { route } of before.rows.values()) {
    const { task, epoch, configuration, state: row } = route;
    if (row.is !== 'owned' || row.incarnation !== before.self.incarnation) continue;
    // One thing at a time: what had it in an earlier epoch ends first.
    const duty = duties.get(task);
    if (duty !== undefined && (duty.stage !== 'ended' || duty.epoch >= epoch)) continue;
    if (before.stage === 'left' || !isOffered(before, task, configuration)) continue;
    duties.set(task, { task, epoch, configuration, stage: 'running', told: NOTHING_YET });
    effects.push({ is: 'begin', task, epoch, configuration });
  }
  for (const { route } of before.rows.values()) {
    const { task, epoch, configuration, state: row } = route;
    if (row.is !== 'releasing' || row.incarnation !== before.self.incarnation) continue;
    // What was given and never begun, for want of its configuration, has ended as well.
    if ((duties.get(task)?.epoch ?? 0) >= epoch || duties.get(task)?.stage === 'ending') continue;
    duties.set(task, { task, epoch, configuration, stage: 'ended', told: NOTHING_YET });
  }
  for (const duty of before.duties.values()) {
    // Not one that was begun just now in its place.
    if (duty.stage === 'ended' && duties.get(duty.task) === duty && isForgotten(before, duty))
      duties.delete(duty.task);
  }
  const { passing } = passage;
  const isSame =
    passing === before.passing &&
    duties.size === before.duties.size &&
    [...duties].every(([task, duty]) => before.duties.get(task) === duty);
  return { state: isSame ? before : { ...before, duties, passing }, effects };
}

/** The other member for whom a task is to be let go. */
function nextOf({ rows }: ClusterState, { task }: Duty): string | undefined {
  const now = rows.get(task)?.route.state;
  return now?.is === 'releasing' && now.next !== now.owner ? now.next : undefined;
}

function isOffered(state: ClusterState, task: string, configuration: string): boolean {
  return state.self.tasks[task]?.configuration === configuration;
}

function isStillOurs(state: ClusterState, duty: Duty, at: number, pace: ClusterPace): boolean {
  const row = state.rows.get(duty.task);
  if (row === undefined || row.route.epoch < duty.epoch) return mayGoOn(state, duty, at, pace);
  if (isAsked(state, duty, at, pace)) return isAwaited(state, row.route, at, pace);
  return row.route.state.is === 'owned' && isOurs(state, duty) && mayGoOn(state, duty, at, pace);
}

/** It is to be let go in good order, and could go on until then. */
function isAsked(state: ClusterState, duty: Duty, at: number, pace: ClusterPace): boolean {
  const isReleasing = state.rows.get(duty.task)?.route.state.is === 'releasing';
  const isLate = at - (state.releasing.get(duty.task) ?? at) >= pace.release / 2;
  return isReleasing && !isLate && isOurs(state, duty) && mayGoOn(state, duty, at, pace);
}

/** The table has this process as the owner in the duty's own epoch. */
function isOurs({ rows, self }: ClusterState, { task, epoch }: Duty): boolean {
  const route = rows.get(task)?.route;
  return route?.epoch === epoch && ownerOf(route)?.incarnation === self.incarnation;
}

function mayGoOn(state: ClusterState, { task, configuration }: Duty, at: number, pace: ClusterPace): boolean {
  return isHeld(state, task, at, pace) && isOffered(state, task, configuration);
}

/**
 * Whether the owner's lease of a task holds still: to be asked right before each effect on a leased backup, which
 * nothing but its owner's own clock protects from a stale one. A fenced backup needs no lease.
 */
export function isHeld(state: ClusterState, task: string, at: number, pace: ClusterPace): boolean {
  return state.self.tasks[task]?.kind !== 'leased' || at - state.confirmed < pace.hold;
}

/** That it ended is told until the table has another owner. */
function isForgotten(state: ClusterState, duty: Duty): boolean {
  const row = state.rows.get(duty.task);
  if (row === undefined) return false;
  const { epoch, state: now } = row.route;
  return epoch > duty.epoch || now.is === 'unowned' || now.incarnation !== state.self.incarnation;
}

export function dutyEnded(state: ClusterState, task: string, epoch: number, at: number): ClusterState {
  const duty = state.duties.get(task);
  if (duty?.epoch !== epoch || duty.stage === 'ended') return state;
  return {
    ...state,
    duties: new Map(state.duties).set(task, { ...duty, stage: 'ended' }),
    ended: at,
    beatDue: 0,
  };
}

export function dutyTold(state: ClusterState, task: string, epoch: number, told: Told): ClusterState {
  const duty = state.duties.get(task);
  if (duty?.epoch !== epoch || duty.stage === 'ended') return state;
  const isNews = duty.told.state !== told.state;
  const duties = new Map(state.duties).set(task, { ...duty, told });
  return { ...state, duties, ...(isNews ? { beatDue: 0 } : {}) };
}

export function reportsOf({ duties }: ClusterState): Report[] {
  return [...duties.values()].map(({ task, epoch, stage, told }) =>
    stage === 'ended'
      ? { task, epoch, state: 'ended', progress: 0, busy: false, cost: 0 }
      : { task, epoch, ...told },
  );
}
