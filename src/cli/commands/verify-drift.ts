import { sha256 } from '../../connectors/file/source.ts';
import { planHash } from '../../core/apply/plan.ts';
import { isFailure } from '../../core/failure.ts';
import { accept, repair, repairs } from '../../replication/drift.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { refusing } from '../../replication/roles.ts';
import { wholly } from '../../replication/settled.ts';
import { EXIT, type Exit, exitOf } from '../exit.ts';
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
  const what = done.length === 0 ? 'no drift to accept' : `${done.join(', ')}: local from now on`;
  report.print(`${one.plan.relationship}: ${what}\n`);
  report.set('accepted', done);
  return EXIT.done;
}

/** `verify --repair`: shows what mends drift, and does it with `--yes`: only what nothing holds. */
export async function repairDrift(context: CommandContext, one: Prepared): Promise<Exit> {
  const { report, commit, options } = context;
  const stopped = refusedOrAway(context, one);
  if (stopped !== undefined) return stopped;
  const found = await repairs(one);
  const plan = {
    ...one.plan,
    files: found,
    held: [],
    hash: planHash(one.plan.relationship, found, sha256),
  };
  if (found.length === 0) {
    report.print(`${one.plan.relationship}: no drift to mend\n`);
    return EXIT.done;
  }
  printPlan(report, plan, planView(context));
  reportHeld(report, plan);
  const ready = found.filter(({ held, action }) => held.length === 0 && action !== 'keep');
  const isHeld = ready.length < found.length;
  report.set(
    'repair',
    found.map(({ path, id, held }) => ({ path, id, held: held.length > 0 })),
  );
  if (options.yes !== true) {
    report.print(`# nothing was written: warmspare verify --repair --yes ${one.plan.relationship} does it\n`);
    return isHeld ? EXIT.held : EXIT.differences;
  }
  const failure = await commit(() => wholly(one.opened, () => repair(one, ready, deciding(context))));
  if (failure !== undefined) {
    report.fail(failure);
    return exitOf(failure.failure);
  }
  report.print(`${one.plan.relationship}: ${count(ready.length, 'file')} mended\n`);
  return isHeld ? EXIT.held : EXIT.done;
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
