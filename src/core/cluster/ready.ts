import type { ClusterEffect } from './event.ts';
import { mayTakeIfNeedBe } from './fitness.ts';
import type { Report } from './member.ts';
import type { ClusterPace } from './pace.ts';
import type { Route } from './route.ts';
import type { ClusterState, Making } from './state.ts';

/**
 * A planned hand-over, so that nobody has the task for as short as can be: the next owner is chosen when its owner is
 * asked to let go, makes ready what it will need (it reads the primary, reaches the backup, takes nothing), and says
 * so with its next beat; until then the owner goes on.
 *
 *     owner:  owned --the table says: releasing, for next--> goes on --next is ready, or `pace.ready` is over--> ends
 *     next:      the table says so: makes ready --it is--> `ready` in its beats --the table says: owned--> begins
 */

/** Whether the owner of a task that it is to let go may go on with it until the next one is ready. */
export function isAwaited(state: ClusterState, route: Route, at: number, pace: ClusterPace): boolean {
  const { task, epoch, configuration, state: now } = route;
  if (now.is !== 'releasing' || now.next === undefined || now.next === now.owner) return false;
  if (at - (state.releasing.get(task) ?? at) >= pace.ready) return false;
  const next = state.members.get(now.next);
  if (next === undefined || !mayTakeIfNeedBe(state, next, task, configuration)) return false;
  const report = next.reports.get(task);
  return report?.state !== 'ready' || report.epoch !== epoch;
}

/** Makes ready what the table says will be this member's, and drops what it says will not. */
export function heedNext(before: ClusterState): {
  readonly state: ClusterState;
  readonly effects: readonly ClusterEffect[];
} {
  const making = new Map(before.making);
  const effects: ClusterEffect[] = [];
  for (const [task, { epoch }] of before.making) {
    const route = before.rows.get(task)?.route;
    if (isNext(before, route) && route!.epoch === epoch) continue;
    // Given to this one: as soon as what it had before has ended it begins, with what was made ready.
    const duty = before.duties.get(task);
    const isGiven = route?.state.is === 'owned' && route.state.incarnation === before.self.incarnation;
    const hasBegun = isGiven && duty !== undefined && duty.epoch >= route.epoch;
    if (isGiven && !hasBegun && before.stage !== 'left') continue;
    making.delete(task);
    if (!hasBegun) effects.push({ is: 'unready', task });
  }
  for (const { route } of before.rows.values()) {
    const { task, epoch } = route;
    if (!isNext(before, route) || making.has(task)) continue;
    making.set(task, { epoch, isReady: false });
    effects.push({ is: 'make-ready', task, epoch });
  }
  const isSame = effects.length === 0 && making.size === before.making.size;
  return { state: isSame ? before : { ...before, making }, effects };
}

function isNext({ self, stage }: ClusterState, route: Route | undefined): boolean {
  if (route?.state.is !== 'releasing' || stage === 'leaving' || stage === 'left') return false;
  const { next, incarnation } = route.state;
  if (next !== self.member || incarnation === self.incarnation) return false;
  return self.tasks[route.task]?.configuration === route.configuration;
}

export function madeReady(state: ClusterState, task: string, epoch: number): ClusterState {
  const making = state.making.get(task);
  if (making?.epoch !== epoch || making.isReady) return state;
  return { ...state, making: new Map(state.making).set(task, { epoch, isReady: true }), beatDue: 0 };
}

/** What was made ready, for the beat; of a task that this member still has to end it tells that alone. */
export function readyOf({ making, duties }: ClusterState): Report[] {
  const ready = ([task, one]: readonly [string, Making]) => one.isReady && !duties.has(task);
  return [...making].filter(ready).map(([task, { epoch }]) => ({
    ...{ task, epoch, state: 'ready', progress: 0, busy: false, cost: 0 },
  }));
}
