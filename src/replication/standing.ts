import { entryOf, type Ledger } from '../connectors/ledger.ts';
import { rejectedIn } from '../core/apply/local.ts';
import { isApprovable, type Plan } from '../core/apply/plan.ts';
import type { Failure } from '../core/failure.ts';
import type { State as PlannedState } from './all.ts';
import { stateOf } from './all.ts';
import type { Opened } from './opened.ts';
import { isLostOnBackup, isPending, lostFiles, tellLost } from './pending.ts';
import type { Prepared } from './prepare.ts';
import { notReady, waitsForBreak } from './ready.ts';
import { astray } from './verdict.ts';

/**
 * How a relationship stands, for `status`: as a command finds it by reading both sides now, or as the
 * daemon knows it from keeping it in step.
 */
export interface Standing {
  readonly relationship: string;
  /** `nas1 -> nas2`. */
  readonly direction: string;
  readonly state: PlannedState | 'starting' | 'paused' | 'owner unknown';
  /** In a cluster: whose task it is, and since which epoch. */
  readonly owner?: { readonly member: string; readonly epoch: number };
  /** Files that the backup has not got yet, held ones among them. */
  readonly behind: number;
  /** Milliseconds since the first sign of the oldest of them, where that is known. */
  readonly lag?: number;
  /** Empty: ready. */
  readonly notReady: readonly string[];
  /** Milliseconds since the backup was last read and found right. */
  readonly proven?: number;
  /** Why changes are not seen when they happen. */
  readonly degraded?: Failure;
  /** Of the relationship as a whole, with what ends it. */
  readonly obstacles: readonly Failure[];
  readonly held: readonly HeldFile[];
  /** Where changes of the primary were rejected, or taken back: the backup's until it changes them again. */
  readonly rejected: readonly RejectedFile[];
  /** What else a person should know or do, a sentence each. */
  readonly advice: readonly string[];
  /** Further fields of `--json`. */
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface RejectedFile {
  readonly path: string;
  /** Pointers into the backup's value; '' is the whole file. */
  readonly places: readonly string[];
}

export interface HeldFile {
  readonly path: string;
  /** What `approve` and `reject` take. */
  readonly id: string;
  readonly failures: readonly Failure[];
  /** Milliseconds since it was first held, where that is known. */
  readonly since?: number;
}

/** How a relationship stands that was just read and planned. `now`: milliseconds since 1970. */
export function standingOf(one: Prepared, now: number): Standing {
  const { plan, ledger, unreachable, waiting } = one;
  return {
    relationship: plan.relationship,
    direction: plan.direction,
    state: stateOf(one),
    behind: plan.files.filter(file => isPending(one, file) || file.held.length > 0).length,
    notReady: notReady(one),
    ...(ledger === undefined ? {} : { proven: now - ledger.proven }),
    obstacles: [...(unreachable === undefined ? [] : [unreachable]), ...plan.held],
    held: heldFiles(plan),
    rejected: rejectedFiles(
      one.opened,
      ledger,
      plan.files.map(({ path }) => path),
    ),
    advice: adviceOn(one),
    detail: {
      plan: plan.hash,
      sequence: plan.sequence,
      waiting,
      lost: lostFiles(one),
      files: plan.files.map(({ path, action, format, id }) => ({ path, action, format, id })),
      history: ledger?.history ?? [],
    },
  };
}

function heldFiles(plan: Plan): HeldFile[] {
  return plan.files
    .filter(file => file.held.length > 0)
    .map(({ path, id, held }) => ({ path, id, failures: held }));
}

export function rejectedFiles(
  opened: Opened,
  ledger: Ledger | undefined,
  paths: readonly string[],
): RejectedFile[] {
  return paths.flatMap(path => {
    const places = rejectedIn(entryOf(ledger, { path, waits: waitsForBreak(opened, path) })?.local ?? []);
    return places.length === 0 ? [] : [{ path, places }];
  });
}

function adviceOn(one: Prepared): string[] {
  const { plan } = one;
  const lines: string[] = [];
  if (stateOf(one) === 'broken') return [];
  if (stateOf(one) === 'no baseline')
    lines.push('nothing was replicated yet: warmspare diff, then warmspare update');
  else if (plan.files.some(file => isPending(one, file) && !isLostOnBackup(one, file)))
    lines.push('warmspare diff shows what is pending, warmspare update replicates it');
  lines.push(...lostFiles(one).map(tellLost));
  for (const { path, residue } of astray(one)) {
    const what =
      residue.length > 0
        ? `names the primary on the backup (${residue.join('; ')})`
        : 'was edited on the backup';
    lines.push(`${path} ${what}: warmspare verify shows it, and --repair or --accept settles it`);
  }
  return lines;
}

/** How a hold ends: the command for it, or what has to change. */
export function releaseOf(id: string, failure: Failure): string | undefined {
  return isApprovable(failure) ? `warmspare approve ${id}, or warmspare reject ${id}` : undefined;
}
