import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { expectWhole, syncFolder } from '../connectors/file/durable.ts';
import { makeFolders } from '../connectors/file/folders.ts';
import { code } from '../connectors/file/place.ts';
import type { Ledger } from '../connectors/ledger.ts';
import { type Failure, isFailure } from '../core/failure.ts';
import { type Direction, directionHere, type Opened } from './opened.ts';

/** The epoch came later than the rest: a memory from before has none. */
const witnessSchema = z.object({
  backup: z.string(),
  sequence: z.int(),
  epoch: z.int().optional(),
  /** The relationship was ended by a person; what the configuration file still says does not begin it anew. */
  released: z.object({ at: z.number(), who: z.string() }).optional(),
});

/**
 * What this member remembers of a backup's ledger, so that a ledger that is gone, older or another
 * node's is noticed: the backup is unmounted, restored or exchanged, and a new baseline would be a
 * guess.
 */
export async function checkWitness(
  state: string,
  relationship: string,
  ledger: Ledger | undefined,
  direction: Direction = 'forward',
): Promise<Failure | undefined> {
  const witness = await remembered(path(state, relationship, direction));
  if (witness === undefined || isFailure(witness)) return witness;
  const { backup, sequence, epoch, released } = witness;
  if (released !== undefined) return ended(relationship, released);
  if (ledger === undefined) return gone(relationship, 'is gone');
  if (ledger.backup !== backup) return gone(relationship, 'belongs to another backup');
  if (ledger.sequence < sequence) {
    return gone(
      relationship,
      `is older (change ${ledger.sequence}) than what was replicated (change ${sequence})`,
    );
  }
  // Each start of a process takes an epoch of its own: a copy from before the last one has a lower one.
  if (epoch !== undefined && ledger.epoch < epoch)
    return gone(relationship, `is older (epoch ${ledger.epoch}) than what was written (epoch ${epoch})`);
  return undefined;
}

/** Those by which a relationship is known here, and the side of it that follows. */
type Known = Pick<Opened, 'state' | 'name' | 'isReversed'>;

/**
 * Whether what follows this ledger may be remembered: it is the one that this member remembers so far. A
 * break and what comes after it work on any backup, and must not make another one pass for the one it was.
 */
export async function mayRemember({ state, name, isReversed }: Known, ledger: Ledger): Promise<boolean> {
  if (state === '') return false;
  return (await checkWitness(state, name, ledger, directionHere({ isReversed }))) === undefined;
}

/** Why an end is not to be forgotten: it is not ours. A release that was interrupted may go on. */
export async function checkReleased(
  { state, name }: Known,
  ledger: Ledger,
  direction: Direction,
): Promise<Failure | undefined> {
  if (state === '') return undefined;
  const witness = await remembered(path(state, name, direction));
  const isNoted = witness !== undefined && !isFailure(witness) && witness.released !== undefined;
  if (isNoted && (witness.backup === ledger.backup || witness.backup === '')) return undefined;
  const failure = isNoted
    ? gone(name, 'belongs to another backup')
    : await checkWitness(state, name, ledger, direction);
  if (failure === undefined) return undefined;
  const hint = `mount the right backup; or release what lies there by itself: warmspare release ${name} --at its root`;
  return { ...failure, hint };
}

type Witness = z.infer<typeof witnessSchema>;

async function remembered(file: string): Promise<Witness | undefined | Failure> {
  try {
    const witness = witnessSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return witness.success ? witness.data : forgotten(file, 'is damaged');
  } catch (error) {
    if (code(error) === 'ENOENT') return undefined;
    return forgotten(file, error instanceof SyntaxError ? 'is damaged' : `cannot be read (${code(error)})`);
  }
}

/** Without it a backup that was exchanged or restored would pass for the one it was. */
function forgotten(file: string, why: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `what this node remembers of the backup ${why}`,
    at: { file },
    hint: 'see that the backup is the right one, then run `warmspare update --baseline keep-local` or `take-primary`',
  };
}

function gone(relationship: string, why: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `${relationship}: the backup's ledger ${why}: the backup is unmounted, was restored, or is another one`,
    hint: 'mount the right backup; for a new or restored one run `warmspare update --baseline take-primary` or `keep-local`',
  };
}

