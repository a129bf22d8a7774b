import type { FilePlan } from '../../core/apply/plan.ts';
import { FailureError, isFailure } from '../../core/failure.ts';
import { isHeld } from '../../replication/all.ts';
import { lostFiles, tellLost } from '../../replication/pending.ts';
import { perform } from '../../replication/perform.ts';
import { matchPlanFile, readPlanFile } from '../../replication/plan-file.ts';
import { applicable, type Prepared } from '../../replication/prepare.ts';
import { notReady } from '../../replication/ready.ts';
import { refusing } from '../../replication/roles.ts';
import { wholly } from '../../replication/settled.ts';
import { astray } from '../../replication/verdict.ts';
import { EXIT, type Exit, exitOf, worst } from '../exit.ts';
import { count, planData, reportHeld } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { diff } from './diff.ts';
import { planView, preparedToWrite, reportUnreachable } from './prepared.ts';

/** Replicates once, now: everything that no guard holds. */
export async function update(context: CommandContext): Promise<Exit> {
  if (context.options.dryRun === true) return diff(context);
  const exits = await context.exclusively(async () => {
    const all = await preparedToWrite(context);
    reportUnreachable(context, all);
    checkPlanFile(context, all);
    context.report.set(
      'plans',
      all.map(({ plan }) => planData(plan, planView(context))),
    );
    context.report.set(
      'lost',
      all.flatMap(one => lostFiles(one).map(file => ({ relationship: one.plan.relationship, ...file }))),
    );
    const codes: Exit[] = [];
    for (const one of all) codes.push(await updateOne(context, one));
    return codes;
  });
  if (isFailure(exits)) throw new FailureError(exits);
  return worst(exits);
}

function checkPlanFile(context: CommandContext, all: readonly Prepared[]): void {
  const { plan: file } = context.options;
  if (file === undefined) return;
  const kept = readPlanFile(readText(context, file), file);
  if (isFailure(kept)) throw new FailureError(kept);
  const isReleased = (failure: string) =>
    failure === 'baseline-differs' && context.options.baseline !== undefined;
  const plans = all.map(one => one.plan);
  const moved = matchPlanFile(kept, plans, file, isReleased);
  if (moved !== undefined) throw new FailureError(moved);
}

function readText({ host }: CommandContext, file: string): string {
  try {
    return new TextDecoder('utf-8').decode(host.machine.read(file));
  } catch (error) {
    throw new FailureError({
      failure: 'usage',
      message: `the plan file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
      at: { file },
      hint: 'make one with `warmspare diff --out plan.json`',
    });
  }
}

/** Carries out what may be applied of a prepared relationship, and says what it did. */
export async function updateOne(context: CommandContext, one: Prepared): Promise<Exit> {
  const { report, host, options, commit } = context;
  const { plan } = one;
  if (one.unreachable !== undefined) return EXIT.notInSync;
  const refused = refusing(plan.held);
  if (refused !== undefined) {
    report.fail(refused);
    return EXIT.refused;
  }
  const files = applicable(plan);
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  if (plan.held.length === 0) {
    const done = await commit(() =>
      wholly(one.opened, () => perform(one, files, { what: 'update', now: host.now(), ...reason })),
    );
    if (isFailure(done)) {
      report.fail(done);
      return exitOf(done.failure);
    }
  }
  const lost = lostFiles(one);
  report.print(`${plan.relationship}: ${plan.direction}: ${whatWasDone(one, files, lost.length)}\n`);
  for (const file of lost) report.print(`${plan.relationship}: ${tellLost(file)}\n`);
  reportHeld(report, plan);
  if (isHeld(plan)) return EXIT.held;
  const edited = astray(one).map(({ path }) => path);
  if (edited.length > 0) {
    report.print(
      `${plan.relationship}: ${edited.join(', ')}: edited on the backup; warmspare verify shows it\n`,
    );
  }
  if (edited.length > 0 || lost.length > 0) return EXIT.notInSync;
  return notReady(one).length > 0 ? EXIT.notReady : EXIT.done;
}

/** "Nothing to do" is said only where nothing waits for anybody. */
function whatWasDone({ plan }: Prepared, files: readonly FilePlan[], lost: number): string {
  const swaps = files.reduce((sum, file) => sum + file.swaps.length, 0);
  if (files.length > 0)
    return `${count(files.length, 'file')} written, ${count(swaps, 'identifier')} swapped (plan ${plan.hash.slice(0, 12)})`;
  const held = plan.files.filter(file => file.held.length > 0).length;
  if (held > 0) return `nothing written, ${count(held, 'file')} held`;
  return plan.held.length > 0 || lost > 0 ? 'nothing written' : 'nothing to do';
}
