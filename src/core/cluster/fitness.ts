import { takesIfNeedBe, takesTasks } from './health.ts';
import type { Known, Offer } from './member.ts';
import type { ClusterPace } from './pace.ts';
import type { ClusterState } from './state.ts';

/** Who may have which task: hard rules, that balance never outweighs. */

export function offerOf(known: Known | undefined, task: string): Offer | undefined {
  return known?.profile?.tasks[task];
}

/** Whether a member that has the task may keep it. */
export function mayKeep(state: ClusterState, known: Known, task: string, configuration: string): boolean {
  const offer = offerOf(known, task);
  return (
    offer?.mayOwn === true &&
    offer.configuration === configuration &&
    !known.leaving &&
    !state.drained.has(known.name)
  );
}

/** Whether a member may be given the task now. */
export function mayTake(
  state: ClusterState,
  known: Known,
  task: string,
  configuration: string,
  at: number,
  pace: ClusterPace,
): boolean {
  return (
    mayTakeIfNeedBe(state, known, task, configuration) &&
    takesTasks(known, at, pace) &&
    (state.avoided.get(avoidedKey(task, known.name)) ?? at) <= at
  );
}

/** The same where nobody else may: one that was away lately, or had trouble with the task, is better than nobody. */
export function mayTakeIfNeedBe(
  state: ClusterState,
  known: Known,
  task: string,
  configuration: string,
): boolean {
  return (
    mayKeep(state, known, task, configuration) &&
    takesIfNeedBe(known) &&
    known.incarnation === known.profile?.incarnation
  );
}

export function avoidedKey(task: string, member: string): string {
  return `${task} ${member}`;
}

/** Why nobody may have it, in words. */
export function whyNobody(state: ClusterState, task: string, configuration: string): string {
  const all = [...state.members.values()];
  const offering = all.filter(known => offerOf(known, task) !== undefined);
  if (offering.length === 0) return 'no member has it in its configuration';
  const able = offering.filter(known => offerOf(known, task)!.mayOwn);
  if (able.length === 0) return 'no member may reach its backup';
  const same = able.filter(known => offerOf(known, task)!.configuration === configuration);
  if (same.length === 0) return 'every member that may reach its backup has another configuration of it';
  const there = same.filter(({ health }) => health !== 'failed');
  if (there.length === 0) return `none of the members that may have it is there (${names(same)})`;
  return `the members that may have it are drained, leaving or just starting (${names(there)})`;
}

function names(members: readonly Known[]): string {
  return members
    .map(({ name }) => name)
    .sort()
    .join(', ');
}
