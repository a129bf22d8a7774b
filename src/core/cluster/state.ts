import type { LeaseView } from './lease.ts';
import type { Known, Profile, ReportState } from './member.ts';
import type { Route } from './route.ts';

/** A row of this member's copy of the routing table. */
export interface Row {
  readonly route: Route;
  /** Of the engine's table; undefined: the engine has lost it, and it is told again or made anew. */
  readonly revision: number | undefined;
}

/** A task that this member has been given. */
export interface Duty {
  readonly task: string;
  readonly epoch: number;
  readonly configuration: string;
  /** `ended`: nothing of it is under way any more, and its epoch is not used again by this process. */
  readonly stage: 'running' | 'ending' | 'ended';
  /** What it told of itself last. */
  readonly told: Told;
}

/** What a task's owner tells of it, without what the duty knows by itself. */
export interface Told {
  readonly state: Exclude<ReportState, 'ended' | 'ready'>;
  readonly operation?: string;
  readonly progress: number;
  readonly busy: boolean;
  readonly cost: number;
  readonly seen?: number;
  readonly seenEdition?: number;
}

/** What this member makes ready of a task that is to be let go for it; the epoch is its owner's. */
export interface Making {
  readonly epoch: number;
  readonly isReady: boolean;
}

/** The highest that was ever seen of a task: what is made anew is made above it. */
export interface Floor {
  readonly epoch: number;
  readonly edition: number;
}

/** Who was asked whether it can reach a backup, and who answered. */
export interface Inquiry {
  readonly asked: number;
  readonly answers: ReadonlyMap<string, boolean>;
}

/**
 * One member's whole knowledge of its cluster, and its part in it.
 *
 *     joining --contact, routes told--> running --stop--> leaving --nothing left, or too late--> left
 */
export interface ClusterState {
  readonly stage: 'joining' | 'running' | 'leaving' | 'left';
  /** When the stage began. */
  readonly since: number;
  readonly self: Profile;
  /** When anything happened last: the clock ticks often, so that a gap means that this process did not run. */
  readonly at: number;
  /** Since when there has been contact with the engine; undefined: there is none. */
  readonly contact: number | undefined;
  /** All rows were told since contact was found. */
  readonly isTold: boolean;
  readonly members: ReadonlyMap<string, Known>;
  /** By whom and why, as a person said; by member. */
  readonly drained: ReadonlyMap<string, string>;
  readonly lease: LeaseView;
  /** Since when this member has coordinated without a break; undefined: it does not. */
  readonly coordinatesSince: number | undefined;
  readonly rows: ReadonlyMap<string, Row>;
  /** Kept over restarts, so that a table which the engine has lost is made anew above all that was in it. */
  readonly floors: ReadonlyMap<string, Floor>;
  /** Rows that are being written, by task. */
  readonly writing: ReadonlyMap<string, Route>;
  readonly writes: number;
  readonly duties: ReadonlyMap<string, Duty>;
  readonly making: ReadonlyMap<string, Making>;
  /** Tasks that were let go in good order and are not at work elsewhere yet, and since when. */
  readonly passing: ReadonlyMap<string, number>;
  /** When a task of its own ended last: who leaves has not come to a stop as long as that goes on. */
  readonly ended: number;
  readonly beats: number;
  readonly beatDue: number;
  /** When the newest own beat that the coordinator is known to have heard was sent. */
  readonly confirmed: number;
  /** Beats that were sent, and when, until they are confirmed. */
  readonly sent: readonly { readonly beat: number; readonly at: number }[];
  /** Since when a row has said that its owner is to let go. */
  readonly releasing: ReadonlyMap<string, number>;
  readonly inquiries: ReadonlyMap<string, Inquiry>;
  /** Members that a task is not given to for a while, by `task member`, until then. */
  readonly avoided: ReadonlyMap<string, number>;
  /** For whom balance was last looked at: who took tasks then, and which tasks there were. */
  readonly balanced: string;
  /** When it was last looked whether loads have drifted apart. */
  readonly levelled: number;
  /** What balance asked for when it was looked at, and has not been done yet: the next owner, by task. */
  readonly moves: ReadonlyMap<string, string>;
  /** When this member looked at all tasks last, as their coordinator. */
  readonly decided: number;
  /** A person asked for balance. */
  readonly rebalance: boolean;
}
