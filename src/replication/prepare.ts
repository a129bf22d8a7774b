import type { StoredFile, Target } from '../connectors/connector.ts';
import { sha256 } from '../connectors/file/source.ts';
import type { Ledger } from '../connectors/ledger.ts';
import type { FileInput, FileRules } from '../core/apply/file-input.ts';
import { onBackup } from '../core/apply/on-backup.ts';
import { type FilePlan, fileId, isEffective, type Plan, planHash } from '../core/apply/plan.ts';
import { planFile } from '../core/apply/plan-file.ts';
import { scopeTest } from '../core/capture/scope.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { fileRules, type Opened } from './opened.ts';
import { waitsForBreak } from './ready.ts';
import { checkWitness } from './witness.ts';

export interface PrepareOptions {
  readonly baseline?: FileRules['baseline'];
  /** Milliseconds since 1970, for the deletion guard's window. */
  readonly now: number;
}

/** A plan with what it was made from; `perform` turns it into effects. */
export interface Prepared {
  readonly opened: Opened;
  readonly plan: Plan;
  readonly ledger: Ledger | undefined;
  /** Both sides as they were read. */
  readonly primary: ReadonlyMap<string, StoredFile>;
  readonly local: ReadonlyMap<string, StoredFile>;
  /** The backup cannot be reached at all. */
  readonly unreachable?: Failure;
  readonly nodeOwn: readonly string[];
  /** Files that are only written after a break (`apply: on-break`); they are in no plan. */
  readonly waiting: readonly string[];
}

/** Reads both sides and decides everything; writes nothing anywhere. */
export async function prepare(opened: Opened, target: Target, options: PrepareOptions): Promise<Prepared> {
  const { source, name, scope } = opened;
  const unreachable = await target.reachable();
  if (unreachable !== undefined)
    return stopped(opened, [], { ...unreachable, message: `backup: ${unreachable.message}` });
  const found = await target.ledger(name);
  // A damaged ledger is as good as none, where a new baseline was asked for by name.
  const isGivenUp = options.baseline !== undefined && isFailure(found) && found.failure === 'ledger-gone';
  const ledger = isGivenUp ? undefined : found;
  if (isFailure(ledger)) return stopped(opened, [ledger]);
  const held = await relationshipHeld(opened, ledger, options);
  if (held !== undefined) return stopped(opened, [held], undefined, ledger);
  const listing = await source.list(scope);
  const inScope = scopeTest(scope);
  const known = Object.keys(ledger?.files ?? {}).filter(path => inScope(path) === 'in');
  if (listing.paths.length === 0 && listing.refused.length === 0 && known.length > 0) {
    return stopped(opened, [emptyPrimary(source.title)], undefined, ledger);
  }
  const primary = new Map<string, StoredFile>();
  const local = new Map<string, StoredFile>();
  const files: FilePlan[] = listing.refused.map(({ path, failure }) => refusedPlan(name, path, failure));
  const refused = new Set(listing.refused.map(entry => entry.path));
  const waiting: string[] = [];
  for (const path of [...new Set([...listing.paths, ...known])].sort()) {
    if (refused.has(path)) continue;
    if (waitsForBreak(opened, path)) {
      waiting.push(path);
      continue;
    }
    const read = await readBoth(opened, target, ledger, path, options);
    if (isFailure(read)) {
      files.push(refusedPlan(name, path, read));
      continue;
    }
    if (read.primary !== undefined) primary.set(path, read.primary);
    if (read.local !== undefined) local.set(path, read.local);
    files.push(planFile(read.input, fileRules(opened, path, options.baseline)));
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const plan: Plan = {
    relationship: name,
    direction: opened.direction,
    sequence: ledger?.sequence ?? 0,
    files,
    held: [],
    hash: planHash(name, files, sha256),
  };
  return { opened, plan, ledger, primary, local, nodeOwn: listing.nodeOwn, waiting };
}

async function relationshipHeld(
  opened: Opened,
  ledger: Ledger | undefined,
  options: PrepareOptions,
): Promise<Failure | undefined> {
  if (options.baseline === undefined) {
    const witness = await checkWitness(opened.state, opened.name, ledger);
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

function emptyPrimary(title: string): Failure {
  return {
    failure: 'root-missing',
    message: `${title} holds none of the files that were replicated before`,
    at: { file: title },
    hint: 'check that the primary’s file system is mounted; replication goes on as soon as it is',
  };
}

function refusedPlan(relationship: string, path: string, failure: Failure): FilePlan {
  const plan = {
    path,
    action: 'keep' as const,
    edits: [],
    patch: [],
    swaps: [],
    held: [failure],
    notes: [],
    deletions: 0,
    local: [],
    baseline: false,
  };
  return { ...plan, id: fileId(relationship, plan, sha256) };
}

interface Both {
  readonly input: FileInput;
  readonly primary: StoredFile | undefined;
  readonly local: StoredFile | undefined;
}

async function readBoth(
  opened: Opened,
  target: Target,
  ledger: Ledger | undefined,
  path: string,
  options: PrepareOptions,
): Promise<Both | Failure> {
  const primary = await opened.source.read(path);
  if (isFailure(primary)) return primary;
  const local = await target.read(path);
  if (isFailure(local)) return onBackup(local);
  const entry = ledger?.files[path];
  const input: FileInput = {
    path,
    primary: primary?.bytes,
    local: local?.bytes,
    ...deletedInWindow(opened, ledger, path, options.now),
    ...(entry === undefined
      ? {}
      : { known: { ...entry, text: await baseText(opened, target, path, entry.base, local) } }),
  };
  return { input, primary, local };
}

/** While the file's hash is the last replicated one, the file is its own base. */
async function baseText(
  opened: Opened,
  target: Target,
  path: string,
  hash: string,
  local: StoredFile | undefined,
): Promise<string | undefined> {
  const bytes = local?.hash === hash ? local.bytes : await target.base(opened.name, path, hash);
  if (bytes === undefined || sha256(bytes) !== hash) return undefined;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function deletedInWindow(opened: Opened, ledger: Ledger | undefined, path: string, now: number) {
  const { guard } = opened.relationship;
  if (guard === 'off' || ledger === undefined) return { deletedBefore: 0 };
  const since = now - guard.deletions.windowMs;
  const changes = ledger.history
    .filter(entry => entry.at >= since && entry.what === 'update')
    .flatMap(entry => entry.files)
    .filter(file => file.path === path);
  return {
    deletedBefore: changes.reduce((sum, file) => sum + file.deleted, 0),
    settingsDeletedBefore: changes.reduce((sum, file) => sum + file.settings, 0),
  };
}

/** Files that may be applied now: something to do, and nothing that holds it. */
export function applicable(plan: Plan): FilePlan[] {
  return plan.files.filter(file => isEffective(file) && file.held.length === 0);
}