/** A memory that is being written: while it is, only the newest that is to follow counts. */
interface Writing {
  next: Witness | undefined;
  /** It failed, and is kept only to be told of. */
  isOver: boolean;
  failure: Failure | undefined;
  done: Promise<void>;
}

const writing = new Map<string, Writing>();

/**
 * Remembers a ledger that was read or written. The caller does not wait: an older memory is
 * right as well, it only notices less. One after the other, never an older one over a later one; see
 * `witnessSettled`.
 */
export function writeWitness(state: string, ledger: Ledger): void {
  const { relationship, backup, sequence, epoch, direction } = ledger;
  const file = path(state, relationship, direction);
  const under = writing.get(file);
  if (under?.isOver === false) {
    under.next = { backup, sequence, epoch };
    return;
  }
  const next = { backup, sequence, epoch };
  const one: Writing = { next, isOver: false, failure: undefined, done: Promise.resolve() };
  writing.set(file, one);
  one.done = writeAll(file, one);
}

async function writeAll(file: string, one: Writing): Promise<void> {
  for (let next = one.next; next !== undefined; next = one.next) {
    one.next = undefined;
    one.failure = await replace(file, next).then(
      () => undefined,
      error => unwritten(file, error),
    );
  }
  one.isOver = true;
  // What failed is kept to be told by whoever asks.
  if (one.failure === undefined) writing.delete(file);
}

/** Waits until the newest memory is written; the Failure says why it could not be. */
export async function witnessSettled(
  state: string,
  relationship: string,
  direction: Direction = 'forward',
): Promise<Failure | undefined> {
  const file = path(state, relationship, direction);
  const one = writing.get(file);
  if (one === undefined) return undefined;
  await one.done;
  if (writing.get(file) === one) writing.delete(file);
  return one.failure;
}

async function replace(file: string, witness: Witness): Promise<void> {
  const made = await makeFolders(dirname(file));
  if (made !== undefined) await syncFolder(dirname(made));
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    const content = JSON.stringify(witness);
    await handle.writeFile(content);
    await expectWhole(handle, content, draft);
    // Not for its own sake, an older memory would do: but one that a power cut left empty holds everything.
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  // The first one above all: a backup that nobody remembers passes for a new one.
  await syncFolder(dirname(file));
}

function unwritten(file: string, error: unknown): Failure {
  return {
    failure: 'unwritable',
    message: `what this node remembers of the backup cannot be written (${code(error) ?? (error as Error).message})`,
    at: { file },
    hint: 'the change itself is on the backup; make the state folder writable, so that an exchanged backup is noticed',
  };
}

export async function dropWitness(
  state: string,
  relationship: string,
  direction: Direction = 'forward',
): Promise<void> {
  await witnessSettled(state, relationship, direction);
  await rm(path(state, relationship, direction), { force: true });
}

/** Remembers that a person ended the relationship; in either direction. */
export async function writeReleased(
  state: string,
  relationship: string,
  released: { readonly at: number; readonly who: string },
): Promise<Failure | undefined> {
  await dropWitness(state, relationship, 'reverse');
  await witnessSettled(state, relationship);
  const file = path(state, relationship, 'forward');
  // Of which backup it was stays known: another one that comes to its place is not meant.
  const known = await remembered(file);
  const backup = known === undefined || isFailure(known) ? '' : known.backup;
  return replace(file, { backup, sequence: 0, released }).then(
    () => undefined,
    error => unwritten(file, error),
  );
}

/** Each end that follows is another one to remember. */
function path(state: string, relationship: string, direction: Direction = 'forward'): string {
  return join(state, 'relationships', `${relationship}${direction === 'reverse' ? '.reverse' : ''}.json`);
}

function ended(relationship: string, { at, who }: { readonly at: number; readonly who: string }): Failure {
  return {
    failure: 'ledger-gone',
    message: `${relationship} was released at ${new Date(at).toISOString()} by ${who}`,
    hint: 'remove it from the configuration file; or begin it anew with `warmspare update --baseline keep-local` or `take-primary`',
  };
}
