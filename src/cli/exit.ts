import type { FailureCode } from '../core/failure.ts';

/** Every way in which warmspare ends. The one table: the help prints it. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  differences: 3,
  held: 4,
  refused: 5,
  notInSync: 6,
  notReady: 7,
  interrupted: 130,
} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT];

const MEANINGS: readonly (readonly [Exit, string])[] = [
  [EXIT.done, 'done, in sync and ready'],
  [EXIT.failed, 'failed'],
  [EXIT.usage, 'wrong usage or configuration'],
  [EXIT.differences, 'differences found (diff, verify)'],
  [EXIT.held, 'a change is held'],
  [EXIT.refused, 'refused: not the owner, fenced, broken, cut off from the cluster, or the plan has moved'],
  [EXIT.notInSync, 'not in sync now: behind, unreachable, paused, broken, no baseline, or owner unknown'],
  [EXIT.notReady, 'in sync but not ready'],
  [EXIT.interrupted, 'interrupted'],
];

/** From the worst on. An interruption ends everything, and outweighs what was found so far. */
const WORST_FIRST: readonly Exit[] = [130, 2, 1, 5, 4, 6, 3, 7, 0];

/** Of several relationships the worst; done when there are none. */
export function worst(codes: Iterable<Exit>): Exit {
  const given = new Set(codes);
  return WORST_FIRST.find(code => given.has(code)) ?? EXIT.done;
}

/** The table as the help shows it. */
export function exitTable(): string {
  const rows = MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return ['Exit codes (of several relationships the worst, in the order 2 1 5 4 6 3 7 0):', ...rows].join(
    '\n',
  );
}

/** What a failure ends with when a command has no better word for it. */
export function exitOf(code: FailureCode): Exit {
  switch (code) {
    case 'usage':
    case 'config-syntax':
    case 'config-unknown-key':
    case 'config-invalid':
    case 'config-missing':
    case 'pair-invalid':
    case 'pair-collision':
    case 'pair-chain':
    case 'pair-kind':
    case 'claimed-twice':
    case 'replication-loop':
    case 'backup-inside-primary':
    case 'unsupported':
      return EXIT.usage;
    case 'empty':
    case 'residue':
    case 'swap-ambiguous':
    case 'keys-collide':
    case 'law':
    case 'mass-deletion':
    case 'file-deleted':
    case 'conflict':
    case 'place-ambiguous':
    case 'baseline-differs':
    case 'ledger-gone':
    case 'unmapped':
    case 'awaits-approval':
    case 'orphans':
    case 'too-costly':
      return EXIT.held;
    case 'plan-moved':
    case 'not-broken':
    case 'direction':
    case 'locked':
    case 'fenced':
    case 'not-owner':
    case 'broken':
      return EXIT.refused;
    case 'unreachable':
      return EXIT.notInSync;
    default:
      return EXIT.failed;
  }
}
