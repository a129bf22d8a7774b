import { type Board, fullness, give, tasksWhere } from './board.ts';
import { Heap } from './heap.ts';
import { DUST, levelOf } from './level.ts';
import { orderOf } from './order.ts';
import { NONE } from './problem.ts';

/**
 * Gives every orphan an owner: its last one where that stays within its share, else the least loaded one,
 * heavy tasks first. Nobody who has a task loses it. An orphan that nobody may have stays one.
 *
 * Whoever gets a task here was below its share before, where the circle is that of all members. So none
 * that got one is above its share by more than that task; and tasks of one weight are never more than
 * the share rounded up.
 */
export function placeOrphans(board: Board, band: number): void {
  const { owner, circles, problem } = board;
  const orphans = tasksWhere(owner, member => member === NONE);
  const { tasks, starts } = orderOf(orphans, problem.weight, circles);
  const heap = new Heap(board.rank);
  for (let circle = 0; circle < circles.members.length; circle++) {
    const own = tasks.subarray(starts[circle]!, starts[circle + 1]!);
    const members = circles.members[circle]!;
    if (own.length === 0 || members.length === 0) continue;
    const level = levelWith(board, members, own);
    const left = toLastOwners(board, own, level);
    toLeastLoaded(board, members, left, level, band, heap);
  }
}

/** The level of a circle once its orphans have owners; what members have already they keep. */
function levelWith({ load, problem }: Board, members: Int32Array, orphans: Int32Array): number {
  let total = 0;
  for (const member of members) total += load[member]!;
  for (const task of orphans) total += problem.weight[task]!;
  return levelOf(members, load, problem.capacity, total);
}

/** Returns the tasks that are left, in their order. */
function toLastOwners(board: Board, orphans: Int32Array, level: number): Int32Array {
  const { weight, last, capacity } = board.problem;
  const left = new Int32Array(orphans.length);
  let count = 0;
  for (let i = 0; i < orphans.length; i++) {
    const task = orphans[i]!;
    const member = last[task]!;
    if (
      member !== NONE &&
      board.load[member]! + weight[task]! <= level * capacity[member]! * (1 + DUST) &&
      board.circles.mayHave(task, member)
    ) {
      give(board, task, member);
    } else left[count++] = task;
  }
  return left.subarray(0, count);
}

/**
 * A share may be less than one task, or a task's last owner as empty as the emptiest: then it is preferred,
 * too, as long as it is below its share and within the band of the least loaded one.
 */
function toLeastLoaded(
  board: Board,
  members: Int32Array,
  orphans: Int32Array,
  level: number,
  band: number,
  heap: Heap,
): void {
  const { last, weight, capacity } = board.problem;
  const { load } = board;
  heap.fill(members, member => fullness(board, member));
  let isStale = false;
  for (let i = 0; i < orphans.length; i++) {
    const task = orphans[i]!;
    // Whoever got a task as its last owner lies in the heap with the key that it had before.
    while (isStale && fullness(board, heap.top) > heap.topKey) heap.grown(fullness(board, heap.top));
    const former = last[task]!;
    const isNear =
      former !== NONE &&
      fullness(board, former) < level * (1 - DUST) &&
      fullness(board, former) <= heap.topKey + level * (band + DUST) &&
      board.circles.mayHave(task, former);
    if (isNear) {
      give(board, task, former);
      isStale = true;
    } else {
      const member = heap.top;
      board.owner[task] = member;
      load[member]! += weight[task]!;
      heap.grown(load[member]! / capacity[member]!);
    }
  }
}
