import { type Board, fullness, tasksWhere } from './board.ts';
import { fillUp, fit, relieve } from './moves.ts';
import { orderOf } from './order.ts';
import { NONE } from './problem.ts';
import { standingOf } from './standing.ts';

/**
 * Moves tasks from members above their share to members below it. A pair is left alone while the fuller
 * one, without its heaviest task, is not fuller than the other one by more than `band` (a part of the
 * level): measured weights swing, and each move interrupts a replication. Placing orphans on the least
 * loaded member leaves only such pairs, so that a leave moves nothing but the leaver's tasks, and on a join
 * tasks go to the new member alone, which they never fill above its share. With a band of 0 the heaviest task
 * counts as well, and all is levelled that can be.
 */
export function balance(board: Board, band: number): void {
  const { owner, circles, problem } = board;
  if (band > 0 && isLevel(board)) return;
  const placed = tasksWhere(owner, member => member !== NONE);
  const { tasks, starts } = orderOf(placed, problem.weight, circles);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let moved = 0;
    for (let circle = 0; circle < circles.members.length; circle++) {
      const members = circles.members[circle]!;
      const own = tasks.subarray(starts[circle]!, starts[circle + 1]!);
      if (own.length > 0 && members.length > 1) moved += balanceCircle(board, members, own, band);
    }
    if (moved === 0) return;
  }
}

/** What a move in a wide circle makes room for in a narrow one is seen in the next sweep. */
const SWEEPS = 4;

/** Returns how many tasks were moved. */
function balanceCircle(board: Board, members: Int32Array, tasks: Int32Array, band: number): number {
  const heaviest = heaviestOf(board);
  const allowance = band > 0 ? heaviest : new Float64Array(heaviest.length);
  const standing = standingOf(board, members, tasks, allowance);
  const { full, reach, level, above, below } = standing;
  const slack = band * level;
  let least = Number.POSITIVE_INFINITY;
  for (const member of below) least = Math.min(least, full[member]!);
  const givers = above.filter(member => reach[member]! > least + slack);
  let most = Number.NEGATIVE_INFINITY;
  for (const member of givers) most = Math.max(most, reach[member]!);
  const takers = below.filter(member => full[member]! + slack < most);
  if (givers.length === 0 || takers.length === 0) return 0;
  const exchange = { board, standing, givers, takers, heaviest, slack };
  return fit(exchange) + relieve(exchange) + fillUp(exchange);
}

function heaviestOf({ owner, problem }: Board): Float64Array {
  const { weight, capacity } = problem;
  const heaviest = new Float64Array(capacity.length);
  for (let task = 0; task < owner.length; task++) {
    const member = owner[task]!;
    if (member !== NONE && weight[task]! > heaviest[member]!) heaviest[member] = weight[task]!;
  }
  return heaviest;
}

/** Whether no pair at all is worth a look, which is most often so, and is seen without sorting anything. */
function isLevel(board: Board): boolean {
  const heaviest = heaviestOf(board);
  const { takes, capacity } = board.problem;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let member = 0; member < takes.length; member++) {
    if (takes[member] === 0) continue;
    least = Math.min(least, fullness(board, member));
    most = Math.max(most, (board.load[member]! - heaviest[member]!) / capacity[member]!);
  }
  return most <= least;
}
