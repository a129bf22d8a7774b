import type { StoredFile, Target } from '../connectors/connector.ts';
import { PIECE, sha256InTurns } from '../connectors/file/digest.ts';
import { sha256 } from '../connectors/file/source.ts';
import { entryOf, type Ledger, type LedgerFile } from '../connectors/ledger.ts';
import type { FileInput, FileRules } from '../core/apply/file-input.ts';
import { onBackup } from '../core/apply/on-backup.ts';
import { type FilePlan, fileId, planHash } from '../core/apply/plan.ts';
import { type Failure, FailureError, isFailure } from '../core/failure.ts';
import { stringOf, type Text } from '../core/text.ts';
import { fileRules, type Opened } from './opened.ts';
import { planHere } from './plan-here.ts';
import type { Prepared, PrepareOptions } from './prepare.ts';
import { waitsForBreak } from './ready.ts';
import { withRenames } from './renames.ts';

/**
 * Plans one file; the daemon has another way of doing it than a command that runs once. `foretell` may be
 * told before what the backup's text will probably be, and may keep the plan waiting; it never rejects.
 */
export type PlanOne = (
  input: FileInput,
  rules: FileRules,
  foretell?: (text: string) => Promise<void>,
) => FilePlan | Promise<FilePlan>;

/** Reads both sides of these paths and plans them, in the order of their names. */
export async function prepareFiles(
  opened: Opened,
  target: Target,
  ledger: Ledger | undefined,
  paths: readonly string[],
  options: PrepareOptions,
): Promise<Prepared> {
  const primary = new Map<string, StoredFile>();
  const local = new Map<string, StoredFile>();
  const files: FilePlan[] = [];
  // Before anything is read: whoever reads it after that reads nothing earlier.
  const asOf = opened.asOf?.();
  for (const path of paths) {
    const read = await readBoth(opened, target, ledger, path, options);
    if (isFailure(read)) {
      files.push(refusedPlan(opened.name, path, read));
      continue;
    }
    if (read.primary !== undefined) primary.set(path, read.primary);
    if (read.local !== undefined) local.set(path, read.local);
    const known = knownOf(opened, ledger, path);
    const waits = waitsForBreak(opened, path) ? ({ waits: true } as const) : {};
    if (options.trustLedger?.(path) === true && isAsReplicated(opened, ledger, known, read)) {
      files.push({ ...keptPlan(opened.name, path, read, known), ...waits });
      continue;
    }
    const plan = options.plan ?? planHere;
    files.push({ ...(await plan(read.input, fileRules(opened, path, options.baseline))), ...waits });
  }
  const { name, direction } = opened;
  const plan = { relationship: name, direction, sequence: ledger?.sequence ?? 0, files, held: [], hash: '' };
  const grouped = withRenames(files, ledger, opened.relationship.mode);
  const read = { opened, plan, ledger, primary, local, nodeOwn: [], waiting: [] };
  return withFiles(asOf === undefined ? read : { ...read, asOf }, grouped);
}

/** A file that waits for a break is compared with what is kept ready, and with nothing that stands at its path. */
function knownOf(opened: Opened, ledger: Ledger | undefined, path: string): LedgerFile | undefined {
  return entryOf(ledger, { path, waits: waitsForBreak(opened, path) });
}

/** What is kept ready for a break, as if it were the backup's file; absent where it is lost, too. */
async function readStaged(
  { name }: Opened,
  target: Target,
  ledger: Ledger | undefined,
  path: string,
): Promise<StoredFile | undefined> {
  const known = ledger?.onBreak?.[path];
  if (known === undefined || known.file === null) return undefined;
  const bytes = await target.text(name, known.file);
  const { mode, uid, gid } = known;
  return bytes === undefined ? undefined : { path, bytes, hash: known.file, mode, uid, gid };
}

/** The same with other files in its plan: in order, under the hash that binds them. */
export function withFiles(prepared: Prepared, files: readonly FilePlan[]): Prepared {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const hash = planHash(prepared.opened.name, sorted, sha256);
  return { ...prepared, plan: { ...prepared.plan, files: sorted, hash } };
}

/** Both sides have the very bytes, under the very rules, that the last replication left. */
function isAsReplicated(
  opened: Opened,
  ledger: Ledger | undefined,
  known: LedgerFile | undefined,
  { primary, local }: Both,
): known is LedgerFile {
  return (
    ledger?.configuration === opened.configuration &&
    known?.primary !== undefined &&
    known.primary === primary?.hash &&
    known.file === local?.hash
  );
}

function keptPlan(relationship: string, path: string, { primary, local }: Both, known: LedgerFile): FilePlan {
  const plan = {
    ...nothing(path),
    format: known.format,
    local: known.local,
    ...(primary === undefined ? {} : { primary: primary.hash }),
    ...(local === undefined ? {} : { before: local.hash, after: local.hash }),
    held: [],
  };
  return { ...plan, id: fileId(relationship, plan, sha256) };
}

export function refusedPlan(relationship: string, path: string, failure: Failure): FilePlan {
  const plan = { ...nothing(path), held: [failure] };
  return { ...plan, id: fileId(relationship, plan, sha256) };
}

function nothing(path: string) {
  return {
    path,
    action: 'keep' as const,
    edits: [],
    patch: [],
    swaps: [],
    notes: [],
    deletions: 0,
    local: [],
    baseline: false,
  };
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
  const waits = waitsForBreak(opened, path);
  const [primary, local] = await Promise.all([
    opened.source.read(path),
    waits ? readStaged(opened, target, ledger, path) : target.read(path),
  ]);
  if (isFailure(primary)) return primary;
  if (isFailure(local)) return onBackup(local);
  const known = knownOf(opened, ledger, path);
  // One that is kept ready no more is kept anew, whatever became of it.
  const entry = waits && known?.file !== null && local === undefined ? undefined : known;
  const text =
    entry === undefined ? undefined : await baseText(opened, target, path, entry.base, local).catch(failed);
  if (isFailure(text)) return onBackup(text);
  const input: FileInput = {
    path,
    primary: primary?.bytes,
    local: local?.bytes,
    ...deletedInWindow(opened, ledger, path, options.now),
    ...(entry === undefined ? {} : { known: { ...entry, text } }),
  };
  return { input, primary, local };
}

function failed(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  throw error;
}

/** While the file's hash is the last replicated one, the file is its own base. */
async function baseText(
  opened: Opened,
  target: Target,
  path: string,
  hash: string,
  local: StoredFile | undefined,
): Promise<Text | undefined> {
  if (local?.hash === hash) return textOf(local.bytes);
  const bytes = await target.base(opened.name, path, hash);
  return bytes === undefined || (await sha256InTurns(bytes)) !== hash ? undefined : textOf(bytes);
}

/** A large one is read by whoever plans it, which is another process. */
function textOf(bytes: Uint8Array): Text {
  return bytes.length > PIECE ? bytes : stringOf(bytes);
}

function deletedInWindow(opened: Opened, ledger: Ledger | undefined, path: string, now: number) {
  const { guard } = opened.relationship;
  if (guard === 'off' || ledger === undefined) return { deletedBefore: 0 };
  const since = now - guard.deletions.windowMs;
  const changes = ledger.history
    // What a person approved was looked at; what a reject let through was not.
    .filter(({ at, what }) => at >= since && (what === 'update' || what === 'reject'))
    .flatMap(entry => entry.files)
    .filter(file => file.path === path);
  return {
    deletedBefore: changes.reduce((sum, file) => sum + file.deleted, 0),
    settingsDeletedBefore: changes.reduce((sum, file) => sum + file.settings, 0),
  };
}
