import type { Operation } from '../change/patch.ts';
import type { FormatName, TextEdit } from '../document.ts';
import type { Failure } from '../failure.ts';
import type { Lookalike, Swap } from '../rewrite/identity.ts';
import type { Text } from '../text.ts';

/** SHA-256 in hexadecimal; handed in, since the core has no cryptography of its own. */
export type Digest = (text: string | Uint8Array) => string;

export type Action = 'create' | 'change' | 'delete' | 'keep';

/** What one file of the backup would get, or why it would not. `T`: how its texts are at hand. */
export interface FilePlan<T extends Text = Text> {
  readonly path: string;
  readonly action: Action;
  /** How it is read; absent where that could not be told. */
  readonly format?: FormatName;
  /** SHA-256 of the primary's bytes; absent: the primary has no such file. */
  readonly primary?: string;
  /** SHA-256 of the backup's bytes now; absent: nothing is there. */
  readonly before?: string;
  /** SHA-256 and text after; absent: deleted, or not known because of a failure. */
  readonly after?: string;
  readonly text?: T;
  /** The backup's text now, for the diff. */
  readonly was?: string;
  /** rewrite(primary): what will have been replicated last. Absent where the file is deleted. */
  readonly base?: T;
  /** Edits of the backup's text, in UTF-16 units. */
  readonly edits: readonly TextEdit[];
  /** The primary's change in the backup's terms, RFC 6902. */
  readonly patch: readonly Operation[];
  /** Every identifier that stands swapped in rewrite(primary), with its rule. */
  readonly swaps: readonly Swap[];
  /** Guards that stop this file. Empty: it may be applied. */
  readonly held: readonly Failure[];
  /** Worth a look, never held: near and unmapped strings. */
  readonly notes: readonly Lookalike[];
  /** Entries that the change deletes, for the deletion guard's window. */
  readonly deletions: number;
  /** Settings among them; 0 when absent. */
  readonly settingsDeleted?: number;
  /** Places where the backup stays different on purpose. */
  readonly local: readonly string[];
  /** `apply: on-break`: the new text is kept ready beside the ledger, and `before` is what is kept there now. */
  readonly waits?: true;
  /** First replication of this file, onto content of its own or none. */
  readonly baseline: boolean;
  /** Shown with every held change; `approve` and `reject` take it. Bound to both sides' bytes. */
  readonly id: string;
}

/** What `diff` prints and `update` runs: the same value, the same hash. */
export interface Plan {
  readonly relationship: string;
  /** `nas1 -> nas2`. */
  readonly direction: string;
  /** The ledger's sequence that this plan follows. */
  readonly sequence: number;
  readonly files: readonly FilePlan[];
  /** What concerns the relationship as a whole: an unmounted primary, a ledger that is gone. */
  readonly held: readonly Failure[];
  readonly hash: string;
}

/** A person may release these; all others end only when their cause does. */
const APPROVABLE: ReadonlySet<string> = new Set([
  'mass-deletion',
  'file-deleted',
  'conflict',
  'swap-ambiguous',
  'baseline-differs',
  'unmapped',
  'awaits-approval',
]);

export function isApprovable(failure: Failure): boolean {
  return APPROVABLE.has(failure.failure);
}

/** Whether a file would be written or deleted if nothing held it. */
export function isEffective(file: FilePlan): boolean {
  return file.action !== 'keep';
}

/**
 * The hash that binds a plan to both sides: for each file the primary's, the backup's and the new
 * bytes. What only explains (rules, notes, guards, time) does not enter it.
 */
export function planHash(relationship: string, files: readonly FilePlan[], digest: Digest): string {
  return digest(JSON.stringify([relationship, ...files.filter(isEffective).map(bound)]));
}

export function fileId(relationship: string, file: Omit<FilePlan, 'id'>, digest: Digest): string {
  return digest(JSON.stringify([relationship, bound(file)])).slice(0, 12);
}

function bound(file: Omit<FilePlan, 'id'>): readonly unknown[] {
  return [file.path, file.action, file.primary ?? null, file.before ?? null, file.after ?? null];
}
