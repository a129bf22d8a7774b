import type { Config, Relationship } from '../../config/config.ts';
import type { Exit } from '../exit.ts';
import type { Host } from '../host.ts';
import type { Report } from '../report/report.ts';

export const COMMAND_NAMES = [
  'check',
  'diff',
  'update',
  'verify',
  'explain',
  'status',
  'history',
  'approve',
  'reject',
  'undo',
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
  /** history: so many rows at most. */
  readonly limit?: number;
  /** history: what was held, paused and the like, too. */
  readonly all?: boolean;
  /** update: how a backup with other content gets its baseline. undo: take back what it replaced. */
  readonly baseline?: 'take-primary' | 'keep-local' | true;
  /** The configuration file that the command line names (absolute path). */
  readonly config?: string;
  /** service: the folder of an image, in place of / (absolute path). */
  readonly root?: string;
}

/** All that a command gets. `config` is absent only for commands that need none (demo), or read it themselves (service). */
export interface CommandContext {
  readonly command: CommandName;
  readonly options: CommandOptions;
  /** Other arguments by name: explain has `file` and `place`; approve, reject and undo have `id`; service has `action`. */
  readonly operands: Readonly<Record<string, string>>;
  readonly config?: Config;
  /** Those named on the command line; all of the configuration when none is named. */
  readonly relationships: readonly Relationship[];
  readonly host: Host;
  readonly report: Report;
  /** Runs what must not stop half-way; after an interruption nothing more is begun. */
  readonly commit: <T>(work: () => Promise<T>) => Promise<T>;
  /** Masks secrets of any text, the configuration's own keys included. */
  readonly mask: (text: string) => string;
}

/** Does a command's work; what it throws as FailureError is reported, anything else is a bug. */
export type Command = (context: CommandContext) => Promise<Exit>;
