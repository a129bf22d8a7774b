import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../../connectors/file/folders.ts';
import { code } from '../../connectors/file/place.ts';
import type { Failure } from '../../core/failure.ts';
import type { CapturedFact, Fact, Facts, HeldFact, Pause } from './facts.ts';
import { advanceHead, type Head, type HeadLimits, newHead } from './head.ts';
import { writeMark } from './mark.ts';
import { pack, packUnder, packUnderInTurns } from './packed.ts';
import { readPause, writePause } from './pauses.ts';
import {
  type Page,
  type Query,
  readFacts,
  readHead,
  readPage,
  readRevision,
  relationshipsOf,
} from './reading.ts';
import { bounded, type JournalEntry } from './record.ts';
import { RevisionIndex, type RevisionLimits } from './revisions.ts';
import { seal, unseal } from './seal.ts';
import { makeSound, STORE } from './sound.ts';
import { openTables, pathHash, type RevisionKey, type Tables } from './tables.ts';

export interface JournalLimits {
  readonly records: HeadLimits;
  readonly revisions: RevisionLimits;
}

const LIMITS: JournalLimits = {
  records: { records: 10_000, days: 90 },
  revisions: { perPath: 20, bytes: 256 * 1024 * 1024 },
};

/** Bytes of a version that are packed and written in the turn in which they come, with what is said of them. */
const AT_ONCE = 1024 * 1024;

export interface JournalOptions {
  /** Told when writing fails, until it succeeds again; replication goes on without its memory. */
  readonly onFailure?: (failure: Failure) => void;
  readonly limits?: JournalLimits;
}

/** A version of a primary's file, as it was captured. */
export interface Revision {
  readonly relationship: string;
  readonly path: string;
  /** SHA-256 of the bytes. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/**
 * The daemon's memory: what it captured, planned, applied, held. Nothing rests on it: the primary's
 * files and the backup's ledger decide. Only pauses are authority, and they are plain files.
 *
 * Writing returns at once and is committed in the order of the calls, those of one turn of the event
 * loop together; the first that fails goes to `onFailure`. Whoever opens it holds the state's lock.
 */
export class Journal {
  readonly #folder: string;
  readonly #tables: Tables;
  readonly #limits: JournalLimits;
  readonly #onFailure: (failure: Failure) => void;
  readonly #heads = new Map<string, Head>();
  readonly #revisions: RevisionIndex;
  /** Records ever written, and how many of them the mark beside the store tells of. */
  #written = 0;
  #marked = 0;
  #marking: Promise<void> | undefined;
  /** Of large revisions, one after the other. */
  #packing: Promise<void> = Promise.resolve();
  #isFailing = false;
  /** What was found damaged when it was opened, to be said loudly. */
  readonly failures: readonly Failure[];

  constructor(folder: string, tables: Tables, failures: readonly Failure[], options: JournalOptions) {
    this.#folder = folder;
    this.#tables = tables;
    this.#limits = options.limits ?? LIMITS;
    this.#onFailure = options.onFailure ?? (() => {});
    this.#revisions = RevisionIndex.of(tables);
    this.failures = failures;
    for (const relationship of relationshipsOf(tables)) {
      const head = readHead(tables, relationship);
      if (head !== undefined) this.#heads.set(relationship, head);
      this.#written += head?.last ?? 0;
    }
  }

