import { prescan } from '../capture/prescan.ts';
import type { Document } from '../document.ts';
import { type Failure, isFailure } from '../failure.ts';
import type { Format } from '../formats/format.ts';
import { stringOf } from '../text.ts';
import type { FileInput, FileRules } from './file-input.ts';
import { isWithin, reachesBelow, rejectedIn } from './local.ts';
import { type Merged, merge } from './merge/merge.ts';
import type { Piece } from './merge/pieces.ts';
import { placesAfter } from './merge/places.ts';
import type { MergePolicy } from './merge/policy.ts';
import { onBackup } from './on-backup.ts';
import type { Rendered } from './rendered.ts';

/** rewrite(primary) brought together with what the backup has. */
export interface Outcome {
  /** The backup's text now; absent: there is none. */
  readonly was?: string;
  /** The text to be; absent: the backup keeps what it has, or nothing. */
  readonly text?: string;
  readonly document?: Document;
  /** Where the stretches of `text` came from; absent: all of it is rewrite(primary). */
  readonly pieces?: readonly Piece[];
  /** What was replicated last, parsed. */
  readonly base?: Document;
  /** After a merge: where the backup's was rejected, as pointers into the new value. */
  readonly rejected?: readonly string[];
  readonly held: readonly Failure[];
}

/**
 * The file as it should stand on the backup.
 *
 * - Nothing there yet: rewrite(primary), byte for byte.
 * - The backup's text is what replication last made of it: rewrite(primary), byte for byte, but for
 *   places that are preserved.
 * - The backup was changed locally: three-way merge.
 * - The primary did not change: whatever stands there stays; `verify` speaks of it.
 */
export function combine(input: FileInput, rules: FileRules, rendered: Rendered): Outcome | Failure {
  const { known, path } = input;
  const { next, format } = rendered;
  const local = readLocal(input);
  if (isFailure(local)) return local;
  const was = local === undefined ? {} : { was: local };
  if (known === undefined) return combineBaseline(input, rules, rendered, local);
  if (rules.digest(next.text) === known.base)
    return { ...was, ...(local === undefined ? {} : { text: local }), held: [] };
  const last = stringOf(known.text);
  if (last === undefined) {
    // Without it nothing tells whose change is whose; a new baseline by name needs none.
    return rules.baseline === undefined ? lostBase(path) : combineBaseline(input, rules, rendered, local);
  }
  const base = format.parse(last, path);
  if (isFailure(base)) return base;
  if (local === undefined) return deletedLocally(known, rules, next, base, path);
  if (local === next.text) return { ...was, text: local, base, held: [] };
  if (local === last && rules.preserve.length === 0) {
    return { ...was, text: next.text, document: next, base, held: [] };
  }
  return combineThree(input, rules, format, base, next, local);
}

function readLocal(input: FileInput): string | undefined | Failure {
  if (input.local === undefined) return undefined;
  const scanned = prescan(input.local);
  if (isFailure(scanned)) {
    return onBackup({ ...scanned, at: { ...scanned.at, file: input.path } });
  }
  return scanned.text;
}

function combineBaseline(
  input: FileInput,
  rules: FileRules,
  rendered: Rendered,
  local: string | undefined,
): Outcome | Failure {
  const { next, format } = rendered;
  if (local === undefined) return { text: next.text, document: next, held: [] };
  if (local === next.text) return { was: local, text: local, held: [] };
  if (rules.baseline !== 'keep-local' && rules.preserve.length === 0) {
    return { was: local, text: next.text, document: next, held: [] };
  }
  return combineThree(input, rules, format, undefined, next, local);
}

function combineThree(
  input: FileInput,
  rules: FileRules,
  format: Format,
  base: Document | undefined,
  next: Document,
  local: string,
): Outcome | Failure {
  const { path } = input;
  const parsed = format.parse(local, path);
  if (isFailure(parsed)) return onBackup(parsed);
  const attempt = (conflict: MergePolicy['conflict']) =>
    merge({ base, next, local: parsed, file: path, format, policy: policyOf(input, rules, conflict) });
  const preferred =
    base !== undefined ? rules.conflict : rules.baseline === 'keep-local' ? 'local' : 'primary';
  const merged = attempt(preferred);
  const common = { was: local, ...(base === undefined ? {} : { base }) };
  const rejected = rejectedIn(input.known?.local ?? []);
  const done = (result: Merged, held: readonly Failure[]): Outcome => {
    const { text, document, pieces, kept } = result;
    const before = rejected.map(pointer => ({ pointer, isGone: false }));
    const places = placesAfter([...before, ...kept], parsed, document, pieces);
    return { ...common, text, document, pieces, rejected: places, held };
  };
  if (merged.failures.length === 0) return done(merged, []);
  // A conflict is shown as what approval would do: the primary's change, where both have one.
  const approved = merged.failures.every(failure => failure.failure === 'conflict')
    ? attempt('primary')
    : merged;
  if (approved.failures.length === 0) return done(approved, merged.failures);
  const others = approved.failures.filter(failure => !merged.failures.includes(failure));
  return { ...common, held: [...merged.failures, ...others] };
}

function policyOf(input: FileInput, rules: FileRules, conflict: MergePolicy['conflict']): MergePolicy {
  const shared = new Set(rules.mapping.spec.shared.map(entry => entry.value));
  const local = input.known?.local ?? [];
  return {
    conflict,
    preserved: pointer => isWithin(rules.preserve, pointer),
    preservedBelow: pointer => reachesBelow(rules.preserve, pointer),
    shared: text => shared.has(text.trim().replace(/^(["'])(.*)\1$/, '$2')),
    rejected: pointer => input.known?.file !== undefined && isRejected(local, pointer),
  };
}

function isRejected(local: readonly string[], pointer: string): boolean {
  return isWithin(rejectedIn(local), pointer);
}

function deletedLocally(
  known: NonNullable<FileInput['known']>,
  rules: FileRules,
  next: Document,
  base: Document,
  path: string,
): Outcome {
  const rejected = isRejected(known.local, '');
  const held: Failure[] =
    rejected || rules.conflict === 'primary'
      ? []
      : [
          {
            failure: 'conflict',
            message: `${path}: the backup deleted it, the primary changed it since the last replication`,
            at: { file: path },
            hint: 'approve to create it again, reject to leave it deleted',
          },
        ];
  return { text: next.text, document: next, base, held };
}

function lostBase(path: string): Failure {
  return {
    failure: 'ledger-gone',
    message: `${path} was changed on the backup, and the text that was replicated last is lost`,
    at: { file: path },
    hint: 'restore the .warmspare folder of the backup, or begin anew with `update --baseline keep-local` or `take-primary`',
  };
}

/** A first replication onto content of the backup's own waits for a person. */
export function baselineOf(path: string): Failure {
  return {
    failure: 'baseline-differs',
    message: `${path} already has other content on the backup`,
    at: { file: path },
    hint: 'run `update --baseline take-primary` to replace it (it is kept for `undo --baseline`), or `--baseline keep-local` to keep what is its own',
  };
}
