import type { Look } from '../capture/look.ts';
import type { Failure } from '../failure.ts';

/**
 * One version of a file of a primary: what a backup needs to know of it, and by the hash where its bytes are.
 */
export interface RevisedFile {
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  /** Permission bits, 0 to 0o7777; without those that only an access list gives. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly link?: string;
  /** `device:inode` on the primary, by which a rename is known; another one alone is no other version. */
  readonly inode: string;
}

/** What lies at the end that leads about who leads: an owner elsewhere has to know the roles, and no more. */
export type Leading =
  | { readonly is: 'none' }
  | { readonly is: 'ledger'; readonly ledger: LeadingLedger }
  | { readonly is: 'untold'; readonly failure: Failure };

/** Of a ledger, what tells the roles. */
export interface LeadingLedger {
  readonly backup: string;
  readonly epoch: number;
  readonly direction: 'forward' | 'reverse';
  readonly broken: boolean;
  readonly turn?: number;
  readonly configuration: string;
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly proven: number;
}

/** The state of a primary's configuration as its capturing member sees it; every file a whole version. */
export interface Captured {
  readonly files: ReadonlyMap<string, RevisedFile>;
  /** What stands at a path of the scope and may not be read. Its last good version may be among the files still. */
  readonly refused: ReadonlyMap<string, Failure>;
  readonly leading: Leading;
  /** Hash of the capturing member's mapping and rules. */
  readonly configuration: string;
  /**
   * When its newest version was read, in milliseconds by the clock of the member beside the primary, which never
   * goes back while a process runs. Of two states it tells the later one, also of one that never came to the log.
   */
  readonly asOf: number;
}

/** Which process told it, and as its which revision; its numbers rise, with gaps. */
export interface Stamp {
  readonly capturer: string;
  readonly number: number;
}

/**
 * One message of a relationship's log: a state, whole or as what became of the one before. A state and no
 * event: whoever has the newest needs none of the others.
 */
export interface Revision extends Stamp {
  readonly relationship: string;
  /** The message of the same capturer that it goes on from, by its sequence and number; null where it is full. */
  readonly previous: { readonly sequence: number; readonly number: number } | null;
  /** Files that are new or changed; all of them where it is full. */
  readonly files: ReadonlyMap<string, RevisedFile>;
  readonly gone: readonly string[];
  /** All of them, also where it is not full. */
  readonly refused: ReadonlyMap<string, Failure>;
  readonly leading: Leading;
  readonly configuration: string;
  readonly asOf: number;
}

/** What the messages up to one say together. `sequence`: of that message. */
export interface Manifest extends Captured, Stamp {
  readonly sequence: number;
}

/** By it the engine and a publisher tell messages apart. */
export function revisionId({ capturer, number }: Stamp): string {
  return `${capturer}-${number}`;
}

/** The message that needs no other one. */
export function fullRevision(relationship: string, stamp: Stamp, now: Captured): Revision {
  const { files, refused, leading, configuration, asOf } = now;
  const { capturer, number } = stamp;
  const state = { files, gone: [], refused, leading, configuration, asOf };
  return { relationship, capturer, number, previous: null, ...state };
}

/** The message that says what has changed since `before`, which the message `sequence` of that number told. */
export function deltaRevision(
  relationship: string,
  stamp: Stamp,
  before: Captured & { readonly sequence: number; readonly number: number },
  now: Captured,
): Revision {
  const changed = [...now.files].filter(([path, file]) => !sameFile(before.files.get(path), file));
  return {
    ...fullRevision(relationship, stamp, now),
    previous: { sequence: before.sequence, number: before.number },
    files: new Map(changed),
    gone: [...before.files.keys()].filter(path => !now.files.has(path)),
  };
}

/**
 * The manifest after one more message of the log, which came as `sequence`. `gap`: it goes on from a message that
 * was not taken in, so that nothing can be said of the state but that it is another one. What was taken in
 * already, or is older, changes nothing.
 */
export function applyRevision(
  manifest: Manifest | undefined,
  revision: Revision,
  sequence: number,
): Manifest | 'gap' {
  const { capturer, number, previous, refused, leading, configuration, asOf } = revision;
  const isSame = manifest !== undefined && manifest.capturer === capturer;
  // Of one capturer the numbers tell the order, also in an engine that was emptied and counts anew.
  if (isSame && number <= manifest.number) return manifest;
  const told = { capturer, number, sequence, refused, leading, configuration, asOf };
  if (previous === null) return { ...told, files: revision.files };
  const goesOn = isSame && previous.number === manifest.number && previous.sequence === manifest.sequence;
  if (!goesOn) return 'gap';
  const files = new Map(manifest.files);
  for (const path of revision.gone) files.delete(path);
  for (const [path, file] of revision.files) files.set(path, file);
  return { ...told, files };
}

/** Whether two versions of a path are one to a backup. */
export function sameFile(one: RevisedFile | undefined, other: RevisedFile | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.hash === other.hash &&
    one.mode === other.mode &&
    one.uid === other.uid &&
    one.gid === other.gid &&
    one.link === other.link
  );
}

/** Whether there is nothing to tell of the second after the first. */
export function sameCaptured(one: Captured, other: Captured): boolean {
  if (one === other) return true;
  return (
    one.configuration === other.configuration &&
    sameLeading(one.leading, other.leading) &&
    sameRefused(one.refused, other.refused) &&
    (one.files === other.files || sameEntries(one.files, other.files, sameFile))
  );
}

export function sameLeading(one: Leading, other: Leading): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function sameRefused(one: ReadonlyMap<string, Failure>, other: ReadonlyMap<string, Failure>): boolean {
  if (one === other) return true;
  return sameEntries(one, other, (a, b) => a.failure === b?.failure && a.message === b.message);
}

/** How a version looks to whoever sees it through the log: as one glance at the file itself, for its identity alone. */
export function lookOfRevised({ inode, size, hash, mode, uid, gid, link }: RevisedFile): Look {
  return { inode, size, modified: hash, changed: `${mode} ${uid} ${gid} ${link ?? ''}` };
}

function sameEntries<T>(
  one: ReadonlyMap<string, T>,
  other: ReadonlyMap<string, T>,
  same: (a: T, b: T | undefined) => boolean,
): boolean {
  return one.size === other.size && [...one].every(([path, value]) => same(value, other.get(path)));
}
