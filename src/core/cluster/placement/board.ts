import { type Circles, circlesOf } from './circles.ts';
import { NONE, type Problem } from './problem.ts';

/** Who has what while a plan is made. Loads are those of members that take tasks; others have none. */
export interface Board {
  readonly problem: Problem;
  readonly circles: Circles;
  /** By task: NONE as long as it is an orphan. */
  readonly owner: Int32Array;
  /** By member: the sum of its tasks' weights. */
  readonly load: Float64Array;
  /** By member: who is preferred where loads are equal; the one of greater capacity, then of the smaller number. */
  readonly rank: Int32Array;
}

/** Everybody keeps what it may keep; the rest are orphans. */
export function boardOf(problem: Problem): Board {
  const { capacity, weight } = problem;
  const circles = circlesOf(problem);
  const owner = new Int32Array(weight.length);
  const load = new Float64Array(capacity.length);
  for (let task = 0; task < weight.length; task++) {
    const member = problem.owner[task]!;
    if (member !== NONE && circles.mayHave(task, member)) {
      owner[task] = member;
      load[member]! += weight[task]!;
    } else owner[task] = NONE;
  }
  return { problem, circles, owner, load, rank: rankOf(capacity) };
}

export function give(board: Board, task: number, member: number): void {
  const weight = board.problem.weight[task]!;
  const before = board.owner[task]!;
  if (before !== NONE) board.load[before]! -= weight;
  board.owner[task] = member;
  board.load[member]! += weight;
}

/** The load of a member beside what it can carry. */
export function fullness({ load, problem }: Board, member: number): number {
  return load[member]! / problem.capacity[member]!;
}

/** A loop: with 100,000 tasks an iterator takes longer than all the rest of a plan. */
export function tasksWhere(owner: Int32Array, isWanted: (member: number) => boolean): Int32Array {
  const tasks = new Int32Array(owner.length);
  let count = 0;
  for (let task = 0; task < owner.length; task++) if (isWanted(owner[task]!)) tasks[count++] = task;
  return tasks.subarray(0, count);
}

function rankOf(capacity: Float64Array): Int32Array {
  const order = Int32Array.from(capacity.keys()).sort((a, b) => capacity[b]! - capacity[a]! || a - b);
  const rank = new Int32Array(capacity.length);
  for (let at = 0; at < order.length; at++) rank[order[at]!] = at;
  return rank;
}
