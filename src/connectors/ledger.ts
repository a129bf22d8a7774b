import { z } from 'zod';
import { OWN_FOLDER } from '../core/capture/scope.ts';
import type { Failure } from '../core/failure.ts';
import { sha256 } from './file/digest.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Names that lead out of the root, or into the replication's own folder, are nobody's. */
export const pathInRoot = z.string().refine(name => {
  const parts = name.split('/');
  return (
    name !== '' &&
    parts.every(part => part !== '' && part !== '.' && part !== '..') &&
    parts[0] !== OWN_FOLDER
  );
});

const file = z.object({
  format: z.enum(['json', 'yaml', 'toml', 'ini', 'block', 'lines']),
  /** Of the last replicated text: rewrite(primary). */
  base: hash,
  /** Of the file as it stood after the last replication; null where it is deleted on purpose. */
  file: hash.nullable(),
  /** Of the primary's text that the base was made from. */
  primary: hash.optional(),
  sequence: z.int().nonnegative(),
  /** Places where the backup differs on purpose: kept, accepted, rejected or undone (these begin with `!`); '' is the whole file. */
  local: z.array(z.string()),
});

/**
 * A file with `apply: on-break`: as if its rewritten text had been put, but that lies among the texts beside
 * the ledger (`file` is its hash) until `activate` installs it.
 */
const staged = file.extend({
  /** Of the primary's file: what the installed one gets where there was none. */
  mode: z.int(),
  uid: z.int(),
  gid: z.int(),
  /** Of the staged text that was installed last. */
  installed: hash.optional(),
});

const entry = z.object({
  sequence: z.int().nonnegative(),
  /** Milliseconds since 1970. */
  at: z.number(),
  plan: z.string(),
  what: z.enum([
    'baseline',
    'update',
    'approve',
    'reject',
    'undo',
    'break',
    'activate',
    'resync',
    'accept',
    'repair',
  ]),
  /** Of an undo: the change that it took back. */
  undoes: z.int().positive().optional(),
  who: z.string(),
  /** The node on which it was done. */
  where: z.string().optional(),
  reason: z.string().optional(),
  files: z.array(
    z.object({
      path: pathInRoot,
      before: hash.nullable(),
      after: hash.nullable(),
      deleted: z.int().nonnegative(),
      /** Settings within the deleted entries. */
      settings: z.int().nonnegative().default(0),
      /** Kept ready beside the ledger, and not put at the path. */
      staged: z.boolean().optional(),
    }),
  ),
});

/**
 * What lies at the backup itself about one relationship, and decides over every other memory of it:
 * hashes, no texts. `history` holds the newest changes, whose earlier versions are kept beside it.
 */
export const ledgerSchema = z.object({
  version: z.literal(1),
  relationship: z.string(),
  /** Made once for this backup; another backup at the same path has another. */
  backup: z.string(),
  epoch: z.int().positive(),
  /** In a cluster: how whoever wrote it had the task, or, where that was nobody of it, whoever had it before. */
  task: z.object({ epoch: z.int().positive(), edition: z.int().nonnegative(), owner: z.string() }).optional(),
  /** `forward`: it lies at the configuration's backup, which follows; `reverse`: at its primary. */
  direction: z.enum(['forward', 'reverse']),
  /** This node serves: nobody writes to it before `resync`. */
  broken: z.boolean(),
  /** How often the roles had been exchanged when this node began to follow; of two ledgers the later one decides. */
  turn: z.int().nonnegative().optional(),
  /** Hash of the mapping and the rules that the files were rewritten by. */
  configuration: hash,
  sequence: z.int().nonnegative(),
  /** In a cluster: as of when the primary was read, by the member beside it (`Captured.asOf`). */
  asOf: z.int().nonnegative().optional(),
  /** Milliseconds since 1970 at which the backup was last read back and found right. */
  proven: z.number(),
  files: z.record(pathInRoot, file),
  /** Files that wait for a break. */
  onBreak: z.record(pathInRoot, staged).optional(),
  /** Of a broken one: hashes of files as they stood at the break, where those are not the last replicated texts. */
  atBreak: z.record(pathInRoot, hash).optional(),
  history: z.array(entry),
});

export type Ledger = z.infer<typeof ledgerSchema>;
export type LedgerFile = z.infer<typeof file>;
export type StagedFile = z.infer<typeof staged>;
export type LedgerEntry = z.infer<typeof entry>;

/** How many changes can be undone one by one. */
export const HISTORY_KEPT = 20;

/**
 * What the ledger knows of a file: as it was kept ready where it waits for a break, else as it was put. Rules
 * change, so that it can know both of one path, and only one of the two is what the rules now speak of.
 */
export function entryOf(
  ledger: Ledger | undefined,
  { path, waits }: { readonly path: string; readonly waits?: boolean },
): LedgerFile | StagedFile | undefined {
  return waits === true ? ledger?.onBreak?.[path] : ledger?.files[path];
}

/** Hashes of the texts that must lie beside the ledger. */
export function textsNamed(ledger: Ledger | undefined): Set<string> {
  const staged = Object.values(ledger?.onBreak ?? {}).flatMap(({ file, base, installed }) => [
    file,
    base,
    installed,
  ]);
  const hashes = [...staged, ...Object.values(ledger?.atBreak ?? {})];
  return new Set(hashes.filter(one => typeof one === 'string'));
}

/** The last key of a ledger as it is written: the hash of all the text before it. */
const SEAL = /,\n {2}"seal": "([0-9a-f]{64})"\n\}\n$/;

/**
 * A ledger as it is written. Everything else is decided by it, and a single flipped bit can make a sound
 * one of another meaning (a setting that is local no longer, a deletion that was never counted); so it
 * proves itself.
 */
export function ledgerText(ledger: Ledger): string {
  const text = JSON.stringify(ledger, null, 2).replace(/\n\}$/, '');
  return `${text},\n  "seal": "${sha256(text)}"\n}\n`;
}

/** The ledger of a text that `ledgerText` gave; everything else is a Failure. */
export function parseLedger(text: string, where: string): Ledger | Failure {
  try {
    const value: unknown = JSON.parse(text);
    const parsed = ledgerSchema.safeParse(value);
    if (parsed.success)
      return isSealed(text)
        ? parsed.data
        : damaged(where, 'it is not as it was written (its seal is broken)');
    if (isLater(value)) return later(where);
    const key = parsed.error.issues[0]?.path.join('.') ?? '';
    return damaged(where, key === '' ? 'it has another form' : `${key} is missing or has another form`);
  } catch {
    return damaged(where, 'it is cut, or no JSON');
  }
}

function isSealed(text: string): boolean {
  const seal = SEAL.exec(text);
  return seal !== null && sha256(text.slice(0, seal.index)) === seal[1];
}

function damaged(where: string, reason: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `the ledger is damaged: ${reason}`,
    at: { file: where },
    hint: 'restore the .warmspare folder of the backup from before the damage, or begin anew with `warmspare update --baseline keep-local` or `take-primary`; nothing is replicated meanwhile',
  };
}

function isLater(value: unknown): boolean {
  const version = (value as { version?: unknown } | null)?.version;
  return typeof version === 'number' && version > 1;
}

function later(where: string): Failure {
  return {
    failure: 'unsupported',
    message: 'the ledger was written by a later version of warmspare',
    at: { file: where },
    hint: 'install that version here too; nothing is replicated meanwhile',
  };
}
