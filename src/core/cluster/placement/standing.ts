import { type Board, fullness } from './board.ts';
import { DUST, levelOf } from './level.ts';

/** How the members of one circle stand, before tasks of this circle are moved between them. */
export interface Standing {
  /** The tasks of this circle by owner, the heaviest first: of a member from `from` to before `to`. */
  readonly list: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** The load per capacity that moving them could bring about. */
  readonly level: number;
  /** By member: the load at that level; more where it cannot go so low. */
  readonly share: Float64Array;
  /** By member: its load per capacity. */
  readonly full: Float64Array;
  /** By member: the same less its allowance. Who lies below that gets tasks of it. */
  readonly reach: Float64Array;
  /** Above their share, the fullest first; and below it. */
  readonly above: Int32Array;
  readonly below: Int32Array;
}

/** `tasks`: those of the circle, heavy ones first. `allowance`: by member, the load that does not make it give. */
export function standingOf(
  board: Board,
  members: Int32Array,
  tasks: Int32Array,
  allowance: Float64Array,
): Standing {
  const { load, problem, rank } = board;
  const { capacity } = problem;
  const size = capacity.length;
  const lists = byOwner(board, tasks);
  const share = new Float64Array(size);
  const full = new Float64Array(size);
  const reach = new Float64Array(size);
  let total = 0;
  for (const member of members) {
    total += load[member]!;
    full[member] = fullness(board, member);
    reach[member] = (load[member]! - allowance[member]!) / capacity[member]!;
    // Its tasks of other circles stay, and one of these: where that alone is too much, no move mends it.
    share[member] = load[member]! - lists.sum[member]! + lists.most[member]!;
  }
  const level = levelOf(members, share, capacity, total);
  for (const member of members) share[member] = Math.max(share[member]!, level * capacity[member]!);
  const dust = (member: number) => DUST * share[member]!;
  const above = members.filter(member => load[member]! - share[member]! > dust(member));
  above.sort((a, b) => full[b]! - full[a]! || rank[a]! - rank[b]!);
  const below = members.filter(member => share[member]! - load[member]! > dust(member));
  return { list: lists.list, from: lists.from, to: lists.to, level, share, full, reach, above, below };
}

function byOwner({ owner, problem }: Board, tasks: Int32Array) {
  const size = problem.capacity.length;
  const sum = new Float64Array(size);
  const most = new Float64Array(size);
  const count = new Int32Array(size);
  for (let i = 0; i < tasks.length; i++) {
    const member = owner[tasks[i]!]!;
    const weight = problem.weight[tasks[i]!]!;
    count[member]!++;
    sum[member]! += weight;
    if (weight > most[member]!) most[member] = weight;
  }
  const from = new Int32Array(size);
  for (let member = 1; member < size; member++) from[member] = from[member - 1]! + count[member - 1]!;
  const to = from.slice();
  const list = new Int32Array(tasks.length);
  for (let i = 0; i < tasks.length; i++) list[to[owner[tasks[i]!]!]!++] = tasks[i]!;
  return { list, from, to, sum, most };
}
