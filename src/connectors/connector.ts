import type { Look } from '../core/capture/look.ts';
import type { Scope } from '../core/capture/scope.ts';
import type { Failure } from '../core/failure.ts';
import type { Tenure } from '../core/fence/tenure.ts';
import type { Ledger } from './ledger.ts';

/** One file as it was read: all of it, from one version. */
export interface StoredFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly hash: string;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In an earlier version: the path was a symbolic link with this text. */
  readonly link?: string;
  /** Of the version that was read; an earlier version has none. */
  readonly look?: Look;
  /** Where it lies on this machine: its access list can only be copied by the system's own tools. */
  readonly place?: string;
}

/** What a scope matches: paths in order, and what stands at a matching path but may not be read. */
export interface Listing {
  readonly paths: readonly string[];
  readonly refused: readonly { readonly path: string; readonly failure: Failure }[];
  /** Node-own files that a wildcard would have taken in. */
  readonly nodeOwn: readonly string[];
}

/** A side that configuration is read from. Reading has no effect at all, not even a lock or a file. */
export interface Source {
  /** For people: a path, later a URL. */
  readonly title: string;
  /** Whether the root is there; the Failure says what stands in the way. */
  reachable(): Promise<Failure | undefined>;
  /** May be repeated; no order of calls is expected. */
  list(scope: Scope): Promise<Listing>;
  /** One whole version, or undefined where nothing is. A Failure for what is no regular file, lies outside the root, is too large. */
  read(path: string): Promise<StoredFile | undefined | Failure>;
}

/**
 * A file to put on the backup. Owner and mode are those of the file it replaces, else the ones given;
 * with `exact` always the ones given, because an earlier version comes back as it was. So is it with the
 * access list, which comes from `place` then.
 */
export interface Put {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly exact?: boolean;
  readonly place?: string;
  /** The path becomes this symbolic link, and the file is put where it leads. */
  readonly link?: string;
}

export interface Transaction {
  readonly relationship: string;
  readonly puts: readonly Put[];
  readonly deletes: readonly string[];
  /** The versions this was planned against; a target that has moved since refuses the whole transaction. */
  readonly expected: ReadonlyMap<string, string | undefined>;
  /** New last-replicated texts; undefined: no longer replicated. */
  readonly bases: ReadonlyMap<string, Uint8Array | undefined>;
  /** Everything that `break` needs with the primary and the configuration file gone. */
  readonly definition: string;
  /** Its `task` is the connector's to write: the highest tenure that is known at the backup. */
  readonly ledger: Ledger;
}

/** How a take-over is asked for. */
export interface TakeOver {
  /** The new epoch is higher than this one, as it is than all that the backup knows of. */
  readonly above?: number;
  /** The direction in which the caller acts; `forward` when absent. */
  readonly direction?: Ledger['direction'];
  /** The caller acts on what is broken as well: `activate`, `resync`, `release`. */
  readonly broken?: boolean;
  /** A damaged ledger counts as none: a new baseline was asked for by name. */
  readonly anew?: boolean;
  /**
   * The `backup` of the ledger that the caller goes by. Where that is not the ledger any more nothing is taken: a
   * file system that is unmounted shows an empty folder, which would pass for a new backup.
   */
  readonly follows?: string | undefined;
  /**
   * How the caller has the task, in a cluster: refused where the backup knows of a later tenure. Without one it is
   * a person's word, or a daemon alone, which no tenure refuses; those that are known are carried on by whoever it is.
   */
  readonly task?: Tenure | undefined;
}

/** An epoch that this process has now, and the ledger as it found or settled it. */
export interface Taken {
  readonly epoch: number;
  readonly ledger: Ledger | undefined;
}

/**
 * A backup. Whoever writes to it takes it over first, and has it until somebody takes a higher epoch: after
 * that no call of the earlier owner has an effect any more, also one that is under way, and all of them
 * fail with `fenced`.
 *
 * `commit` is atomic per file: a reader sees the old or the new version, whole. Over its files it is all or
 * nothing: what a process leaves that ends in the middle of it is ended, or taken back, by the next
 * take-over. It is idempotent: the same transaction again changes nothing. It returns after the data is
 * durable and was read back; commits of one relationship take turns. Errors of the medium are Failures
 * `unwritable`, leave the old content, and may be retried as they are.
 */
