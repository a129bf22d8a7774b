import { mayKeep, mayTake, offerOf } from './fitness.ts';
import { isPresent } from './health.ts';
import type { Known, Reported } from './member.ts';
import type { ClusterPace } from './pace.ts';
import { type Edition, ownerOf, type Route } from './route.ts';
import type { ClusterState } from './state.ts';

/** What is to become of one task, before anybody is chosen for it. */
export type Judgement =
  | { readonly is: 'keep' }
  /** Its owner has to be waited for, until then. */
  | { readonly is: 'wait'; readonly until: number }
  /** It needs an owner now. */
  | {
      readonly is: 'needs-owner';
      readonly why: string;
      /** The backup knows of a higher epoch than the table. */
      readonly isBehind?: boolean;
      readonly prefers?: string | undefined;
      /** No other one may have it. */
      readonly insists?: boolean;
      /** It is not given back to this one at once. */
      readonly shuns?: string;
    }
  /** Its owner should hand it over; `to`: to one of these. */
  | {
      readonly is: 'hand-over';
      readonly why: string;
      readonly to?: readonly string[];
      readonly shuns?: string;
    }
  /** Whether others can reach its backup is to be asked first. */
  | { readonly is: 'inquire' };

const KEEP: Judgement = { is: 'keep' };

export function judge(
  state: ClusterState,
  route: Route,
  inForce: Edition,
  at: number,
  pace: ClusterPace,
): Judgement {
  const owner = ownerOf(route);
  if (owner === undefined) return ownerless(state, route, at, pace);
  const known = state.members.get(owner.owner);
  const lost = lostOwner(known, owner.incarnation, at);
  if (lost !== undefined) return untilSafe(state, route, known, lost, at, pace);
  const report = known!.reports.get(route.task);
  const current = report?.epoch === route.epoch ? report : undefined;
  if (route.state.is === 'releasing') return handedOver(state, route, current, at, pace);
  if (current?.state === 'ended') return { is: 'needs-owner', why: `${owner.owner} let it go` };
  if (route.configuration !== inForce.configuration) return recast(state, route, known!, inForce);
  if (!mayKeep(state, known!, route.task, inForce.configuration)) {
    return { is: 'hand-over', why: whyNotKept(state, known!, route, inForce) };
  }
  return current === undefined ? KEEP : troubled(state, route, current, at, pace);
}

/** Nobody has it by the table; where that was lost, somebody may go on with it all the same. */
function ownerless(state: ClusterState, { task }: Route, at: number, pace: ClusterPace): Judgement {
  const runner = [...state.members.values()].find(known => {
    const report = known.reports.get(task);
    const isRunning = report !== undefined && report.state !== 'ended' && report.state !== 'ready';
    return known.health !== 'failed' && isRunning;
  });
  // Also where it should not have it: then it is asked to let go, in good order.
  if (runner !== undefined)
    return {
      is: 'needs-owner',
      why: `${runner.name} goes on with it`,
      prefers: runner.name,
      insists: true,
    };
  const isLost = state.rows.get(task)?.revision === undefined;
  // Whoever had a leased one stops by its own clock.
  const until = (state.coordinatesSince ?? at) + pace.hold + pace.margin;
  if (isLost && isLeased(state, task) && at < until) return { is: 'wait', until };
  return { is: 'needs-owner', why: 'nobody had it' };
}

/** Why an owner is not there any more, in words. */
function lostOwner(known: Known | undefined, incarnation: string, at: number): string | undefined {
  if (known === undefined) return 'its owner is no member any more';
  const { name, health } = known;
  if (health === 'failed') return `${name} has not been heard of for ${Math.round(at - known.heard)} ms`;
  const now = known.incarnation ?? known.profile?.incarnation;
  return now !== undefined && now !== incarnation ? `${name} was started anew` : undefined;
}

/** A fenced backup refuses whoever had it; a leased one does not, and time has to pass. */
function untilSafe(
  state: ClusterState,
  route: Route,
  known: Known | undefined,
  why: string,
  at: number,
  pace: ClusterPace,
): Judgement {
  const prefers = known?.health === 'healthy' ? known.name : undefined;
  if (!isLeased(state, route.task)) return { is: 'needs-owner', why, prefers };
  // Another coordinator may have heard it later than this one did; that one ended before this one began.
  const silent = known?.health === 'failed' ? known.heard : (known?.since ?? at);
  const last = Math.max(silent, state.coordinatesSince ?? at);
  const until = last + pace.hold + pace.margin;
  return until <= at ? { is: 'needs-owner', why, prefers } : { is: 'wait', until };
}

