import type { StoredFile, Target } from '../connectors/connector.ts';
import { sha256 } from '../connectors/file/source.ts';
import type { Ledger } from '../connectors/ledger.ts';
import type { FileRules } from '../core/apply/file-input.ts';
import { type FilePlan, isEffective, type Plan, planHash } from '../core/apply/plan.ts';
import { scopeTest } from '../core/capture/scope.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { directionHere, type Opened } from './opened.ts';
import { type PlanOne, prepareFiles, refusedPlan, withFiles } from './prepare-files.ts';
import { waitsForBreak } from './ready.ts';
import { refusedHere } from './roles.ts';
import { checkWitness } from './witness.ts';

export interface PrepareOptions {
  readonly baseline?: FileRules['baseline'];
  /** Milliseconds since 1970, for the deletion guard's window. */
  readonly now: number;
  /**
   * A file whose bytes on both sides are those of the last replication, under the same rules, is in step
   * without being parsed. Its plan then has no swaps to tell of.
   */
  readonly trustLedger?: (path: string) => boolean;
  /** How a file is planned; `planHere` when absent. */
  readonly plan?: PlanOne;
}

/** A plan with what it was made from; `perform` turns it into effects. */
export interface Prepared {
  readonly opened: Opened;
  readonly plan: Plan;
  readonly ledger: Ledger | undefined;
  /** As of when they were read (`Opened.asOf`). */
  readonly asOf?: number;
  /** Both sides as they were read. */
  readonly primary: ReadonlyMap<string, StoredFile>;
  readonly local: ReadonlyMap<string, StoredFile>;
  /** The backup cannot be reached at all. */
  readonly unreachable?: Failure;
  readonly nodeOwn: readonly string[];
  /** Files that are kept ready beside the ledger until a break (`apply: on-break`). */
  readonly waiting: readonly string[];
}

/** Reads both sides and decides everything; writes nothing anywhere. */
export async function prepare(opened: Opened, target: Target, options: PrepareOptions): Promise<Prepared> {
  const { source, name, scope } = opened;
  const sides = await openSides(opened, target, options);
  if ('unreachable' in sides) return stopped(opened, [], sides.unreachable);
  if ('held' in sides) return stopped(opened, [sides.held], undefined, sides.ledger);
  const { ledger } = sides;
  const listing = await source.list(scope);
  const known = replicatedInScope(opened, ledger);
  if (listing.paths.length === 0 && listing.refused.length === 0 && known.length > 0) {
    return stopped(opened, [emptyPrimary(source.title)], undefined, ledger);
  }
  const refused = new Set(listing.refused.map(entry => entry.path));
  const paths = [...new Set([...listing.paths, ...known])].filter(path => !refused.has(path));
  const waiting = paths.filter(path => waitsForBreak(opened, path)).sort();
  const prepared = await prepareFiles(opened, target, ledger, paths, options);
  const files = [
    ...listing.refused.map(({ path, failure }) => refusedPlan(name, path, failure)),
    ...prepared.plan.files,
  ];
  return { ...withFiles(prepared, files), nodeOwn: listing.nodeOwn, waiting };
}

/** What replication answers for: files of the ledger that the configuration still names. */
export function replicatedInScope({ scope }: Opened, ledger: Ledger | undefined): string[] {
  const inScope = scopeTest(scope);
  const known = new Set([...Object.keys(ledger?.files ?? {}), ...Object.keys(ledger?.onBreak ?? {})]);
  return [...known].filter(path => inScope(path) === 'in');
}

/** Why nothing can be replicated at all just now, or the backup's ledger. */
type Sides =
  | { readonly ledger: Ledger | undefined }
  | { readonly unreachable: Failure }
  | { readonly held: Failure; readonly ledger?: Ledger };

/** Reaches both sides, reads the ledger, and sees that it is the one that this member remembers. */
export async function openSides(opened: Opened, target: Target, options: PrepareOptions): Promise<Sides> {
  const failure = await target.reachable();
  if (failure !== undefined) return { unreachable: { ...failure, message: `backup: ${failure.message}` } };
  const found = await target.ledger(opened.name);
  // A damaged ledger is as good as none, where a new baseline was asked for by name.
  const isGivenUp = options.baseline !== undefined && isFailure(found) && found.failure === 'ledger-gone';
  const ledger = isGivenUp ? undefined : found;
  if (isFailure(ledger)) return { held: ledger };
  const refused = await refusedHere(opened, ledger);
  if (refused !== undefined) return { held: refused, ...(ledger === undefined ? {} : { ledger }) };
  const held = await relationshipHeld(opened, ledger, options);
  if (held === undefined) return { ledger };
  return { held, ...(ledger === undefined ? {} : { ledger }) };
}

async function relationshipHeld(
  opened: Opened,
  ledger: Ledger | undefined,
  options: PrepareOptions,
): Promise<Failure | undefined> {
  if (options.baseline === undefined) {
    const witness = await checkWitness(opened.state, opened.name, ledger, directionHere(opened));
    if (witness !== undefined) return witness;
  }
  return opened.source.reachable();
}

function stopped(opened: Opened, held: readonly Failure[], unreachable?: Failure, ledger?: Ledger): Prepared {
  const { name, direction } = opened;
  const plan: Plan = {
    relationship: name,
    direction,
    sequence: ledger?.sequence ?? 0,
    files: [],
    held,
    hash: planHash(name, [], sha256),
  };
  return {
    opened,
    plan,
    ledger,
    primary: new Map(),
    local: new Map(),
    nodeOwn: [],
    waiting: [],
    ...(unreachable === undefined ? {} : { unreachable }),
  };
}

export function emptyPrimary(title: string): Failure {
  return {
    failure: 'root-missing',
    message: `${title} holds none of the files that were replicated before`,
    at: { file: title },
    hint: 'check that the primary’s file system is mounted; replication goes on as soon as it is',
  };
}

/** Files that may be applied now: something to do, and nothing that holds it. */
export function applicable(plan: Plan): FilePlan[] {
  return plan.files.filter(file => isEffective(file) && file.held.length === 0);
}