export interface Target extends Source {
  ledger(relationship: string): Promise<Ledger | undefined | Failure>;
  /** The epoch that this process has, as far as it knows; of a tenure: that it has taken in that one. */
  epoch(relationship: string, task?: Tenure): number | undefined;
  /** Whether a process that ended left a transaction unacknowledged; reads only. */
  isUnsettled(relationship: string): Promise<boolean>;
  /**
   * Makes this process the owner, and settles what an earlier one left. `fenced`: somebody else was quicker,
   * or has taken it from this process, which only `above` their epoch, or with a tenure, may take it again; or
   * somebody has, or had, the task in a later tenure (`Outranked`), also where no ledger tells of it yet, and
   * nothing of theirs was touched. `broken`: the ledger says that nobody may write in this direction. May be
   * repeated; each time is an epoch of its own.
   */
  takeOver(relationship: string, how?: TakeOver): Promise<Taken | Failure>;
  /**
   * Makes ready what a take-over by this process will need, so that it takes less time: to be called while the
   * earlier owner still works. Takes nothing, and has no effect on any owner, epoch or file. Refused, and nothing
   * made, where the ledger is not the one that the caller goes by. May be repeated: what is ready, and still there,
   * stays. A take-over by anybody may sweep it away; then the one that it was made for makes it anew. A connector that has
   * nothing to make ready answers that it is.
   */
  prepareTakeOver(relationship: string, how?: Pick<TakeOver, 'follows'>): Promise<Failure | undefined>;
  /** Removes what was made ready for a take-over that does not come. Never rejects: what is left goes with the next one. */
  dropTakeOver(relationship: string): Promise<void>;
  /** A last replicated text of a file, by its SHA-256. Throws a Failure `unreadable` where it cannot be told. */
  base(relationship: string, path: string, hash: string): Promise<Uint8Array | undefined>;
  /** What stood at the path before the change of that sequence; with 0: before replication first touched it. */
  earlier(relationship: string, sequence: number, path: string): Promise<StoredFile | undefined>;
  /** Every path that replication ever touched, created ones included, in order. */
  touchedPaths(relationship: string): Promise<string[]>;
  /**
   * Keeps texts beside the ledger, each under its SHA-256, durably; to be called before the commit whose
   * ledger names them. May be repeated. They are no effect on any file, so that no owner has to be asked.
   */
  keepTexts(relationship: string, texts: readonly Uint8Array[]): Promise<Failure | undefined>;
  /** A text that was kept, by its SHA-256; undefined where it is not there, or damaged. */
  text(relationship: string, hash: string): Promise<Uint8Array | undefined>;
  /** Drops texts that no ledger names any more. Never rejects: what is left over does no harm. */
  dropTexts(relationship: string, hashes: readonly string[]): Promise<void>;
  /**
   * Says what the next commit will probably put, so that it can be made ready while that is still being found
   * out; without a file, that it comes to nothing. Has no effect on any file, and never rejects. Resolves when
   * only the medium is waited for. What is made ready and never put is dropped by the next commit, or by `settled`.
   */
  foresee(relationship: string, put?: Pick<Put, 'path' | 'bytes'>): Promise<void>;
  /** Of the epoch that this process has taken; of any other it is refused. */
  commit(transaction: Transaction): Promise<Failure | undefined>;
  /**
   * To be asked before anything is remembered of a ledger that was read: where a commit failed at its very end,
   * its ledger is there and may be lost with the power. Makes sure that it is not; the Failure says why not.
   */
  confirm(relationship: string): Promise<Failure | undefined>;
  /**
   * Waits for what commits leave for after their acknowledgement: bases of files that are their own base
   * meanwhile, and the removal of what nothing needs any more. Never rejects: what could not be written
   * is tried again by the next commit, which fails where it still cannot be.
   */
  settled(): Promise<void>;
  /**
   * Forgets the relationship: ledger, bases, earlier versions, and the folders that replication made
   * and that are empty again. Files stay as they are.
   */
  forget(relationship: string): Promise<Failure | undefined>;
}
