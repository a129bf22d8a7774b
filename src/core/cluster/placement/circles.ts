import { ANYBODY, contains, type Problem } from './problem.ts';

/**
 * A circle: the members that may have a task and take tasks now. Tasks of one circle are alike in all but
 * their weight, so that one heap serves them all. The narrowest circle comes first: its tasks have the
 * least choice, and those that anybody may have fill up what it leaves.
 */
export interface Circles {
  /** The members of each, rising; the narrowest circle first, the one of all members last. */
  readonly members: readonly Int32Array[];
  /** By task: its circle. */
  circleOf(task: number): number;
  /** Whether a member may have a task and takes tasks. */
  mayHave(task: number, member: number): boolean;
}

export function circlesOf({ takes, allowed, sets }: Problem): Circles {
  const all = Int32Array.from(takes.keys()).filter(member => takes[member] === 1);
  const usable = [...sets.map(set => set.filter(member => takes[member] === 1)), all];
  const order = [...usable.keys()].sort((a, b) => usable[a]!.length - usable[b]!.length || a - b);
  const rank = new Int32Array(usable.length);
  for (const [at, circle] of order.entries()) rank[circle] = at;
  const members = order.map(circle => usable[circle]!);
  const circleOf = (task: number) => rank[allowed[task] === ANYBODY ? sets.length : allowed[task]!]!;
  return {
    members,
    circleOf,
    mayHave: (task, member) =>
      takes[member] === 1 && (allowed[task] === ANYBODY || contains(members[circleOf(task)]!, member)),
  };
}
