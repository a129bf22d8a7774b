import { type Board, fullness, give } from './board.ts';
import { Heap } from './heap.ts';
import { DUST } from './level.ts';
import type { Standing } from './standing.ts';

/** Members that give tasks of one circle, the fullest first, and members that take them. */
export interface Exchange {
  readonly board: Board;
  readonly standing: Standing;
  readonly givers: Int32Array;
  readonly takers: Int32Array;
  /** By member, of all its tasks. */
  readonly heaviest: Float64Array;
  /** Of load per capacity: how far two members may be apart. */
  readonly slack: number;
}

/**
 * Heavy tasks first, each where it neither brings its giver below its share nor its taker above: few moves,
 * and no load moved that need not be. Where the takers lack less than the givers have too much, the
 * fullest givers go first. Each of these functions returns how many tasks it moved.
 *
 * Of many members each has only a little too much when one joins, and would give crumbs: ten times as many
 * tasks as one of them has. So a giver that might as well stay as it is may also go a little below its share.
 */
export function fit(exchange: Exchange): number {
  const { board, standing, givers } = exchange;
  const { list, from, to, share, full, reach } = standing;
  const { weight } = board.problem;
  const heap = heapOf(exchange);
  const keep = levelToKeep(exchange);
  let moved = 0;
  for (const giver of givers) {
    const aim = Math.max(share[giver]!, keep * board.problem.capacity[giver]!) * (1 + DUST);
    const least = aim * (1 - 2 * DUST) - leeway(exchange, giver);
    for (let i = from[giver]!; i < to[giver]! && board.load[giver]! > aim; i++) {
      const task = list[i]!;
      const taker = heap.top;
      if (reach[giver]! <= full[taker]! + exchange.slack) break;
      if (board.load[giver]! - weight[task]! < least) continue;
      if (board.load[taker]! + weight[task]! > share[taker]! * (1 + DUST)) continue;
      give(board, task, taker);
      heap.grown(fullness(board, taker));
      moved++;
    }
  }
  return moved;
}

/** How far a giver may go below its share: nothing, where it is above by more than a usual task or a part of the slack. */
function leeway({ board, standing, slack }: Exchange, giver: number): number {
  const { list, from, to, share } = standing;
  const most = (slack * board.problem.capacity[giver]!) / SLACK_PARTS;
  const tooMuch = board.load[giver]! - share[giver]!;
  const median = board.problem.weight[list[(from[giver]! + to[giver]!) >> 1]!]!;
  return tooMuch <= Math.min(most, median) ? most : 0;
}

/** So that a member that went below its share is still far from being one that takes. */
const SLACK_PARTS = 4;

/**
 * Whoever would be above its share even without its heaviest task gives on, although the taker then goes
 * above its own: by less than the task, and so by less than the giver was.
 */
export function relieve(exchange: Exchange): number {
  const { board, standing, givers, heaviest, slack } = exchange;
  const { list, from, to, share, level } = standing;
  const { weight, capacity } = board.problem;
  const heap = heapOf(exchange);
  let moved = 0;
  for (const giver of givers) {
    const most = heaviest[giver]! + (level + slack) * capacity[giver]! * (1 - DUST);
    for (let i = from[giver]!; i < to[giver]! && board.load[giver]! >= most; i++) {
      const task = list[i]!;
      const taker = heap.top;
      if (board.load[taker]! >= share[taker]! * (1 - DUST)) return moved;
      if (board.owner[task] !== giver) continue;
      if (board.load[giver]! - weight[task]! < share[giver]! * (1 - DUST)) continue;
      give(board, task, taker);
      heap.grown(fullness(board, taker));
      moved++;
    }
  }
  return moved;
}

/**
 * What is left to a giver above its share is less than a task, and all these parts together may be most of
 * what a new member lacks. The fullest gives its lightest task as long as that brings the two nearer to each
 * other, keeps the taker within its share, and it lacks something that is worth a move. None gives
 * so much that it would take from the others next.
 */
export function fillUp(exchange: Exchange): number {
  const { board, standing, givers, takers, slack } = exchange;
  const { list, from, to, share, full, reach } = standing;
  const { weight, capacity } = board.problem;
  const takersHeap = heapOf(exchange);
  const giversHeap = new Heap(board.rank);
  giversHeap.fill(givers, member => -fullness(board, member));
  const next = to.slice();
  let taking = Number.NEGATIVE_INFINITY;
  for (const giver of givers) {
    const rest = (board.load[giver]! - exchange.heaviest[giver]!) / capacity[giver]!;
    taking = Math.max(taking, rest - slack);
  }
  let moved = 0;
  while (giversHeap.size > 0 && takers.length > 0) {
    const giver = giversHeap.top;
    const taker = takersHeap.top;
    while (next[giver]! > from[giver]! && board.owner[list[next[giver]! - 1]!] !== giver) next[giver]!--;
    const task = list[next[giver]! - 1]!;
    const gap = fullness(board, giver) - fullness(board, taker);
    const isWorthIt =
      next[giver]! > from[giver]! &&
      board.load[giver]! > share[giver]! * (1 + DUST) &&
      board.load[taker]! < share[taker]! - (slack * capacity[taker]!) / SLACK_PARTS &&
      reach[giver]! > full[taker]! + slack &&
      board.load[giver]! - weight[task]! >= taking * capacity[giver]! * (1 - DUST) &&
      board.load[taker]! + weight[task]! <= share[taker]! * (1 + DUST) &&
      weight[task]! * (1 / capacity[giver]! + 1 / capacity[taker]!) < 2 * gap * (1 - DUST);
    if (!isWorthIt) {
      giversHeap.drop();
      continue;
    }
    give(board, task, taker);
    takersHeap.grown(fullness(board, taker));
    giversHeap.grown(-fullness(board, giver));
    moved++;
  }
  return moved;
}

function heapOf({ board, takers }: Exchange): Heap {
  const heap = new Heap(board.rank);
  heap.fill(takers, member => fullness(board, member));
  return heap;
}

/** The load per capacity down to which givers give all in all as much as the takers lack. */
function levelToKeep({ board, standing, givers, takers }: Exchange): number {
  const { share, level, full } = standing;
  let lacking = 0;
  for (const taker of takers) lacking += share[taker]! - board.load[taker]!;
  const given = (keep: number) => {
    let sum = 0;
    for (const giver of givers) {
      const least = Math.max(share[giver]!, keep * board.problem.capacity[giver]!);
      sum += Math.max(0, board.load[giver]! - least);
    }
    return sum;
  };
  if (given(level) <= lacking * (1 + DUST)) return level;
  let low = level;
  let high = full[givers[0]!]!;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (given(middle) > lacking) low = middle;
    else high = middle;
  }
  return low;
}

/** Each halves what the level may be wrong by; beyond this many it is not worth a task. */
const HALVINGS = 30;
