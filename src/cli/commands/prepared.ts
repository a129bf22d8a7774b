import { FailureError, isFailure } from '../../core/failure.ts';
import { prepareAll } from '../../replication/all.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { personOf } from '../person.ts';
import type { PlanView } from '../report/plan.ts';
import type { CommandContext } from './command.ts';

/** Both sides of the selected relationships, read and planned; nothing written. */
export async function prepared(context: CommandContext): Promise<Prepared[]> {
  const { config, relationships, host, options } = context;
  const baseline = typeof options.baseline === 'string' ? { baseline: options.baseline } : {};
  const all = await prepareAll(
    config!,
    relationships,
    { now: host.now(), ...baseline },
    {
      // The daemon knows who asked it.
      ...(context.live === undefined ? { who: personOf(host) } : {}),
      ...context.opening,
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
