import { isEffective } from '../../core/apply/plan.ts';
import { FailureError } from '../../core/failure.ts';
import { isHeld } from '../../replication/all.ts';
import { writePlanFile } from '../../replication/plan-file.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { refusing } from '../../replication/roles.ts';
import { EXIT, type Exit, worst } from '../exit.ts';
import type { Host } from '../host.ts';
import { planData, printPlan, reportHeld } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { planView, prepared, reportUnreachable } from './prepared.ts';

/** The dry run: what `update` would do, and nothing else. */
export async function diff(context: CommandContext): Promise<Exit> {
  const { report, options, host } = context;
  const all = await prepared(context);
  const view = planView(context);
  reportUnreachable(context, all);
  for (const { plan, waiting, unreachable } of all) {
    if (plan.files.some(isEffective)) printPlan(report, plan, view);
    else if (!isHeld(plan)) {
      const found =
        unreachable === undefined ? 'nothing to do' : 'not compared, the backup cannot be reached';
      report.print(`# ${plan.relationship}: ${plan.direction}: ${found}\n`);
    }
    for (const path of waiting) report.print(`# ${path}: waits for break (apply: on-break), kept ready\n`);
    reportHeld(report, plan);
  }
  report.set(
    'plans',
    all.map(({ plan, waiting }) => ({ ...planData(plan, view), waiting })),
  );
  if (options.out !== undefined) keepPlan(host, options.out, writePlanFile(all.map(one => one.plan)));
  return worst(all.map(exitOfDiff));
}

function keepPlan(host: Host, file: string, content: string): void {
  try {
    host.writeFile(file, content);
  } catch (error) {
    throw new FailureError({
      failure: 'unwritable',
      message: `the plan cannot be kept (${(error as NodeJS.ErrnoException).code})`,
      at: { file },
      hint: 'name a file in a folder that is there and that this user may write',
    });
  }
}

function exitOfDiff({ plan, unreachable }: Prepared): Exit {
  if (unreachable !== undefined) return EXIT.notInSync;
  if (refusing(plan.held) !== undefined) return EXIT.notInSync;
  if (isHeld(plan)) return EXIT.held;
  return plan.files.some(isEffective) ? EXIT.differences : EXIT.done;
}
