import type { Failure } from '../failure.ts';

/**
 * How a member of a cluster has a task, as the routing table gave it. The epochs of the fence tell who of two
 * came to the backup later; a tenure tells who of them was meant to. A member that was stopped, and wakes when the
 * task has long been another's, would get the higher epoch at the backup, and must get none.
 */
export interface Tenure {
  /** Of the routing table: rises with each change of owner. */
  readonly epoch: number;
  /** Of the configuration that the task is run with: rises when a person gives it another one. */
  readonly edition: number;
  /** The member. Two in one epoch are a mistake of the table's, and the first one stays. */
  readonly owner: string;
}

/** Why a tenure was refused: the backup knows of a later one. */
export interface Outranked extends Failure {
  readonly failure: 'fenced';
  /** The epoch of the task that the backup knows of, where that is what refused the claim. */
  readonly seen?: number;
  /** The same of the edition of its configuration. */
  readonly seenEdition?: number;
}

export function isOutranked(failure: Failure): failure is Outranked {
  return 'seen' in failure || 'seenEdition' in failure;
}

/** What is known of several, as one; of two of one epoch the first stays. An edition is not forgotten with its epoch. */
export function highestOf(known: Iterable<Tenure | undefined>): Tenure | undefined {
  let highest: Tenure | undefined;
  for (const one of known) {
    if (one === undefined) continue;
    const { epoch, owner } = highest === undefined || one.epoch > highest.epoch ? one : highest;
    highest = { epoch, edition: Math.max(highest?.edition ?? 0, one.edition), owner };
  }
  return highest;
}

export function isSameTenure(one: Tenure | undefined, other: Tenure | undefined): boolean {
  return one?.epoch === other?.epoch && one?.edition === other?.edition && one?.owner === other?.owner;
}

/** Whether a claim comes too late. A person's word claims no tenure, and is outranked by none. */
export function outranks(known: Tenure | undefined, claimed: Tenure | undefined): boolean {
  if (known === undefined || claimed === undefined) return false;
  return isOvertaken(claimed, known) || known.edition > claimed.edition;
}

function isOvertaken(claimed: Tenure, { epoch, owner }: Tenure): boolean {
  return epoch > claimed.epoch || (epoch === claimed.epoch && owner !== claimed.owner);
}

/**
 * Whether an owner that carries this one on would have another one forgotten: the directories of those who had
 * the backup before are removed, and what they told with them.
 */
export function isForgotten(known: Tenure | undefined, carried: Tenure | undefined): boolean {
  return carried === undefined ? known !== undefined : outranks(known, carried);
}

/** What a claim that is outranked is told. */
export function outranked(known: Tenure, claimed: Tenure, file: string): Outranked {
  const { epoch, edition, owner } = known;
  const [isEpoch, isEdition] = [isOvertaken(claimed, known), edition > claimed.edition];
  return {
    failure: 'fenced',
    message: isEpoch
      ? `${owner} has this task in epoch ${epoch}, and ${claimed.owner} had it in epoch ${claimed.epoch}; this one writes nothing to the backup any more`
      : `the backup was written by edition ${edition} of the configuration (${owner}), and ${claimed.owner} has edition ${claimed.edition}; this one writes nothing to it`,
    at: { file },
    hint: isEdition
      ? `bring ${claimed.owner} the configuration file that ${owner} has`
      : `leave the task to ${owner}: ${claimed.owner} goes on when the cluster gives it the task in a higher epoch`,
    ...(isEpoch ? { seen: epoch } : {}),
    ...(isEdition ? { seenEdition: edition } : {}),
  };
}
