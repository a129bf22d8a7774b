import { isApprovable } from '../../core/apply/plan.ts';
import { FailureError, isFailure } from '../../core/failure.ts';
import { findHeld, type Held } from '../../replication/all.ts';
import { withLock } from '../../replication/lock.ts';
import { type PerformOptions, perform } from '../../replication/perform.ts';
import { reject as rejectFile } from '../../replication/reject.ts';
import { EXIT, type Exit, exitOf } from '../exit.ts';
import { count } from '../report/plan.ts';
import type { CommandContext } from './command.ts';
import { prepared } from './prepared.ts';

/** Releases one held change, exactly as it was shown: its id is bound to the bytes of both sides. */
export async function approve(context: CommandContext): Promise<Exit> {
  return settle(context, async ({ prepared: one, file }, options) => {
    const stubborn = file.held.find(failure => !isApprovable(failure));
    if (stubborn !== undefined) {
      const hint = `it can't be approved: it ends when its cause does (${stubborn.hint ?? stubborn.failure})`;
      throw new FailureError({ ...stubborn, hint });
    }
    const failure = await context.commit(() => perform(one, [file], { ...options, what: 'approve' }));
    const verb = file.action === 'delete' ? 'deleted' : 'written';
    const line = `${one.plan.relationship}: ${file.path} ${verb}, ${count(file.swaps.length, 'identifier')} swapped\n`;
    return { failure, line };
  });
}

/** Keeps the backup as it is until the primary changes that place again. */
export async function reject(context: CommandContext): Promise<Exit> {
  return settle(context, async ({ prepared: one, file }, options) => {
    const stubborn = file.held.find(failure => !isApprovable(failure));
    if (stubborn !== undefined) throw new FailureError(stubborn);
    const failure = await context.commit(() => rejectFile(one, file, { ...options, what: 'reject' }));
    return { failure, line: `${one.plan.relationship}: ${file.path} stays as it is on the backup\n` };
  });
}

type Settled = { readonly failure: Awaited<ReturnType<typeof perform>>; readonly line: string };

async function settle(
  context: CommandContext,
  work: (held: Held, options: Omit<PerformOptions, 'what'>) => Promise<Settled>,
): Promise<Exit> {
  const { config, report, host, options, operands } = context;
  const exit = await withLock(config!.state, async (): Promise<Exit> => {
    const held = findHeld(await prepared(context), operands.id!);
    if (isFailure(held)) throw new FailureError(held);
    const reason = options.reason === undefined ? {} : { reason: options.reason };
    const { failure, line } = await work(held, { now: host.now(), ...reason });
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
