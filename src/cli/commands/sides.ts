import { FailureError, isFailure } from '../../core/failure.ts';
import { type Alone, openAlone } from '../../replication/alone.ts';
import type { Deciding } from '../../replication/break.ts';
import { definitionOf } from '../../replication/perform.ts';
import type { Prepared } from '../../replication/prepare.ts';
import { personOf } from '../person.ts';
import type { CommandContext } from './command.ts';
import { prepared } from './prepared.ts';

/** A relationship at its following side; `prepared` where the configuration file tells of the other one, too. */
export interface Side extends Alone {
  readonly prepared?: Prepared;
}

/** The sides that a command is to work on: those of the configuration, or what lies at the root of --at. */
export async function sides(context: CommandContext): Promise<Side[]> {
  const { options, names, host } = context;
  if (options.at === undefined) {
    return (await prepared(context)).map(one => ({
      opened: one.opened,
      definition: definitionOf(one.opened),
      prepared: one,
    }));
  }
  const person = { who: personOf(host), where: host.machine.hostname };
  const found = await openAlone(options.at, names, person);
  if (isFailure(found)) throw new FailureError(found);
  return found;
}

export function deciding({ host, options }: CommandContext): Deciding {
  return { now: host.now(), ...(options.reason === undefined ? {} : { reason: options.reason }) };
}
