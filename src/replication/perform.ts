import { randomUUID } from 'node:crypto';
import type { Put, Target, Transaction } from '../connectors/connector.ts';
import { modeWithoutList } from '../connectors/file/attributes.ts';
import { isRemote } from '../connectors/file/remotes.ts';
import { sha256 } from '../connectors/file/source.ts';
import {
  entryOf,
  HISTORY_KEPT,
  type Ledger,
  type LedgerEntry,
  type LedgerFile,
  type StagedFile,
  textsNamed,
} from '../connectors/ledger.ts';
import { type FilePlan, isEffective } from '../core/apply/plan.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { encoded } from './encoded.ts';
import { directionHere, type Opened } from './opened.ts';
import { epochFor } from './owner.ts';
import { rightsOf } from './owner-of.ts';
import type { Prepared } from './prepare.ts';
import { isKeptReady } from './ready.ts';
import { brokenSince } from './roles.ts';
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
  const bare = await withoutLists(prepared, files);
  const ledger = nextLedger(bare, work, epoch, options);
  const transaction = await transactionOf(bare, work, ledger);
  const failure = await carryOut(prepared, transaction, await textsOf(files));
  return failure ?? ledger;
}

/**
 * What waits is installed when the primary may be gone, and its access list with it: of that the mode must not tell. Nor
 * where no list can be given to the file.
 */
async function withoutLists(prepared: Prepared, files: readonly FilePlan[]): Promise<Prepared> {
  const isFar = isRemote(prepared.opened.root);
  const bare = files.filter(({ waits, action }) => (isFar || waits === true) && action !== 'delete');
  if (bare.length === 0) return prepared;
  const primary = new Map(prepared.primary);
  for (const { path } of bare) {
    const found = primary.get(path)!;
    const { place, mode } = found;
    if (place !== undefined) primary.set(path, { ...found, mode: await modeWithoutList(place, path, mode) });
  }
  return { ...prepared, primary };
}

/**
 * Commits a transaction to the side that follows, with the texts that its ledger names beside it, and
 * remembers it. Refused where that side was broken since it was planned.
 */
export async function carryOut(
  { opened, ledger: before }: Pick<Prepared, 'opened' | 'ledger'>,
  transaction: Transaction,
  texts: readonly Uint8Array[] = [],
): Promise<Failure | undefined> {
  const { target, state, name } = opened;
  const failure =
    (await brokenSince(opened)) ??
    (texts.length === 0 ? undefined : await target.keepTexts(name, texts)) ??
    (await target.commit(transaction));
  if (failure !== undefined) return failure;
  writeWitness(state, transaction.ledger);
  await dropOutdated(target, name, before, transaction.ledger);
  return undefined;
}

/** Drops what the ledger before named and the next one does not. */
export async function dropOutdated(
  target: Target,
  name: string,
  before: Ledger | undefined,
  next: Ledger,
): Promise<void> {
  const needed = textsNamed(next);
  const outdated = [...textsNamed(before)].filter(hash => !needed.has(hash));
  if (outdated.length > 0) await target.dropTexts(name, outdated);
}

/** What is kept ready rather than put. */
async function textsOf(files: readonly FilePlan[]): Promise<Uint8Array[]> {
  const texts: Uint8Array[] = [];
  for (const { waits, text } of files)
    if (waits === true && text !== undefined) texts.push(await encoded(text));
  return texts;
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
  const known = entryOf(prepared.ledger, file);
  return known === undefined || known.base !== sha256(file.base);
}

/** Replicated once, and deleted on both sides since: there is nothing left to remember. */
function isGone({ ledger }: Prepared, file: FilePlan): boolean {
  const isNowhere = file.primary === undefined && file.before === undefined;
  return isNowhere && file.held.length === 0 && entryOf(ledger, file) !== undefined;
}

