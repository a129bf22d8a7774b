import type { Put, StoredFile, Transaction } from '../connectors/connector.ts';
import type { Ledger, LedgerEntry } from '../connectors/ledger.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { stringOf } from '../core/text.ts';
import { directionHere } from './opened.ts';
import { epochFor } from './owner.ts';
import { advance, carryOut, definitionOf, type PerformOptions } from './perform.ts';
import type { Prepared } from './prepare.ts';
import { rejectedPlaces } from './reject.ts';
import { refusing } from './roles.ts';
import { dropWitness } from './witness.ts';

/** What an undo did, or why it did not. */
export type Undone = Undoing | Failure;

interface Undoing {
  readonly paths: readonly string[];
  readonly sequence: number;
  /** Left as they are, because the backup made them for itself. */
  readonly left?: readonly string[];
}

/**
 * Takes one change back on the backup: each file it touched gets its earlier bytes again, and the
 * places where it then differs stay rejected until the primary changes them. Refused where a file was
 * changed since, by replication or by hand.
 */
export async function undoChange(
  prepared: Prepared,
  wanted: number | undefined,
  options: PerformOptions,
): Promise<Undone> {
  const { ledger, opened } = prepared;
  const refused = stopped(prepared);
  if (refused !== undefined) return refused;
  const entry = ledger === undefined ? undefined : findEntry(ledger, wanted);
  if (ledger === undefined || entry === undefined) return nothingToUndo(opened.name, wanted);
  const { target, name } = opened;
  const puts: Put[] = [];
  const deletes: string[] = [];
  const files: Ledger['files'] = { ...ledger.files };
  const expected = new Map<string, string | undefined>();
  // The file stops being its own base, so the base goes with the transaction.
  const bases = new Map<string, Uint8Array>();
  const sequence = ledger.sequence + 1;
  for (const { path, before, after } of touchedBy(entry)) {
    const now = await target.read(path);
    if (isFailure(now)) return now;
    expected.set(path, now?.hash);
    if ((now?.hash ?? null) !== after) return changedSince(path, entry.sequence);
    const earlier = await target.earlier(name, entry.sequence, path);
    if ((earlier?.hash ?? null) !== before) return lost(path, entry.sequence);
    if (earlier === undefined) deletes.push(path);
    else puts.push({ ...earlier, exact: true });
    const known = files[path];
    if (known === undefined) continue;
    const base = now?.hash === known.base ? now.bytes : await target.base(name, path, known.base);
    if (base !== undefined) bases.set(path, base);
    const local =
      base === undefined ? ['!'] : rejectedPlaces(known.format, stringOf(base), stringOf(earlier?.bytes));
    files[path] = { ...known, file: before, sequence, local };
  }
  const touched = touchedBy(entry).map(({ path, before, after }) => ({
    path,
    before: after,
    after: before,
    deleted: 0,
    settings: 0,
  }));
  const epoch = await epochFor(prepared);
  if (isFailure(epoch)) return epoch;
  const step = { epoch, sequence, files, touched };
  const next = advance(prepared, step, { ...options, what: 'undo', undoes: entry.sequence });
  const failure = await carryOut(prepared, { ...restore(prepared, puts, deletes, expected, next), bases });
  return failure ?? { paths: touchedBy(entry).map(file => file.path), sequence: entry.sequence };
}

/** What is only kept ready for a break stands at no path, and is not taken back. */
function touchedBy(entry: LedgerEntry): LedgerEntry['files'] {
  return entry.files.filter(({ staged }) => staged !== true);
}

/**
 * Brings back, byte for byte, everything that replication has replaced or created since its first
 * baseline, and forgets the relationship's ledger: the backup is as if it had never been a backup.
 */
