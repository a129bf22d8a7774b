import { sha256 } from '../../connectors/file/source.ts';
import { planHash } from '../../core/apply/plan.ts';
import { isFailure } from '../../core/failure.ts';
import { accept, type LeftOut, repair, repairs } from '../../replication/drift.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { refusing } from '../../replication/roles.ts';
import { wholly } from '../../replication/settled.ts';
import { EXIT, type Exit, exitOf, worst } from '../exit.ts';
import { count, printPlan, reportHeld } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { planView } from './prepared.ts';
import { deciding } from './sides.ts';

/** `verify --accept`: what was edited on the backup is meant to be. */
export async function acceptDrift(context: CommandContext, one: Prepared): Promise<Exit> {
  const { report, commit } = context;
  const stopped = refusedOrAway(context, one);
  if (stopped !== undefined) return stopped;
  const done = await commit(() => wholly(one.opened, () => accept(one, deciding(context))));
  if (isFailure(done)) {
    report.fail(done);
    return exitOf(done.failure);
  }
  const { paths, left } = done;
  if (paths.length > 0) report.print(`${one.plan.relationship}: ${paths.join(', ')}: local from now on\n`);
  else if (left.length === 0) report.print(`${one.plan.relationship}: no drift to accept\n`);
  report.set('accepted', paths);
  return worst(reportLeft(context, one, left, OF_ACCEPT));
}

/** `verify --repair`: shows what mends drift, and does it with `--yes`: only what nothing holds. */
export async function repairDrift(context: CommandContext, one: Prepared): Promise<Exit> {
  const { report, commit, options } = context;
  const stopped = refusedOrAway(context, one);
  if (stopped !== undefined) return stopped;
  const { plans, left } = await repairs(one);
  const plan = {
    ...one.plan,
    files: plans,
    held: [],
    hash: planHash(one.plan.relationship, plans, sha256),
  };
  const ready = plans.filter(({ held, action }) => held.length === 0 && action !== 'keep');
  const isHeld = ready.length < plans.length;
  const result = (exit: Exit) => worst([...reportLeft(context, one, left, OF_REPAIR), exit]);
  if (plans.length === 0) {
    if (left.length === 0) report.print(`${one.plan.relationship}: no drift to mend\n`);
    return result(EXIT.done);
  }
  printPlan(report, plan, planView(context));
  reportHeld(report, plan);
  report.set(
    'repair',
    plans.map(({ path, id, held }) => ({ path, id, held: held.length > 0 })),
  );
  if (options.yes !== true) {
    report.print(`# nothing was written: warmspare verify --repair --yes ${one.plan.relationship} does it\n`);
    return result(isHeld ? EXIT.held : EXIT.differences);
  }
  const failure = await commit(() => wholly(one.opened, () => repair(one, ready, deciding(context))));
  if (failure !== undefined) {
    report.fail(failure);
    return exitOf(failure.failure);
  }
  report.print(`${one.plan.relationship}: ${count(ready.length, 'file')} mended\n`);
  return result(isHeld ? EXIT.held : EXIT.done);
}

type Why = LeftOut['why'];

const LEFT_EXIT: Record<Why, Exit> = {
  held: EXIT.held,
  pending: EXIT.notInSync,
  residue: EXIT.differences,
};

const OF_REPAIR: Record<Why, string> = {
  held: 'left as it is: a change of it is held',
  pending: 'left as it is: a change of the primary comes first, see warmspare update',
  residue: 'left as it is: what is the backup’s own there names the primary; correct it there',
};

const OF_ACCEPT: Record<Why, string> = {
  ...OF_REPAIR,
  residue: 'names the primary, which is never local: see warmspare verify, and --repair takes it away',
};

/** Names what was left as it is, with the way out of it. Answers what it makes the command end with. */
function reportLeft(
  { report }: CommandContext,
  one: Prepared,
  left: readonly LeftOut[],
  words: Record<Why, string>,
): Exit[] {
  for (const { file, why } of left) report.print(`${one.plan.relationship}: ${file.path}: ${words[why]}\n`);
  const held = left.filter(({ why }) => why === 'held').map(({ file }) => file);
  reportHeld(report, { ...one.plan, files: held });
  if (left.length > 0)
    report.set(
      'left',
      left.map(({ file, why }) => ({ path: file.path, why })),
    );
  return left.map(({ why }) => LEFT_EXIT[why]);
}

function refusedOrAway({ report }: CommandContext, one: Prepared): Exit | undefined {
  if (one.unreachable !== undefined) return EXIT.notInSync;
  const refused = refusing(one.plan.held);
  if (refused !== undefined) report.fail(refused);
  if (refused !== undefined) return EXIT.refused;
  if (one.plan.held.length === 0) return undefined;
  reportHeld(report, one.plan);
  return EXIT.held;
}
