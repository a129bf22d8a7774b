import { FailureError, isFailure } from '../../core/failure.ts';
import { type Opening, prepareAll } from '../../replication/all.ts';
import { settleFirst } from '../../replication/owner.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { personOf } from '../person.ts';
import type { PlanView } from '../report/plan.ts';
import type { CommandContext } from './command.ts';

/** Both sides of the selected relationships, read and planned; nothing written. */
export function prepared(context: CommandContext): Promise<Prepared[]> {
  return plan(context, context.opening);
}

/**
 * The same for a command that writes: what an earlier process left unacknowledged on a backup is settled
 * first, and the plan is then made from what that came to.
 */
export async function preparedToWrite(context: CommandContext): Promise<Prepared[]> {
  const all = await prepared(context);
  const hasSettled = await settleFirst(all);
  if (isFailure(hasSettled)) throw new FailureError(hasSettled);
  if (!hasSettled) return all;
  const opened = new Map(all.map(one => [one.opened.name, one.opened]));
  return plan(context, { ...context.opening, opened: name => opened.get(name) });
}

async function plan(context: CommandContext, opening: Opening | undefined): Promise<Prepared[]> {
  const { config, relationships, host, options } = context;
  const baseline = typeof options.baseline === 'string' ? { baseline: options.baseline } : {};
  const all = await prepareAll(
    config!,
    relationships,
    { now: host.now(), ...baseline },
    {
      // The daemon knows who asked it.
      ...(context.live === undefined ? { who: personOf(host) } : {}),
      ...opening,
    },
  );
  if (isFailure(all)) throw new FailureError(all);
  return all;
}

export function planView(context: CommandContext): PlanView {
  return { showSecrets: context.options.showSecrets === true, secrets: context.config?.secrets ?? [] };
}

/** A backup that cannot be reached is said once, whatever the command. */
export function reportUnreachable(context: CommandContext, all: readonly Prepared[]): void {
  for (const { unreachable } of all)
    if (unreachable !== undefined) context.report.fail(unreachable, 'warning');
}
