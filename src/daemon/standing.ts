import type { Obstacle } from '../core/event.ts';
import type { State } from '../core/replicator/state.ts';
import { lostFile, tellLost } from '../replication/pending.ts';
import { replicatedInScope } from '../replication/prepare.ts';
import { reasonsNotReady, waitsForBreak } from '../replication/ready.ts';
import { refusing } from '../replication/roles.ts';
import { rejectedFiles, type Standing } from '../replication/standing.ts';
import type { Follower } from './follower.ts';
import type { Pause } from './journal/facts.ts';

/**
 * How a relationship stands that the daemon keeps in step. "In sync" is said only when the backup was
 * read, and nothing is pending, held, unread or unknown.
 */
export function liveStanding(follower: Follower, paused: Pause | undefined): Standing {
  const { state, opened, ledger, world } = follower;
  const now = world.clock.now();
  const { proof } = state;
  const obstacle = obstacleOf(state);
  const pending = [
    ...[...state.active.values()].flatMap(({ settling, due }) => due?.since ?? settling?.since ?? []),
    ...[...(state.batch?.paths.values() ?? [])].map(({ since }) => since),
    ...[...state.doubts.values()].map(({ settled }) => settled.since),
  ];
  const behind = new Set([
    ...state.active.keys(),
    ...(state.batch?.paths.keys() ?? []),
    ...state.doubts.keys(),
    ...state.holds.keys(),
    ...state.refused.keys(),
  ]);
  const since = [...pending, ...[...state.holds.values()].map(hold => hold.since)];
  const replicated = replicatedInScope(opened, ledger);
  return {
    relationship: opened.name,
    direction: opened.direction,
    state: wordFor(follower),
    ...(opened.tenure === undefined
      ? {}
      : { owner: { member: opened.tenure.owner, epoch: opened.tenure.epoch } }),
    behind: behind.size + pendingElsewhere(follower),
    ...(since.length === 0 ? {} : { lag: now - Math.min(...since) }),
    notReady: reasonsNotReady(opened, replicated),
    ...(proof.proven === undefined ? {} : { proven: now - proof.proven }),
    ...(state.blind === undefined ? {} : { degraded: state.blind }),
    obstacles: obstacle === undefined ? [] : [obstacle.failure],
    held: [
      ...[...state.holds].map(([path, { id, failures, since }]) => ({
        path,
        id,
        failures,
        since: now - since,
      })),
      ...[...state.refused].map(([path, failure]) => ({ path, id: '', failures: [failure] })),
    ],
    rejected: rejectedFiles(opened, ledger, replicated),
    advice: adviceOn(follower, paused),
    detail: {
      sequence: ledger?.sequence ?? 0,
      waiting: replicated.filter(path => waitsForBreak(opened, path)),
      edited: proof.edited.filter(path => !proof.gone.includes(path)),
      lost: proof.gone.map(path => lostFile(path, opened.name)),
      history: ledger?.history ?? [],
    },
  };
}

/** What stands in the way, also while it is tried whether it still does. */
function obstacleOf({ phase }: State): Obstacle | undefined {
  return 'obstacle' in phase ? phase.obstacle : undefined;
}

/** What the member beside the primary knows of and has not told yet. */
function pendingElsewhere({ eyes }: Follower): number {
  return eyes.pending?.() ?? 0;
}

function wordFor(follower: Follower): Standing['state'] {
  const { state, ledger } = follower;
  const { phase } = state;
  const obstacle = obstacleOf(state);
  if (obstacle !== undefined && refusing([obstacle.failure]) !== undefined) return 'broken';
  if (obstacle !== undefined) return obstacle.unreachable ? 'unreachable' : 'held';
  if (phase.is === 'opening' && ledger?.broken === true) return 'broken';
  if (state.pause !== undefined) return 'paused';
  if (phase.is !== 'following' && phase.is !== 'serving') return 'starting';
  if (!state.isScanned) return 'starting';
  if (state.holds.size + state.refused.size > 0) return 'held';
  const isBusy =
    state.active.size + state.doubts.size > 0 || state.batch !== undefined || state.away !== undefined;
  // What was told is replicated all the same; but nobody sees the primary just now.
  if (state.blind?.failure === 'unreachable') return 'unreachable';
  if (isBusy || pendingElsewhere(follower) > 0) return 'behind';
  if (ledger === undefined) return 'no baseline';
  if (state.proof.edited.length > 0) return 'drift';
  return state.proof.proven === undefined ? 'starting' : 'in sync';
}

/**
 * How a relationship stands that a command has read, in a state that a person paused. As with the daemon,
 * what stands in the way of everything is the word for it all the same.
 */
export function withPause(standing: Standing, paused: Pause | undefined): Standing {
  if (paused === undefined) return standing;
  const { state, obstacles, advice, relationship } = standing;
  return {
    ...standing,
    state: obstacles.length > 0 ? state : 'paused',
    advice: [pausedAdvice(relationship, paused), ...advice],
  };
}

function pausedAdvice(relationship: string, paused: Pause | undefined): string {
  const by = paused === undefined ? '' : ` by ${paused.who}`;
  const until = paused?.until === undefined ? '' : ` until ${new Date(paused.until).toISOString()}`;
  const why = paused?.reason === undefined ? '' : ` (${paused.reason})`;
  return `paused${by}${until}${why}: warmspare resume ${relationship} lets it go on`;
}

function adviceOn({ state, opened }: Follower, paused: Pause | undefined): string[] {
  const lines: string[] = [];
  if (state.pause !== undefined) lines.push(pausedAdvice(opened.name, paused));
  const { edited, gone } = state.proof;
  for (const path of edited)
    lines.push(
      gone.includes(path)
        ? tellLost(lostFile(path, opened.name))
        : `${path} was edited on the backup: warmspare verify shows it`,
    );
  return lines;
}