function nextLedger(prepared: Prepared, work: Work, epoch: number, options: PerformOptions): Ledger {
  const { ledger } = prepared;
  const { files, adopted, gone } = work;
  const effective = files.length + adopted.length + gone.length > 0;
  const sequence = (ledger?.sequence ?? 0) + (effective ? 1 : 0);
  const entries: Record<string, LedgerFile> = { ...ledger?.files };
  // What waits no more is as good as its last text is old: nobody may install it.
  const onBreak: Record<string, StagedFile> = Object.fromEntries(
    Object.entries(ledger?.onBreak ?? {}).filter(([path]) => isKeptReady(prepared.opened, path)),
  );
  for (const { path, waits } of gone) delete (waits === true ? onBreak : entries)[path];
  for (const file of [...files, ...adopted]) {
    if (file.action === 'delete') delete (file.waits === true ? onBreak : entries)[file.path];
    else if (file.waits === true) onBreak[file.path] = stagedFile(prepared, file, sequence);
    else entries[file.path] = ledgerFile(file, sequence);
  }
  const touched = files.map(file => ({
    path: file.path,
    before: file.before ?? null,
    after: file.after ?? null,
    deleted: file.deletions,
    settings: file.settingsDeleted ?? 0,
    ...(file.waits === true ? { staged: true } : {}),
  }));
  const what = options.what === 'update' && ledger === undefined ? 'baseline' : options.what;
  const next = advance(prepared, { epoch, sequence, files: entries, touched }, { ...options, what });
  return { ...next, onBreak };
}

function stagedFile({ primary, ledger }: Prepared, file: FilePlan, sequence: number): StagedFile {
  const { mode, uid, gid } = primary.get(file.path)!;
  const installed = ledger?.onBreak?.[file.path]?.installed;
  return {
    ...ledgerFile(file, sequence),
    mode,
    uid,
    gid,
    ...(installed === undefined ? {} : { installed }),
  };
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
    where: opened.where,
    ...(reason === undefined ? {} : { reason }),
    files: touched,
  };
  return {
    version: 1,
    relationship: opened.name,
    backup: ledger?.backup ?? randomUUID(),
    epoch,
    direction: directionHere(opened),
    broken: false,
    ...(ledger?.turn === undefined ? {} : { turn: ledger.turn }),
    configuration: opened.configuration,
    sequence,
    ...later(ledger?.asOf, prepared.asOf),
    proven: now,
    files,
    ...(ledger?.onBreak === undefined ? {} : { onBreak: ledger.onBreak }),
    history: [...(ledger?.history ?? []), ...(touched.length > 0 ? [entry] : [])].slice(-HISTORY_KEPT),
  };
}

function later(before: number | undefined, now: number | undefined): Pick<Ledger, 'asOf'> {
  if (before === undefined && now === undefined) return {};
  return { asOf: Math.max(before ?? 0, now ?? 0) };
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

async function transactionOf(
  prepared: Prepared,
  { files, adopted, gone }: Work,
  ledger: Ledger,
): Promise<Transaction> {
  const { opened, primary } = prepared;
  const bases = new Map<string, Uint8Array | undefined>();
  const puts: Put[] = [];
  for (const { path, waits } of gone) if (waits !== true) bases.set(path, undefined);
  const put = files.filter(file => file.waits !== true);
  for (const file of put) {
    if (file.action === 'delete') {
      bases.set(file.path, undefined);
      continue;
    }
    const model = primary.get(file.path)!;
    const bytes = await encoded(file.text!);
    puts.push({ path: file.path, bytes, hash: file.after!, ...rightsOf(model) });
    if (file.base === file.text) bases.set(file.path, bytes);
  }
  for (const file of [...put, ...adopted.filter(each => each.waits !== true)]) {
    if (file.base !== undefined && file.action !== 'delete' && !bases.has(file.path))
      bases.set(file.path, await encoded(file.base));
  }
  return {
    relationship: opened.name,
    puts,
    deletes: put.filter(file => file.action === 'delete').map(file => file.path),
    expected: new Map(put.map(file => [file.path, file.before])),
    bases,
    definition: definitionOf(opened),
    ledger,
  };
}

/** Relationship and mapping as they were used, for the day when only the backup is left. */
export function definitionOf({ relationship }: Pick<Opened, 'relationship'>): string {
  return `${JSON.stringify(relationship, (key, value) => (key === 'source' ? undefined : value), 2)}\n`;
}
