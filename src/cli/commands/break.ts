import { FailureError, isFailure } from '../../core/failure.ts';
import { breakNow } from '../../replication/break.ts';
import { isPending } from '../../replication/pending.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { readyToInstall } from '../../replication/ready.ts';
import { refusing } from '../../replication/roles.ts';
import { wholly } from '../../replication/settled.ts';
import { EXIT, type Exit, exitOf, worst } from '../exit.ts';
import { age } from '../report/age.ts';
import type { CommandContext } from './command.ts';
import { deciding, type Side, sides } from './sides.ts';

/** Failover: the backup is free to serve, and no owner of any epoch writes to it again. */
export async function breakCommand(context: CommandContext): Promise<Exit> {
  const { report } = context;
  const exits = await context.exclusively(async () => {
    const codes: Exit[] = [];
    const data: unknown[] = [];
    for (const side of await sides(context)) {
      const done = await breakOne(context, side);
      codes.push(done.exit);
      data.push({
        relationship: side.opened.name,
        direction: side.opened.direction,
        broken: done.exit === EXIT.done,
        ...done.data,
      });
    }
    report.set('relationships', data);
    return codes;
  });
  if (isFailure(exits)) throw new FailureError(exits);
  return worst(exits);
}

async function breakOne(context: CommandContext, { opened, definition, damage, prepared }: Side) {
  const { report, commit, mask, host } = context;
  const done = await commit(() => wholly(opened, () => breakNow(opened, definition, deciding(context))));
  if (isFailure(done)) {
    report.fail(done);
    return { exit: exitOf(done.failure), data: {} };
  }
  const { ledger, isOld } = done;
  const entry = ledger.history.findLast(({ what }) => what === 'break');
  const head = `${opened.name}: ${opened.direction}:`;
  if (isOld) {
    const since = entry === undefined ? '' : ` since ${new Date(entry.at).toISOString()}, by ${entry.who}`;
    report.print(`${head} broken already${since}\n`);
  } else {
    report.print(`${head} broken: ${opened.target.title} serves, and nothing is written to it any more\n`);
  }
  const left = isOld ? { missing: [], note: undefined } : leftBehind(prepared);
  for (const { path, why } of left.missing) report.print(mask(`  not replicated: ${path}: ${why}\n`));
  const seen = `what it changed in the last ${age(Math.max(0, host.now() - ledger.proven))} is not known`;
  if (left.note !== undefined) report.print(mask(`  ${left.note}: ${seen}\n`));
  // Without a definition nobody knows the rules: better one too many than one forgotten.
  const ready = damage === undefined ? readyToInstall(opened, ledger) : Object.entries(ledger.onBreak ?? {});
  const waiting = ready.filter(([, { file, installed }]) => file !== null && installed !== file);
  const where = context.options.at === undefined ? '' : ` --at ${context.options.at}`;
  if (waiting.length > 0)
    report.print(
      `  waits to be installed: ${waiting.map(([path]) => path).join(', ')}; warmspare activate ${opened.name}${where}\n`,
    );
  const data = {
    already: isOld,
    sequence: ledger.sequence,
    epoch: ledger.epoch,
    proven: ledger.proven,
    since: entry?.at,
    who: entry?.who,
    notReplicated: left.missing,
    primaryReached: prepared !== undefined && left.note === undefined,
    waiting: waiting.map(([path]) => path),
  };
  return { exit: EXIT.done as Exit, data };
}

interface Left {
  readonly missing: readonly { readonly path: string; readonly why: string }[];
  /** The primary was not read. */
  readonly note?: string | undefined;
}

/** What the primary has and the backup did not get before the break. */
function leftBehind(one: Prepared | undefined): Left {
  if (one === undefined) return { missing: [], note: 'the primary was not asked' };
  const [stopped] = one.plan.held;
  if (stopped !== undefined && refusing(one.plan.held) === undefined)
    return { missing: [], note: `the primary was not read (${stopped.message})` };
  const missing = one.plan.files
    .filter(file => file.held.length > 0 || isPending(one, file))
    .map(file => ({
      path: file.path,
      why:
        file.held.length > 0
          ? `held: ${file.held.map(({ message }) => message).join('; ')}`
          : 'was changed, and not applied yet',
    }));
  return { missing, note: undefined };
}
