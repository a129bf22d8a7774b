import type { Opened } from '../replication/opened.ts';
import type { PlanOne } from '../replication/prepare-files.ts';
import type { Clock } from './clock.ts';
import type { Eyes, Sights } from './eyes.ts';
import type { JournalEntry } from './journal/record.ts';
import type { Log } from './log.ts';

/** All of the world that a relationship needs; shared by those of one daemon. */
export interface World {
  readonly clock: Clock;
  readonly log: Log;
  eyes(opened: Opened, sights: Sights): Eyes;
  /** How one file is planned: from what changed, in this process, or in another one. */
  plan(): PlanOne;
  /** Remembers; off the way of the change itself. */
  record(entry: JournalEntry, revisions?: ReadonlyMap<string, Uint8Array>): void;
  /** Remembers over a restart since when a path is held, in milliseconds since 1970; undefined: it is not. */
  rememberHeld(relationship: string, path: string, held: { since: number; id: string } | undefined): void;
  /** A mistake of ours: said, and the process ends, so that it begins anew from what is durable. */
  broken(relationship: string, error: unknown): void;
}
