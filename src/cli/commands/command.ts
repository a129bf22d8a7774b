import type { Order } from '../../cluster/member/wire.ts';
import type { Config, Relationship } from '../../config/config.ts';
import type { Failure } from '../../core/failure.ts';
import type { JournalEntry } from '../../daemon/journal/record.ts';
import type { ClusterView } from '../../daemon/membership/view.ts';
import type { Opening } from '../../replication/all.ts';
import type { Standing } from '../../replication/standing.ts';
import type { Exit } from '../exit.ts';
import type { Host } from '../host.ts';
import type { Report } from '../report/report.ts';

export const COMMAND_NAMES = [
  'check',
  'diff',
  'update',
  'verify',
  'explain',
  'run',
  'status',
  'history',
  'pause',
  'resume',
  'approve',
  'reject',
  'undo',
  'break',
  'activate',
  'resync',
  'release',
  'cluster',
  'service',
  'demo',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

/** The options of all commands; each command gets those that program.ts gives it. */
export interface CommandOptions {
  readonly json?: boolean;
  /** Commands that change something: why, for the history. */
  readonly reason?: string;
  /** diff: keep the plan in this file (absolute path). */
  readonly out?: string;
  /** diff: print secrets as they are. */
  readonly showSecrets?: boolean;
  /** update: apply exactly the plan of this file (absolute path). */
  readonly plan?: string;
  /** update: what `diff` does. */
  readonly dryRun?: boolean;
  /** status: again and again until it is interrupted. */
  readonly watch?: boolean;
  /** pause: how long, in milliseconds. */
  readonly for?: number;
  /** history: so many rows at most. */
  readonly limit?: number;
  /** history: what was held, paused and the like, too. */
  readonly all?: boolean;
  /** update: how a backup with other content gets its baseline. undo: take back what it replaced. */
  readonly baseline?: 'take-primary' | 'keep-local' | true;
  /** The configuration file that the command line names (absolute path). */
  readonly config?: string;
  /** break, activate, release: the root of the backup, to work there alone (absolute path). */
  readonly at?: string;
  /** resync: the roles are exchanged, or the broken side follows again. */
  readonly reverse?: boolean;
  readonly forward?: boolean;
  /** resync: what becomes of what the losing side changed on its own. */
  readonly orphans?: 'keep' | 'drop';
  /** verify: make drift local, or mend it; mending needs a yes. */
  readonly accept?: boolean;
  readonly repair?: boolean;
  readonly yes?: boolean;
  /** demo: three members, one of which is killed. */
  readonly cluster?: boolean;
  /** service: the folder of an image, in place of / (absolute path). */
  readonly root?: string;
}

/** All that a command gets. `config` is absent only for commands that need none (demo, --at), or read it themselves (service). */
export interface CommandContext {
  readonly command: CommandName;
  readonly options: CommandOptions;
  /** Other arguments by name: explain has `file` and `place`; approve, reject and undo have `id`; service and cluster have `action`, cluster also `member`. */
  readonly operands: Readonly<Record<string, string>>;
  readonly config?: Config;
  /** Those named on the command line; all of the configuration when none is named. */
  readonly relationships: readonly Relationship[];
  /** Those named on the command line, as they were written. */
  readonly names: readonly string[];
  readonly host: Host;
  readonly report: Report;
  /**
   * Runs work while nobody else replicates these relationships: under the state's lock, or in the daemon
   * that has it. A Failure: somebody else has it.
   */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T | Failure>;
  /** How the relationships are opened and planned, where a daemon has them open already. */
  readonly opening?: Opening;
  /** What only a running daemon knows and does; absent where the command runs alone. */
  readonly live?: Live;
  /** Runs what must not stop half-way; after an interruption nothing more is begun. */
  readonly commit: <T>(work: () => Promise<T>) => Promise<T>;
  /** Masks secrets of any text, the configuration's own keys included. */
  readonly mask: (text: string) => string;
}

/** The running daemon, to a command that it serves. */
export interface Live {
  standings(names: readonly string[]): Promise<readonly Standing[]>;
  /** Absent: this daemon is no member of a cluster. */
  readonly cluster?: {
    view(): ClusterView;
    /** A person's word, carried out by whoever coordinates; undefined: it was, else why not. */
    order(order: Order): Promise<string | undefined>;
  };
  /** How the daemon's process itself is. */
  vitals(): { readonly pid: number; readonly rssBytes: number; readonly longestDelayMs: number };
  /** `until`: milliseconds since 1970; absent: until `resume`. */
  pause(name: string, pause: { until?: number; reason?: string }): Promise<Failure | undefined>;
  resume(name: string): Promise<Failure | undefined>;
  /** Writes something down in the journal. */
  record(entry: JournalEntry): void;
}

/** Does a command's work; what it throws as FailureError is reported, anything else is a bug. */
export type Command = (context: CommandContext) => Promise<Exit>;
