/** What a member tells of itself, and what others make of it. All times are monotonic milliseconds of the reader. */

/** In the table of members, by the member's own hand; changes when it starts or reads its configuration anew. */
export interface Profile {
  readonly member: string;
  /** Made at each start of the process. */
  readonly incarnation: string;
  /** How much it may carry, beside the others: 2 gets twice as much as 1. */
  readonly weight: number;
  readonly labels: readonly string[];
  /** Of each task that is in its configuration. */
  readonly tasks: Readonly<Record<string, Offer>>;
}

/** As which configuration a member would run a task. */
export interface Offer {
  readonly configuration: string;
  /** Rises whenever a person gives the task another configuration (see `Edition`). */
  readonly edition: number;
  /** Hashes by field, so that a difference can be named. */
  readonly fields: Readonly<Record<string, string>>;
  /** Whether this member can reach the backup at all, by its place (`node:`) and labels. */
  readonly mayOwn: boolean;
  /** `fenced`: the backup itself refuses a stale owner. `leased`: it cannot, so that time has to pass. */
  readonly kind: 'fenced' | 'leased';
}

/** Said again and again: that the member lives, and how its tasks are. */
export interface Beat {
  readonly member: string;
  readonly incarnation: string;
  /** Counts up; a beat that comes late or twice is none. */
  readonly beat: number;
  readonly reports: readonly Report[];
  /** Of the coordinator: the newest beat of each member that it has heard. Who is not heard cannot renew. */
  readonly heard?: Readonly<Record<string, number>>;
  /** It ends in good order, and takes nothing any more. */
  readonly leaving: boolean;
}

/** One task at its owner. */
export interface Report {
  readonly task: string;
  readonly epoch: number;
  readonly state: ReportState;
  /** For people: what it is doing. */
  readonly operation?: string;
  /** Rises whenever something was finished. */
  readonly progress: number;
  /** Something is under way that should come to an end: without progress it is stuck. */
  readonly busy: boolean;
  /** Measured: what the task costs its owner, in thousandths of a core. */
  readonly cost: number;
  /** The epoch that the backup knows of, where that is higher than this one. */
  readonly seen?: number;
  /** The edition that the backup was written with, where that is higher than this one's. */
  readonly seenEdition?: number;
}

/**
 * `unreachable`: the backup, from here. `fenced`: the backup has seen a higher epoch. `ended`: the owner was
 * asked to let go, and nothing of it is under way any more. `ready`: not the owner, but the one for whom it is to be let
 * go, and who could begin at once.
 */
export type ReportState = 'beginning' | 'following' | 'held' | 'unreachable' | 'fenced' | 'ended' | 'ready';

/** A member as another one knows it. */
export interface Known {
  readonly name: string;
  readonly profile: Profile | undefined;
  /** Of the beats; undefined: none was heard since this process was in contact. */
  readonly incarnation: string | undefined;
  readonly beat: number;
  /** When its last beat was heard, or when it could first have been. */
  readonly heard: number;
  readonly leaving: boolean;
  readonly reports: ReadonlyMap<string, Reported>;
  readonly health: Health;
  /** Since when it is in this state of health. */
  readonly since: number;
  /** Rises with each failure, halves with time: who fails often is given nothing for longer. */
  readonly penalty: number;
  readonly penaltyAt: number;
}

/** A report, and since when it says the same. */
export interface Reported extends Report {
  readonly stateSince: number;
  readonly progressSince: number;
}

/**
 *     healthy --no beat for `suspect`--> suspect --for `failed`--> failed
 *        ^-------------a beat--------------'                          |
 *        '---------------a beat, or another incarnation of it---------'
 */
export type Health = 'healthy' | 'suspect' | 'failed';
