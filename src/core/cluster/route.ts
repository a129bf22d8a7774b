/**
 * One row of the routing table: who has a task, since which epoch, and why. Only the coordinator writes rows,
 * each by compare-and-set on the row's last revision, so that two who think they coordinate never both
 * decide over the same state of it; and each change of owner raises the epoch, which is what the backup's
 * fence goes by. Hence no task ever has two owners in one epoch.
 */
export interface Route {
  readonly task: string;
  /**
   * Rises with each change of owner, and with each new configuration. The owner brings it to the backup, where a
   * lower one finds nothing to write with any more. 0: nobody has ever had it.
   */
  readonly epoch: number;
  readonly state: RouteState;
  /** Hash of the configuration that the task is run with. A member that has another one may not have it. */
  readonly configuration: string;
  /** Of the configuration: a lower one never takes the place of a higher one. */
  readonly edition: number;
  /** Newest last. */
  readonly previous: readonly Former[];
  /** Who had it before its failure, and gets it back once well again. */
  readonly home?: string;
  /** One sentence for people: why it is as it is now. */
  readonly why: string;
  /** Made of the writer and its count: whoever does not know what came of a write finds it again by this. */
  readonly mark: string;
}

/**
 *     unowned --assign--> owned --(drain, balance, going home, a new configuration)--> releasing
 *        ^                  |  \                                                          |
 *        |                  |   `--(its owner failed: the next one, a higher epoch)--.    | released, or too late
 *        `--nobody may------+<--------------------------------------------------------+---'
 */
export type RouteState =
  | { readonly is: 'unowned' }
  | ({ readonly is: 'owned' } & Owner)
  /** The owner finishes what it does, and tells; then `next` has it. */
  | ({ readonly is: 'releasing'; readonly next: string | undefined } & Owner);

/** A configuration of a task, and how often one was given before it. */
export interface Edition {
  readonly configuration: string;
  readonly edition: number;
}

export interface Owner {
  readonly owner: string;
  /** Of the owner's process: one that begins anew takes a new epoch. */
  readonly incarnation: string;
}

export interface Former {
  readonly owner: string;
  readonly epoch: number;
}

/** How many former owners a row remembers. */
const FORMER_KEPT = 5;

export function ownerOf({ state }: Route): Owner | undefined {
  return state.is === 'unowned' ? undefined : state;
}

type Change = Pick<Route, 'why' | 'mark'> & {
  readonly inForce?: Edition;
  readonly home?: string | undefined;
  /** The new epoch is above this one as well: the backup, or a member's memory, knows of it. */
  readonly above?: number;
};

/** The task goes to an owner, in a higher epoch. */
export function assigned(before: Route, owner: Owner, change: Change): Route {
  return {
    ...kept(before, change),
    epoch: 1 + Math.max(before.epoch, change.above ?? 0),
    state: { is: 'owned', owner: owner.owner, incarnation: owner.incarnation },
    previous: former(before),
  };
}

/** Its owner is asked to finish and let go. Same epoch: until it has, it is the owner. */
export function releasing(before: Route, next: string | undefined, change: Change): Route {
  const owner = ownerOf(before);
  if (owner === undefined) return before;
  const { owner: name, incarnation } = owner;
  return { ...kept(before, change), state: { is: 'releasing', next, owner: name, incarnation } };
}

/** Nobody may have it just now. The epoch stays: the next owner's is higher anyway. */
export function unowned(before: Route, change: Change): Route {
  return { ...kept(before, change), state: { is: 'unowned' }, previous: former(before) };
}

/** A row for a task that has none; `above`: the highest epoch that anybody remembers of it. */
export function newRoute(task: string, inForce: Edition, above: number): Route {
  return {
    task,
    epoch: above,
    state: { is: 'unowned' },
    configuration: inForce.configuration,
    edition: inForce.edition,
    previous: [],
    why: 'it is new in the configuration',
    mark: '',
  };
}

function kept(before: Route, { why, mark, inForce = before, ...rest }: Change): Route {
  const { home: _, ...same } = before;
  const home = 'home' in rest ? rest.home : before.home;
  return {
    ...same,
    configuration: inForce.configuration,
    edition: inForce.edition,
    ...(home === undefined ? {} : { home }),
    why,
    mark,
  };
}

function former({ state, epoch, previous }: Route): readonly Former[] {
  if (state.is === 'unowned') return previous;
  return [...previous, { owner: state.owner, epoch }].slice(-FORMER_KEPT);
}