function isLeased(state: ClusterState, task: string): boolean {
  return [...state.members.values()].some(known => offerOf(known, task)?.kind === 'leased');
}

function handedOver(
  state: ClusterState,
  route: Route,
  report: Reported | undefined,
  at: number,
  pace: ClusterPace,
): Judgement {
  const { state: now } = route;
  if (now.is !== 'releasing') return KEEP;
  if (report?.state === 'ended') return { is: 'needs-owner', why: route.why, prefers: now.next };
  const since = state.releasing.get(route.task) ?? at;
  if (at - since < pace.release) return { is: 'wait', until: since + pace.release };
  const why = `${now.owner} did not let go of it in ${pace.release} ms`;
  if (!isLeased(state, route.task)) return { is: 'needs-owner', why, prefers: now.next, shuns: now.owner };
  // It is heard of, so that it goes on: a leased backup has nothing that would stop it.
  return { is: 'wait', until: at + pace.release };
}

/** The configuration in force is another one now: a new epoch, at whoever has it. */
function recast(state: ClusterState, route: Route, known: Known, inForce: Edition): Judgement {
  const why = `its configuration is another one now (edition ${inForce.edition})`;
  if (!mayKeep(state, known, route.task, inForce.configuration)) return { is: 'hand-over', why };
  return { is: 'hand-over', why, to: [known.name] };
}

function whyNotKept(state: ClusterState, known: Known, { task }: Route, inForce: Edition): string {
  const { name } = known;
  const drained = state.drained.get(name);
  if (drained !== undefined) return `${name} is drained${drained === '' ? '' : ` (${drained})`}`;
  if (known.leaving) return `${name} is leaving`;
  const offer = offerOf(known, task);
  if (offer === undefined) return `${name} has it in its configuration no more`;
  if (offer.configuration !== inForce.configuration) return `${name} has another configuration of it`;
  return `${name} may not reach its backup`;
}

/** Its owner is there, and yet the task may be better off elsewhere. */
function troubled(
  state: ClusterState,
  route: Route,
  report: Reported,
  at: number,
  pace: ClusterPace,
): Judgement {
  const owner = ownerOf(route)!.owner;
  if (report.state === 'fenced') {
    const until = report.stateSince + (report.seen === undefined ? pace.again : 0);
    if (until > at) return { is: 'wait', until };
    const why = `its backup has seen epoch ${report.seen ?? 'of another one'} already`;
    return { is: 'needs-owner', why, isBehind: report.seen !== undefined, prefers: owner };
  }
  const idle = at - report.progressSince;
  if (report.busy && idle >= pace.stuck && others(state, route, at, pace).length > 0) {
    const why = `${owner} has made no progress with it for ${Math.round(idle)} ms`;
    return { is: 'needs-owner', why, shuns: owner };
  }
  if (report.state === 'unreachable' && at - report.stateSince >= pace.unreachable) {
    return reachable(state, route, at, pace);
  }
  return KEEP;
}

/** Its backup cannot be reached from its owner: whether it can from elsewhere, others are asked. */
function reachable(state: ClusterState, route: Route, at: number, pace: ClusterPace): Judgement {
  const candidates = others(state, route, at, pace);
  if (candidates.length === 0) return KEEP;
  const inquiry = state.inquiries.get(route.task);
  const to = candidates.filter(name => inquiry?.answers.get(name) === true);
  const owner = ownerOf(route)!.owner;
  if (inquiry !== undefined && to.length > 0 && at - inquiry.asked < pace.again) {
    const why = `${owner} cannot reach its backup, ${to.join(', ')} can`;
    return { is: 'hand-over', why, to, shuns: owner };
  }
  return inquiry === undefined || at - inquiry.asked >= pace.again ? { is: 'inquire' } : KEEP;
}

function others(state: ClusterState, route: Route, at: number, pace: ClusterPace): string[] {
  const owner = ownerOf(route)?.owner;
  return [...state.members.values()]
    .filter(known => known.name !== owner && isPresent(known))
    .filter(known => mayTake(state, known, route.task, route.configuration, at, pace))
    .map(({ name }) => name)
    .sort();
}
