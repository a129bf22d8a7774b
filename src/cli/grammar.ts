import { type Command, Option } from '@commander-js/extra-typings';
import type { CommandName } from './commands/command.ts';

/** Hands on what the command line asks for. */
export type Ask = (
  command: CommandName,
  options: object,
  relationships?: readonly string[],
  operands?: Readonly<Record<string, string | undefined>>,
) => void;

// biome-ignore lint/suspicious/noExplicitAny: the options of the program do not matter to its commands
export type Program = Command<any, any, any>;

export const NAMES = 'names of relationships (default: all)';

export function reason() {
  return new Option('--reason <text>', 'why, for the history');
}

export function examples(lines: readonly string[]): string {
  return ['\nExamples:', ...lines.map(line => `  $ ${line}`)].join('\n');
}
