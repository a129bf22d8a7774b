import type { Failure } from '../core/failure.ts';
import { askDaemon } from '../daemon/control/client.ts';
import { PROTOCOL } from '../daemon/control/protocol.ts';
import type { CommandContext, CommandName } from './commands/command.ts';
import type { Exit } from './exit.ts';
import { personOf } from './person.ts';

/** What a running daemon does itself, because it knows more, or because nobody else may meanwhile. */
const FORWARDED: ReadonlySet<CommandName> = new Set([
  'status',
  'update',
  'approve',
  'reject',
  'undo',
  'break',
  'resync',
  'release',
  'cluster',
  'pause',
  'resume',
]);

/** Has the running daemon carry out the command; undefined: it is for this process to do. */
export async function forwarded(context: CommandContext): Promise<Exit | undefined> {
  const { command, options, operands, config, relationships, host, report } = context;
  const isDryRun = options.dryRun === true;
  const isChange = FORWARDED.has(command) || options.accept === true || options.repair === true;
  if (config === undefined || !isChange || isDryRun) return undefined;
  const { json: _, watch: _watch, ...own } = options;
  const request = {
    protocol: PROTOCOL,
    command,
    config: config.file,
    options: own,
    operands: { ...operands },
    relationships: relationships.map(({ name }) => name),
    who: personOf(host),
  } as const;
  const exit = await askDaemon(
    config.state,
    request,
    answer => {
      if ('print' in answer) report.print(answer.print);
      else if ('set' in answer) report.set(answer.set, answer.value);
      else report.fail(answer.fail as unknown as Failure[], answer.severity);
    },
    host.signal,
  );
  return exit as Exit | undefined;
}