export async function undoBaseline(prepared: Prepared, options: PerformOptions): Promise<Undone> {
  const { ledger, opened } = prepared;
  const { target, name, state } = opened;
  const refused = stopped(prepared);
  if (refused !== undefined) return refused;
  if (ledger === undefined) return nothingToUndo(name, undefined);
  const puts: Put[] = [];
  const deletes: string[] = [];
  const expected = new Map<string, string | undefined>();
  const touched: LedgerEntry['files'] = [];
  const left: string[] = [];
  for (const path of await target.touchedPaths(name)) {
    const now = await target.read(path);
    if (isFailure(now)) return now;
    const known = ledger.files[path];
    if (known !== undefined && (now?.hash ?? null) !== known.file) return changedSince(path, known.sequence);
    const earlier = await target.earlier(name, 0, path);
    if (known === undefined && now !== undefined && !isLastPut(ledger, path, now)) {
      // Gone with the ledger would be either the one or the other.
      if (earlier !== undefined && earlier.hash !== now.hash) return ownNow(path);
      if (earlier === undefined) {
        left.push(path);
        continue;
      }
    }
    expected.set(path, now?.hash);
    if (earlier !== undefined && !isSame(earlier, now)) puts.push({ ...earlier, exact: true });
    if (earlier === undefined && now !== undefined) deletes.push(path);
    touched.push({ path, before: now?.hash ?? null, after: earlier?.hash ?? null, deleted: 0, settings: 0 });
  }
  const epoch = await epochFor(prepared);
  if (isFailure(epoch)) return epoch;
  const step = { epoch, sequence: ledger.sequence + 1, files: {}, touched };
  const next = advance(prepared, step, { ...options, what: 'undo' });
  const failure = await carryOut(prepared, restore(prepared, puts, deletes, expected, next));
  if (failure !== undefined) return failure;
  const forgotten = await target.forget(name);
  if (forgotten !== undefined) return forgotten;
  await dropWitness(state, name, directionHere(opened));
  return { paths: touched.map(({ path }) => path), sequence: 0, left };
}

/**
 * Whether a file that the ledger has no entry of is what replication put there last. One that was rejected
 * when it was to be deleted, or made after it was, is the backup's own.
 */
function isLastPut(ledger: Ledger, path: string, now: StoredFile): boolean {
  const of = (entry: LedgerEntry) => touchedBy(entry).find(file => file.path === path);
  const last = ledger.history.findLast(entry => of(entry) !== undefined);
  return last !== undefined && last.what !== 'reject' && of(last)!.after === now.hash;
}

/** What stands in the way at the backup: it serves, or is not the one that is remembered. An undo needs no primary. */
function stopped({ plan }: Prepared): Failure | undefined {
  return refusing(plan.held) ?? plan.held.find(({ failure }) => failure !== 'root-missing');
}

function restore(
  prepared: Prepared,
  puts: readonly Put[],
  deletes: readonly string[],
  expected: ReadonlyMap<string, string | undefined>,
  ledger: Ledger,
): Transaction {
  return {
    relationship: prepared.opened.name,
    puts,
    deletes,
    expected,
    bases: new Map(),
    definition: definitionOf(prepared.opened),
    ledger,
  };
}

function isSame(earlier: StoredFile, now: StoredFile | undefined): boolean {
  const keys = ['hash', 'mode', 'uid', 'gid'] as const;
  return earlier.link === undefined && now !== undefined && keys.every(key => earlier[key] === now[key]);
}

function findEntry(ledger: Ledger, wanted: number | undefined): LedgerEntry | undefined {
  const undone = new Set(ledger.history.map(entry => entry.undoes));
  const undoable = ledger.history.filter(
    entry =>
      ['baseline', 'update', 'approve', 'resync', 'repair', 'reject'].includes(entry.what) &&
      // A reject writes only what else was in the file.
      touchedBy(entry).some(({ before, after }) => entry.what !== 'reject' || before !== after) &&
      !undone.has(entry.sequence),
  );
  return wanted === undefined ? undoable.at(-1) : undoable.find(entry => entry.sequence === wanted);
}

function nothingToUndo(relationship: string, wanted: number | undefined): Failure {
  return {
    failure: 'not-found',
    message:
      wanted === undefined
        ? `${relationship}: there is no change to undo`
        : `${relationship}: there is no change ${wanted} that could be undone`,
    hint: 'see `warmspare status --json` for the changes that are kept',
  };
}

function changedSince(path: string, sequence: number): Failure {
  return {
    failure: 'conflict',
    message: `${path} was changed on the backup since change ${sequence}`,
    at: { file: path },
    hint: 'undo the later change first, or edit the backup by hand: what stands there is kept',
  };
}

function ownNow(path: string): Failure {
  return {
    failure: 'conflict',
    message: `${path} is the backup’s own now, and something else stood there before the first baseline`,
    at: { file: path },
    hint: 'move it away to have what stood there first brought back, and run the command again',
  };
}

function lost(path: string, sequence: number): Failure {
  return {
    failure: 'not-found',
    message: `${path}: what stood there before change ${sequence} is no longer kept`,
    at: { file: path },
    hint: 'restore it from a backup of your own',
  };
}
