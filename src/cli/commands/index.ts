import { check } from './check.ts';
import type { Command, CommandName } from './command.ts';

/** What does the work of each command. */
export const commands: Partial<Record<CommandName, Command>> = { check };
