import type { Leading } from '../../core/cluster/revision.ts';
import { isFailure } from '../../core/failure.ts';
import type { Opened } from '../../replication/opened.ts';

/** Who leads, as what lies beside the primary tells. */
export async function leadingOf({ leading, name }: Pick<Opened, 'leading' | 'name'>): Promise<Leading> {
  const ledger = (await leading.reachable()) ?? (await leading.ledger(name));
  if (ledger === undefined) return { is: 'none' };
  if (isFailure(ledger)) return { is: 'untold', failure: ledger };
  const { backup, epoch, direction, broken, turn, configuration, sequence, proven } = ledger;
  const roles = { backup, epoch, direction, broken, configuration, sequence, proven };
  return { is: 'ledger', ledger: turn === undefined ? roles : { ...roles, turn } };
}
