import type { Told } from '../../core/cluster/state.ts';
import type { Failure } from '../../core/failure.ts';
import { isOutranked } from '../../core/fence/tenure.ts';
import type { State } from '../../core/replicator/state.ts';
import type { Follower } from '../follower.ts';

/** What the owner of a task tells the cluster of it. */
export function toldOf(follower: Follower): Told {
  const { state, steps, cost } = follower;
  const operation = operationOf(state);
  return {
    ...stateOf(state),
    ...(operation === undefined ? {} : { operation }),
    progress: steps,
    busy: isBusy(state),
    cost,
  };
}

function stateOf(state: State): Pick<Told, 'state' | 'seen' | 'seenEdition'> {
  const { phase, holds, refused } = state;
  const obstacle = 'obstacle' in phase ? phase.obstacle : undefined;
  if (obstacle !== undefined) {
    const { failure, unreachable } = obstacle;
    if (failure.failure === 'fenced') return { state: 'fenced', ...seenBy(failure) };
    // What comes from the member beside the primary comes to every other member as late.
    if (failure.failure === 'unreachable') return { state: 'beginning' };
    return { state: unreachable ? 'unreachable' : 'held' };
  }
  if (phase.is === 'opening' || !state.isScanned) return { state: 'beginning' };
  return { state: holds.size + refused.size > 0 ? 'held' : 'following' };
}

/** What the backup knows, where that is what this member was refused for. */
function seenBy(failure: Failure): Pick<Told, 'seen' | 'seenEdition'> {
  if (!isOutranked(failure)) return {};
  const { seen, seenEdition } = failure;
  return { ...(seen === undefined ? {} : { seen }), ...(seenEdition === undefined ? {} : { seenEdition }) };
}

function operationOf({ phase, batch, scan, proof }: State): string | undefined {
  if (batch !== undefined)
    return `${batch.stage === 'committing' ? 'writes' : 'plans'} ${[...batch.paths.keys()].slice(0, 3).join(', ')}${batch.paths.size > 3 ? ` and ${batch.paths.size - 3} more` : ''}`;
  if (phase.is === 'serving') return 'carries out a command';
  if (phase.is !== 'following') return phase.is;
  if (scan.running) return 'looks at the primary';
  return proof.running ? 'reads the backup back' : undefined;
}

/**
 * Whether something is under way that should come to an end by itself soon. A plan is not counted: it has limits of
 * its own, and may take minutes for a file of 20 MB. Nor is a person's command.
 */
function isBusy({ phase, batch, scan, proof }: State): boolean {
  return phase.is === 'opening' || batch?.stage === 'committing' || scan.running || proof.running;
}
