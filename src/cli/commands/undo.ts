import { FailureError, isFailure } from '../../core/failure.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { wholly } from '../../replication/settled.ts';
import { undoBaseline, undoChange } from '../../replication/undo.ts';
import { EXIT, type Exit } from '../exit.ts';
import { count } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { preparedToWrite, reportUnreachable } from './prepared.ts';

/** Takes one change back on the backup, or with --baseline all of them. */
export async function undo(context: CommandContext): Promise<Exit> {
  const { report, host, options, operands } = context;
  const exit = await context.exclusively(async (): Promise<Exit> => {
    const one = theOne(await preparedToWrite(context), operands.id);
    if (one.unreachable !== undefined) {
      reportUnreachable(context, [one]);
      return EXIT.notInSync;
    }
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const how = { what: 'undo' as const, now: host.now(), ...reason };
    const sequence = sequenceOf(operands.id);
    const undone =
      options.baseline === true
        ? await context.commit(() => wholly(one.opened, () => undoBaseline(one, how)))
        : await context.commit(() => wholly(one.opened, () => undoChange(one, sequence, how)));
    if (isFailure(undone)) throw new FailureError(undone);
    const what =
      options.baseline === true
        ? `${count(undone.paths.length, 'file')} as before the first baseline; the relationship has none now`
        : `change ${undone.sequence} taken back (${undone.paths.join(', ')}); it stays rejected until the primary changes it again`;
    report.print(`${one.plan.relationship}: ${what}\n`);
    const { left = [] } = undone;
    if (left.length > 0)
      report.print(`${one.plan.relationship}: left untouched, the backup’s own: ${left.join(', ')}\n`);
    report.set('undone', undone);
    return EXIT.done;
  });
  if (isFailure(exit)) throw new FailureError(exit);
  return exit;
}

/** `RELATIONSHIP/CHANGE`, `CHANGE`, or nothing where there is only one relationship. */
function theOne(all: readonly Prepared[], id: string | undefined): Prepared {
  const named = id?.includes('/') ? id.slice(0, id.lastIndexOf('/')) : undefined;
  const matching = named === undefined ? all : all.filter(one => one.plan.relationship === named);
  if (matching.length === 1) return matching[0]!;
  throw new FailureError({
    failure: 'usage',
    message:
      matching.length === 0 ? `there is no relationship ${named}` : 'undo takes one relationship at a time',
    hint: `write \`warmspare undo RELATIONSHIP/CHANGE\`, with one of: ${all.map(one => one.plan.relationship).join(', ')}`,
  });
}

function sequenceOf(id: string | undefined): number | undefined {
  if (id === undefined) return undefined;
  const last = id.slice(id.lastIndexOf('/') + 1);
  if (last === '') return undefined;
  const sequence = Number(last);
  if (Number.isInteger(sequence) && sequence > 0) return sequence;
  throw new FailureError({
    failure: 'usage',
    message: `"${id}" is no change`,
    hint: 'name a change by its number, as `warmspare status` shows it',
  });
}
