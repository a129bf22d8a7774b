import type { Lease } from './lease.ts';
import type { Beat, Profile } from './member.ts';
import type { Route } from './route.ts';
import type { Floor, Told } from './state.ts';

/** What can happen to a member of a cluster. `at`: its own monotonic clock in milliseconds. */
export type ClusterEvent = { readonly at: number } & (
  | { readonly is: 'contact' }
  | { readonly is: 'contact-lost'; readonly why: string }
  | { readonly is: 'heard'; readonly beat: Beat }
  /** A member's record; undefined: it is gone. */
  | { readonly is: 'profile'; readonly member: string; readonly profile: Profile | undefined }
  /** A person's word about a member; undefined: it may have tasks again. */
  | { readonly is: 'drained'; readonly member: string; readonly why: string | undefined }
  /**
   * An entry of a table as it is told, or read. `refuted`: a write that named this revision came too late, so that
   * what was told as it stands there no more, or was never more than what a server that was cut off had taken.
   */
  | {
      readonly is: 'lease';
      readonly lease: Lease | undefined;
      readonly revision: number;
      readonly refuted?: number;
    }
  /** `sent`, `mark`: of the write that is answered. What contact was lost over is answered late, and is not the newest. */
  | { readonly is: 'lease-written'; readonly sent: number; readonly outcome: Outcome }
  | {
      readonly is: 'row';
      readonly task: string;
      readonly route: Route | undefined;
      readonly revision: number;
      readonly refuted?: number;
    }
  /** All rows there are have been told; what this member has beside these the engine has lost. */
  | { readonly is: 'rows-told'; readonly tasks: readonly string[] }
  | { readonly is: 'row-written'; readonly task: string; readonly mark: string; readonly outcome: Outcome }
  /** What a task that this member has tells of itself. */
  | { readonly is: 'told'; readonly task: string; readonly epoch: number; readonly told: Told }
  /** What it takes to begin that task is at hand: see `make-ready`. */
  | { readonly is: 'made-ready'; readonly task: string; readonly epoch: number }
  /** Nothing of that duty is under way any more. */
  | { readonly is: 'ended'; readonly task: string; readonly epoch: number }
  /** A member's answer, whether it reaches the backup of a task. */
  | { readonly is: 'answered'; readonly task: string; readonly member: string; readonly reaches: boolean }
  /** A person had the configuration read anew. */
  | { readonly is: 'configured'; readonly self: Profile }
  /** What this member remembers from before its start. */
  | { readonly is: 'remembered'; readonly floors: ReadonlyMap<string, Floor> }
  | { readonly is: 'rebalance' }
  | { readonly is: 'clock' }
  | { readonly is: 'stop' }
);

export type Outcome =
  | { readonly is: 'written'; readonly revision: number }
  | { readonly is: 'conflict' }
  | { readonly is: 'unknown' };

/** What a member is to do. */
export type ClusterEffect =
  | { readonly is: 'beat'; readonly beat: Beat }
  /** This member's own record, to be written and kept for the next start. */
  | { readonly is: 'write-profile'; readonly profile: Profile }
  | {
      readonly is: 'write-lease';
      readonly lease: Lease;
      readonly expected: number | undefined;
      readonly sent: number;
    }
  | { readonly is: 'write-row'; readonly route: Route; readonly expected: number | undefined }
  /** Keep this task in step, in this epoch. */
  | { readonly is: 'begin'; readonly task: string; readonly epoch: number; readonly configuration: string }
  /** Finish what is under way, begin nothing, and tell when that is so. */
  | { readonly is: 'end'; readonly task: string; readonly epoch: number }
  /** The task will be this member's soon: do all that can be done before, which has no effect on the backup. */
  | { readonly is: 'make-ready'; readonly task: string; readonly epoch: number }
  /** It will not: what was made ready is of no use. */
  | { readonly is: 'unready'; readonly task: string }
  /** Ask every other member whether it can reach the backup. */
  | { readonly is: 'inquire'; readonly task: string }
  | { readonly is: 'say'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly is: 'left' };
