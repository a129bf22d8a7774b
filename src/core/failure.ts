import { maskSecrets } from './change/secrets.ts';

/**
 * What can go wrong, as data. Every failure that a user may see is one of these codes: the code says
 * which mistake, `at` where, `hint` what to do next. Failures are rendered in one place
 * (cli/report), and nothing is ever told apart by its text.
 */
export type FailureCode =
  // ---- bytes of a file, before any parser sees them (capture/prescan)
  | 'not-utf8'
  | 'nul-byte'
  | 'binary'
  | 'too-large'
  | 'too-deep'
  | 'alias-bomb'
  // ---- a file that is not what its format says
  | 'syntax'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'unknown-format'
  // ---- the thing at a path is not a file we may touch (connectors)
  | 'not-a-file'
  | 'outside-root'
  | 'node-own'
  | 'unreadable'
  | 'unwritable'
  | 'root-missing'
  // the member beside the primary, or what members speak through, cannot be reached
  | 'unreachable'
  // the server at the other end shows a key that is not the one that is known
  | 'host-key'
  // ---- configuration and mapping
  | 'usage'
  | 'config-syntax'
  | 'config-unknown-key'
  | 'config-invalid'
  | 'config-missing'
  | 'pair-invalid'
  | 'pair-collision'
  | 'pair-chain'
  | 'pair-kind'
  | 'claimed-twice'
  | 'replication-loop'
  | 'backup-inside-primary'
  | 'unsupported'
  // ---- guards: a change that is held (apply/guard, apply/merge)
  | 'empty'
  | 'residue'
  | 'swap-ambiguous'
  | 'keys-collide'
  | 'law'
  | 'mass-deletion'
  | 'file-deleted'
  | 'conflict'
  | 'place-ambiguous'
  | 'baseline-differs'
  | 'ledger-gone'
  | 'unmapped'
  | 'awaits-approval'
  // ---- planning it took more time or memory than a file may take; heals when the file changes
  | 'too-costly'
  // ---- who leads: the backup serves, serves no more, or nobody can tell; or a decision about it is due
  | 'broken'
  | 'not-broken'
  | 'direction'
  | 'orphans'
  // ---- a command of the configuration failed
  | 'hook-failed'
  // ---- refusals
  | 'plan-moved'
  | 'locked'
  // a higher epoch has the backup, or this one was never taken
  | 'fenced'
  // a task of another member, or of nobody who is known here
  | 'not-owner'
  | 'not-found'
  | 'read-only'
  | 'internal';

/** Where a failure is. Lines and columns count from 1; a column counts UTF-16 units. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The source line itself, so that a report can set a caret under the column. */
  readonly source?: string;
  /** How many units the caret underlines; 1 when absent. */
  readonly length?: number;
}

export interface Failure {
  readonly failure: FailureCode;
  /** One sentence in the words of product.md, without place, code or full stop. */
  readonly message: string;
  readonly at?: Place;
  /** Further places that the message is about (the other of two colliding lines). */
  readonly also?: readonly Place[];
  /** What the administrator can do next, as an imperative sentence. */
  readonly hint?: string;
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && typeof (value as Failure).failure === 'string';
}

/** What is wrong and what can be done, for a log and for a list. */
export function inOneLine({ message, hint }: Failure): string {
  return hint === undefined ? message : `${message}; ${hint}`;
}

/** Carries a Failure through code that cannot return one (callbacks of libraries, I/O). */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'FailureError';
    this.failure = failure;
  }
}

/** The place of an offset (UTF-16 units) in a text, with its source line. */
export function placeAt(text: string, offset: number, file?: string): Place {
  const before = text.lastIndexOf('\n', offset - 1) + 1;
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  const end = text.indexOf('\n', offset);
  const plain = text.slice(before, end === -1 ? text.length : end).replace(/\r$/, '');
  const source = withoutSecrets(text, before, plain);
  const column = Math.min(offset - before, source.length) + 1;
  return { ...(file === undefined ? {} : { file }), line, column, source };
}

/** How far around a line a secret may be told by other lines: `name: DB_PASSWORD` above `value: ...`. */
const CONTEXT_UNITS = 4096;

/** The line that begins at `start`, masked in its surroundings: an excerpt shows no secret either. */
function withoutSecrets(text: string, start: number, plain: string): string {
  const from = text.lastIndexOf('\n', Math.max(0, start - CONTEXT_UNITS)) + 1;
  const end = start + plain.length;
  return lineWithoutSecrets(text.slice(from, start), plain, text.slice(end, end + CONTEXT_UNITS));
}

/** A line (without its end), masked as what stands before it, from a line's beginning on, and behind it tells. */
export function lineWithoutSecrets(before: string, line: string, behind: string): string {
  const at = before.split('\n').length - 1;
  const masked = maskSecrets(before + line + behind).text.split('\n')[at];
  return masked?.replace(/\r$/, '') ?? line;
}