  /** One more record, under the next number of its relationship. Old ones go, a few at a time. */
  append(entry: JournalEntry): void {
    const { relationship, at } = entry;
    const head = this.#heads.get(relationship) ?? newHead(relationship);
    const next = advanceHead(head, at, this.#limits.records);
    this.#heads.set(relationship, next);
    const record = { relationship, number: next.last, at, event: bounded(entry.event) };
    this.#write(this.#tables.records.put([relationship, next.last], pack(record)));
    this.#write(this.#tables.heads.put(relationship, pack(next)));
    for (let number = head.first; number < next.first; number++)
      this.#write(this.#tables.records.remove([relationship, number]));
    this.#written++;
    if (this.#written >= this.#marked + MARKED_EVERY) this.flushed();
  }

  /** Keeps the bytes of a version, unless they are kept already; older ones go. */
  keep({ relationship, path, hash, bytes }: Revision): void {
    const id = pathHash(path);
    if (this.#revisions.has(relationship, id, hash)) return;
    const admitted = this.#revisions.admit(
      { relationship, path: id, content: hash },
      bytes.length,
      this.#limits.revisions,
    );
    if (admitted === undefined) return;
    const { key, gone } = admitted;
    if (bytes.length <= AT_ONCE) this.#write(this.#tables.revisions.put(key, packUnder(key, bytes)));
    else
      this.#packing = this.#packing
        .then(() => this.#keepLarge(key, bytes))
        .catch(error => this.#failed(error));
    for (const old of gone) this.#write(this.#tables.revisions.remove(old));
  }

  async #keepLarge(key: RevisionKey, bytes: Uint8Array): Promise<void> {
    const packed = await packUnderInTurns(key, bytes);
    // Others may have taken its place meanwhile.
    if (this.#revisions.lists(key)) this.#write(this.#tables.revisions.put(key, packed));
  }

  /** The bytes with that SHA-256, while they are kept; proven to be the same. */
  revision(relationship: string, path: string, hash: string): Uint8Array | undefined {
    return readRevision(this.#tables, relationship, path, hash);
  }

  /** Remembers since when a file is held; undefined: it is not. */
  setHeld(relationship: string, path: string, held: HeldFact | undefined): void {
    this.#setFact('held', relationship, path, held && { kind: 'held', relationship, path, ...held });
  }

  /** Remembers what was last captured of a file; undefined: nothing. */
  setCaptured(relationship: string, path: string, captured: CapturedFact | undefined): void {
    const fact = captured && { kind: 'captured' as const, relationship, path, ...captured };
    this.#setFact('captured', relationship, path, fact);
  }

  /** A person's word, durable when it returns; undefined ends the pause. The Failure: it did not take. */
  async setPaused(relationship: string, pause: Pause | undefined): Promise<Failure | undefined> {
    try {
      await writePause(join(this.#folder, PAUSES), relationship, pause);
      return undefined;
    } catch (error) {
      return unwritable(this.#folder, error);
    }
  }

  facts(relationship: string): Facts {
    return factsOf(this.#folder, relationship, readFacts(this.#tables, relationship));
  }

  /** Newest first. Records of the same turn of the event loop are not yet in it. */
  read(query: Query = {}): Page {
    return readPage(this.#tables, query);
  }

  /** Everything so far is on the disk when it returns. Never rejects: what fails goes to `onFailure`. */
  async flushed(): Promise<void> {
    // One mark after the other: of two at once the older could be the last.
    const mine = (this.#marking ?? Promise.resolve()).then(() => this.#mark());
    this.#marking = mine;
    await mine;
  }

  async #mark(): Promise<void> {
    const written = this.#written;
    try {
      await this.#packing;
      await this.#tables.root.flushed;
      if (written === this.#marked) return;
      this.#marked = written;
      await writeMark(join(this.#folder, STORE), written);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Ends it cleanly: flushed, and sealed, so that the next one opens it at once. */
  async close(): Promise<void> {
    await this.flushed();
    await this.#tables.root.close();
    try {
      await seal(join(this.#folder, STORE));
    } catch (error) {
      this.#onFailure(unwritable(this.#folder, error));
    }
  }

  #setFact(kind: Fact['kind'], relationship: string, path: string, fact: Fact | undefined): void {
    const { facts } = this.#tables;
    const key: [string, string, string] = [relationship, kind, pathHash(path)];
    this.#write(fact === undefined ? facts.remove(key) : facts.put(key, pack(fact)));
  }

  #write(write: Promise<boolean>): void {
    write.then(
      () => {
        this.#isFailing = false;
      },
      error => this.#failed(error),
    );
  }

  #failed(error: unknown): void {
    if (!this.#isFailing) this.#onFailure(unwritable(this.#folder, error));
    this.#isFailing = true;
  }
}

/** A pause that goes on at `now`, told without opening the journal, by whoever does not hold the lock. */
export function pauseAt(state: string, relationship: string, now: number): Pause | undefined {
  const { paused } = readPause(join(state, JOURNAL, PAUSES), relationship);
  return paused?.until !== undefined && paused.until <= now ? undefined : paused;
}

const PAUSES = 'paused';
/** So many records at most are not yet told of by the mark. */
const MARKED_EVERY = 64;

export function factsOf(
  folder: string,
  relationship: string,
  { facts, failures }: { readonly facts: readonly Fact[]; readonly failures: readonly Failure[] },
): Facts {
  const { paused, failure } = readPause(join(folder, PAUSES), relationship);
  const held = new Map<string, HeldFact>();
  const captured = new Map<string, CapturedFact>();
  for (const fact of facts) {
    if (fact.kind === 'held') held.set(fact.path, { since: fact.since, id: fact.id });
    else captured.set(fact.path, { look: fact.look, hash: fact.hash });
  }
  const all = failure === undefined ? failures : [failure, ...failures];
  return { ...(paused === undefined ? {} : { paused }), held, captured, failures: all };
}

/**
 * Opens the journal of a state folder for writing, and begins one where there is none. A damaged one is
 * mended or begun anew, and `failures` says so; a Failure is returned only where nothing can be written.
 */
export async function openJournal(state: string, options: JournalOptions = {}): Promise<Journal | Failure> {
  const folder = join(state, JOURNAL);
  try {
    await makeFolders(folder);
    const network = NETWORK.get((await statfs(folder)).type);
    if (network !== undefined) return onNetwork(folder, network);
    const failures = await makeSound(folder);
    await unseal(join(folder, STORE));
    return new Journal(folder, openTables(join(folder, STORE))!, failures, options);
  } catch (error) {
    return unwritable(folder, error);
  }
}

export const JOURNAL = 'journal';

/** By the numbers of statfs(2). A store that is mapped into memory is not safe on them. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
]);

function onNetwork(folder: string, kind: string): Failure {
  return {
    failure: 'unsupported',
    message: `the journal cannot lie on ${kind}`,
    at: { file: folder },
    hint: 'set `state:` to a folder of a local disk',
  };
}

function unwritable(folder: string, error: unknown): Failure {
  const reason = code(error) ?? (error instanceof Error ? error.message : String(error));
  return {
    failure: 'unwritable',
    message: `the journal cannot be written (${reason})`,
    at: { file: folder },
    hint: 'see that the disk has room; replication goes on without it',
  };
}
