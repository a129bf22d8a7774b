import { randomUUID } from 'node:crypto';
import type { Put, Transaction } from '../connectors/connector.ts';
import { sha256 } from '../connectors/file/source.ts';
import { HISTORY_KEPT, type Ledger, type LedgerEntry, type LedgerFile } from '../connectors/ledger.ts';
import { type FilePlan, isEffective } from '../core/apply/plan.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { epochFor } from './owner.ts';
import type { Prepared } from './prepare.ts';
import { writeWitness } from './witness.ts';

export interface PerformOptions {
  readonly what: LedgerEntry['what'];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly reason?: string;
  /** Of an undo: the change that it takes back. */
  readonly undoes?: number;
}

/**
 * Carries out the given files of a plan, as one transaction with its ledger. Files that are held or
 * were not asked for stay as they are; files found equal are only noted in the ledger, which is the
 * answer; undefined where there was nothing to do at all.
 */
export async function perform(
  prepared: Prepared,
  files: readonly FilePlan[],
  options: PerformOptions,
): Promise<Failure | Ledger | undefined> {
  const adopted = prepared.plan.files.filter(file => isAdopted(prepared, file));
  const gone = prepared.plan.files.filter(file => isGone(prepared, file));
  if (files.length === 0 && adopted.length === 0 && prepared.ledger === undefined) return undefined;
  const epoch = await epochFor(prepared);
  if (isFailure(epoch)) return epoch;
  const work = { files, adopted, gone };
  const ledger = nextLedger(prepared, work, epoch, options);
  const failure = await prepared.opened.target.commit(transactionOf(prepared, work, ledger));
  if (failure !== undefined) return failure;
  writeWitness(prepared.opened.state, ledger);
  return ledger;
}

/** Nothing to write, and all the same something for the ledger to remember or to forget. */
export function isNoted(prepared: Prepared, file: FilePlan): boolean {
  return isAdopted(prepared, file) || isGone(prepared, file);
}

/** What one commit does: files to write or delete, those only to be noted, those to be forgotten. */
interface Work {
  readonly files: readonly FilePlan[];
  readonly adopted: readonly FilePlan[];
  readonly gone: readonly FilePlan[];
}

/** Nothing to write, but something to remember: an equal file at the first replication, or one that caught up by itself. */
function isAdopted(prepared: Prepared, file: FilePlan): boolean {
  if (isEffective(file) || file.held.length > 0 || file.base === undefined || file.before === undefined)
    return false;
  const known = prepared.ledger?.files[file.path];
  return known === undefined || known.base !== sha256(file.base);
}

/** Replicated once, and deleted on both sides since: there is nothing left to remember. */
function isGone({ ledger }: Prepared, file: FilePlan): boolean {
  const isNowhere = file.primary === undefined && file.before === undefined;
  return isNowhere && file.held.length === 0 && ledger?.files[file.path] !== undefined;
}

function nextLedger(prepared: Prepared, work: Work, epoch: number, options: PerformOptions): Ledger {
  const { ledger } = prepared;
  const { files, adopted, gone } = work;
  const effective = files.length + adopted.length + gone.length > 0;
  const sequence = (ledger?.sequence ?? 0) + (effective ? 1 : 0);
  const entries: Record<string, LedgerFile> = { ...ledger?.files };
  for (const { path } of gone) delete entries[path];
  for (const file of [...files, ...adopted]) {
    if (file.action === 'delete') delete entries[file.path];
    else entries[file.path] = ledgerFile(file, sequence);
  }
  const touched = files.map(file => ({
    path: file.path,
    before: file.before ?? null,
    after: file.after ?? null,
    deleted: file.deletions,
    settings: file.settingsDeleted ?? 0,
  }));
  const what = options.what === 'update' && ledger === undefined ? 'baseline' : options.what;
  return advance(prepared, { epoch, sequence, files: entries, touched }, { ...options, what });
}

/** What makes one ledger another. */
export interface Step {
  readonly epoch: number;
  readonly sequence: number;
  readonly files: Ledger['files'];
  readonly touched: LedgerEntry['files'];
}

/** The ledger that follows: its files, and an entry in its history where a file was touched. */
export function advance(prepared: Prepared, step: Step, options: PerformOptions): Ledger {
  const { ledger, opened, plan } = prepared;
  const { epoch, sequence, files, touched } = step;
  const { what, now, reason, undoes } = options;
  const entry: LedgerEntry = {
    ...(undoes === undefined ? {} : { undoes }),
    sequence,
    at: now,
    plan: plan.hash,
    what,
    who: opened.who,
    ...(reason === undefined ? {} : { reason }),
    files: touched,
  };
  return {
    version: 1,
    relationship: opened.name,
    backup: ledger?.backup ?? randomUUID(),
    epoch,
    direction: ledger?.direction ?? 'forward',
    broken: ledger?.broken ?? false,
    configuration: opened.configuration,
    sequence,
    proven: now,
    files,
    history: [...(ledger?.history ?? []), ...(touched.length > 0 ? [entry] : [])].slice(-HISTORY_KEPT),
  };
}

function ledgerFile(file: FilePlan, sequence: number): LedgerFile {
  return {
    format: file.format!,
    base: baseHash(file),
    file: file.after ?? null,
    ...(file.primary === undefined ? {} : { primary: file.primary }),
    sequence,
    local: [...file.local],
  };
}

/** A file without local settings is its own base: what is hashed already is not hashed again. */
function baseHash({ base, text, after }: FilePlan): string {
  return after !== undefined && base === text ? after : sha256(base!);
}

function transactionOf(prepared: Prepared, { files, adopted, gone }: Work, ledger: Ledger): Transaction {
  const { opened, primary } = prepared;
  const bases = new Map<string, Uint8Array | undefined>();
  const puts: Put[] = [];
  for (const { path } of gone) bases.set(path, undefined);
  for (const file of files) {
    if (file.action === 'delete') {
      bases.set(file.path, undefined);
      continue;
    }
    const model = primary.get(file.path)!;
    const bytes = new TextEncoder().encode(file.text!);
    const { mode, uid, gid } = model;
    puts.push({ path: file.path, bytes, hash: file.after!, mode, uid, gid });
    if (file.base === file.text) bases.set(file.path, bytes);
  }
  for (const file of [...files, ...adopted]) {
    if (file.base !== undefined && file.action !== 'delete' && !bases.has(file.path))
      bases.set(file.path, new TextEncoder().encode(file.base));
  }
  return {
    relationship: opened.name,
    puts,
    deletes: files.filter(file => file.action === 'delete').map(file => file.path),
    expected: new Map(files.map(file => [file.path, file.before])),
    bases,
    definition: definitionOf(prepared),
    ledger,
  };
}

/** Relationship and mapping as they were used, for the day when only the backup is left. */
export function definitionOf(prepared: Prepared): string {
  const { relationship } = prepared.opened;
  return `${JSON.stringify(relationship, (key, value) => (key === 'source' ? undefined : value), 2)}\n`;
}
