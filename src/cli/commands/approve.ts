import { type FilePlan, isApprovable } from '../../core/apply/plan.ts';
import { type Failure, FailureError, isFailure } from '../../core/failure.ts';
import { findHeld, type Held } from '../../replication/all.ts';
import { type PerformOptions, perform } from '../../replication/perform.ts';
import { reject as rejectFile } from '../../replication/reject.ts';
import { refusing } from '../../replication/roles.ts';
import { wholly } from '../../replication/settled.ts';
import { EXIT, type Exit, exitOf } from '../exit.ts';
import { lowerFirst } from '../report/failure.ts';
import { count } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { preparedToWrite } from './prepared.ts';

/** Releases one held change, exactly as it was shown: its id is bound to the bytes of both sides. */
export async function approve(context: CommandContext): Promise<Exit> {
  return settle(context, async ({ prepared: one, file }, options) => {
    const stubborn = stubbornIn(file, 'approved');
    if (stubborn !== undefined) return { stubborn };
    const done = await context.commit(() =>
      wholly(one.opened, () => perform(one, [file], { ...options, what: 'approve' })),
    );
    const failure = isFailure(done) ? done : undefined;
    const verb = file.action === 'delete' ? 'deleted' : 'written';
    const line = `${one.plan.relationship}: ${file.path} ${verb}, ${count(file.swaps.length, 'identifier')} swapped\n`;
    return { failure, line };
  });
}

/** Keeps the backup as it is until the primary changes that place again. */
export async function reject(context: CommandContext): Promise<Exit> {
  return settle(context, async ({ prepared: one, file }, options) => {
    const stubborn = stubbornIn(file, 'rejected');
    if (stubborn !== undefined) return { stubborn };
    const failure = await context.commit(() =>
      wholly(one.opened, () => rejectFile(one, file, { ...options, what: 'reject' })),
    );
    return { failure, line: `${one.plan.relationship}: ${file.path} stays as it is on the backup\n` };
  });
}

/** What no person can settle, with how it ends. */
function stubbornIn(file: FilePlan, verb: string): Failure | undefined {
  const stubborn = file.held.find(failure => !isApprovable(failure));
  if (stubborn === undefined) return undefined;
  const end = lowerFirst(stubborn.hint ?? stubborn.failure);
  return { ...stubborn, hint: `it can't be ${verb}: it ends when its cause does (${end})` };
}

type Settled =
  | { readonly stubborn: Failure }
  | { readonly failure: Failure | undefined; readonly line: string };

async function settle(
  context: CommandContext,
  work: (held: Held, options: Omit<PerformOptions, 'what'>) => Promise<Settled>,
): Promise<Exit> {
  const { report, host, options, operands } = context;
  const exit = await context.exclusively(async (): Promise<Exit> => {
    const all = await preparedToWrite(context);
    const held = findHeld(all, operands.id!);
    if (isFailure(held)) throw new FailureError(refusing(all.flatMap(({ plan }) => plan.held)) ?? held);
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const settled = await work(held, { now: host.now(), ...reason });
    if ('stubborn' in settled) {
      report.fail(settled.stubborn, 'held');
      return EXIT.held;
    }
    const { failure, line } = settled;
    if (failure !== undefined) {
      report.fail(failure);
      return exitOf(failure.failure);
    }
    report.print(line);
    report.set('file', held.file.path);
    report.set('relationship', held.prepared.plan.relationship);
    return EXIT.done;
  });
  if (isFailure(exit)) throw new FailureError(exit);
  return exit;
}
