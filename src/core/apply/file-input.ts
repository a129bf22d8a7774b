import type { FormatName } from '../document.ts';
import type { Kind, Mapping } from '../rewrite/identity.ts';
import type { Text } from '../text.ts';
import type { DeletionGuard } from './guard.ts';
import type { Digest } from './plan.ts';

/** Both sides of one file, as they were read, and what the ledger remembers of it. */
export interface FileInput {
  readonly path: string;
  readonly primary: Uint8Array | undefined;
  readonly local: Uint8Array | undefined;
  /** Absent before the first replication of this file. */
  readonly known?: {
    readonly format: FormatName;
    /** SHA-256 of the last replicated text, and of the file as it stood after; null: deleted on purpose. */
    readonly base: string;
    readonly file: string | null;
    readonly local: readonly string[];
    /** The last replicated text; undefined where it is lost. */
    readonly text: Text | undefined;
  };
  /** Entries deleted by earlier changes within the guard's window. */
  readonly deletedBefore: number;
  /** The settings among them; 0 when absent. */
  readonly settingsDeletedBefore?: number;
}

/** What holds for one file. */
export interface FileRules {
  readonly relationship: string;
  readonly mapping: Mapping;
  readonly format?: FormatName;
  readonly rewrite: 'swap' | 'none';
  readonly preserve: readonly string[];
  /** backup: what is in conflict stays the backup's, and counts as rejected; only `reject` asks for that. */
  readonly conflict: 'hold' | 'primary' | 'backup';
  readonly mode: 'auto' | 'approve';
  readonly unmapped: Readonly<Record<Kind, 'warn' | 'hold'>>;
  readonly guard: DeletionGuard | undefined;
  /** How to begin on a backup that has other content. */
  readonly baseline?: 'take-primary' | 'keep-local';
  readonly digest: Digest;
}
