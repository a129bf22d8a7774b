import { ANYBODY, NONE, type Problem } from './placement/problem.ts';
import { BAND, type Mode, solve } from './placement/solve.ts';

/** A running member, as far as its load goes. */
export interface PlacedMember {
  readonly name: string;
  /** How much it can carry beside the others: above 0, of any unit. */
  readonly capacity: number;
  /** Whether it may have tasks now. One that does not loses those it has, as one that is drained should. */
  readonly takes: boolean;
}

export interface PlacedTask {
  readonly name: string;
  /** Its measured cost: above 0, of any unit. */
  readonly weight: number;
  /** The member that has it; of one that is gone the name may stay. */
  readonly owner: string | undefined;
  /** The member that had it before. */
  readonly last: string | undefined;
  /** Names of those that may have it; undefined: all. */
  readonly allowed: readonly string[] | undefined;
}

export interface Placement {
  /** By task, in the order of names; undefined where nobody may have it. */
  readonly owners: ReadonlyMap<string, string | undefined>;
  /** The tasks whose owner is another one than before, in the order of names. */
  readonly moves: readonly Move[];
}

export interface Move {
  readonly task: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * Who has which task. It does not depend on the order of members or tasks; names must differ.
 *
 * Mode `orphans` is for a failure: a task moves only where its owner is gone, may not have it, or takes no
 * tasks; to its last owner where that stays within its share, else to the least loaded that may have it.
 * Mode `balance` is for a join, a leave, a drain, and a person's word: it then levels the loads, except
 * that members are left as they are while the fuller one, without its heaviest task, is fuller by no more
 * than `band` (a part of the mean load). 0 levels all that can be levelled.
 *
 * Throws a RangeError for a weight or capacity that is no number above 0, or a name that comes twice: one wrong
 * number would make every load wrong.
 */
export function place(
  members: readonly PlacedMember[],
  tasks: readonly PlacedTask[],
  mode: Mode,
  band: number = BAND,
): Placement {
  const sortedMembers = byName(members);
  const sortedTasks = byName(tasks);
  const owner = solve(problemOf(sortedMembers, sortedTasks), mode, band);
  const owners = new Map<string, string | undefined>();
  const moves: Move[] = [];
  for (let i = 0; i < sortedTasks.length; i++) {
    const task = sortedTasks[i]!;
    const to = owner[i] === NONE ? undefined : sortedMembers[owner[i]!]!.name;
    owners.set(task.name, to);
    if (to !== task.owner) moves.push({ task: task.name, from: task.owner, to });
  }
  return { owners, moves };
}

/**
 * Whether loads have drifted so far apart that `balance` would take a task from an owner that could keep it.
 * The coordinator asks this now and then about newly measured weights, and balances only when it is so: weights that
 * have changed by less than half the band since tasks were placed never make it so.
 */
export function shouldRebalance(
  members: readonly PlacedMember[],
  tasks: readonly PlacedTask[],
  band: number = BAND,
): boolean {
  const problem = problemOf(byName(members), byName(tasks));
  const kept = solve(problem, 'orphans', band);
  const levelled = solve(problem, 'balance', band);
  return kept.some(
    (member, task) => member === problem.owner[task] && member !== levelled[task] && member !== NONE,
  );
}

/** By the code units of names, which is the same order everywhere. */
function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  // Whoever keeps a table by name has it sorted already, and sorting takes longer than the plan.
  let isSorted = true;
  for (let i = 1; i < all.length && isSorted; i++) isSorted = all[i - 1]!.name < all[i]!.name;
  if (isSorted) return all;
  const sorted = all.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const twice = sorted.find((one, i) => i > 0 && sorted[i - 1]!.name === one.name);
  if (twice !== undefined) throw new RangeError(`two of one name: ${twice.name}`);
  return sorted;
}

/** Both are sorted by name: a member's and a task's number is its place. */
function problemOf(members: readonly PlacedMember[], tasks: readonly PlacedTask[]): Problem {
  const numbers = new Map(members.map(({ name }, number) => [name, number]));
  const numberOf = (name: string | undefined) => (name === undefined ? NONE : (numbers.get(name) ?? NONE));
  const sets = new Sets(numbers);
  const problem = {
    capacity: Float64Array.from(members, one => above0(one.capacity, 'capacity', one.name)),
    takes: Uint8Array.from(members, ({ takes }) => (takes ? 1 : 0)),
    weight: new Float64Array(tasks.length),
    owner: new Int32Array(tasks.length),
    last: new Int32Array(tasks.length),
    allowed: new Int32Array(tasks.length),
    sets: sets.all,
  };
  for (let i = 0; i < tasks.length; i++) {
    const { name, weight, owner, last, allowed } = tasks[i]!;
    problem.weight[i] = above0(weight, 'weight', name);
    problem.owner[i] = numberOf(owner);
    problem.last[i] = numberOf(last);
    problem.allowed[i] = allowed === undefined ? ANYBODY : sets.of(allowed);
  }
  return problem;
}

function above0(value: number, what: string, name: string): number {
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new RangeError(`the ${what} of ${name} is ${value}, which is no number above 0`);
}

/** Tasks that the same members may have share one set, whichever order their names come in. */
class Sets {
  readonly all: Int32Array[] = [];
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #byNames = new Map<readonly string[], number>();
  readonly #byMembers = new Map<string, number>();

  constructor(numbers: ReadonlyMap<string, number>) {
    this.#numbers = numbers;
  }

  of(names: readonly string[]): number {
    const seen = this.#byNames.get(names);
    if (seen !== undefined) return seen;
    const members = Int32Array.from(new Set(names.flatMap(name => this.#numbers.get(name) ?? []))).sort();
    const key = members.join(' ');
    const set = this.#byMembers.get(key) ?? this.all.push(members) - 1;
    this.#byMembers.set(key, set);
    this.#byNames.set(names, set);
    return set;
  }
}
