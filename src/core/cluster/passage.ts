import type { ClusterPace } from './pace.ts';
import { ownerOf } from './route.ts';
import type { ClusterState } from './state.ts';

/** Whoever takes longer to begin does not keep the others waiting. */
const PASSING_MS = 1_000;

/**
 * Tasks that this member let go in good order, until they are at work elsewhere: what begins at one moment begins
 * slowly, for all of it waits for the same disk, so that a few pass at a time and the others go on at their owner.
 */
export class Passage {
  passing: ReadonlyMap<string, number>;

  constructor(
    state: ClusterState,
    private readonly at: number,
    private readonly pace: ClusterPace,
  ) {
    const { passing } = state;
    const left = [...passing].filter(([task, since]) => at - since < PASSING_MS && !hasPassed(state, task));
    this.passing = left.length === passing.size ? passing : new Map(left);
  }

  /** Whether this one may go now. */
  enter(task: string): boolean {
    if (this.passing.size >= this.pace.passing) return false;
    this.passing = new Map(this.passing).set(task, this.at);
    return true;
  }
}

function hasPassed({ rows, members, self }: ClusterState, task: string): boolean {
  const route = rows.get(task)?.route;
  const owner = route && ownerOf(route);
  if (owner === undefined || owner.incarnation === self.incarnation) return owner === undefined;
  const report = members.get(owner.owner)?.reports.get(task);
  return report !== undefined && report.epoch >= route!.epoch && report.state !== 'beginning';
}
